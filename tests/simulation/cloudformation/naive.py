"""The handler that everybody writes first, for comparison: create on_event, describe, stop."""

from __future__ import annotations

import contextlib
import json

from botocore.exceptions import ClientError

from tests.fakes.boto_client import FakeSageMakerClient
from tests.simulation.cloudformation.world import Json, Ports


def naive(ports: Ports, name: str, event: Json) -> Json:
    """It, as the model runs handlers."""
    return naive_handler(ports.client, name, event)


def naive_handler(client: FakeSageMakerClient, name: str, event: Json) -> Json:
    """Run on_event or is_complete."""
    return _on_event(client, event) if name == "on_event" else _is_complete(client, event)


def _on_event(client: FakeSageMakerClient, event: Json) -> Json:
    if event["RequestType"] == "Delete":
        with contextlib.suppress(ClientError):
            client.stop_compilation_job(CompilationJobName=event["PhysicalResourceId"])
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    job = f"{event['LogicalResourceId']}-{event['RequestId'][:8]}"
    request = json.loads(event["ResourceProperties"]["Declaration"])["request"]
    late = event["ResourceProperties"].get("LateBound", {})
    client.create_compilation_job(
        CompilationJobName=job, **request, **{key.lstrip("/"): late[key] for key in late}
    )
    return {"PhysicalResourceId": job}


def _is_complete(client: FakeSageMakerClient, event: Json) -> Json:
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    name = event["PhysicalResourceId"]
    job = client.describe_compilation_job(CompilationJobName=name)
    status = job["CompilationJobStatus"]
    if status == "FAILED":
        raise RuntimeError(job["FailureReason"])
    done = status in ("COMPLETED", "STOPPED")
    return {"IsComplete": done, **({"Data": {"CompilationJobName": name}} if done else {})}
