"""What is built is what a fleet's Lambda reads: the same identities, deploy-time values put in."""

from __future__ import annotations

from reconciler.core.fleet.document import FleetDocument
from reconciler.core.identity import Owner
from reconciler.specs.build import fleet_document
from tests.unit.specs.fleets import FLEET, loaded
from tests.unit.specs.test_variables import LATE

OWNER = Owner("vision")
REAL: dict[str, object] = {
    "role": "arn:aws:iam::111122223333:role/NeoRole",
    "subnets": ["subnet-0123456789abcdef0"],
    "seconds": 600,
    "size": 224,
}
AS_CLOUDFORMATION_SENDS = {**REAL, "seconds": "600", "size": "224"}


def test_the_lambda_reads_the_same_declarations() -> None:
    jobs = loaded(FLEET).jobs
    built = FleetDocument.parse(fleet_document(jobs).text())
    assert built.variables == {}
    assert built.declarations(OWNER) == tuple(job.declaration() for job in jobs)


def test_deploy_time_values_make_the_identity_that_they_would_have_made_at_once() -> None:
    at_once = loaded(LATE, variables=REAL).jobs[0].declaration()
    built = FleetDocument.parse(fleet_document(loaded(LATE).jobs).text())
    assert built.variables == dict.fromkeys(REAL, "any")
    [declared] = built.resolved(AS_CLOUDFORMATION_SENDS).declarations(OWNER)
    assert declared == at_once
