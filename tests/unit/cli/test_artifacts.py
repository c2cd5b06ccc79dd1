"""``neoctl artifacts``: where artifacts are, whether they are intact, and how they are written."""

from __future__ import annotations

import hashlib
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.fleets.downloading import download
from reconciler.core.ports import ObjectHead
from reconciler.verification.digests import DigestCheck, DigestVerdict
from tests.fakes.sagemaker import ApiError, Job, Script
from tests.unit.cli.planned import Terminal

JOB = "vision-resnet18-ml-c5-omhsdssni6yl"
BYTES = b"compiled" * 100_000


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    return Terminal()


def compiled(terminal: Terminal, name: str = JOB, **script: Any) -> Job:
    """Return a job that has ended, and whose artifact is BYTES."""
    request = {
        "CompilationJobName": name, "RoleArn": "arn:aws:iam::111122223333:role/r",
        "InputConfig": {"S3Uri": "s3://b/../../evil.tar.gz"},
        "OutputConfig": {"S3OutputLocation": f"s3://b/{name}/", "TargetDevice": "ml_c5"},
    }  # fmt: skip
    job = terminal.sagemaker.add_job(request, script=Script(**script))
    terminal.sagemaker.contents[job.artifact] = terminal.objects[job.artifact] = BYTES
    terminal.let_all_end()
    return job


