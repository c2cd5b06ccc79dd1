"""The handlers that the documentation of the CDK's Provider and of crhelper shows, filled in.

Both documents leave gaps (`# add your create code here...`). They are filled with the same three
functions, as a careful engineer would: repeated deliveries start one job, an unchanged declaration
starts none, a job that FAILED or was STOPPED is no success, and only "it is not there" and "it has
ended" are passed over when a job is stopped.
"""

from __future__ import annotations

import json
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError
from crhelper import CfnResource

from tests.fakes.boto_client import FakeSageMakerClient
from tests.simulation.cloudformation.world import Json, Ports

NOTHING_TO_STOP: Final = ("ResourceNotFound", "ValidationException")


class LambdaContext(Protocol):
    """What Lambda hands to a function beside its event."""

    function_name: str
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


def start(client: FakeSageMakerClient, event: Json) -> str:
    """Start the job that the properties declare; return its name, which is the physical id."""
    properties = event["ResourceProperties"]
    name = f"{event['LogicalResourceId']}-{event['RequestId'][:8]}"
    late = {path.lstrip("/"): value for path, value in properties.get("LateBound", {}).items()}
    request = json.loads(properties["Declaration"])["request"]
    try:
        client.create_compilation_job(CompilationJobName=name, **request, **late)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUse":  # delivered a second time
            raise
    return name


def is_unchanged(event: Json) -> bool:
    """Return whether an Update declares what is there."""
    before: str = event["OldResourceProperties"]["Declaration"]
    after: str = event["ResourceProperties"]["Declaration"]
    return before == after


def finished(client: FakeSageMakerClient, name: str) -> bool:
    """Return whether a job is COMPLETED. Raises RuntimeError if it never will be."""
    job = client.describe_compilation_job(CompilationJobName=name)
    status: str = job["CompilationJobStatus"]
    if status in ("FAILED", "STOPPED"):
        raise RuntimeError(f"{name} is {status}: {job.get('FailureReason', '')}")
    return status == "COMPLETED"


def stop(client: FakeSageMakerClient, name: str) -> None:
    """Stop a job, if there is one to stop."""
    try:
        client.stop_compilation_job(CompilationJobName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NOTHING_TO_STOP:
            raise


# --- the CDK's Provider -----------------------------------------------------------------------


def with_provider(ports: Ports, name: str, event: Json) -> Json:
    """Run on_event or is_complete, as `aws-cdk-lib/custom-resources/README.md` shows them."""
    client = ports.client
    return on_event(client, event) if name == "on_event" else is_complete(client, event)


def on_event(client: FakeSageMakerClient, event: Json) -> Json:
    match event["RequestType"]:
        case "Create":
            return {"PhysicalResourceId": start(client, event)}
        case "Update" if not is_unchanged(event):
            return {"PhysicalResourceId": start(client, event)}
        case "Delete":
            stop(client, event["PhysicalResourceId"])
    return {"PhysicalResourceId": event["PhysicalResourceId"]}


def is_complete(client: FakeSageMakerClient, event: Json) -> Json:
    name = event["PhysicalResourceId"]
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    if finished(client, name):
        return {"IsComplete": True, "Data": {"CompilationJobName": name}}
    return {"IsComplete": False}


# --- crhelper ---------------------------------------------------------------------------------


def with_crhelper(client: FakeSageMakerClient, event: Json, context: LambdaContext) -> None:
    """Run the function that crhelper's README shows, in a new sandbox."""
    helper = CfnResource(
        json_logging=False, log_level="DEBUG", boto_level="CRITICAL", sleep_on_delete=120
    )

    @helper.create
    def create(event: Any, context: Any) -> str:
        return start(client, event)

    @helper.update
    def update(event: Any, context: Any) -> str:
        return event["PhysicalResourceId"] if is_unchanged(event) else start(client, event)

    @helper.delete
    def delete(event: Any, context: Any) -> None:
        stop(client, event["PhysicalResourceId"])

    @helper.poll_create
    @helper.poll_update
    def poll(event: Any, context: Any) -> str | None:
        name: str = event["CrHelperData"]["PhysicalResourceId"]
        if not finished(client, name):
            return None
        helper.Data.update({"CompilationJobName": name})
        return name

    helper(event, context)
