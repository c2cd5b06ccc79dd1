"""No wrong use of a public construct is silent, and none ends in an error of jsii's or Python's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
import pytest

import neo_constructs
from neo_constructs import ConstructError
from neo_constructs.synth.typed import takes, typed
from tests.synthesis.vpcs import HERE, new_stack
from tests.synthesis.wrong_uses import Use, Wrong, uses, wrong_uses

# Not called by users, or without arguments that can be of a wrong kind.
NOT_CALLED = {
    "CompilationJobBase", "ConstructError", "FleetMetrics", "InvalidJobError", "JobMetrics",
    "OnFailure", "Verify",
}  # fmt: skip


def complaint(wrong: Wrong) -> str | None:
    """Return what is wrong with the answer to a wrong use, or None if it names the argument."""
    try:
        wrong.make()
    except ConstructError as error:
        return None if wrong.argument in str(error) else f"{wrong}: unnamed: {error}"
    except Exception as error:
        return f"{wrong}: raw: {error!r}"
    return f"{wrong}: silent"


def test_every_argument_of_a_wrong_kind_is_refused_by_its_name() -> None:
    table = list(wrong_uses(uses(new_stack(HERE))))
    assert len(table) > 1_300
    assert [said for wrong in table if (said := complaint(wrong))] == []


def test_every_public_name_is_in_the_table() -> None:
    named = {each.name.partition(".")[0] for each in uses(new_stack(HERE))}
    public = set(neo_constructs.__all__) - NOT_CALLED
    assert public <= named, public - named


@pytest.mark.parametrize("call", [lambda given: None, lambda given: given.missing])
def test_silence_and_raw_errors_are_seen(call: object) -> None:
    assert callable(call)
    wrong = Wrong(Use("call", call, {}), "given", "a text")
    assert complaint(wrong) is not None


@pytest.mark.parametrize(
    ("annotation", "value", "is_taken"),
    [
        ("str | None", None, True),
        ("str | Sequence[str | os.PathLike[str]]", ["a"], True),
        ("str | Sequence[str | os.PathLike[str]]", [1], False),
        ("Mapping[str, str]", {"a": "b"}, True),
        ("Mapping[str, str]", {"a": 1}, False),
        ("Mapping[str, Sequence[int | float]]", {"a": [1, 2.5]}, True),
        ("tuple[str, ...]", ("a", 1), False),
        ("int", True, False),
        ("int", cdk.Token.as_number({"Ref": "P"}), True),
        ("Sequence[str]", cdk.Token.as_list({"Ref": "P"}), True),
        ("Sequence[str]", "text", False),
        ("Iterable[str]", iter(["a"]), True),
        ("Iterable[str]", [1], False),
        ("cdk.Duration", cdk.Duration.days(1), True),
        ("cdk.Duration", 5, False),
        ("Unknown", object(), True),
    ],
)
def test_values_are_compared_with_annotations(
    annotation: str, value: object, is_taken: bool
) -> None:
    assert takes(annotation, {"cdk": cdk}, value) is is_taken


class Counted:
    """A class with checked methods."""

    @typed
    def method(self, *names: str, most: Mapping[str, int] | None = None) -> Sequence[str]:
        """Return the names."""
        return [*names, *(most or {})]


def test_a_checked_method_is_called_as_before() -> None:
    assert Counted().method("a", "b", most={"c": 1}) == ["a", "b", "c"]


def test_an_error_begins_with_the_method_where_there_is_no_construct() -> None:
    with pytest.raises(ConstructError, match=r"^\[Counted.method\] names is 1 \(int\); allowed"):
        Counted().method("a", 1)  # type: ignore[arg-type]  # that is the test
