"""How long a compilation will probably take, by what earlier ones took."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from reconciler.cli.plans.history import CompileHistory
from reconciler.core.declaration import Declaration
from reconciler.core.observed import JobStatus, ObservedJob
from reconciler.engine.snapshot import FleetSnapshot
from tests.unit.core.strategies import a_job
from tests.unit.specs.fleets import FLEET, loaded


def declared(model: str, target: str, text: str = FLEET) -> Declaration:
    spec = text.replace("resnet18:", f"{model}:").replace("[ml_c5, LINUX/ARM64]", f"[{target}]")
    return loaded(spec).jobs[0].declaration()


def took(declaration: Declaration, target: str, seconds: float, **more: JobStatus) -> ObservedJob:
    job = a_job(declaration, more.get("status", JobStatus.COMPLETED))
    return replace(job, target=target, ended=job.created + timedelta(seconds=seconds))


def history(*jobs: ObservedJob) -> CompileHistory:
    return CompileHistory.of([FleetSnapshot({}, {}, {}, finished=list(jobs))])


def test_the_same_model_and_target_counts_first_then_the_target_then_all() -> None:
    found = history(
        took(declared("a", "ml_c5"), "ml_c5", 10), took(declared("a", "ml_c5"), "ml_c5", 30),
        took(declared("b", "ml_c5"), "ml_c5", 100), took(declared("a", "ml_m5"), "ml_m5", 500),
    )  # fmt: skip
    older = FLEET.replace("224, 224", "320, 320")
    assert found.expected(declared("a", "ml_c5", older)) == 20
    assert found.expected(declared("c", "ml_c5")) == 30
    assert found.expected(declared("c", "ml_p3")) == 65


def test_only_what_was_compiled_counts() -> None:
    failed = took(declared("a", "ml_c5"), "ml_c5", 10, status=JobStatus.FAILED)
    unknown = replace(took(declared("a", "ml_c5"), "ml_c5", 10), ended=None)
    assert history(failed, unknown).expected(declared("a", "ml_c5")) is None
