"""Built declarations are what the Lambda reads: the same identities, late values put in."""

from __future__ import annotations

from reconciler.core.identity import Owner
from reconciler.handler.job.properties import decode
from reconciler.specs.build import declaration_of
from tests.spec.fleets import FLEET, loaded
from tests.spec.test_variables import LATE

REAL: dict[str, object] = {
    "role": "arn:aws:iam::111122223333:role/NeoRole",
    "subnets": ["subnet-0123456789abcdef0"],
    "seconds": 600,
    "size": 224,
}


def test_the_lambda_reads_the_same_declaration() -> None:
    for job in loaded(FLEET).jobs:
        desired = decode(declaration_of(job), Owner("vision"))
        assert desired.declaration == job.declaration()


def test_late_values_make_the_identity_that_they_would_have_made_at_once() -> None:
    early = loaded(LATE, variables=REAL).jobs[0].declaration()
    properties = declaration_of(loaded(LATE).jobs[0])
    late = properties["LateBound"]
    stringly = {"role": REAL["role"], "subnets": REAL["subnets"], "seconds": "600", "size": "224"}
    properties["LateBound"] = {
        pointer: stringly[value.removeprefix("${var.").removesuffix("}")]
        for pointer, value in late.items()
    }
    assert decode(properties, Owner("vision")).declaration.identity == early.identity
