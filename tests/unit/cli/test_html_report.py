"""The page of a report, read as a browser reads it: nothing in it comes from a name."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.fleets.status import FailureDetails, JobRow, JobState
from reconciler.cli.html_report.history import PastCompilation, history_of
from reconciler.cli.html_report.page import SCRIPTS, render
from tests.paths import ROOT
from tests.unit.cli.pages import Parsed
from tests.unit.cli.reports import OBSERVED, example, hostile, report

FOLDER = ROOT / "reconciler" / "cli" / "html_report"


PLAIN = Parsed(render(example()))


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_no_text_changes_the_page(text: str) -> None:
    row = JobRow(
        owner=text, logical_name=text, model=text, target=text, job=text, state=JobState.FAILED,
        failure=FailureDetails(text, text, text, text),
    )  # fmt: skip
    page = Parsed(render(report(text, [row])))
    assert page.tags == PLAIN.tags
    assert len(page.contents) == len(PLAIN.contents)
    assert page.policy == PLAIN.policy
    assert page.jobs[0].get("model", "") == text
    assert page.jobs[0]["failure"] == dict.fromkeys(("kind", "name", "reason", "hint"), text)


def test_attacks_stay_data() -> None:
    page = Parsed(render(hostile()))
    assert page.tags == PLAIN.tags
    assert re.search("[<>&]", page.content("script")) is None


def test_the_policy_allows_its_own_script_and_style_and_nothing_else() -> None:
    rules = dict(rule.split(" ", 1) for rule in PLAIN.policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "script-src": source(PLAIN.content("script", 1)),
        "style-src": source(PLAIN.content("style")),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_nothing_is_loaded_and_nothing_runs_but_the_script() -> None:
    handlers = [name for _, name, _ in PLAIN.attributes if name.startswith("on") or name == "style"]
    assert handlers == []
    assert not {"link", "img", "iframe", "object"} & set(PLAIN.tags)
    loaded = [(name, value) for _, name, value in PLAIN.attributes if name in {"src", "href"}]
    assert loaded == [("href", "#board-part")]


def test_every_script_is_part_of_the_page() -> None:
    assert {path.name for path in FOLDER.glob("*.js")} == set(SCRIPTS)


def test_what_is_unknown_is_left_out() -> None:
    row = JobRow(
        owner="", logical_name="", model="m", target="", job="j", state=JobState.NOT_CREATED
    )
    page = Parsed(render(report("v", [row])))
    assert page.jobs == [{"model": "m", "job": "j", "state": "not-created"}]


def test_the_history_of_a_job_is_that_of_its_attempts_and_older_declarations() -> None:
    def job(name: str, day: int) -> PastCompilation:
        return PastCompilation(name, OBSERVED + timedelta(days=day), "COMPLETED", 60.0)

    def row(name: str) -> JobRow:
        return JobRow(
            owner="vision", logical_name="", model="m", target="t", job=name,
            state=JobState.COMPLETED,
        )  # fmt: skip

    older, first, second = f"vision-a-{'a' * 12}", f"vision-a-{'b' * 12}", f"vision-a-{'b' * 12}-r1"
    twin, other = f"vision-a-{'c' * 12}", f"vision-b-{'d' * 12}"
    past = [job(older, 1), job(second, 3), job(first, 2), job(twin, 4), job(other, 5), job("x", 6)]
    found = history_of([row(second), row(twin), row("not ours")], past)
    assert [each.job for each in found[second]] == [second, first, older]
    assert [each.job for each in found[twin]] == [twin, older]
    assert set(found) == {second, twin}
