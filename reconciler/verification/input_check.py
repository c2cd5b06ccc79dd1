"""The artifact's inputs against DataInputConfig."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reconciler.inspection.model import Shape, Tensor
from reconciler.rules.finding import Finding
from reconciler.verification import codes
from reconciler.verification.artifact import Artifact
from reconciler.verification.expectation import Expectation

_NAMELESS: Final = frozenset({"XGBOOST", "PYTORCH"})  # bound by place, or of one input only
_HINT: Final = "The artifact is of another job, or was compiled with another DataInputConfig."


def check_inputs(artifact: Artifact, expected: Expectation) -> Iterator[Finding]:
    """Yield where the artifact takes something else than was declared."""
    inputs = artifact.description.inputs if artifact.description else ()
    declared = expected.inputs
    if not inputs or not declared:
        return
    if not isinstance(declared, Mapping) or expected.framework in _NAMELESS:
        shapes = list(declared.values()) if isinstance(declared, Mapping) else list(declared)
        yield from _by_place(inputs, shapes, expected.framework)
        return
    by_name = {_plain(tensor.name): tensor for tensor in inputs}
    for name, shape in declared.items():
        tensor = by_name.pop(_plain(name), None)
        if tensor is None:
            yield _finding(f"there is no input {name}", _names(inputs), name)
        else:
            yield from _compared(tensor, shape, expected.framework)
    for tensor in by_name.values():
        yield _finding(f"input {tensor.name} was not declared", tensor.name, ", ".join(declared))


def _by_place(
    inputs: Sequence[Tensor], shapes: Sequence[tuple[int, ...]], framework: str
) -> Iterator[Finding]:
    if len(inputs) != len(shapes):
        yield _finding("the number of inputs differs", str(len(inputs)), str(len(shapes)))
        return
    for tensor, shape in zip(inputs, shapes, strict=True):
        yield from _compared(tensor, shape, framework)


def _compared(tensor: Tensor, shape: tuple[int, ...], framework: str) -> Iterator[Finding]:
    if tensor.shape is None or _fits(tensor.shape, shape):
        return
    if framework == "KERAS" and len(shape) == 4 and sorted(shape) == sorted(_sizes(tensor.shape)):
        return  # DataInputConfig is NCHW whatever the order of the model's axes
    yield _finding(
        f"input {tensor.name} has another shape", str(_sizes(tensor.shape)), str(list(shape))
    )


def _fits(own: Shape, declared: tuple[int, ...]) -> bool:
    return own is not None and len(own) == len(declared) and all(
        not isinstance(size, int) or size == wanted
        for size, wanted in zip(own, declared, strict=True)
    )  # fmt: skip


def _sizes(shape: Shape) -> list[int]:
    return [size if isinstance(size, int) else 0 for size in shape or ()]


def _plain(name: str) -> str:
    """Return a name as compilers rewrite it: without ``:0``, other marks as underscores."""
    return re.sub(r"\W", "_", re.sub(r":\d+$", "", name))


def _names(inputs: Sequence[Tensor]) -> str:
    return ", ".join(tensor.name for tensor in inputs)


def _finding(message: str, got: str, allowed: str) -> Finding:
    return codes.INPUT.at(codes.INPUTS, message, got=got, allowed=allowed, hint=_HINT)
