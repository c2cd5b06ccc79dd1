"""`neoctl explain`: rules by code and name, failures by their reason."""

from __future__ import annotations

import pytest

from reconciler.cli.main import run
from reconciler.cli.pages.failures import explained, failure_pages
from reconciler.cli.pages.rules import rules
from reconciler.core.failure import KNOWN, SERVICE_ERROR, USER_ERROR, failure_of

NAMES = [failure.name for _, failure in KNOWN] + [USER_ERROR.name, SERVICE_ERROR.name]


def test_each_failure_has_a_page_and_each_page_a_failure() -> None:
    assert set(failure_pages()) == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_its_source_reasons_and_rules(name: str) -> None:
    page = failure_pages()[name]
    assert page["cause"].endswith(".")
    assert page["source"]
    assert set(page.get("rules", ())) <= set(rules())
    for reason in page["reasons"]:
        assert failure_of(reason).name == name, reason


def test_a_reason_is_explained_with_cause_hint_and_rules(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["explain", "ClientError: InputConfiguration: Unable to untar input model."]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# not-an-archive\n")
    assert "one .tar.gz archive" in out
    assert "NEO501 not-an-archive-uri" in out
    assert "It is not retried." in out


def test_an_unknown_reason_is_said_to_be_one() -> None:
    assert explained("something else happened").startswith("# Unknown failure")


def test_a_wrong_code_is_answered_with_those_that_begin_alike(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["explain", "NEO70"]) == 1
    assert "Did you mean NEO701, NEO702," in capsys.readouterr().err
    assert run(["explain", "NEO9"]) == 1
    assert capsys.readouterr().err == "Error: unknown rule NEO9.\n"
