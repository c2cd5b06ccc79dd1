"""Comments on a merge request of GitLab.

Source: REST API, "Notes" and "Keyset and offset pagination": the header Link. The token of a CI
job (CI_JOB_TOKEN) may not write notes; a project access token may.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from reconciler.cli.pipelines.comments import ReviewComment
from reconciler.cli.pipelines.rest_api import RestApi


def gitlab_api(address: str, token: str) -> RestApi:
    """Return GitLab's API. Raises RestError."""
    return RestApi(address, {"PRIVATE-TOKEN": token})


@dataclass(frozen=True, slots=True)
class GitLabComments:
    """The notes of a merge request.

    Attributes:
        project: Its id, or its path.
        number: The merge request's, in the project (iid).
    """

    api: RestApi
    project: str
    number: int

    def ours(self) -> Iterator[ReviewComment]:
        """Yield the notes of the token's account."""
        account = self.api.call("GET", "/user").value["id"]
        for each in self.api.pages(f"{self._path}?per_page=100&sort=asc&order_by=created_at"):
            author = each.get("author") or {}
            if author.get("id") == account and not each.get("system"):
                yield ReviewComment(int(each["id"]), each.get("body") or "")

    def create(self, body: str) -> None:
        """Write a note."""
        self.api.call("POST", self._path, {"body": body})

    def edit(self, comment: ReviewComment, body: str) -> None:
        """Replace a note's text."""
        self.api.call("PUT", f"{self._path}/{comment.id}", {"body": body})

    @property
    def _path(self) -> str:
        return f"/projects/{quote(self.project, safe='')}/merge_requests/{self.number}/notes"
