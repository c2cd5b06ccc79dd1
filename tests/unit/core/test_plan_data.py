"""A plan as data: what reviews see, and what their digest is made of."""

from __future__ import annotations

from reconciler.core.observed import JobStatus
from reconciler.core.ownership import logical_name_tag
from reconciler.core.plan import Create, Keep, NextAttempt, Plan, Retag, Stop
from tests.unit.core.strategies import a_declaration, a_job

ONE, TWO = a_declaration("one"), a_declaration("two")
DONE, LIVE = a_job(ONE, JobStatus.COMPLETED), a_job(TWO, JobStatus.INPROGRESS)
PLAN = Plan.of(
    [
        Keep(ONE, DONE, "compiled", ("RoleArn changed",)),
        Create(TWO, TWO.identity.attempt(0), "declared, does not exist"),
        NextAttempt(ONE, ONE.identity.attempt(2), DONE, "again"),
        Retag(DONE, (("team", "vision"),), ("old",), "its declared tags changed"),
        Stop(LIVE, "no declaration names it"),
    ]
)


def test_each_action_is_an_object_with_its_job_and_its_reason() -> None:
    stop = {"action": "stop", "job": LIVE.name, "reason": "no declaration names it"}
    assert PLAN.data() == [
        stop,
        {
            "action": "retag",
            "job": DONE.name,
            "set": {"team": "vision"},
            "remove": ["old"],
            "reason": "its declared tags changed",
        },
        {
            "action": "next attempt",
            "job": f"{ONE.identity}-r2",
            "logicalName": "one",
            "reason": "again",
        },
        {
            "action": "create",
            "job": str(TWO.identity),
            "logicalName": "two",
            "reason": "declared, does not exist",
        },
        {
            "action": "keep",
            "job": DONE.name,
            "logicalName": "one",
            "notes": ["RoleArn changed"],
            "reason": "compiled",
        },
    ]


def test_the_digest_is_the_same_in_every_release() -> None:
    assert PLAN.digest == "gfcmjp366yjzdnt3vb3wnbcepa"
    assert Plan.of(reversed(PLAN.actions)).digest == PLAN.digest
    assert Plan.of(PLAN.actions[1:]).digest != PLAN.digest


def test_a_logical_name_that_fits_no_tag_is_found_by_a_digest_that_stays() -> None:
    assert logical_name_tag("Stack/Resnet") == "Stack/Resnet"
    assert (
        logical_name_tag("a" * 300) == "sha256:qb6lvlpldii7iw2rm3egcvlnf53g5gfr6laeh5c7h57wr4hlboxa"
    )
    assert logical_name_tag(" ").startswith("sha256:")
