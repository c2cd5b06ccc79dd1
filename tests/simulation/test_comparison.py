"""What the comparison counts: each kind is found where a handler is known to do it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.comparison import kinds
from benchmarks.comparison.__main__ import main
from benchmarks.comparison.picture import drawing
from benchmarks.comparison.playing import play
from benchmarks.comparison.replay import main as replay
from benchmarks.comparison.scene import Scene, Use
from benchmarks.comparison.scene import play as play_scene
from benchmarks.comparison.subjects import CRHELPER, OURS, PROVIDER, SUBJECTS, Subject
from tests.paths import ROOT
from tests.simulation.cloudformation.conftest import node as node
from tests.simulation.cloudformation.mutants import MUTANTS
from tests.simulation.cloudformation.node_provider import NodeProvider


@pytest.mark.parametrize(
    ("kind", "mutant", "seed"),
    [
        (kinds.LEAKED, "no fence", 6),
        (kinds.DOUBLE, "request id in the name", 29),
        (kinds.RECOMPILED, "sees no artifacts", 11),
        (kinds.UNANSWERED, "much data", 0),
        (kinds.FALSE_SUCCESS, "STOPPED is success", 2),
        (kinds.NO_ARTIFACT, "artifacts not looked for", 2),
        (kinds.STUCK, "fails deletes of nothing", 0),
        (kinds.FAILED_NEEDLESSLY, "everything is final", 1),
    ],
)
def test_each_kind_is_found_in_a_handler_with_that_mistake(
    node: NodeProvider, kind: str, mutant: str, seed: int
) -> None:
    assert play(replace(OURS, handler=MUTANTS[mutant]), seed, node).found[kind]
    if kind != kinds.FAILED_NEEDLESSLY:
        assert not play(OURS, seed, node).found[kind]


def test_a_change_of_somebody_elses_job_is_counted(node: NodeProvider) -> None:
    world = OURS.quiet_world(node)
    request = {
        "CompilationJobName": "theirs", "RoleArn": "arn:aws:iam::111122223333:role/theirs",
        "InputConfig": {"S3Uri": "s3://theirs/m.tar.gz"}, "OutputConfig": {},
    }  # fmt: skip
    world.sagemaker.add_job(request, foreign=True)
    assert kinds.counted(world)[kinds.FOREIGN] == 0
    world.sagemaker.stop_compilation_job("theirs")
    assert kinds.counted(world)[kinds.FOREIGN] == 1
    world.close()


@pytest.mark.parametrize(
    ("subject", "kind", "seed"),
    [
        (PROVIDER, kinds.LEAKED, 1),
        (PROVIDER, kinds.RECOMPILED, 1),
        (CRHELPER, kinds.LEAKED, 1),
        (CRHELPER, kinds.RECOMPILED, 3),
        (CRHELPER, kinds.UNANSWERED, 2),
    ],
)
def test_what_is_documented_of_the_others_is_seen(
    node: NodeProvider, subject: Subject, kind: str, seed: int
) -> None:
    assert play(subject, seed, node).found[kind]


def test_users_and_siblings_do_the_same_whatever_the_handler(node: NodeProvider) -> None:
    """Until the stack's phase differs, every handler meets the same steps at the same times."""
    for seed in range(12):
        done = [play(subject, seed, node, steps=8).done for subject in SUBJECTS]
        begun = [next((step for step in steps if "create" in step), "") for steps in done]
        assert len(set(begun)) == 1, begun


def scene_of(node: NodeProvider, subject: Subject) -> Scene:
    return play_scene(subject, node)


def test_the_drawing_shows_what_each_handler_leaves_running(node: NodeProvider) -> None:
    scenes = {subject.name: scene_of(node, subject) for subject in SUBJECTS}
    unwanted = {
        name: max(
            (
                part.end - part.begin
                for _, parts in scene.jobs
                for part in parts
                if part.what is Use.UNWANTED
            ),
            default=0.0,
        )
        for name, scene in scenes.items()
    }
    assert unwanted["provider"] > 1000
    assert unwanted["crhelper"] > 1000
    assert unwanted["ours"] < 30, "until the first poll of the rollback"
    assert [len(scene.jobs) for scene in scenes.values()] == [3, 3, 2], "compilations"
    svg = drawing([*scenes.values()])
    titles = {each.text for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("text")}
    assert {subject.title for subject in SUBJECTS} <= titles


def test_one_command_plays_counts_and_writes_the_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images").mkdir()
    document = (ROOT / "docs" / "comparison.md").read_text()
    (tmp_path / "comparison.md").write_text(document)
    words = ["--histories", "2", "--workers", "1", "--journal", str(tmp_path / "journal")]
    words += ["--results", str(tmp_path / "comparison.json"), "--docs", str(tmp_path)]
    assert main(words) == 0
    shown = json.loads((tmp_path / "comparison.json").read_text())
    assert [each["cases"] for each in shown["subjects"].values()] == [2, 2, 2]
    assert shown["versions"].keys() == {"aws-cdk-lib", "crhelper"}
    written = (tmp_path / "comparison.md").read_text()
    assert "| Neo as code | 2 |" in written
    assert "| leaked live jobs |" in written
    assert (tmp_path / "images" / "comparison.svg").read_text().startswith("<svg")
    assert main(words) == 0, "nothing is left to play"
    assert "[compare] " in capsys.readouterr().out


def test_a_history_of_another_handler_can_be_played_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert replay(["crhelper", "1", "--steps", "5"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "crhelper, seed 1, stormy"
    assert len(told) >= 7
