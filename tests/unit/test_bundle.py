"""The Lambda's asset: small, the same everywhere, nothing of third parties in it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from collections import ChainMap
from pathlib import Path

import pytest

from reconciler import bundle
from reconciler.core import contract
from reconciler.core.contract import FLEET_FUNCTION, JOB_FUNCTION, SCHEDULE_FUNCTION
from reconciler.handler.organisation import packed_policy
from reconciler.rules.organisation_policy import PolicyError

ENTRIES = (JOB_FUNCTION, FLEET_FUNCTION, SCHEDULE_FUNCTION)


@pytest.fixture(scope="module", params=ENTRIES)
def unpacked(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path_factory.mktemp("asset")
    with zipfile.ZipFile(bundle.lambda_asset(entry=request.param)) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.parametrize("entry", ENTRIES)
def test_it_is_small(entry: str) -> None:
    assert bundle.lambda_asset(entry=entry).stat().st_size <= bundle.MAX_BYTES[entry]


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_verifies_artifacts_is_in_it_only_where_it_is_asked_for(
    entry: str, tmp_path: Path
) -> None:
    plain, verifying = bundle.sources(entry=entry), bundle.sources(entry=entry, verifies=True)
    more = {name.split("/")[1] for name in verifying.keys() - plain.keys()}
    assert more == set(bundle.VERIFYING_PARTS)
    assert verifying | plain == verifying
    bundle.write_zip(tmp_path / "asset.zip", entry=entry, verifies=True)
    most = bundle.MAX_BYTES[entry] + bundle.MAX_VERIFYING_BYTES
    assert (tmp_path / "asset.zip").stat().st_size <= most
    assert bundle.content_hash(entry=entry, verifies=True) != bundle.content_hash(entry=entry)


def test_an_asset_that_holds_it_verifies_on_the_standard_library_alone(tmp_path: Path) -> None:
    bundle.write_zip(tmp_path / "asset.zip", verifies=True)
    with zipfile.ZipFile(tmp_path / "asset.zip") as archive:
        archive.extractall(tmp_path / "asset")
    script = (
        "from reconciler.handler.verifier import packed_verifier\n"
        "from reconciler.verification.artifact_verifier import ArtifactVerifier\n"
        "import reconciler, sys\n"
        "print(reconciler.__path__[0], packed_verifier(None) is not None)\n"
        "print('onnx' in str(sorted(sys.modules)), 'botocore' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path / "asset", capture_output=True, text=True
    )
    assert run.stdout.split() == [str(tmp_path / "asset/reconciler"), "True", "False", "False"]


def test_an_asset_without_it_has_nothing_that_verifies(unpacked: Path) -> None:
    script = "from reconciler.handler.verifier import packed_verifier as p; print(p(None))"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=unpacked, capture_output=True, text=True
    )
    assert run.stdout == "None\n", run.stderr


def test_each_holds_only_what_its_entry_point_imports() -> None:
    jobs, fleets, _ = (bundle.sources(entry=entry).keys() for entry in ENTRIES)
    assert "reconciler/handler/job/converge.py" in jobs - fleets
    assert "reconciler/handler/fleet/deploy.py" in fleets - jobs


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    bundle.write_zip(tmp_path / "a.zip")
    bundle.write_zip(tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_it_holds_the_four_floors_of_the_lambda_and_no_other() -> None:
    parts = {name.split("/")[1] for name in bundle.sources() if name.count("/") > 1}
    assert parts == set(bundle.PARTS)


def entry_of(folder: Path) -> str:
    """Return the entry point of an unpacked asset."""
    return next(entry for entry in ENTRIES if (folder / f"reconciler/handler/{entry}.py").exists())


def test_it_starts_on_the_standard_library_and_botocore_alone_and_without_the_rules(
    unpacked: Path,
) -> None:
    script = (
        "import sys; before = set(sys.modules)\n"
        f"import reconciler.handler.{entry_of(unpacked)} as f\n"
        "from reconciler.aws.clients import MODELS\n"
        "print(f.__file__)\n"
        "print(*sorted(path.name for path in MODELS.iterdir()))\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))\n"
        "print(any(name.startswith('reconciler.rules') for name in sys.modules))\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(unpacked),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        contract.ENV_TOPIC_ARN: "arn:aws:sns:eu-west-1:111122223333:topic",
        contract.ENV_EVENT_BUS: "default",
    }
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=unpacked,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    file, services, modules, has_rules = run.stdout.splitlines()
    assert services.split() == sorted(bundle.SERVICES[entry_of(unpacked)])
    assert file.startswith(str(unpacked))
    of_botocore = {"botocore", "jmespath", "dateutil", "urllib3", "six", "awscrt", "certifi"}
    assert has_rules == "False"  # a start costs less without them; most runs create nothing
    allowed = {*sys.stdlib_module_names, *of_botocore, "reconciler"}
    assert {name for name in modules.split() if not name.startswith("_")} <= allowed


def test_leaving_docstrings_and_comments_out_changes_no_line_and_no_code() -> None:
    source = Path(bundle.__file__).read_text(encoding="utf-8") + '\nSIGN = "#"  # a comment\n'
    stripped = bundle.without_prose(source)
    assert stripped.count("\n") == source.count("\n")
    assert stripped.endswith('\nSIGN = "#"\n')
    assert "The Lambdas' assets" not in stripped
    kept = [node.lineno for node in ast.parse(stripped).body if isinstance(node, ast.FunctionDef)]
    were = [node.lineno for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert kept == were


def test_every_statement_of_a_bundled_module_stays_on_its_line() -> None:
    bundled = ChainMap(*(bundle.sources(entry=entry) for entry in ENTRIES))
    for name, held in bundled.items():
        if name.endswith(".py"):
            source = (Path(bundle.__file__).parents[1] / name).read_text(encoding="utf-8")
            assert _lines_of_statements(held.decode()) == _lines_of_statements(source), name


def _lines_of_statements(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def test_an_organisations_policy_is_packed_and_read_by_the_lambda(tmp_path: Path) -> None:
    policy = '{"requireKmsKey": true}'
    bundle.write_zip(tmp_path / "asset.zip", policy)
    with zipfile.ZipFile(tmp_path / "asset.zip") as archive:
        archive.extractall(tmp_path)
    packed = packed_policy(tmp_path / "reconciler" / "handler")
    assert packed is not None
    assert packed.require_kms_key
    assert bundle.content_hash(policy) != bundle.content_hash()
    assert packed_policy() is None


def test_a_broken_policy_is_refused_before_it_is_packed() -> None:
    with pytest.raises(PolicyError, match="Did you mean requireKmsKey"):
        bundle.sources('{"requireKmskey": true}')
