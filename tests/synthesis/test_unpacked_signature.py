"""Arguments that are declared once are shown, and checked, wherever they are taken."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict, Unpack

import aws_cdk as cdk
import pytest

import neo_constructs
from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompilationMatrix,
    Framework,
    MatrixModel,
    ModelArtifact,
    Target,
)
from neo_constructs.request.defaults import DEFAULTS
from neo_constructs.synth.unpacked_signature import unpacked
from tests.synthesis.rendering import synthesized

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/detector/1"
SIGNED = {
    "CompilationFleet", "CompilationJob", "CompilationMatrix", "CompilationNetwork",
    "CompiledComponent", "CompiledModel", "ContinuousReconciliation", "FleetAlarms", "JobAlarms",
    "MatrixModel", "NeoDashboard", "PipelineRoles",
}  # fmt: skip
TAKERS: list[Callable[..., Any]] = [
    CompilationJob.__init__, CompilationFleet.__init__, CompilationFleet.from_specs,
    CompilationFleet.add_job, CompilationMatrix.__init__, MatrixModel.__init__,
]  # fmt: skip


class Base(TypedDict, total=False):
    """Base.

    Attributes:
        first: The first, in
            two lines.
    """

    first: int


class More(Base, total=False):
    """More.

    Attributes:
        second: The second.
    """

    second: str | None


@unpacked(Base, More, defaults={"first": 1})
def taker(own: int, **arguments: Unpack[More]) -> object:
    """Take.

    Args:
        own: Its own.
        **arguments: Each by its name,
            whatever it is.

    Raises:
        TypeError: No.
    """
    return own, arguments


def test_the_signature_and_the_docstring_have_every_argument() -> None:
    assert str(inspect.signature(taker)) == (
        "(own: 'int', *, first: 'int' = 1, second: 'str | None' = None) -> 'object'"
    )
    assert inspect.getdoc(taker) == (
        "Take.\n\nArgs:\n    own: Its own.\n    first: The first, in\n        two lines.\n"
        "    second: The second.\n\nRaises:\n    TypeError: No."
    )
    assert taker(1, first=2) == (1, {"first": 2})


def test_a_name_that_nobody_knows_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(TypeError, match=r"taker\(\) got an .* 'frist'; did you mean 'first'\?"):
        taker(1, frist=2)  # type: ignore[call-arg]


@pytest.mark.parametrize("taken", TAKERS, ids=lambda taken: str(taken.__qualname__))
def test_every_argument_of_a_construct_is_described(taken: Callable[..., Any]) -> None:
    text = inspect.getdoc(taken) or ""
    parameters = inspect.signature(taken).parameters
    assert not [each for each in parameters.values() if each.kind is each.VAR_KEYWORD]
    assert [
        name for name in parameters if f"    {name}: " not in text and name not in ("self", "cls")
    ] == []


def test_a_misspelt_argument_makes_no_job() -> None:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "S")
    package = ModelArtifact.from_model_package(
        "arn:aws:sagemaker:us-east-1:123456789012:model-package/net/1"
    )
    with pytest.raises(TypeError, match="did you mean 'retries'"):
        CompilationJob(stack, "Job", model=package, target=Target.ML_C5, retrys=2)  # type: ignore[call-arg]
    fleet = CompilationFleet(stack, "Fleet")
    with pytest.raises(TypeError, match="did you mean 'framework'"):
        fleet.add_job("a", model=package, target=Target.ML_C5, frame_work=Framework.ONNX)  # type: ignore[call-arg]
    assert [child.node.id for child in stack.node.children if child.node.id == "Job"] == []


@pytest.mark.parametrize("name", sorted(SIGNED))
def test_a_constructs_own_signature_shows_its_arguments(name: str) -> None:
    kind = getattr(neo_constructs, name)
    shown = inspect.signature(kind).parameters
    assert list(shown) == list(inspect.signature(kind.__init__).parameters)[1:]
    assert "args" not in shown


@pytest.mark.parametrize("taker", TAKERS)
def test_every_default_is_shown(taker: Callable[..., Any]) -> None:
    for parameter in inspect.signature(taker).parameters.values():
        assert parameter.default is not ...
        if parameter.default is None:
            assert str(parameter.annotation).endswith("None"), parameter


def test_the_defaults_that_are_shown_are_those_that_are_taken() -> None:
    job: dict[str, Any] = {
        "model": ModelArtifact.from_model_package(PACKAGE),
        "target": Target.ML_C5,
    }

    def build(stack: cdk.Stack, *, spelled: bool) -> None:
        kinds: list[tuple[Any, dict[str, Any]]] = [(CompilationJob, job), (CompilationFleet, {})]
        for kind, given in kinds:
            taken = inspect.signature(kind).parameters
            more = {name: value for name, value in DEFAULTS.items() if name in taken}
            assert len(more) > 3
            kind(stack, kind.__name__, **given, **(more if spelled else {}))

    assert synthesized(partial(build, spelled=True)) == synthesized(partial(build, spelled=False))
