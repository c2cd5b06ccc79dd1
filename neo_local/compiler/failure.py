"""How a compilation fails, in Neo's words where they are known.

Sources: the developer guide's page on troubleshooting compilation, recorded FailureReasons,
and neo-ai/neo-loader, the open part of Neo itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from neo_local import ENGINE

_PREFIX = "ClientError: InputConfiguration: "
_MAY_COMPILE = "Amazon SageMaker Neo, which has other compilers, may compile it."
_MAX_DETAIL = 300
_NO_MEMORY = ("std::bad_alloc", "OOM when allocating", "Cannot allocate memory")


class CompileFailure(Exception):
    """The job fails with this text."""


def input_configuration(message: str) -> CompileFailure:
    """Return a user's error, as Neo marks it."""
    return CompileFailure(_PREFIX + message)


def cannot_convert(framework: str, problem: str) -> CompileFailure:
    return input_configuration(
        f"TVM cannot convert {framework} model. Please make sure the framework you selected is "
        f"correct. {problem}"
    )


def local_limit(message: str) -> CompileFailure:
    """Something that Neo may well do and the local engine cannot."""
    return CompileFailure(
        f"ClientError: Limit of the local engine (engine={ENGINE}), not of Amazon SageMaker Neo: "
        f"{message}"
    )


def operators_missing(framework: str, operators: Iterable[str]) -> CompileFailure:
    """Operators that the local engine's frontend lacks."""
    shown = ", ".join(sorted(set(operators)))
    return local_limit(
        f"it does not implement these operators of the {framework} model: {shown}. {_MAY_COMPILE}"
    )


def engine_failed(what: str, problem: BaseException) -> CompileFailure:
    """Return a failure inside the compiler; `what` comes before the exception's own text."""
    if isinstance(problem, MemoryError) or any(said in str(problem) for said in _NO_MEMORY):
        return local_limit("the model needs more memory than a local job may use.")
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    detail = f"{type(problem).__name__}: {lines[0]}" if lines else type(problem).__name__
    return local_limit(f"{what} ({detail[:_MAX_DETAIL]}). {_MAY_COMPILE}")
