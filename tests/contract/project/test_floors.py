"""The floors of the design: who may import whom."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import bundle
from tests.paths import ROOT

CARRIED = (*bundle.PARTS, *bundle.VERIFYING_PARTS)  # what the Lambda's asset may carry
BOTO = {"boto3", "botocore"}
OWN = {f"reconciler.{name}" for name in CARRIED}


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, at its top or anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module


@pytest.mark.parametrize("floor", CARRIED)
def test_the_lambda_carries_the_standard_library_and_boto_at_one_place(floor: str) -> None:
    allowed = set(sys.stdlib_module_names) | (BOTO if floor == "aws" else set())
    foreign = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "reconciler" / floor).rglob("*.py")
        for name in imports(path)
        if name.split(".")[0] not in allowed and ".".join(name.split(".")[:2]) not in OWN
    }
    assert foreign == set()


def test_import_linter_keeps_every_contract() -> None:
    program = "from importlinter.cli import lint_imports_command as c; c()"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    assert " kept, 0 broken" in ran.stdout


def test_import_linter_sees_a_broken_floor(tmp_path: Path) -> None:
    text = (ROOT / "pyproject.toml").read_text()
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    (floors,) = (contract["layers"] for contract in contracts if contract["id"] == "floors")
    spoiled = text.replace(json.dumps(floors), json.dumps(floors[::-1]))
    assert spoiled != text
    (tmp_path / "pyproject.toml").write_text(spoiled)
    program = "from importlinter.cli import lint_imports_command as c; c()"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 1, ran.stdout


def test_unit_tests_are_collected_without_the_cdk() -> None:
    program = (
        "import sys, pytest\n"
        "for name in ('aws_cdk', 'constructs', 'jsii', 'neo_constructs'):\n"
        "    sys.modules[name] = None\n"
        "sys.exit(pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', 'tests/unit']))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-2000:]
