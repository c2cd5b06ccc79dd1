"""How an apply makes its passes: alone, or holding the lease of a fleet that it shares.

A shared fleet has a pointer, a lease and a manifest in S3 (``reconciler.engine.state``), the same
that a deployment and ContinuousReconciliation use. An apply first declares what it is about in the
fleet's document, beside what others declare; then every actor brings that about.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import Final, Protocol

from reconciler.cli.options.declared import meaning
from reconciler.core.contract import EXACT_OUTPUT, LOGICAL_NAME, REQUEST, REVISION
from reconciler.core.declaration import Declaration
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.generation import FleetGeneration
from reconciler.core.operation import Operation
from reconciler.core.ports import Invalid, Unavailable, WriteConflict
from reconciler.engine.generation import desired_state, write_generation
from reconciler.engine.lease import HeldLease, LeaseLost, require_free
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, PassOptions, PassResult, Reconciler
from reconciler.engine.state import FleetState, StoredGeneration

RELEASE_SECONDS: Final = 0.2
_SINCE_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When the operation of a fleet's first generation began: a failure counts whenever it was."""


class FleetPasses(Protocol):
    """Makes passes over the jobs of one owner."""

    def make(self, options: PassOptions) -> PassResult:
        """Make one pass. Raises PortError; Transient if the next pass may succeed."""
        ...


@dataclass(frozen=True, slots=True)
class UnsharedPasses:
    """Passes without a lease: names keep two actors from harm."""

    reconciler: Reconciler
    desired: DesiredState

    def make(self, options: PassOptions) -> PassResult:
        """Make one pass. Raises PortError."""
        return self.reconciler.reconcile(self.desired, options)


@dataclass(slots=True)
class SharedPasses:
    """Passes over a fleet whose state is in S3.

    Attributes:
        operation: The apply; its id holds the lease.
        declarations: What the apply declares.
        is_dropped: Whether a logical name that the fleet declares is declared no more.
    """

    state: FleetState
    ports: Ports
    operation: Operation
    region: str
    declarations: tuple[Declaration, ...]
    is_dropped: Callable[[str], bool]
    _is_declared: bool = False

    def make(self, options: PassOptions) -> PassResult:
        """Make one pass, if no other actor holds the lease.

        Raises Unavailable if one does, Invalid if another actor declared something else since.
        """
        try:
            stored = self._declared()
            lease = HeldLease(
                self.state, self.ports.clock, self.ports.progress, self.operation.id,
                lambda: None, *stored,
            )  # fmt: skip
            with _held(lease):
                return self._reconcile(lease, options)
        except (LeaseLost, WriteConflict) as error:
            raise Unavailable("LeaseNotHeld", str(error)) from error

    def _reconcile(self, lease: HeldLease, options: PassOptions) -> PassResult:
        found = desired_state(self.state, lease.generation, region=self.region, bucket_owner=None)
        missing = {each.identity for each in self.declarations} - {
            each.identity for each in found.declarations
        }
        if missing:
            raise Invalid(
                "Superseded", f"{lease.generation.operation} declared another generation "
                f"({lease.generation.generation}) of the fleet, without {min(missing)}",
            )  # fmt: skip
        desired = replace(found, operation=self.operation)
        return Reconciler(self.ports, lease, self.state).reconcile(desired, options)

    def _declared(self) -> StoredGeneration:
        """Return the generation; the first time, with what the apply declares.

        Raises LeaseLost while another actor holds the lease.
        """
        stored = self.state.generation()
        if stored is not None:
            require_free(stored.generation, self.operation.id, self.ports.clock.now())
        if not self._is_declared:
            stored = self._declare(stored)
            self._is_declared = True
        if stored is None:
            raise Invalid("Superseded", "the fleet's state was deleted meanwhile")
        return stored

    def _declare(self, found: StoredGeneration | None) -> StoredGeneration:
        if found is None:
            began = FleetGeneration(1, self.operation.id, _SINCE_EVER, "")
            return self._write(None, began, self._merged(FleetDocument((), {})))
        generation = found.generation
        before = self.state.document(generation.document)
        after = self._merged(before)
        if self._meaning(after, generation) == self._meaning(before, generation):
            return found
        return self._write(found, replace(generation, document="", source=""), after)

    def _meaning(self, document: FleetDocument, generation: FleetGeneration) -> dict[str, Hashable]:
        """Return what tells two documents apart, whatever their texts."""
        declared = document.declarations(self.state.owner, generation.settings.tags)
        return {each.logical_name: meaning(each) for each in declared}

    def _write(
        self, found: StoredGeneration | None, following: FleetGeneration, document: FleetDocument
    ) -> StoredGeneration:
        return write_generation(self.state, self.ports.progress, found, following, document)

    def _merged(self, document: FleetDocument) -> FleetDocument:
        """Return the fleet's document with what the apply declares, and without what it drops."""
        own = {each.logical_name for each in self.declarations}
        others = [
            job
            for job in document.jobs
            if job[LOGICAL_NAME] not in own and not self.is_dropped(job[LOGICAL_NAME])
        ]
        jobs = [*others, *map(_job, self.declarations)]
        return FleetDocument.of(sorted(jobs, key=lambda job: str(job[LOGICAL_NAME])), {})


@contextmanager
def _held(lease: HeldLease) -> Iterator[None]:
    """Take a lease, and release it; after Ctrl-C no longer than a person waits: it expires."""
    release = lease.__exit__
    lease.__enter__()
    try:
        yield
    except KeyboardInterrupt:
        thread = Thread(target=lease.__exit__, daemon=True)
        thread.start()
        release = partial(thread.join, RELEASE_SECONDS)
        raise
    finally:
        release()


def _job(declaration: Declaration) -> dict[str, object]:
    return {
        LOGICAL_NAME: declaration.logical_name,
        REQUEST: declaration.request.to_wire(),
        REVISION: declaration.revision,
        EXACT_OUTPUT: declaration.exact_output,
    }
