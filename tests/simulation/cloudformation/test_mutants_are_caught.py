"""Every mutant of the handler is noticed by the tests of this folder, and the handler is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.simulation.cloudformation import (
    test_dying_lambdas,
    test_failing_siblings,
    test_jobs_going_wrong,
    test_quiet_operations,
    test_verified_successes,
    test_who_holds_a_job,
)
from tests.simulation.cloudformation.conftest import MakeWorld
from tests.simulation.cloudformation.mutants import MUTANTS
from tests.simulation.cloudformation.ours import our_handler
from tests.simulation.cloudformation.world import Handler, World

Scenario = Callable[[MakeWorld], None]
siblings, dying = test_failing_siblings, test_dying_lambdas
jobs, quiet = test_jobs_going_wrong, test_quiet_operations
holding, verified = test_who_holds_a_job, test_verified_successes


def _zombie(make: MakeWorld) -> None:
    siblings.test_a_zombie_waiter_polls_for_an_hour_and_creates_nothing(make)


def _sibling_fails(make: MakeWorld) -> None:
    siblings.test_a_sibling_that_fails_at_any_instant_leaves_no_job_live(make, slow=True)


def _waiter_is_dead(make: MakeWorld) -> None:
    dying.test_a_cancelled_create_whose_waiter_died_is_ended_by_its_delete_alone(make, 60.0)


def _update_is_forgotten(make: MakeWorld) -> None:
    dying.test_what_a_forgotten_update_left_running_is_ended_with_the_stack(make)


def _dies_after_a_call(make: MakeWorld) -> None:
    dying.test_a_lambda_that_dies_at_any_call_leaks_nothing(make, "after")


def _rolled_back(make: MakeWorld) -> None:
    siblings.test_rolling_back_a_finished_update_compiles_nothing(make, moves=True)


def _update_fails(make: MakeWorld) -> None:
    siblings.test_a_failed_update_keeps_the_old_id_and_tells_neos_reason(make)


def _stopped(make: MakeWorld) -> None:
    jobs.test_a_job_that_did_not_complete_is_no_success(make, "somebody")


def _fails_by_itself(make: MakeWorld) -> None:
    jobs.test_a_failure_of_the_service_is_tried_again_once(make)


def _artifact_is_gone(make: MakeWorld) -> None:
    jobs.test_an_artifact_that_is_gone_is_compiled_again_by_the_next_operation(make)


def _role_is_late(make: MakeWorld) -> None:
    jobs.test_a_role_that_is_not_known_yet_is_waited_for(make, 30.0)


def _moved(make: MakeWorld) -> None:
    holding.test_a_moved_construct_keeps_its_running_job(make, "destroy", 0.0)


def _passed_through(make: MakeWorld) -> None:
    verified.test_a_model_that_was_passed_through_fails_the_stack_and_is_compiled_once(make)


def _quiet_life(make: MakeWorld) -> None:
    quiet.test_a_quiet_life_compiles_once_per_declaration_and_leaves_nothing_live(make)


CAUGHT_BY: Final[dict[str, Scenario]] = {
    "no fence": _update_is_forgotten,
    "knows not what the stack holds": _moved,
    "STOPPED is success": _stopped,
    "FAILED is success": _fails_by_itself,
    "INPROGRESS is success": _fails_by_itself,
    "believes names, not tags": jobs.test_a_foreign_job_of_our_name_is_a_conflict_and_stays_untouched,  # noqa: E501
    "artifacts not looked for": _artifact_is_gone,
    "sees no artifacts": _quiet_life,
    "takes every artifact for compiled": _passed_through,
    "succeeds with what cannot be read": _passed_through,
    "compiles again what is not verified": _passed_through,
    "everything is final": _role_is_late,
    "never looks at its prefix": _update_is_forgotten,
    "stops nothing": _sibling_fails,
    "tags nothing": _quiet_life,
    "deletes the old job at once": _rolled_back,
    "has no deadline": jobs.test_a_job_for_ever_is_stopped_at_our_deadline_and_the_reason_told,
    "acts in on_event": _dies_after_a_call,
    "request id in the name": _rolled_back,
    "retries for ever": _fails_by_itself,
    "new id at once": _update_fails,
    "never a new id": _quiet_life,
    "ignores invented ids": _waiter_is_dead,
    "deletes by id alone": _waiter_is_dead,
    "deletes without waiting": _waiter_is_dead,
    "whole reasons": jobs.test_very_long_reasons_and_attributes_fit_into_an_answer,
    "much data": _quiet_life,
    "few attributes": _quiet_life,
    "fails deletes of nothing": _sibling_fails,
}


def _instead(make_world: MakeWorld, mutant: Handler) -> MakeWorld:
    """Worlds with another handler than the one that is asked for."""

    def make(handler: Handler, seed: int = 1, **options: Any) -> World:
        assert handler is our_handler
        return make_world(mutant, seed, **options)

    return make


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(make_world: MakeWorld, name: str) -> None:
    with pytest.raises((AssertionError, KeyError, IndexError)):
        CAUGHT_BY[name](_instead(make_world, MUTANTS[name]))


def test_the_handler_itself_passes_what_the_mutants_fail(make_world: MakeWorld) -> None:
    for scenario in set(CAUGHT_BY.values()):
        scenario(make_world)
