"""Jobs in the in-memory account, created from specs by a pass of the engine."""

from __future__ import annotations

from datetime import timedelta

from reconciler.core.operation import Operation
from reconciler.engine.lease import NoLease
from reconciler.engine.manifest_store import NoManifest
from reconciler.engine.ports import Ports
from reconciler.engine.reconcile import DesiredState, PassOptions, Reconciler
from tests.fakes.gateway import FakeArtifacts, FakeClock, FakeGateway
from tests.fakes.sagemaker import REGION, FakeSageMaker
from tests.unit.specs.fleets import loaded


def create(sagemaker: FakeSageMaker, text: str) -> None:
    """Create the jobs of a spec of one owner."""
    declarations = tuple(job.declaration() for job in loaded(text).jobs)
    clock = FakeClock(sagemaker.clock())
    ports = Ports(
        gateway=FakeGateway(sagemaker), artifacts=FakeArtifacts(sagemaker), clock=clock,
        pause=clock.advance, progress=lambda event, **fields: None,
    )  # fmt: skip
    owner, now = declarations[0].owner, clock.now()
    desired = DesiredState(owner, declarations, Operation("earlier", now), REGION)
    options = PassOptions(until=now + timedelta(minutes=5), in_scope=lambda job: False)
    Reconciler(ports, NoLease(), NoManifest(owner)).reconcile(desired, options)
