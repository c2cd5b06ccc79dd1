"""The roles that Neo assumes: what Neo is documented to do with one, and no more.

Nobody can record what the service does, so its documentation is the record: CreateCompilationJob's
RoleArn (read the model, write the artifact, write logs), the developer guide's "Neo VPC" page (the
EC2 actions), the failures that Neo tells of (the bucket's region is looked up), and what S3 and
KMS ask of whoever reads and writes encrypted objects in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    CompiledModel,
    ModelArtifact,
    Target,
)
from neo_constructs.iam.statements import VPC_ACTIONS
from tests.contract.privilege.comparing import unused_of
from tests.contract.privilege.engine import ACCOUNT, ALLOWED, DENIED, Request, decisions
from tests.contract.privilege.neighbours import neighbours
from tests.contract.privilege.policies import REGION, resolver
from tests.contract.privilege.stacks import Arns, Deployed, deployed
from tests.synthesis.conftest import ONNX, full_job
from tests.synthesis.rendering import of_type
from tests.synthesis.vpcs import private_vpc

ROLE: Final = "job role"
LOGS: Final = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/CompilationJobs"
VIA_S3: Final = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
PACKAGE: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/nets/3"
EC2: Final = f"arn:aws:ec2:{REGION}:{ACCOUNT}"


def build_job(stack: cdk.Stack) -> None:
    """A job with keys and a network, as its own role has it."""
    full_job(stack)


def build_fleet(stack: cdk.Stack) -> None:
    """A fleet of one such job."""
    models = s3.Bucket(stack, "In", encryption=s3.BucketEncryption.KMS)
    out = s3.Bucket(stack, "Out", encryption_key=kms.Key(stack, "Key"))
    isolated = ec2.SubnetType.PRIVATE_ISOLATED
    vpc = private_vpc(stack)
    fleet = CompilationFleet(
        stack, "Fleet", output_bucket=out, output_prefix="neo", vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=isolated),
    )  # fmt: skip
    model = ModelArtifact.from_bucket(models, "m.tar.gz")
    fleet.add_job("m", model=model, target=Target.ML_C5, **ONNX)


def build_package(stack: cdk.Stack) -> None:
    """A job that compiles a model package's version."""
    CompilationJob(
        stack, "Job", model=ModelArtifact.from_model_package(PACKAGE), target=Target.ML_C5,
        output_bucket=s3.Bucket(stack, "Out"), output_prefix="neo",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A stack whose jobs' role is looked at, and what its jobs do."""

    build: Callable[[cdk.Stack], None]
    role: str
    encrypted: bool = True
    network: bool = True
    package: bool = False


CASES: Final = {
    "job": Case(build_job, "JobRole"),
    "fleet": Case(build_fleet, "FleetRole"),
    "package": Case(build_package, "JobRole", encrypted=False, network=False, package=True),
}


def documented(case: Case, stack: Deployed) -> Iterator[Request]:
    """Yield everything that Neo does with the role."""
    arns = Arns(stack.template)
    out = arns.of("AWS::S3::Bucket", "Out")
    artifact = f"{out}/neo/{_owner(stack)}-net-abcdefghijkl/m-ml_c5.tar.gz"
    for action in ("s3:PutObject", "s3:AbortMultipartUpload"):
        yield Request(ROLE, action, artifact)
    yield Request(ROLE, "s3:ListBucket", out, {"s3:prefix": "neo/"})
    yield Request(ROLE, "s3:GetBucketLocation", out)
    yield from _source(case, arns)
    if case.encrypted:
        key = arns.of("AWS::KMS::Key", "Key")
        for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"):
            yield Request(ROLE, action, key, VIA_S3)
        yield Request(ROLE, "kms:DescribeKey", key)
    for action in ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams"):
        yield Request(ROLE, f"logs:{action}", f"{LOGS}:*")
    yield Request(ROLE, "logs:PutLogEvents", f"{LOGS}:log-stream:job")
    if case.network:
        yield from (Request(ROLE, action, _ec2(action)) for action in VPC_ACTIONS)


def _source(case: Case, arns: Arns) -> Iterator[Request]:
    if case.package:
        yield Request(ROLE, "sagemaker:DescribeModelPackage", PACKAGE)
        return
    models = arns.of("AWS::S3::Bucket", "In")
    yield Request(ROLE, "s3:GetObject", f"{models}/m.tar.gz")
    yield Request(ROLE, "s3:ListBucket", models, {"s3:prefix": "m.tar.gz"})
    yield Request(ROLE, "s3:GetBucketLocation", models)
    yield Request(ROLE, "kms:Decrypt", arns.of("AWS::KMS::Key", "InKey"), VIA_S3)


def _ec2(action: str) -> str:
    return "*" if action.startswith("ec2:Describe") else f"{EC2}:network-interface/eni-1"


def _owner(stack: Deployed) -> str:
    fleets = of_type(stack.template, "Custom::NeoCompilationFleet")
    suffix = [item["Properties"]["OwnerSuffix"] for item in fleets.values()]
    return f"f0a1b2c3d{suffix[0]}" if suffix else "s0a1b2c3d"


@pytest.fixture(scope="module", params=CASES.values(), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> tuple[Case, Deployed]:
    chosen: Case = request.param
    return chosen, deployed(chosen.build, {ROLE: chosen.role})


def test_neo_may_do_what_it_is_documented_to_do(case: tuple[Case, Deployed]) -> None:
    asked = list(documented(*case))
    pairs = zip(asked, decisions(case[1].policies, asked), strict=True)
    assert "\n".join(f"{each}: {found}" for each, found in pairs if found != ALLOWED) == ""


def test_neo_may_do_nothing_else(case: tuple[Case, Deployed]) -> None:
    assert "\n".join(unused_of(case[1], list(documented(*case)))) == ""


def test_what_is_anothers_is_denied_to_a_job(case: tuple[Case, Deployed]) -> None:
    asked = [
        near
        for each in documented(*case)
        if not each.action.startswith("ec2:")  # its one star
        for near in neighbours(each)
        if "CompilationJobs-other" not in near.resource  # the group's name ends with a star
    ]
    pairs = zip(asked, decisions(case[1].policies, asked), strict=True)
    assert "\n".join(f"{each}: {found}" for each, found in pairs if found != DENIED) == ""


def test_a_right_more_is_seen(case: tuple[Case, Deployed]) -> None:
    asked = [each for each in documented(*case) if each.action != "s3:AbortMultipartUpload"]
    assert len(unused_of(case[1], asked)) == 1


def build_model(stack: cdk.Stack) -> None:
    """A model of what a job compiled, in an encrypted bucket."""
    job = CompilationJob(
        stack, "Job", model=ModelArtifact.from_bucket(s3.Bucket(stack, "In"), "m.tar.gz"),
        target=Target.ML_C5, output_prefix="neo",
        output_bucket=s3.Bucket(stack, "Out", encryption_key=kms.Key(stack, "Key")), **ONNX,
    )  # fmt: skip
    CompiledModel(stack, "Model", job=job)


def test_a_models_role_serves_one_jobs_artifacts() -> None:
    stack = deployed(build_model, {ROLE: "ModelRole"})
    arns = Arns(stack.template)
    [job] = of_type(stack.template, "Custom::NeoCompilationJob")
    artifact = f"{arns.of('AWS::S3::Bucket', 'Out')}/neo/value-of-{job}/m-ml_c5.tar.gz"
    image = f"arn:aws:ecr:{REGION}:785573368785:repository/sagemaker-inference-pytorch"
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"}
    shared = {"Version": "2012-10-17", "Statement": [everybody]}
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/one"
    asked = [
        Request(ROLE, "s3:GetObject", artifact),
        Request(ROLE, "kms:Decrypt", arns.of("AWS::KMS::Key", "Key"), VIA_S3),
        Request(ROLE, "ecr:GetAuthorizationToken", "*"),
        *(
            Request(ROLE, f"ecr:{action}", image, resource_policy=shared)
            for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
        ),
        *(Request(ROLE, f"logs:{each}", f"{logs}:*") for each in
          ("CreateLogGroup", "CreateLogStream")),
        Request(ROLE, "logs:PutLogEvents", f"{logs}:log-stream:a"),
    ]  # fmt: skip
    pairs = zip(asked, decisions(stack.policies, asked), strict=True)
    assert [f"{each}: {found}" for each, found in pairs if found != ALLOWED] == []
    assert unused_of(stack, asked) == []


JOBS: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:compilation-job"


WHO: Final = (
    ("sagemaker", "{owner}-net-abcdefghijkl", ACCOUNT, ALLOWED),
    ("sagemaker", "{owner}0-net-abcdefghijkl", ACCOUNT, DENIED),
    ("sagemaker", "other-net-abcdefghijkl", ACCOUNT, DENIED),
    ("sagemaker", "{owner}-net-abcdefghijkl", "999988887777", DENIED),
    ("lambda", "{owner}-net-abcdefghijkl", ACCOUNT, DENIED),
)


def test_only_sagemaker_for_this_stacks_jobs_can_assume_it(case: tuple[Case, Deployed]) -> None:
    stack = case[1]
    role = stack.roles[ROLE]
    resolved = resolver(stack.template)
    trust: dict[str, Any] = resolved.resolve(
        stack.template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]
    )
    asked = [
        Request(
            ROLE, "sts:AssumeRole", resolved.values[f"{role}.Arn"],
            {"aws:SourceArn": f"{JOBS}/{source.format(owner=_owner(stack))}",
             "aws:SourceAccount": account},
            principal=f"{service}.amazonaws.com", resource_policy=trust,
        )
        for service, source, account, _ in WHO
    ]  # fmt: skip
    without_context = replace(asked[0], context={})
    expected = [*(decision for *_, decision in WHO), DENIED]
    assert decisions({ROLE: []}, [*asked, without_context]) == expected
