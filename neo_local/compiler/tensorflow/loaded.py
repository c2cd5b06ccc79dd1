"""A model of TensorFlow's, as the conversion takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from neo_local.compiler.model import Tensor
from neo_local.compiler.options import Shapes

TensorFlow = Any  # TensorFlow's own values, which is not installed where types are checked


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A function with declared inputs.

    Attributes:
        inputs: In DataInputConfig's order of axes; an open size is "?".
        outputs: Their names, in the order in which `call` returns them.
        call: Takes a tensor for each input.
        layout: How messages name the order of axes.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[str, ...]
    call: Callable[[Sequence[TensorFlow]], Sequence[TensorFlow]]
    layout: str = "NHWC"

    def specs(self, shapes: Shapes) -> list[TensorFlow]:
        """Return TensorFlow's description of the inputs with these shapes."""
        import tensorflow

        return [
            tensorflow.TensorSpec(shapes[one.name], one.dtype, name=f"input{index}")
            for index, one in enumerate(self.inputs)
        ]


def declared(name: str, spec: TensorFlow) -> Tensor:
    """Return an input as TensorFlow describes it. Raises ValueError for an unknown rank."""
    import tensorflow

    sizes = tuple("?" if size is None else int(size) for size in tuple(spec.shape))
    return Tensor(name, tensorflow.as_dtype(spec.dtype).name, sizes)
