"""A check: what was looked at, what was found, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from reconciler.core.ports import Denied, PortError


class CheckVerdict(StrEnum):
    """What a check says."""

    ERROR = "error"  # jobs would fail
    WARNING = "warning"  # works, and may not go on to
    UNKNOWN = "unknown"  # could not be read
    NOTE = "note"  # is to be known; nothing is wrong
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the report.

    Attributes:
        name: What kind of thing was checked: ``role-trust``.
        about: Which one: an ARN, a bucket.
        finding: What was found.
        remedy: What to do; empty if nothing is to be done.
    """

    verdict: CheckVerdict
    name: str
    about: str
    finding: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The checks of one account and region.

    Attributes:
        account: The account's id; empty if it was not reached.
        region: Empty if it is not known.
    """

    account: str
    region: str
    checks: tuple[Check, ...]

    @property
    def has_errors(self) -> bool:
        """Whether jobs would fail."""
        return any(check.verdict is CheckVerdict.ERROR for check in self.checks)


def passed(name: str, about: str, finding: str) -> Check:
    """Return a check that found what it should."""
    return Check(CheckVerdict.OK, name, about, finding)


def noted(name: str, about: str, finding: str) -> Check:
    """Return what is to be known, and is not wrong."""
    return Check(CheckVerdict.NOTE, name, about, finding)


def warned(name: str, about: str, finding: str, remedy: str) -> Check:
    """Return a check that found what works, and may not go on to."""
    return Check(CheckVerdict.WARNING, name, about, finding, remedy)


def failed(name: str, about: str, finding: str, remedy: str) -> Check:
    """Return a check that found what makes jobs fail."""
    return Check(CheckVerdict.ERROR, name, about, finding, remedy)


def checked(
    name: str, about: str, action: str, look: Callable[[], Iterable[Check]]
) -> Iterator[Check]:
    """Yield what a look finds, or that it cannot be known.

    Args:
        action: The IAM action that the look needs.
    """
    try:
        yield from look()
    except Denied as error:
        remedy = f"Allow {action} to the caller, or ask somebody who may."
        yield Check(CheckVerdict.UNKNOWN, name, about, f"cannot be known: {error}", remedy)
    except PortError as error:
        remedy = "Run it again; if it stays, check the network and the endpoint."
        yield Check(CheckVerdict.UNKNOWN, name, about, f"cannot be known: {error}", remedy)
