"""Histories of verbs that end jobs, killed at any call, among jobs that look like ours."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.core.ownership import MANAGED_BY, OWNER
from tests.fakes.sagemaker import Script
from tests.simulation.cli.test_histories import Killed, Network
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

SPECS = (
    FLEET,
    FLEET.replace("224, 224", "224, 320"),
    FLEET.replace("resnet18:", "resnet50:"),
)
VERBS = (
    ("apply", "fleet.yaml", "--no-wait"),
    ("apply", "fleet.yaml", "--prune", "--no-wait"),
    ("stop", "fleet.yaml"),
    ("destroy", "fleet.yaml"),
    ("destroy", "fleet.yaml", "--keep-records"),
    ("prune", "fleet.yaml", "--keep-last", "0"),
    ("prune", "fleet.yaml", "--keep-last", "1", "--older-than", "1h"),
)
CHANGES = ("Stop", "Delete", "AddTags", "DeleteTags")
steps = st.tuples(
    st.sampled_from(SPECS), st.sampled_from(VERBS), st.integers(0, 20), st.booleans(),
    st.booleans(), st.integers(0, 900),
)  # fmt: skip


def imitate(terminal: Terminal) -> None:
    """Put a job beside each of ours that differs in its name or its tags alone."""
    known = {job.name for job in terminal.sagemaker.jobs}
    for job in [each for each in terminal.sagemaker.jobs if not each.foreign]:
        for letter, tags in (
            ("a", {}), ("b", job.tags), ("c", {**job.tags, OWNER: "visio"}),
            ("d", {**job.tags, MANAGED_BY: "somebody"}),
        ):  # fmt: skip
            name = job.name[: len(job.name) - 12].rstrip("-") + f"-{letter * 12}"
            if name not in known and len(name) <= 63:
                known.add(name)
                request = {**job.request, "CompilationJobName": name, "Tags": []}
                made = terminal.sagemaker.add_job(request, script=job.script, foreign=True)
                made.tags.update(tags)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=8))
def test_no_history_of_endings_touches_a_job_of_others_or_leaves_one_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history: list[tuple[object, ...]]
) -> None:
    monkeypatch.chdir(tmp_path)
    network = Network()
    terminal = Terminal(travel=network)
    terminal.sagemaker.script_of = lambda request: Script(running=600)
    for spec, verb, at, committed, throttles, seconds in history:
        assert isinstance(spec, str)
        assert isinstance(verb, tuple)
        write_spec(spec)
        assert isinstance(at, int)
        network.left, network.committed, network.throttles = at, bool(committed), bool(throttles)
        with contextlib.suppress(Killed):
            terminal.run(*verb, "-y", "--timeout", "600")
        network.left = 0
        imitate(terminal)
        assert isinstance(seconds, int)
        terminal.clock.advance(seconds)
    for spec in SPECS:
        write_spec(spec)
        assert terminal.run("destroy", "fleet.yaml", "-y") == 0
    others = {job.name for job in terminal.sagemaker.jobs if job.foreign}
    touched = {
        call.name
        for call in terminal.sagemaker.calls
        if call.operation in CHANGES and call.outcome == "ok"
    }
    assert touched & others == set()
    left = {job.name for job in terminal.sagemaker.jobs if job.deleted is None}
    assert left == others
