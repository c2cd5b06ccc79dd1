"""What real Lambda processes asked of the embedded AWS, as requests to a policy engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.privilege.engine import Request

ACCOUNT: Final = "000000000000"
PLACE: Final = f"us-east-1:{ACCOUNT}"
_JOBS: Final = f"arn:aws:sagemaker:{PLACE}:compilation-job"
_MISSING: Final = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True, slots=True)
class RealCall:
    """One call of one of the functions, and the error that it came to."""

    function: str
    service: str
    operation: str
    params: Mapping[str, Any]
    error: str

    @property
    def is_denied(self) -> bool:
        """Whether IAM said no."""
        return self.error in ("403", "AccessDenied", "AccessDeniedException", "AuthorizationError")


def read_calls(path: Path) -> list[RealCall]:
    """All calls that were recorded in a file."""
    return [RealCall(**json.loads(line)) for line in path.read_text().splitlines()]


def requests_of(call: RealCall) -> Iterator[Request]:
    """What IAM is asked for a call: the role is named by its function."""
    for action, resource, context in _asked(call):
        yield Request(call.function, action, resource, context, account=ACCOUNT)


def _asked(call: RealCall) -> Iterator[tuple[str, str, dict[str, str]]]:
    params = call.params
    match call.service:
        case "sagemaker":
            yield from _sagemaker(call)
        case "s3":
            bucket = f"arn:aws:s3:::{params['Bucket']}"
            action = {"HeadObject": "GetObject"}.get(call.operation, call.operation)
            yield f"s3:{action}", f"{bucket}/{params['Key']}", {}
            if call.error in _MISSING:
                yield "s3:ListBucket", bucket, {}
        case "cloudformation":
            yield f"cloudformation:{call.operation}", params["StackName"], {}
        case "sns":
            yield "sns:Publish", params["TopicArn"], {}
        case "eventbridge":
            for entry in params["Entries"]:
                bus = f"arn:aws:events:{PLACE}:event-bus/{entry['EventBusName']}"
                yield "events:PutEvents", bus, {}
        case other:
            raise AssertionError(f"a call to {other}: {call}")


def _sagemaker(call: RealCall) -> Iterator[tuple[str, str, dict[str, str]]]:
    params, action = call.params, f"sagemaker:{call.operation}"
    if call.operation == "ListCompilationJobs":
        yield action, "*", {}
        return
    job = params.get("ResourceArn") or f"{_JOBS}/{params['CompilationJobName']}"
    yield action, job, {}
    if call.operation == "CreateCompilationJob":
        yield "sagemaker:AddTags", job, {}
        passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
        yield "iam:PassRole", params["RoleArn"], passed


def policies_in_force(aws: Any, functions: set[str]) -> dict[str, list[dict[str, Any]]]:
    """The documents of each function's role, as IAM has them now."""
    found = {}
    for function in functions:
        config = aws.client("lambda").get_function_configuration(FunctionName=function)
        found[function] = _documents(aws.client("iam"), config["Role"].rpartition("/")[2])
    return found


def _documents(iam: Any, role: str) -> list[dict[str, Any]]:
    inline = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    attached = []
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        read = iam.get_policy_version(PolicyArn=arn, VersionId=version)
        attached.append(read["PolicyVersion"]["Document"])
    return [*inline, *attached]
