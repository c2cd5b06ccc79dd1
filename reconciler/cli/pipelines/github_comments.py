"""Comments on a pull request of GitHub.

Source: REST API, "Issue comments": pages by the header Link, 100 a page; a token of a workflow is
an app's and cannot ask who it is (GET /user answers 403), but its comments are a bot's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.cli.pipelines.comments import ReviewComment
from reconciler.cli.pipelines.rest_api import RestApi, RestError


def github_api(address: str, token: str) -> RestApi:
    """Return GitHub's API. Raises RestError."""
    return RestApi(
        address,
        {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )


@dataclass(frozen=True, slots=True)
class GitHubComments:
    """The comments of a pull request.

    Attributes:
        repository: Its full name, owner/name.
        number: The pull request's.
    """

    api: RestApi
    repository: str
    number: int

    def ours(self) -> Iterator[ReviewComment]:
        """Yield the comments of the token's account."""
        is_ours = self._author_test()
        for each in self.api.pages(f"{self._path}?per_page=100"):
            if is_ours(each.get("user") or {}):
                yield ReviewComment(int(each["id"]), each.get("body") or "")

    def create(self, body: str) -> None:
        """Write a comment."""
        self.api.call("POST", self._path, {"body": body})

    def edit(self, comment: ReviewComment, body: str) -> None:
        """Replace a comment's text."""
        path = f"/repos/{self.repository}/issues/comments/{comment.id}"
        self.api.call("PATCH", path, {"body": body})

    @property
    def _path(self) -> str:
        return f"/repos/{self.repository}/issues/{self.number}/comments"

    def _author_test(self) -> Callable[[dict[str, Any]], bool]:
        try:
            login = self.api.call("GET", "/user").value["login"]
        except RestError as error:
            if error.status not in {401, 403, 404}:
                raise
            return lambda user: user.get("type") == "Bot"
        return lambda user: bool(user.get("login") == login)
