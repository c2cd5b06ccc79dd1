"""The fields of a request that an argument sets by itself, without a resource of the app.

Which argument sets which field is said in ``reconciler.core.fields``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from neo_constructs.synth.tokens import is_token
from neo_constructs.vocabulary.compiler_options import compiler_options
from neo_constructs.vocabulary.data_input_config import data_inputs
from reconciler.core.extraction import JsonDocument
from reconciler.core.fields import SETTABLE, Kind

_OF_RESOURCES: Final = frozenset(
    {"model", "target", "role", "output_bucket", "encryption_key", "security_groups",
     "vpc_subnets", "tags"}
)  # fmt: skip


def _seconds(duration: Any) -> int | float:  # noqa: ANN401 - a cdk.Duration, by check_arguments
    seconds: int | float = duration.to_seconds()
    return seconds if is_token(seconds) else int(seconds)


_WIRE_BY_KIND: Final[Mapping[Kind, Callable[[Any], object]]] = {
    Kind.TEXT: lambda text: text,
    Kind.JSON: lambda value: value if isinstance(value, str) else JsonDocument(value),
    Kind.SECONDS: _seconds,
    Kind.TEXTS: list,
}
_WIRE_BY_ARGUMENT: Final[Mapping[str, Callable[[Any], object]]] = {
    "framework": lambda framework: framework.name,
    "data_input_config": lambda given: data_inputs(given).to_wire(),
    "compiler_options": lambda given: compiler_options(given).to_wire(),
}
_PLAIN: Final = tuple(
    (*field.path.rpartition(".")[::2], field)
    for field in SETTABLE
    if field.argument not in _OF_RESOURCES
)


def plain_arguments(structure: str) -> tuple[str, ...]:
    """Return the names of the arguments that set members of a structure by themselves."""
    return tuple(field.argument for above, _, field in _PLAIN if above == structure)


def plain_members(structure: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the members of a structure (``""``: the request) that given arguments set."""
    return {
        name: _WIRE_BY_ARGUMENT.get(field.argument, _WIRE_BY_KIND[field.kind])(value)
        for above, name, field in _PLAIN
        if above == structure and (value := arguments.get(field.argument)) is not None
    }
