"""What a person sees of a failing test: its name, and the plan that was not the expected one."""

from __future__ import annotations

import pytest

from reconciler.core.observed import JobStatus
from reconciler.core.plan import Create, Plan, Stop
from tests.readable import pytest_assertrepr_compare, pytest_make_parametrize_id
from tests.unit.core.strategies import a_declaration, a_job

DECLARED = a_declaration()
CREATE = Create(DECLARED, DECLARED.identity.attempt(0), "nothing has its name")
STOP = Stop(a_job(DECLARED, JobStatus.INPROGRESS), "no declaration names it")


def test_plans_that_differ_are_told_action_by_action() -> None:
    name = str(CREATE.name)
    told = pytest_assertrepr_compare("==", Plan((STOP, CREATE)), Plan((STOP,)))
    assert told is not None
    assert told[1:] == [
        f"  stop {name}: no declaration names it",
        f"+ create {name}: nothing has its name",
    ]
    assert pytest_assertrepr_compare("==", (CREATE,), ()) == [told[0], told[2]]


def test_what_is_no_plan_is_left_to_pytest() -> None:
    assert pytest_assertrepr_compare("==", [1], [2]) is None
    assert pytest_assertrepr_compare("in", CREATE, (STOP,)) is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"TargetDevice": "ml_c5", "shape": [1, 3]}, "TargetDevice=ml_c5 shape=(1 3)"),
        ("a\n  b", "a b"),
        ("x" * 9999, "x" * 39 + "…"),
        (b"\xff\x00", "data"),
        (b"plain", "plain"),
        ("", "no-data"),
        (7, None),
    ],
)
def test_a_case_is_named_by_its_value_in_few_words(value: object, name: str | None) -> None:
    assert pytest_make_parametrize_id(value, "data") == name


def test_a_case_of_much_data_has_a_short_name() -> None:
    name = pytest_make_parametrize_id(STOP, "data")
    assert name is not None
    assert name.startswith("Stop ")
    assert len(name) == 40
