"""Which pull request a pipeline runs for, by the variables that GitHub and GitLab set."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from reconciler.cli.pipelines.comments import ReviewComments
from reconciler.cli.pipelines.github_comments import GitHubComments, github_api
from reconciler.cli.pipelines.gitlab_comments import GitLabComments, gitlab_api
from reconciler.core.canonical import UNREADABLE

Platform = Literal["github", "gitlab"]
GITHUB: Final = "https://api.github.com"
GITLAB: Final = "https://gitlab.com/api/v4"
_PULL: Final = re.compile(r"refs/pull/([0-9]+)/")
_TOKENS: Final[Mapping[Platform, tuple[str, ...]]] = {
    "github": ("GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": ("GITLAB_TOKEN",),
}


class ReviewError(ValueError):
    """It is not known which pull request is meant, or there is no token."""


def platform_of(environment: Mapping[str, str]) -> Platform:
    """Return where a pipeline runs. Raises ReviewError."""
    if environment.get("GITHUB_ACTIONS"):
        return "github"
    if environment.get("GITLAB_CI"):
        return "gitlab"
    raise ReviewError("this is no pipeline of GitHub or GitLab; say --platform github or gitlab")


def review_comments(
    platform: Platform,
    environment: Mapping[str, str],
    repository: str | None = None,
    number: int | None = None,
) -> ReviewComments:
    """Return the comments of a pull request. Raises ReviewError, RestError.

    Args:
        platform: Whose.
        environment: The variables of the pipeline.
        repository: owner/name, or the project; by default the pipeline's.
        number: The pull request's; by default the pipeline's.
    """
    token = _token(platform, environment)
    if platform == "github":
        repository = repository or environment.get("GITHUB_REPOSITORY")
        number = number or _github_number(environment)
    else:
        repository = repository or environment.get("CI_PROJECT_ID")
        number = number or int(environment.get("CI_MERGE_REQUEST_IID") or 0)
    if not repository:
        raise ReviewError("which repository is not known; say --repository")
    if not number:
        raise ReviewError("this pipeline runs for no pull request; say --pull-request NUMBER")
    if platform == "github":
        address = environment.get("GITHUB_API_URL") or GITHUB
        return GitHubComments(github_api(address, token), repository, number)
    address = environment.get("CI_API_V4_URL") or GITLAB
    return GitLabComments(gitlab_api(address, token), repository, number)


def _token(platform: Platform, environment: Mapping[str, str]) -> str:
    names = _TOKENS[platform]
    for name in names:
        if token := environment.get(name, "").strip():
            return token
    raise ReviewError(f"no token: set {' or '.join(names)}; it must be allowed to write comments")


def _github_number(environment: Mapping[str, str]) -> int:
    """Return the number of the pull request, from the ref or else the event."""
    if found := _PULL.match(environment.get("GITHUB_REF", "")):
        return int(found[1])
    try:
        event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_bytes())
        return int(event["pull_request"]["number"])
    except (OSError, *UNREADABLE):
        return 0
