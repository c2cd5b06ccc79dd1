"""A fleet of a thousand with the real CDK CLI: every job compiled, every call counted.

The deployment ends at its deadline, accepted or not; the embedded AWS's own EventBridge runs the
schedule, and what it says through the topic tells when all are compiled.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.aws import Cdk, EmbeddedAws
from tests.embedded.fleet.deployed import MODEL, Deployed

pytestmark = [pytest.mark.embedded, pytest.mark.compiles, pytest.mark.long]

HERE = Path(__file__).parent / "many"
COUNT = int(os.environ.get("FLEET_COUNT", "1000"))
LIVE_AT_ONCE = 250
DEPLOY_MINUTES = 5
PATIENCE = 60
"""So many empty receives of 20 s each, one after another, and nobody will say anything more."""


@pytest.fixture
def deployed(bootstrapped: EmbeddedAws, tmp_path: Path) -> Deployed:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} {HERE}/app.py"}))
    context = {"model": str(MODEL), "count": str(COUNT), "minutes": str(DEPLOY_MINUTES)}
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out", app=tmp_path, context=context)
    bootstrapped.switch(max_concurrent_jobs=LIVE_AT_ONCE)
    return Deployed(bootstrapped, cdk, "Thousand")


def test_a_thousand_jobs_are_compiled_one_is_changed_a_failure_rolls_back_and_all_go(
    deployed: Deployed, record_property: Any
) -> None:
    before = deployed.calls()["CreateCompilationJob"]
    first = deployed.deploy()
    record_property("deployed", f"{first.seconds:.0f} s, {first.calls}")
    assert first.code == 0, first.output
    wait_until_all_are_compiled(deployed)
    compiled = deployed.manifest()
    assert compiled["counts"]["completed"] == COUNT
    assert deployed.calls()["CreateCompilationJob"] - before == COUNT, "each job once"
    artifacts = {entry["artifact"] for entry in compiled["jobs"].values()}
    assert len(artifacts) == COUNT

    second = deployed.deploy(changed="7")
    record_property("one changed", f"{second.seconds:.0f} s, {second.calls}")
    assert second.code == 0, second.output
    assert second.calls["CreateCompilationJob"] == 1
    changed = deployed.manifest()
    assert changed["counts"]["completed"] == COUNT
    assert moved(compiled, changed) == {"net-0007"}

    third = deployed.deploy(changed="7,8", broken="yes")
    record_property("rolled back", f"{third.seconds:.0f} s, {third.calls}")
    assert third.code != 0
    assert "jobs failed" in third.output
    assert third.calls["CreateCompilationJob"] == 2, "the changed and the broken one, no other"
    assert moved(changed, deployed.manifest()) == set()
    assert deployed.aws.live() == []

    ran = deployed.cdk.run("destroy", "--force")
    record_property("destroyed", f"{ran.seconds:.0f} s")
    assert ran.code == 0, ran.output
    assert deployed.aws.live() == []


def wait_until_all_are_compiled(deployed: Deployed) -> None:
    """Listen to the topic until it tells of all, or tells nothing for long."""
    queue, sqs = deployed.output("Notices"), deployed.aws.client("sqs")
    silent = 0
    while deployed.manifest()["counts"]["completed"] < COUNT:
        assert silent < PATIENCE, deployed.manifest()["counts"]
        got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", [])
        silent = 0 if got else silent + 1
        for message in got:
            assert json.loads(message["Body"])["failures"] == {}
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def moved(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the jobs that are another job than before."""
    return {name for name, entry in after["jobs"].items() if entry != before["jobs"].get(name)}
