"""How a compilation fails, in Neo's words where they are known.

Sources: the developer guide's page on troubleshooting compilation, recorded FailureReasons,
and neo-ai/neo-loader, the open part of Neo itself.
"""

from __future__ import annotations

from neo_local import ENGINE

_PREFIX = "ClientError: InputConfiguration: "


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
