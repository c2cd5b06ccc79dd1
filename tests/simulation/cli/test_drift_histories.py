"""Fleets that anything may happen to for a month: drift finds it all, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.cli.drifts.document import DriftKind
from reconciler.core.ownership import ID
from reconciler.core.ports import ObjectHead
from tests.fakes.sagemaker import Job, Script
from tests.unit.cli.creating import create
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.cli.test_drift import drifts, report

MODELS = ("alpha", "beta", "gamma", "delta")
HEAD = """\
apiVersion: neo-as-code/v1
owner: vision
defaults:
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  S3OutputLocation: s3://example-bucket/out/
  Framework: PYTORCH
  DataInputConfig: {input0: [1, 3, 224, 224]}
  Tags: {team: vision}
targets: [ml_c5]
models:
"""
LONG = Script(running=80_000_000)
Happening = Callable[[Terminal, Job], None]


def spec(*models: str) -> str:
    return HEAD + "".join(
        f"  {model}: {{S3Uri: s3://example-bucket/models/{model}.tar.gz}}\n" for model in models
    )


def source(job: Job) -> str:
    uri: str = job.request["InputConfig"]["S3Uri"]
    return uri


def model_of(job: Job) -> str:
    return source(job).rpartition("/")[2].removesuffix(".tar.gz")


def delete(terminal: Terminal, job: Job) -> None:
    job.deleted = terminal.clock.time


def retag(terminal: Terminal, job: Job) -> None:
    job.tags["team"] = "audio"


def take_over(terminal: Terminal, job: Job) -> None:
    job.tags[ID] = "aaaaaaaaaaaa"


def remove_artifact(terminal: Terminal, job: Job) -> None:
    job.artifact_removed = True


def overwrite_artifact(terminal: Terminal, job: Job) -> None:
    job.artifact_overwritten = terminal.clock.time


def change_model(terminal: Terminal, job: Job) -> None:
    terminal.models[source(job)] = ObjectHead(modified=terminal.clock.now())


def remove_model(terminal: Terminal, job: Job) -> None:
    del terminal.models[source(job)]


def start_another(terminal: Terminal, job: Job) -> None:
    terminal.sagemaker.script_of = lambda request: LONG
    create(terminal.sagemaker, spec(model_of(job)).replace("224, 224", "224, 320"))


def tag_for_costs(terminal: Terminal, job: Job) -> None:
    job.tags["cost-center"] = "12"


def nothing(terminal: Terminal, job: Job) -> None:
    """Nothing happens."""


HAPPENINGS: dict[Happening, DriftKind | None] = {
    delete: DriftKind.VANISHED,
    retag: DriftKind.RETAGGED,
    take_over: DriftKind.CONFLICT,
    remove_artifact: DriftKind.ARTIFACT_GONE,
    overwrite_artifact: DriftKind.ARTIFACT_CHANGED,
    change_model: DriftKind.SOURCE_CHANGED,
    remove_model: DriftKind.SOURCE_GONE,
    start_another: DriftKind.DUPLICATE,
    tag_for_costs: None,
    nothing: None,
}
happenings = st.tuples(
    st.sampled_from([each.__name__ for each in HAPPENINGS]), st.integers(0, 3), st.integers(1, 29)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(happenings, max_size=4, unique_by=lambda each: each[1]))
def test_what_happened_to_each_job_is_found_from_that_day_on_and_nothing_else(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    history: list[tuple[str, int, int]],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_spec(spec(*MODELS))
    terminal = Terminal()
    for model in MODELS:
        uri = f"s3://example-bucket/models/{model}.tar.gz"
        terminal.models[uri] = ObjectHead(modified=terminal.clock.now())
    terminal.clock.advance(60)
    create(terminal.sagemaker, spec(*MODELS))
    jobs = list(terminal.sagemaker.jobs)
    by_name = {each.__name__: each for each in HAPPENINGS}
    days = {day for _, _, day in history}
    expected: set[tuple[str, str]] = set()
    for day in range(1, 31):
        terminal.clock.advance(86_400)
        for name, index, when in history:
            if when == day:
                by_name[name](terminal, jobs[index])
                kind = HAPPENINGS[by_name[name]]
                expected |= {(f"{model_of(jobs[index])}/ml_c5", kind.value)} if kind else set()
        if day in {*days, 30}:
            assert drifts(report(terminal, capsys)) == expected
        expected = {each for each in expected if each[1] != DriftKind.DUPLICATE}  # it has timed out
