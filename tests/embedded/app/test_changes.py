"""What each kind of change costs, with the real CDK CLI: settings, targets, siblings, removal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.embedded.app.deployment import Deployment
from tests.embedded.aws import Cdk, EmbeddedAws
from tests.paths import ROOT

# Long: the embedded CloudFormation shows no resource in progress, so each update waits 30 s.
pytestmark = [pytest.mark.long, pytest.mark.embedded, pytest.mark.compiles]


@pytest.fixture
def app(bootstrapped: EmbeddedAws, tmp_path: Path) -> Deployment:
    """The app in two_jobs."""
    folder = ROOT / "tests" / "embedded" / "app" / "two_jobs"
    cdk = Cdk(bootstrapped.environment(), tmp_path / "out", app=folder)
    return Deployment(bootstrapped, cdk, "TwoJobs")


def named(ids: dict[str, str], name: str) -> str:
    """Return the physical id of the job whose logical id begins with a name."""
    (found,) = (value for key, value in ids.items() if key.startswith(name))
    return found


def tags(app: Deployment, name: str) -> dict[str, str]:
    """Return the tags of a job."""
    sagemaker = app.aws.client("sagemaker")
    listed = sagemaker.list_tags(ResourceArn=app.job(name)["CompilationJobArn"])["Tags"]
    return {item["Key"]: item["Value"] for item in listed}


def creates(app: Deployment, **context: str) -> int:
    """Deploys, which must succeed, and counts the jobs that were created."""
    before = app.mutations()["CreateCompilationJob"]
    ran = app.deploy(**context)
    assert ran.code == 0, ran.output
    return app.mutations()["CreateCompilationJob"] - before


def test_only_what_decides_a_compilation_costs_one(app: Deployment) -> None:
    assert creates(app) == 1
    stays = named(app.physical_ids(), "Stays")
    assert tags(app, stays)["team"] == "vision"

    assert creates(app, team="audio", minutes="20") == 0, "settings never recompile"
    assert named(app.physical_ids(), "Stays") == stays
    assert tags(app, stays)["team"] == "audio"

    assert creates(app, team="audio", other="LINUX_ARM64") == 1
    other = named(app.physical_ids(), "Other")

    before = app.mutations()["CreateCompilationJob"]
    assert app.deploy(team="audio", other="LINUX_X86_64", broken="true").code != 0
    assert app.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert app.mutations()["CreateCompilationJob"] - before == 2, "the new target, the broken one"
    assert named(app.physical_ids(), "Other") == other, "the old id comes back"
    assert app.job(other)["CompilationJobStatus"] == "COMPLETED"
    assert app.aws.live() == []

    assert creates(app, team="audio", other="LINUX_ARM64") == 0, "what was, still is"

    assert creates(app, team="audio") == 0
    with pytest.raises(app.aws.client("sagemaker").exceptions.ClientError, match="Describe"):
        app.job(other)

    assert creates(app, team="audio", unawaited="true") == 1
    assert app.destroy().code == 0
    assert app.aws.live() == []
