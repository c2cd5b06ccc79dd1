"""A fleet's schedule on the embedded AWS: EventBridge runs it, and what it tells arrives.

MiniStack's EventBridge ticks every ten seconds and invokes the function. What it does not model,
and these tests so do not show: the retries and the dead-letter queue of a rule's target.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.app.deployment import metrics_in_log
from tests.embedded.aws import Cdk, EmbeddedAws
from tests.embedded.fleet.deployed import MODEL, Deployed, upload

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]

HERE = Path(__file__).parent / "watched"
PATIENCE = 12
"""So many empty receives of 20 s each, one after another, and nothing will come any more."""


@pytest.fixture
def deployed(bootstrapped: EmbeddedAws, tmp_path: Path) -> Deployed:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} {HERE}/app.py"}))
    cdk = Cdk(
        bootstrapped.environment(), tmp_path / "out", app=tmp_path, context={"model": str(MODEL)}
    )
    return Deployed(bootstrapped, cdk, "Watched")


def test_the_schedule_runs_by_itself_and_tells_of_drift_failures_uploads_and_its_own_end(
    deployed: Deployed,
) -> None:
    ran = deployed.deploy()
    assert ran.code == 0, ran.output
    sagemaker = deployed.aws.client("sagemaker")
    job = deployed.manifest()["jobs"]["net/ml_c5"]["name"]

    # Somebody deletes a record: the next tick compiles it again.
    deployed.aws.switch(hold_jobs=True)
    sagemaker.delete_compilation_job(CompilationJobName=job)
    told = next_message(deployed, "ByTopic")
    assert told["changes"] == {"create": 1}
    assert told["pending"] == 1

    # Somebody stops a live job: it has failed, and is not begun again and again.
    again = deployed.aws.live()
    assert len(again) == 1
    sagemaker.stop_compilation_job(CompilationJobName=again[0])
    told = next_message(deployed, "ByTopic")
    assert told["changes"] == {}
    assert list(told["failures"]) == ["net/ml_c5"]
    assert "STOPPED" in told["failures"]["net/ml_c5"]
    deployed.aws.switch(hold_jobs=False)

    heard = [next_message(deployed, "ByBus") for _ in range(2)]
    assert {each["source"] for each in heard} == {"neo-as-code"}
    assert {each["detail-type"] for each in heard} == {"Neo fleet reconciled"}
    assert sorted(len(each["detail"]["failures"]) for each in heard) == [0, 1]

    # An upload is taken by its own event; what cannot be read ends in the dead-letter queue.
    upload(deployed, like="net/LINUX_ARM64")
    assert next_message(deployed, "ByTopic")["changes"]["create"] == 1
    bucket = deployed.output("Uploads")
    deployed.aws.client("s3").put_object(Bucket=bucket, Key="neo-specs.json", Body=b"{")
    invoke_as_event(deployed, {"source": "aws.events"})
    dead = next_message(deployed, "DeadLetters")  # MiniStack wraps the event, Lambda does not
    assert {"source": "aws.events"} in (dead, dead.get("requestPayload"))
    assert set(deployed.manifest()["jobs"]) == {"uploaded"}, "what cannot be read changes nothing"

    assert metrics_in_log(deployed.aws, deployed.output("LogGroup")) >= {
        "JobsCreated",
        "JobsFailed",
        "DriftFound",
        "CompileSeconds",
    }
    gone = deployed.cdk.run("destroy", "--force")
    assert gone.code == 0, gone.output
    assert deployed.aws.live() == []


def next_message(deployed: Deployed, queue: str) -> dict[str, Any]:
    """Return the next message of a queue, taken from it."""
    url, sqs = deployed.output(queue), deployed.aws.client("sqs")
    for _ in range(PATIENCE):
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return dict(json.loads(message["Body"]))
    raise AssertionError(f"nothing came to {queue}")


def invoke_as_event(deployed: Deployed, event: dict[str, str]) -> None:
    """As EventBridge does: asynchronously, tried again, and then to the dead-letter queue.

    MiniStack's CloudFormation leaves out a function's DeadLetterConfig, so it is set by hand.
    """
    function, client = deployed.output("Function"), deployed.aws.client("lambda")
    queue = deployed.output("DeadLetters").rpartition("/")[2]
    target = f"arn:aws:sqs:us-east-1:000000000000:{queue}"
    client.update_function_configuration(
        FunctionName=function, DeadLetterConfig={"TargetArn": target}
    )
    client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