def reports(terminal: Terminal, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    terminal.run("artifacts", *words, "--format", "json")
    return json.loads(capsys.readouterr().out)


def test_text_says_where_how_large_and_with_which_digest(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = compiled(terminal)
    assert terminal.run("artifacts", JOB, JOB) == 0
    digest = hashlib.blake2b(BYTES).hexdigest()
    assert capsys.readouterr().out == (
        f"{JOB}\n    {job.artifact} (781 KiB)\n    digest {digest}\n"
    )


def test_a_download_is_checked_and_named_by_its_job_alone(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled(terminal)
    [report] = reports(terminal, capsys, JOB, "--download", "out")
    assert (report["path"], report["verdict"]) == (f"out/{JOB}.tar.gz", "matches")
    assert Path(report["path"]).read_bytes() == BYTES
    assert [path.name for path in Path("out").iterdir()] == [f"{JOB}.tar.gz"]
    umask = os.umask(0)
    os.umask(umask)
    assert Path(report["path"]).stat().st_mode & 0o777 == 0o666 & ~umask


def test_damaged_bytes_are_not_kept_and_an_older_download_stays(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = compiled(terminal)
    older = Path("out") / f"{JOB}.tar.gz"
    older.parent.mkdir()
    older.write_bytes(b"older")
    terminal.objects[job.artifact] = BYTES + b"!"
    assert terminal.run("artifacts", JOB, "--download", "out") == 1
    assert "do not have the digest" in capsys.readouterr().out
    assert older.read_bytes() == b"older"
    assert [path.name for path in Path("out").iterdir()] == [older.name]
    assert terminal.run("artifacts", JOB, "--check") == 1
    [report] = reports(terminal, capsys, JOB, "--download", "out", "--accept-any-digest")
    assert (report["verdict"], report["error"]) == ("differs", "")
    assert older.read_bytes() == BYTES + b"!"


def test_a_link_in_the_folder_is_replaced_not_followed(terminal: Terminal) -> None:
    compiled(terminal)
    outside = Path("outside")
    outside.write_bytes(b"mine")
    Path("out").mkdir()
    (Path("out") / f"{JOB}.tar.gz").symlink_to(outside.resolve())
    assert terminal.run("artifacts", JOB, "--download", "out") == 0
    assert outside.read_bytes() == b"mine"


def test_one_jobs_trouble_does_not_keep_others_from_being_read(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled(terminal)
    compiled(terminal, "failed", outcome="FAILED")
    lost = compiled(terminal, "lost")
    lost.artifact_removed = True
    unreadable = compiled(terminal, "unreadable")
    del terminal.objects[unreadable.artifact]
    found = {
        report["job"]: report["error"]
        for report in reports(
            terminal, capsys, "nothing", "failed", "lost", "unreadable", JOB, "--download", "out"
        )
    }
    assert found == {
        "nothing": "no such job in this account and region",
        "failed": "is FAILED",
        "lost": "COMPLETED, but its artifact is not in S3 any more",
        "unreadable": f"{unreadable.artifact}: the object does not exist",
        JOB: "",
    }
    assert [path.name for path in Path("out").iterdir()] == [f"{JOB}.tar.gz"]


@pytest.mark.parametrize("name", ["a/b", "../x", "/etc/passwd", ""])
def test_what_is_not_a_jobs_name_is_an_error(terminal: Terminal, name: str) -> None:
    assert terminal.run("artifacts", name, "--download", "out") == 1
    assert not Path("out").exists()


def test_denied_access_is_said_of_its_job(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled(terminal)

    def travel(operation: str, commit: Any) -> Any:
        if operation == "HeadObject":
            raise ApiError("AccessDeniedException", "not authorized: s3:GetObject")
        return commit()

    terminal.travel = travel
    assert terminal.run("artifacts", JOB) == 1
    assert "s3:GetObject" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("digest", "verdict"),
    [
        (hashlib.blake2b(BYTES).hexdigest(), DigestVerdict.MATCHES),
        (hashlib.blake2b(BYTES).hexdigest().upper(), DigestVerdict.MATCHES),
        (hashlib.blake2b(BYTES, digest_size=32).hexdigest(), DigestVerdict.MATCHES),
        (hashlib.blake2s(BYTES).hexdigest(), DigestVerdict.MATCHES),
        ("0" * 128, DigestVerdict.DIFFERS),
        ("0" * 64, DigestVerdict.DIFFERS),
        ("", DigestVerdict.UNKNOWN),
        ("blake2-of-x", DigestVerdict.UNKNOWN),
        ("0" * 40, DigestVerdict.UNKNOWN),
    ],
)
def test_a_digests_length_tells_its_kind(digest: str, verdict: DigestVerdict) -> None:
    check = DigestCheck(digest)
    check.update(BYTES[:1000])
    check.update(BYTES[1000:])
    assert check.verdict() is verdict


def test_a_download_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            if not data:
                raise KeyboardInterrupt
            return data

    with pytest.raises(KeyboardInterrupt):
        download(Broken(BYTES), "", tmp_path, JOB, accept_any_digest=False)
    assert list(tmp_path.iterdir()) == []


def test_provenance_is_written_beside_a_download(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = compiled(terminal)
    [report] = reports(terminal, capsys, JOB, "--download", "out", "--provenance")
    assert report["error"] == ""
    assert report["provenance"] == f"out/{JOB}.intoto.json"
    statement = json.loads(Path(report["provenance"]).read_text())
    [subject] = statement["subject"]
    assert subject["digest"] == {"sha256": hashlib.sha256(BYTES).hexdigest()}
    assert subject["uri"] == job.artifact
    request = statement["predicate"]["buildDefinition"]["externalParameters"]
    assert request["OutputConfig"]["TargetDevice"] == "ml_c5"


@pytest.mark.parametrize(("hours", "known"), [(-1, True), (1, False)])
def test_the_model_is_hashed_only_if_nobody_wrote_it_since(
    terminal: Terminal, hours: int, known: bool
) -> None:
    source = "s3://b/../../evil.tar.gz"
    begun = datetime.fromtimestamp(compiled(terminal).created, UTC)
    terminal.models[source] = ObjectHead(modified=begun + timedelta(hours=hours))
    terminal.objects[source] = b"model"
    assert terminal.run("artifacts", JOB, "--download", "out", "--provenance") == 0
    statement = json.loads(Path(f"out/{JOB}.intoto.json").read_text())
    [model] = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    digest = {"sha256": hashlib.sha256(b"model").hexdigest()}
    assert model == {"uri": source} | ({"digest": digest} if known else {})


def test_no_provenance_is_written_about_bytes_that_are_not_the_jobs(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    job = compiled(terminal)
    terminal.objects[job.artifact] = BYTES + b"!"
    words = ("--download", "out", "--provenance", "--accept-any-digest")
    [report] = reports(terminal, capsys, JOB, *words)
    assert report["provenance"] is None
    assert "not known to be the job's" in report["error"]


def test_provenance_is_about_a_file_that_is_kept(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled(terminal)
    assert terminal.run("artifacts", JOB, "--provenance") != 0
    assert "--provenance needs --download" in capsys.readouterr().err
