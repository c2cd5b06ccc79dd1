"""What is refused before a job is created, and how it is told."""

from __future__ import annotations

import pytest

from reconciler.engine.errors import RequestRejected
from reconciler.engine.execute import reject_invalid
from reconciler.rules.organisation_policy import OrganisationPolicy
from tests.unit.core.strategies import a_declaration, a_request

REQUEST = a_declaration().create_request("team-resnet-abcdefghijkl", ())


def test_an_ordinary_request_passes() -> None:
    reject_invalid(REQUEST, "us-east-1")


def test_every_error_is_told_with_where_what_was_got_and_what_is_allowed() -> None:
    output = {"S3OutputLocation": "s3://artifacts", "TargetDevice": "jetson_nono"}
    stopping = {"MaxRuntimeInSeconds": 0}
    wrong = a_request(OutputConfig=output, StoppingCondition=stopping).to_wire()
    with pytest.raises(RequestRejected) as caught:
        reject_invalid(wrong, "us-east-1")
    told = str(caught.value)
    assert "NEO104 OutputConfig.TargetDevice" in told
    assert "got 'jetson_nono'" in told
    assert "Did you mean jetson_nano?" in told
    assert "NEO107 StoppingCondition.MaxRuntimeInSeconds" in told


def test_the_organisations_policy_is_enforced() -> None:
    with pytest.raises(RequestRejected, match="KMS"):
        reject_invalid(REQUEST, "us-east-1", OrganisationPolicy(require_kms_key=True))
