"""What may go wrong, how often, and which of the unverified behaviours the world has.

All chance comes from one seeded generator, so a seed names a history. `visited` counts the
states that a history went through: a test that never meets the rare ones proves nothing.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rates:
    """Probabilities of faults, each for one opportunity; all zero is a quiet day."""

    call_throttled: float = 0.0
    call_server_error: float = 0.0
    call_lost_response: float = 0.0
    call_slow: float = 0.0
    crash_before_call: float = 0.0
    crash_after_call: float = 0.0
    handler_throttled: float = 0.0
    handler_answer_lost: float = 0.0
    start_execution_refused: float = 0.0
    start_execution_lost: float = 0.0
    framework_killed: float = 0.0
    put_fails: float = 0.0
    duplicate_delivery: float = 0.0
    late_delivery: float = 0.0

    def scaled(self, factor: float) -> Rates:
        """Return every rate times `factor`."""
        return Rates(**{name: getattr(self, name) * factor for name in self.__slots__})


QUIET = Rates()
STORMY = Rates(
    call_throttled=0.04,
    call_server_error=0.02,
    call_lost_response=0.03,
    call_slow=0.01,
    crash_before_call=0.0,
    crash_after_call=0.0,
    handler_throttled=0.0,
    handler_answer_lost=0.01,
    start_execution_refused=0.0,
    start_execution_lost=0.0,
    framework_killed=0.002,
    put_fails=0.1,
    duplicate_delivery=0.15,
    late_delivery=0.05,
)
"""Everything that an operation can survive."""
DEADLY = Rates(
    call_throttled=0.03,
    call_server_error=0.01,
    call_lost_response=0.03,
    call_slow=0.02,
    crash_before_call=0.004,
    crash_after_call=0.004,
    handler_throttled=0.003,
    handler_answer_lost=0.01,
    start_execution_refused=0.02,
    start_execution_lost=0.02,
    framework_killed=0.003,
    put_fails=0.15,
    duplicate_delivery=0.2,
    late_delivery=0.1,
)
"""Also what makes the Provider fail the operation, whatever the handler does."""


@dataclass(frozen=True, slots=True)
class Switches:
    """Behaviour that is unverified on the real services; the tests run each way."""

    describe_lag: float = 0.0
    list_lag: float = 0.0
    not_found_is_validation_error: bool = False
    stop_on_terminal_is_refused: bool = True
    names_are_reusable: bool = False
    empty_pages: bool = False
    iam_lag: float = 0.0
    quota: int = 0
    """How many jobs may be live at once; 0 is no limit."""
    last_updated_moves_at_rollback: bool = True
    stack_lag: float = 0.0
    rows_lag: float = 0.0
    """How far the list of a stack's resources lags behind."""
    rows_show_progress: bool = True
    """Whether the list shows a resource while it is in progress; if not, a new one is missing, and
    another is shown as it was before. What is cleaned up stays, and the stack shows no cleanup."""
    rows_are_timed: bool = True
    """Whether the list has LastUpdatedTimestamp."""
    ids_come_late: bool = False
    """Whether the list shows a resource's new id only when the stack's operation is over."""
    tags_lag: float = 0.0
    """How long ListTags, AddTags and DeleteTags do not know a new job."""
    clock_skew: float = 0.0
    """How far the clock of the functions is ahead of the services'."""
    policy_lag: float = 0.0
    """How long after the stack's creation the handler's own policies are not known."""


@dataclass(slots=True)
class Chance:
    """The one source of randomness, and the record of what it led to."""

    seed: int
    rates: Rates = QUIET
    random: random.Random = field(init=False)
    visited: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def hit(self, name: str) -> bool:
        """Return whether the fault named so (a field of Rates) happens now; counted if it does."""
        rate: float = getattr(self.rates, name)
        if rate and self.random.random() < rate:
            self.visited[name] += 1
            return True
        return False

    def between(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def visit(self, state: str) -> None:
        """Count a state worth knowing of."""
        self.visited[state] += 1
