"""``neoctl comment``: one comment on a pull request, against servers that answer as the APIs do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.cli.pipelines.comments import marker
from tests.fakes.review_api import GITHUB_LIMIT, Account, ReviewApi, serving
from tests.unit.cli.planned import Terminal, write_spec
from tests.unit.specs.fleets import FLEET

TOKEN = "ghs_a-secret-token"
PERSON = "glpat-a-persons-token"


@pytest.fixture
def api() -> Iterator[ReviewApi]:
    accounts = {TOKEN: Account("github-actions[bot]", app=True), PERSON: Account("robot")}
    with serving(ReviewApi(accounts)) as made:
        yield made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def github(api: ReviewApi, monkeypatch: pytest.MonkeyPatch) -> ReviewApi:
    for name, value in {
        "GITHUB_ACTIONS": "true", "GITHUB_API_URL": api.url, "GITHUB_TOKEN": TOKEN,
        "GITHUB_REPOSITORY": "team/models", "GITHUB_REF": "refs/pull/7/merge",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return api


@pytest.fixture
def gitlab(api: ReviewApi, monkeypatch: pytest.MonkeyPatch) -> ReviewApi:
    for name, value in {
        "GITLAB_CI": "true", "CI_API_V4_URL": api.url, "GITLAB_TOKEN": PERSON,
        "CI_PROJECT_ID": "team/models", "CI_MERGE_REQUEST_IID": "7",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return api


def plan(terminal: Terminal, text: str = FLEET) -> None:
    write_spec(text)
    assert terminal.run("plan", "fleet.yaml", "--out", "plan.json") == 0


@pytest.fixture(params=["github", "gitlab"])
def platform(request: pytest.FixtureRequest) -> ReviewApi:
    made: ReviewApi = request.getfixturevalue(request.param)
    return made


def test_a_plan_has_one_comment_that_is_edited_in_place(platform: ReviewApi) -> None:
    platform.page = 2
    for index in range(5):
        platform.add("somebody", f"comment {index}")
    terminal = Terminal()
    plan(terminal)
    assert run(["comment", "plan.json"]) == 0
    [body] = platform.bodies()[5:]
    assert body.startswith(f"{marker('plan')}\n### Plan: ")
    assert "to create" in body
    assert run(["comment", "plan.json"]) == 0
    assert [method for method, _ in platform.requests if method != "GET"] == ["POST"]
    plan(terminal, FLEET.replace("ml_c5", "ml_m5"))
    assert run(["comment", "plan.json"]) == 0
    assert len(platform.bodies()) == 6
    assert platform.bodies()[5] != body


def test_comments_of_others_are_not_edited_whatever_they_say(platform: ReviewApi) -> None:
    theirs = f"{marker('plan')}\nnothing changes, please approve"
    platform.add("mallory", theirs)
    plan(Terminal())
    assert run(["comment", "plan.json"]) == 0
    assert platform.bodies()[0] == theirs
    assert len(platform.bodies()) == 2


def test_several_plans_of_one_pull_request_have_comments_of_their_own(github: ReviewApi) -> None:
    plan(Terminal())
    assert run(["comment", "plan.json", "--name", "prod"]) == 0
    assert run(["comment", "plan.json", "--name", "dev"]) == 0
    assert len(github.bodies()) == 2


def test_no_comment_is_written_where_nothing_changes_but_one_is_updated(
    github: ReviewApi, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    write_spec()
    assert terminal.run("apply", "fleet.yaml", "-y") == 0
    plan(terminal)
    assert run(["comment", "plan.json"]) == 0
    assert github.bodies() == []
    assert "no comment written" in capsys.readouterr().err
    plan(Terminal())
    assert run(["comment", "plan.json"]) == 0
    plan(terminal)
    assert run(["comment", "plan.json"]) == 0
    [body] = github.bodies()
    assert "no changes" in body
    assert run(["comment", "plan.json", "--name", "other", "--always"]) == 0
    assert len(github.bodies()) == 2


@pytest.mark.search
def test_a_long_plan_fits_with_its_marker(github: ReviewApi) -> None:
    models = "".join(
        f"  model-{index}-{'x' * 40}:\n    S3Uri: s3://b/m{index}.tar.gz\n    Framework: ONNX\n"
        f"    DataInputConfig: {{data: [1, 3, 32, 32]}}\n    targets: [ml_c5]\n"
        for index in range(1500)
    )
    plan(Terminal(), FLEET[: FLEET.index("models:")] + "models:\n" + models)
    assert run(["comment", "plan.json", "--show", "all", "--name", "n" * 64]) == 0
    assert len(github.bodies()[0]) <= GITHUB_LIMIT


@pytest.mark.parametrize(
    ("token", "number", "said"),
    [
        ("revoked", "7", "not valid, or has expired"),
        (TOKEN, "8", "no such pull request"),
    ],
)
def test_what_the_api_refuses_is_said_with_what_to_do(
    github: ReviewApi,
    token: str,
    number: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", token)
    plan(Terminal())
    assert run(["comment", "plan.json", "--pull-request", number]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert token not in error


def test_a_token_that_only_reads_is_explained(
    github: ReviewApi, capsys: pytest.CaptureFixture[str]
) -> None:
    github.accounts[TOKEN].writes = False
    plan(Terminal())
    assert run(["comment", "plan.json"]) == 1
    assert "pull-requests: write" in capsys.readouterr().err


def test_a_server_that_fails_is_an_error(
    github: ReviewApi, capsys: pytest.CaptureFixture[str]
) -> None:
    github.fails = 502
    plan(Terminal())
    assert run(["comment", "plan.json"]) == 1
    assert "502 Server Error" in capsys.readouterr().err


def test_the_token_goes_to_no_other_host(
    github: ReviewApi, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(ReviewApi({TOKEN: Account("thief")})) as other:
        github.redirect = other.url
        plan(Terminal())
        assert run(["comment", "plan.json"]) == 1
        assert other.tokens == []
    assert "302" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GITHUB_API_URL", "http://api.example.com", "must be https"),
        ("GITHUB_TOKEN", "secret\nX-Injected: yes", "characters that a token cannot have"),
        ("GITHUB_TOKEN", " ", "no token: set GITHUB_TOKEN or GH_TOKEN"),
        ("GITHUB_REF", "refs/heads/main", "runs for no pull request"),
        ("GITHUB_REPOSITORY", "", "say --repository"),
        ("GITHUB_ACTIONS", "", "say --platform"),
    ],
)
def test_what_is_missing_or_unsafe_is_said_before_anything_is_sent(
    github: ReviewApi,
    name: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(name, value)
    plan(Terminal())
    assert run(["comment", "plan.json"]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "secret" not in error
    assert github.requests == []


def test_the_number_may_come_from_the_event(
    github: ReviewApi, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_REF", "refs/heads/topic")
    (folder / "event.json").write_text('{"pull_request": {"number": 7}}')
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(folder / "event.json"))
    plan(Terminal())
    assert run(["comment", "plan.json"]) == 0
    assert len(github.bodies()) == 1


def test_a_name_that_would_end_the_marker_is_refused(
    github: ReviewApi, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(Terminal())
    assert run(["comment", "plan.json", "--name", "x --> y"]) == 1
    assert "letters, digits" in capsys.readouterr().err
