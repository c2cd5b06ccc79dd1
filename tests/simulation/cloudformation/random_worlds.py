"""The world of a seed: how jobs go, which faults there are, and what is unverified of services."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from tests.fakes.object_reader import passed_through
from tests.fakes.sagemaker import Script
from tests.simulation.cloudformation.declaring import FOR_EVER
from tests.simulation.cloudformation.faults import DEADLY, QUIET, STORMY, Rates, Switches
from tests.simulation.cloudformation.node_provider import NodeProvider
from tests.simulation.cloudformation.world import Handler, World

SYSTEM_ERROR: Final = "ServerError: internal error, please retry"
USER_ERROR: Final = "ClientError: InputConfiguration: Exactly one .pb or .pbtxt file is allowed"
SCRIPTS: Final[dict[str, Script | list[Script]]] = {
    "quick": Script(running=25),
    "slow": Script(running=500),
    "racing": Script(running=70, completes_when_stopped=True),
    "forever": FOR_EVER,
    "stubborn": Script(running=720_000, stopping=400),
    "broken": Script(running=30, outcome="FAILED", reason=USER_ERROR),
    "flaky": [Script(running=30, outcome="FAILED", reason=SYSTEM_ERROR), Script(running=30)],
    "unlucky": Script(running=30, outcome="FAILED", reason=SYSTEM_ERROR),
    "nowhere": Script(running=30, artifact_missing=True),
    "vanished": [Script(running=30, artifact_missing=True), Script(running=30)],
}
RATES: Final[tuple[Rates, ...]] = (QUIET, STORMY, DEADLY)


def random_world(seed: int, node: NodeProvider, handler: Handler, **more: Any) -> World:
    """Return the world of a seed: its weather and its unverified behaviour are drawn too."""
    scripts = {
        name: [*script] if isinstance(script, list) else script for name, script in SCRIPTS.items()
    }
    if verifies(seed):  # the model that ends while it is stopped, so that both meet
        scripts["racing"] = Script(
            running=70, completes_when_stopped=True, content=passed_through()
        )
    return World(
        seed,
        node,
        handler,
        rates=RATES[seed % len(RATES)],
        switches=_switches(Random(f"{seed} switches")),
        scripts=scripts,
        real_adapters=seed % 2 == 0,
        **more,
    )


def verifies(seed: int) -> bool:
    """Return whether the jobs of this seed's stacks ask for verified artifacts."""
    return seed % 5 == 3


def _switches(random: Random) -> Switches:
    return Switches(
        describe_lag=random.choice([0.0, 0.0, 10.0, 60.0]),
        list_lag=random.choice([0.0, 0.0, 10.0, 60.0]),
        not_found_is_validation_error=random.random() < 0.5,
        stop_on_terminal_is_refused=random.random() < 0.7,
        names_are_reusable=random.random() < 0.5,
        empty_pages=random.random() < 0.3,
        iam_lag=random.choice([0.0, 0.0, 30.0, 90.0]),
        quota=random.choice([0, 0, 0, 3]),
        last_updated_moves_at_rollback=random.random() < 0.5,
        stack_lag=random.choice([0.0, 0.0, 5.0]),
        rows_lag=random.choice([0.0, 0.0, 5.0]),
        tags_lag=random.choice([0.0, 0.0, 30.0]),
        policy_lag=random.choice([0.0, 0.0, 0.0, 30.0]),
        rows_show_progress=random.random() < 0.8,
        rows_are_timed=random.random() < 0.8,
        ids_come_late=random.random() < 0.2,
    )
