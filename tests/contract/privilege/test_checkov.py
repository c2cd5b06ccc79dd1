"""checkov over every template of app.py and the examples: nothing without a reason.

It runs in an environment of its own (`.venv-checkov`), in the long profile.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.paths import ROOT
from tests.synthesis.test_app import run_app
from tests.synthesis.test_examples import EXAMPLES, templates

pytestmark = pytest.mark.long

CHECKOV: Final = ROOT / ".venv-checkov" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Known:
    """A finding that is as it is for a reason.

    Attributes:
        where: What "template/logical id" matches for all resources that it is known for.
    """

    where: str
    why: str


_PROVIDER: Final = "/(NeoCompilationProvider|VisionProvider)"
_FUNCTIONS: Final = f"{_PROVIDER}|/KeeperFunction"
_PLATFORM: Final = r"^12_platform\.Platform\.json/"
_IN_A_VPC: Final = r"^(04_vpc_only.*|app\.json)/.*Role"
_EC2: Final = "EC2 takes no narrower resource for what a VPC job needs."
_HELPER: Final = "CDK's own, for the example's bucket that sends its events to EventBridge."
_OWN: Final = "The example's own resource, as small as examples are."
KNOWN: Final[Mapping[str, tuple[Known, ...]]] = {
    "CKV_AWS_115": (
        Known(_PROVIDER, "One call per resource and 20 seconds; a limit would only delay."),
        Known("/BucketNotificationsHandler", _HELPER),
    ),
    "CKV_AWS_116": (
        Known(_PROVIDER, "CloudFormation waits for every answer and shows every failure."),
        Known("/BucketNotificationsHandler", _HELPER),
    ),
    "CKV_AWS_117": (
        Known(_FUNCTIONS, "Calls the APIs of AWS alone, by HTTPS."),
        Known("/BucketNotificationsHandler", _HELPER),
    ),
    "CKV_AWS_158": (
        Known(
            f"{_PROVIDER}Logs|/KeeperLogs",
            "Encrypted with a key of CloudWatch's own unless one is given; names and states, no "
            "data.",
        ),
    ),
    "CKV_AWS_173": (
        Known(
            f"{_PROVIDER}Framework|/KeeperFunction",
            "Names of the stack's own resources, no secret; encrypted with a key of Lambda's own.",
        ),
    ),
    "CKV_AWS_18": (
        Known("/NeoArtifacts", "The default bucket is a plain one; give output_bucket."),
        Known("/VisionState", "Names and states of jobs; give state_bucket."),
        Known("/(Artifacts|Compiled|Models|Uploads|PipelineArtifacts)", _OWN),
    ),
    "CKV_AWS_27": (
        Known("/KeeperDeadLetters", "Encrypted by SQS itself; queue_encryption_key gives a key."),
    ),
    "CKV_AWS_21": (Known("/(Artifacts|PipelineArtifacts)", _OWN),),
    "CKV_AWS_26": (Known("/Changes", _OWN),),
    "CKV_AWS_109": (
        Known(
            r"^(04_vpc_only.*|app\.json)/.*Role",
            "EC2 takes no narrower resource for what a VPC job needs.",
        ),
    ),
    "CKV_AWS_111": (
        Known(
            r"^(04_vpc_only.*|app\.json)/.*Role",
            "EC2 takes no narrower resource for what a VPC job needs.",
        ),
        Known(_PLATFORM, "CDK Pipelines' own role."),
    ),
}


def findings(folder: Path) -> list[tuple[str, str]]:
    """Check and place ("template/logical id") of everything that checkov finds."""
    if not CHECKOV.exists():
        pytest.fail("checkov is not installed; `make test-all` does it, or "
                    "`python3 scripts/bootstrap.py checkov`")  # fmt: skip
    ran = subprocess.run(
        [str(CHECKOV), "-m", "checkov.main", "-d", str(folder), "--framework", "cloudformation",
         "--compact", "--quiet", "--skip-download", "-o", "json"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    found = json.loads(ran.stdout)
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["resource_count"] > 0
    return [
        (each["check_id"], f"{Path(each['file_path']).name}/{each['resource'].rpartition('.')[2]}")
        for each in found["results"]["failed_checks"]
    ]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """What there is to find in all templates."""
    folder = tmp_path_factory.mktemp("templates")
    app = tmp_path_factory.mktemp("app")
    assert run_app(app).returncode == 0
    made = {
        "app": json.loads((app / "NeoModels.template.json").read_text()),
        **{f"{path.stem}.{name}": each for path in EXAMPLES for name, each in
           templates(path).items()},
    }  # fmt: skip
    for name, template in made.items():
        (folder / f"{name}.json").write_text(json.dumps(template, indent=1))
    return findings(folder)


def test_everything_that_checkov_finds_has_its_reason(found: list[tuple[str, str]]) -> None:
    unknown = [
        finding
        for finding in found
        if not any(re.search(known.where, finding[1]) for known in KNOWN.get(finding[0], ()))
    ]
    assert unknown == []


def test_every_reason_has_its_finding(found: list[tuple[str, str]]) -> None:
    idle = [
        (check, known)
        for check, each in KNOWN.items()
        for known in each
        if not any(check == name and re.search(known.where, path) for name, path in found)
    ]
    assert idle == []


def test_the_page_names_every_check_that_this_library_answers() -> None:
    page = (ROOT / "docs" / "constructs" / "acknowledged-findings.md").read_text()
    ours = {
        check
        for check, each in KNOWN.items()
        if any(known.why not in (_OWN, _HELPER) for known in each)
    }
    assert [check for check in ours if check.removeprefix("CKV_AWS_") not in page] == []


def test_checkov_sees_mistakes(tmp_path: Path) -> None:
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}]}  # fmt: skip
    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}
    (tmp_path / "wide.json").write_text(json.dumps({"Resources": {"Wide": resource}}))
    assert {path for _, path in findings(tmp_path)} == {"wide.json/Wide"}
