"""A plan as a document: what is shown, what ``--out`` writes, and what ``apply`` reads back.

It holds everything that applying it needs, and no secret. The digest is of what would be changed,
and of nothing else: neither the time nor jobs that stay as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reconciler.cli.plans.choices import PlanChoices
from reconciler.core.canonical import Json, digest
from reconciler.core.declaration import Declaration
from reconciler.core.plan import DIGEST_LENGTH

FORMAT_VERSION: Final = 1


class ActionKind(StrEnum):
    """What is done about a job, in the order of reports: what ends something comes first."""

    CONFLICT = "conflict"  # a job that is not ours has the name
    FAILED = "failed"  # ended without an artifact, and is not tried again
    DELETE = "delete"  # the record of a finished job
    STOP = "stop"
    REPLACE = "replace"  # create a job in place of an older one of the same logical name
    RETRY = "retry"  # create a further attempt
    CREATE = "create"
    RETAG = "retag"
    UNKNOWN = "unknown"  # could not be read
    WAIT = "wait"  # under way
    KEEP = "keep"


CREATIONS: Final = frozenset({ActionKind.CREATE, ActionKind.REPLACE, ActionKind.RETRY})
ENDINGS: Final = frozenset({ActionKind.STOP, ActionKind.DELETE})
CHANGES: Final = CREATIONS | ENDINGS | {ActionKind.RETAG}
ATTENTION: Final = frozenset({ActionKind.CONFLICT, ActionKind.FAILED, ActionKind.UNKNOWN})


class Basis(StrEnum):
    """What a plan was made of, beside the specs."""

    ACCOUNT = "account"
    SNAPSHOT = "snapshot"
    OFFLINE = "offline"
    APP = "app"  # a deployed stack; what cdk deploy would do, so apply does not take it


@dataclass(frozen=True, slots=True)
class Edit:
    """A field whose value changes. Values are JSON texts; empty where there is none.

    Attributes:
        path: The API's names, dotted; ``#/pointer`` leads into a JSON-valued field.
    """

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """What is to be done about one job.

    Attributes:
        owner: Whose jobs they are; for a stack that is not deployed yet, the stack.
        job: The job's name; empty if it is known after a deployment only.
        logical_name: Its name in the specs; empty for a job that no spec declares.
        previous: The job that it follows: the attempt before, or an older one.
        created: CreationTime of the job that is stopped, deleted or retagged; of a creation that
            of the newest job of another declaration. It is only made if none has come since.
        set_tags: Tags to set.
        remove_tags: Keys of tags to remove.
        edits: What differs from the job before, or from the job's settings.
        notes: What else is to be known.
        expected: How many seconds it will probably take; None if the account has no history.
    """

    kind: ActionKind
    owner: str
    job: str
    logical_name: str = ""
    reason: str = ""
    previous: str = ""
    created: str = ""
    set_tags: tuple[tuple[str, str], ...] = ()
    remove_tags: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()
    expected: int | None = None

    @property
    def is_change(self) -> bool:
        """Whether it changes the account."""
        return self.kind in CHANGES

    @property
    def name(self) -> str:
        """What people call the job."""
        return self.logical_name or self.job

    def precondition(self) -> dict[str, Json]:
        """Return what is done, and what it is done to: the part that a review approves."""
        return {
            "action": self.kind.value, "owner": self.owner, "job": self.job,
            "logical_name": self.logical_name, "previous": self.previous,
            "created": self.created, "set_tags": dict(self.set_tags),
            "remove_tags": list(self.remove_tags),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """A plan for the jobs of one account and region, of any number of owners.

    Attributes:
        account: Its id; empty if the account was not read.
        assume_role: The role to assume in order to work there; empty for none.
        made: When, in ISO 8601.
        declarations: Of the jobs that are created, retagged or under way.
    """

    account: str
    region: str
    source: Basis
    made: str
    choices: PlanChoices
    actions: tuple[PlannedAction, ...]
    declarations: tuple[Declaration, ...] = field(default=())
    assume_role: str = ""

    @property
    def changes(self) -> tuple[PlannedAction, ...]:
        """The actions that change the account."""
        return tuple(action for action in self.actions if action.is_change)

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose jobs it is about."""
        return tuple(sorted({action.owner for action in self.actions}))

    def expected(self) -> dict[str, int]:
        """Return how many seconds jobs will probably take, by job name, where that is known."""
        return {each.job: each.expected for each in self.actions if each.expected is not None}

    def counts(self) -> dict[str, int]:
        """Return how many actions there are of each kind."""
        found = Counter(action.kind for action in self.actions)
        return {kind.value: found[kind] for kind in ActionKind}

    @property
    def digest(self) -> str:
        """What a reviewer approves: the same changes have the same digest, on any machine."""
        changed = {(action.owner, action.logical_name) for action in self.changes}
        declared: list[Json] = [
            declared_json(each)
            for each in self.declarations
            if (each.owner.name, each.logical_name) in changed
        ]
        return digest(
            {
                "format_version": FORMAT_VERSION,
                "account": self.account,
                "region": self.region,
                "options": self.choices.to_json(),
                "changes": [action.precondition() for action in self.changes],
                "declarations": declared,
            },
            DIGEST_LENGTH,
        )


def in_order(actions: Iterable[PlannedAction]) -> tuple[PlannedAction, ...]:
    """Return actions by owner, kind and name."""
    kinds = list(ActionKind)
    return tuple(
        sorted(actions, key=lambda each: (each.owner, kinds.index(each.kind), each.name, each.job))
    )


def declared_json(declaration: Declaration) -> dict[str, Json]:
    """Return a declaration's JSON form."""
    return {
        "owner": declaration.owner.name,
        "logical_name": declaration.logical_name,
        "request": declaration.request.to_wire(),
        "revision": declaration.revision,
        "exact_output": declaration.exact_output,
    }


def title(document: PlanDocument) -> str:
    """Return a plan in one line: what changes, and what stays."""
    if document.source is Basis.OFFLINE:
        count = len(document.actions)
        return f"Plan: {count} {'job' if count == 1 else 'jobs'} declared."
    counts = document.counts()
    records = "record" if counts[ActionKind.DELETE] == 1 else "records"
    words = {
        ActionKind.CREATE: "to create", ActionKind.REPLACE: "to replace",
        ActionKind.RETRY: "to try again", ActionKind.RETAG: "to retag",
        ActionKind.STOP: "to stop", ActionKind.DELETE: f"{records} to delete",
    }  # fmt: skip
    others = {
        ActionKind.KEEP: "unchanged", ActionKind.WAIT: "under way",
        ActionKind.FAILED: "failed", ActionKind.CONFLICT: "in conflict",
        ActionKind.UNKNOWN: "unknown",
    }  # fmt: skip
    changed = ", ".join(f"{counts[kind]} {text}" for kind, text in words.items() if counts[kind])
    rest = ", ".join(f"{counts[kind]} {text}" for kind, text in others.items() if counts[kind])
    return f"Plan: {changed or 'no changes'}.{f' {rest}.' if rest else ''}"
