"""What real Lambda processes asked of the embedded AWS, as requests to a policy engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.contract.privilege import recording
from tests.contract.privilege.engine import Request

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
    """Return all calls that were recorded in a file."""
    return [RealCall(**json.loads(line)) for line in path.read_text().splitlines()]


def requests_of(call: RealCall) -> Iterator[Request]:
    """Yield what IAM is asked for a call: the role is named by its function."""
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
    """Return the documents of each function's role, as IAM has them now."""
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


# --- all embedded runs ---------------------------------------------------------------------------

_KINDS: Final = (  # by logical ids; of a fleet, whatever it is called, by what follows its id
    ("NeoCompilationProviderOnEvent", recording.ON_EVENT),
    ("NeoCompilationProviderIsComplete", recording.IS_COMPLETE),
    ("ProviderOnEvent", recording.FLEET_ON_EVENT),
    ("ProviderIsComplete", recording.FLEET_IS_COMPLETE),
)


def recorder_options(file: Path) -> list[str]:
    """Options of `neoctl local start` with which all Lambdas' calls are written into a file."""
    extra = {
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "recorder=call_recorder",
        "PYTHONPATH": str(Path(__file__).parent / "in_lambda"),
        "RECORDED_CALLS": str(file),
    }
    return [word for item in extra.items() for word in ("--set", "=".join(item))]


def record_all(calls: Iterable[RealCall]) -> int:
    """Record calls of this library's functions as those of the in-memory AWS are; how many."""
    calls = list(calls)
    stacks = {
        call.function: str(call.params["StackName"])
        for call in calls
        if call.operation == "DescribeStacks"
    }
    owners = {name: _owner(name, calls, stack) for name, stack in stacks.items()}
    made = [call for call in calls if call.function in stacks]
    for call in made:
        name = call.function
        with recording.acting(_kind(name), owners[name], stacks[name]):
            _record(call)
    return len(made)


def _kind(function: str) -> str:
    return next((kind for part, kind in _KINDS if part in function), recording.SCHEDULE)


def _owner(function: str, calls: list[RealCall], stack: str) -> str:
    """The owner of the jobs of a function's stack; a fleet's is told by the names of its state."""
    if _kind(function) in (recording.ON_EVENT, recording.IS_COMPLETE):
        return recording.owner_of(stack)
    pattern = re.compile(rf"/({recording.owner_of(stack, '[a-z2-7]{6}')})/")
    keys = (str(each.params.get("Key")) for each in calls if each.function == function)
    return next((found[1] for key in keys if (found := pattern.search(f"/{key}"))), "nobody")


def _record(call: RealCall) -> None:
    params = call.params
    match call.service:
        case "sagemaker":
            _record_sagemaker(call.operation, params)
        case "s3":
            _record_s3(call, call.error in _MISSING)
        case "cloudformation":
            recording.record_stack(call.operation, params["StackName"])
        case "sns":
            recording.record(f"sns:{call.operation}", "topic")
        case "eventbridge":
            recording.record(f"events:{call.operation}", "bus")
        case other:
            recording.record(f"{other}:{call.operation}", "something")


def _record_sagemaker(operation: str, params: Mapping[str, Any]) -> None:
    if operation == "ListCompilationJobs":
        recording.record("sagemaker:ListCompilationJobs", "any job")
    elif operation == "CreateCompilationJob":
        recording.record_create(params["CompilationJobName"], tagged="Tags" in params)
    else:
        arn = params.get("ResourceArn") or f"/{params['CompilationJobName']}"
        recording.record_job(operation, arn.rpartition("/")[2])


def _record_s3(call: RealCall, missing: bool) -> None:
    params = call.params
    is_archive = call.operation == "GetObject" and str(params["Key"]).endswith(".tar.gz")
    if call.operation == "HeadObject" or is_archive:
        uri = f"s3://{params['Bucket']}/{params['Key']}"
        decrypts = (is_archive and not missing) or "ChecksumMode" in params
        recording.record_head(uri, missing=missing, checksum=decrypts)
    else:
        recording.record_object(call.operation, *_small(params), missing=missing)


def _small(params: Mapping[str, Any]) -> tuple[str, str]:
    """Bucket and key of a small object, called as in the in-memory worlds."""
    key = str(params["Key"])
    if "/" in key:
        return "state", key
    return "assets", "specs.json" if not re.fullmatch(r"[0-9a-f]{64}\.json", key) else key
