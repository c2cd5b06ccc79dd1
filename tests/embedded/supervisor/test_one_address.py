"""One address answers for every service, to clients that know no address of a service's own."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from benchmarks.endpoint import AWS_CLI
from tests.embedded.aws import EmbeddedAws
from tests.fakes.endpoint import create_request

pytestmark = pytest.mark.embedded

REGION = "eu-west-1"


def client(aws: EmbeddedAws, service: str, region: str = REGION) -> Any:
    """A client that is given MiniStack's address alone."""
    own = aws.variables()
    return boto3.client(
        service, endpoint_url=own["AWS_ENDPOINT_URL"], region_name=region,
        aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip


def test_sagemaker_answers_at_ministacks_address_in_the_region_that_is_signed_for(
    aws: EmbeddedAws,
) -> None:
    aws.switch(hold_jobs=True, access_checks=False)
    sagemaker = client(aws, "sagemaker")
    made = sagemaker.create_compilation_job(**create_request("one-address"))
    assert made["CompilationJobArn"].startswith(f"arn:aws:sagemaker:{REGION}:")
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.create_compilation_job(**create_request("one-address"))
    elsewhere = client(aws, "sagemaker", "us-east-1")
    assert elsewhere.list_compilation_jobs()["CompilationJobSummaries"] == []
    sagemaker.stop_compilation_job(CompilationJobName="one-address")
    aws.switch(reset=True)


def test_one_tagging_api_has_the_resources_of_all_services(aws: EmbeddedAws) -> None:
    aws.switch(hold_jobs=True, access_checks=False)
    tags = [{"Key": "told-by", "Value": "everybody"}]
    key = client(aws, "kms").create_key(
        Tags=[{"TagKey": "told-by", "TagValue": "everybody"}]
    )["KeyMetadata"]["Arn"]  # fmt: skip
    job = client(aws, "sagemaker").create_compilation_job(**create_request("tagged", Tags=tags))
    arns = {key, job["CompilationJobArn"]}
    for address in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API"):
        own = aws.variables()
        tagging = boto3.client(
            "resourcegroupstaggingapi", endpoint_url=own[address], region_name=REGION,
            aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip
        pages = tagging.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": "told-by"}], ResourcesPerPage=1
        )
        found = [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]
        assert sorted(found) == sorted(arns)
    tagging.tag_resources(ResourceARNList=sorted(arns), Tags={"cost": "7"})
    assert tagging.get_tag_values(Key="cost")["TagValues"] == ["7"]
    client(aws, "sagemaker").stop_compilation_job(CompilationJobName="tagged")
    aws.switch(reset=True)


@pytest.mark.skipif(not AWS_CLI.exists(), reason="make bench installs the AWS CLI")
def test_the_aws_cli_needs_no_more_than_the_address(aws: EmbeddedAws) -> None:
    own = aws.variables()
    kept = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environment = {"PATH": os.defpath, **{name: own[name] for name in kept}}
    for words in (
        ("sagemaker", "list-compilation-jobs"),
        ("resourcegroupstaggingapi", "get-tag-keys"),
    ):
        command: list[str] = [
            str(AWS_CLI),
            "--endpoint-url",
            own["AWS_ENDPOINT_URL"],
            "--region",
            REGION,
            *words,
        ]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert isinstance(json.loads(ran.stdout), dict)
