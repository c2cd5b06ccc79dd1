"""A job's role is judged before the job is made, unless that is switched off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from neo_local.access.roles import cannot_assume
from neo_local.endpoint.services import Surroundings
from tests.fakes.endpoint import ROLE, Service, arn_of, create_request, running_service

OTHER = "arn:aws:iam::000000000000:role/other"


class OneRole:
    """IAM with one role, which SageMaker may assume for one job."""

    def refusal(self, role_arn: str, source_arn: str, /) -> str:
        known = (role_arn, source_arn) == (ROLE, arn_of("job"))
        return "" if known else cannot_assume(role_arn)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(tmp_path, around=Surroundings(roles=OneRole())) as running:
        yield running


@pytest.mark.parametrize(("name", "role"), [("job", OTHER), ("another", ROLE)])
def test_a_role_that_cannot_be_assumed_for_this_job_is_refused(
    service: Service, name: str, role: str
) -> None:
    with pytest.raises(ClientError) as refused:
        service.client().create_compilation_job(**create_request(name, RoleArn=role))
    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"Could not assume role {role}. Please ensure that the role exists and allows "
        "principal 'sagemaker.amazonaws.com' to assume the role.",
    }
    assert service.client().list_compilation_jobs()["CompilationJobSummaries"] == []


def test_the_role_of_a_model_must_be_able_to_read_its_data(service: Service) -> None:
    container = {"Image": "repo/image:1", "ModelDataUrl": "s3://artifacts/net.tar.gz"}
    request = {"ModelName": "net", "ExecutionRoleArn": OTHER, "PrimaryContainer": container}
    with pytest.raises(ClientError, match="Could not access model data at s3://artifacts/net"):
        service.client().create_model(**request)
    service.client().create_model(**{**request, "PrimaryContainer": {"Image": "repo/image:1"}})


def test_the_switch_turns_it_off(service: Service) -> None:
    service.client().create_compilation_job(**create_request("job"))
    service.switch(access_checks=False)
    service.client().create_compilation_job(**create_request("another", RoleArn=OTHER))
    service.wait("another", "COMPLETED")
