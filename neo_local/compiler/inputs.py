"""The shapes of a model's inputs: DataInputConfig against what the model declares."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from neo_local.compiler.failure import input_configuration
from neo_local.compiler.model import Tensor
from neo_local.compiler.options import Shapes, parse_shapes

NOT_DERIVED = (
    "We are unable to extract DataInputConfig from the model due to input_config_derivation_error. "
    "Please override by providing a DataInputConfig during compilation job creation."
)


@dataclass(frozen=True, slots=True)
class InputShapes:
    """The shape of every input by name, and the DataInputConfig derived, "" if one was given."""

    shapes: Shapes
    derived: str

    def fixed(self, declared: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return the inputs with these shapes."""
        return tuple(Tensor(one.name, one.dtype, tuple(self.shapes[one.name])) for one in declared)


def input_shapes(declared: Sequence[Tensor], config: str | None, layout: str) -> InputShapes:
    """Read the shapes from DataInputConfig, or derive them from the model if there is none.

    `layout` names the order of dimensions in messages. Raises CompileFailure.
    """
    if config is None:
        shapes = _derived(declared)
        return InputShapes(shapes, json.dumps(shapes))
    shapes = parse_shapes(config)
    _check(declared, shapes, layout)
    return InputShapes(shapes, "")


def _derived(declared: Sequence[Tensor]) -> Shapes:
    shapes = {one.name: [dim for dim in one.shape if type(dim) is int] for one in declared}
    if any(len(shapes[one.name]) != len(one.shape) or 0 in shapes[one.name] for one in declared):
        raise input_configuration(NOT_DERIVED)
    return shapes


def _check(declared: Sequence[Tensor], shapes: Shapes, layout: str) -> None:
    names = [one.name for one in declared]
    for name in shapes:
        if name not in names:
            raise input_configuration(
                f"Input {name} of DataInputConfig is not an input of the model. "
                f"Its inputs are: {', '.join(names)}."
            )
    for one in declared:
        if one.name not in shapes:
            raise input_configuration(
                f"Model contains input layer ({one.name}) not specified in data_shape. "
                "Please specify all input layers in data_shape."
            )
        if not _fits(one.shape, shapes[one.name]):
            example = ",".join(map(str, one.shape))
            raise input_configuration(
                f"Input {one.name} has wrong shape in Input Shape dictionary. Input shapes should "
                f"be provided in {layout} format. For example, ({example})"
            )


def _fits(model: Sequence[int | str], given: Sequence[int]) -> bool:
    return len(model) == len(given) and all(
        isinstance(dim, str) or dim == wanted for dim, wanted in zip(model, given, strict=True)
    )
