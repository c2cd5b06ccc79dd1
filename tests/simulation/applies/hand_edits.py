"""Plan files that somebody changed by hand, some of them knowing how the digest is made."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, Final

from reconciler.cli.plans.files import of_json
from tests.fakes.sagemaker import Job

Json = dict[str, Any]
Edit = Callable[[Json, random.Random, list[Job]], None]
OTHERS_JOB: Final = "billing-detector-ml-c5-aaaaaaaaaaaa"


def edited(text: str, chance: random.Random, jobs: list[Job]) -> tuple[str, str]:
    """Return a plan file with one change, and what was changed."""
    plan = json.loads(text)
    change = chance.choice(EDITS)
    change(plan, chance, jobs)
    what = change.__name__.strip("_")
    if chance.random() < 0.7:
        try:
            plan["digest"] = of_json(plan).digest
            what += ", digest made again"
        except (ValueError, KeyError, TypeError, AttributeError):
            what += ", not a plan"
    return json.dumps(plan), what


def _another_job(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for action in _some(plan, chance):
        action["job"] = chance.choice([job.name for job in jobs] or [OTHERS_JOB])


def _job_of_others(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for action in _some(plan, chance):
        action["job"] = OTHERS_JOB


def _another_owner(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for action in _some(plan, chance):
        action["owner"] = "billing"


def _stop_everything(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for action in plan["actions"]:
        action["action"] = chance.choice(["stop", "delete"])
        action["created"] = "2023-11-14T22:13:20+00:00"


def _stop_what_is_there(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for job in jobs:
        plan["actions"].append(
            {
                "action": "stop", "owner": job.name.partition("-")[0], "job": job.name,
                "logical_name": "", "created": "2023-11-14T22:13:20+00:00",
            }
        )  # fmt: skip


def _another_model(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for declaration in plan["declarations"]:
        declaration["request"]["InputConfig"]["S3Uri"] = "s3://elsewhere/evil.tar.gz"


def _another_role(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for declaration in plan["declarations"]:
        declaration["request"]["RoleArn"] = "arn:aws:iam::111122223333:role/admin"


def _declared_by_others(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for declaration in plan["declarations"]:
        declaration["owner"] = "billing"


def _no_declarations(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    plan["declarations"] = []


def _of_a_snapshot(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    plan["source"] = "snapshot"


def _for_another_account(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    plan["account"] = "999999999999"


def _create_again(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    for action in plan["actions"]:
        action["action"] = "create"


def _broken(plan: Json, chance: random.Random, jobs: list[Job]) -> None:
    del plan[chance.choice(sorted(plan))]


def _some(plan: Json, chance: random.Random) -> list[Json]:
    actions = plan["actions"]
    return chance.sample(actions, chance.randint(0, len(actions)))


EDITS: Final[tuple[Edit, ...]] = (
    _another_job, _job_of_others, _another_owner, _stop_everything, _stop_what_is_there,
    _another_model, _another_role, _declared_by_others, _no_declarations, _of_a_snapshot,
    _for_another_account, _create_again, _broken,
)  # fmt: skip
