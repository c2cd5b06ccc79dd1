"""A release: the same bytes every time, checked, and working on every supported Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from reconciler.core.contract import FLEET_RESOURCE, JOB_RESOURCE
from reconciler.core.version import VERSION
from scripts import dist as release
from tests.contract.project.installed import SUPPORTED, Installed, constraints, environment, pythons
from tests.paths import ROOT

pytestmark = pytest.mark.long

EXAMPLES = sorted(path for path in (ROOT / "examples").glob("[0-9]*.py"))
TOOLS = ROOT / ".venv-release" / "bin" / "python"


def build(out: Path, **variables: str) -> Path:
    """Build a release as `make dist` does."""
    command = [sys.executable, "-m", "scripts.dist", "--tools", str(TOOLS), "--out", str(out)]
    env = {**os.environ, **variables}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return out


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release that is tested: DIST where that is set, as in the workflow; else a new one."""
    given = os.environ.get("DIST")
    return (ROOT / given) if given else build(tmp_path_factory.mktemp("dist") / "dist")


@pytest.fixture(scope="module", params=SUPPORTED)
def installed(
    request: pytest.FixtureRequest, dist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """The wheel and the locked versions of its dependencies in a fresh environment."""
    python = pythons().get(request.param)
    if python is None:
        pytest.skip(f"this machine has no Python {request.param}")
    folder = tmp_path_factory.mktemp("user")
    env = environment(folder, python)
    wheel = next(dist.glob("*.whl"))
    words = ["--quiet", "--disable-pip-version-check", "-c", str(constraints(folder))]
    env.run("python", "-m", "pip", "install", *words, f"{wheel}[cdk]")
    return env


def test_a_second_build_has_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    epoch = str(int(time.time()))  # where none is given, it is the last commit's
    first, second = (build(tmp_path / name, SOURCE_DATE_EPOCH=epoch) for name in ("a", "b"))
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    assert [
        name for name in names if (first / name).read_bytes() != (second / name).read_bytes()
    ] == []


def test_the_sdist_carries_no_trace_of_this_machine(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        members = archive.getmembers()
    assert {(each.uid, each.gid, each.uname, each.gname) for each in members} == {(0, 0, "", "")}
    assert {each.mode for each in members} == {0o644, 0o755}
    assert len({each.mtime for each in members}) == 1


def test_the_readme_on_pypi_has_no_links_into_the_repository(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        readme = archive.extractfile(f"neo_as_code-{VERSION}/README.md")
        assert readme is not None
        assert release.RELATIVE.findall(readme.read().decode()) == []


def test_the_bill_of_materials_names_what_is_needed_and_no_tools(
    tmp_path: Path, dist: Path
) -> None:
    bill = json.loads((dist / "sbom.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["version"] == VERSION
    names = {each["name"] for each in bill["components"]}
    assert {"boto3", "botocore", "pydantic", "aws-cdk-lib", "jsii"} <= names
    assert names & {"pytest", "ruff", "mypy", "hypothesis"} == set()
    table = (dist / "licences.md").read_text()
    assert [name for name in names if f"| {name} |" not in table] == []


def test_a_tag_that_is_not_the_version_is_refused() -> None:
    with pytest.raises(release.DistError, match=r"v9\.9\.9"):
        release.check_tag("v9.9.9")


def test_neoctl_works(installed: Installed) -> None:
    assert installed.run("neoctl", "--version") == f"neoctl {VERSION}\n"
    assert "No problems found" in installed.run("neoctl", "validate", "examples/specs/small.yaml")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_synthesizes(installed: Installed, example: Path) -> None:
    assert installed.synthesize(example) & {JOB_RESOURCE, FLEET_RESOURCE}
