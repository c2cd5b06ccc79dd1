"""One comment of ours on a pull request, edited in place and found by a hidden marker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

GITHUB_LIMIT: Final = 65_536
"""The most characters of a comment on GitHub; GitLab takes a million."""


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """A comment on a pull request."""

    id: int
    body: str


class ReviewComments(Protocol):
    """The comments of one pull request. Every method may raise RestError."""

    def ours(self) -> Iterable[ReviewComment]:
        """Yield the comments that the token's own account wrote, oldest first.

        Anybody can write the marker: comments of others are never edited.
        """
        ...

    def create(self, body: str) -> None:
        """Write a comment."""
        ...

    def edit(self, comment: ReviewComment, body: str) -> None:
        """Replace a comment's text."""
        ...


class CommentOutcome(Enum):
    """What became of a comment."""

    CREATED = "created"
    EDITED = "edited"
    UNCHANGED = "unchanged"
    NOT_NEEDED = "not needed"


def marker(name: str) -> str:
    """Return the line that a comment is found by; it is not shown."""
    return f"<!-- neoctl comment {name} -->"


def publish_comment(
    comments: ReviewComments, name: str, text: str, *, needed: bool
) -> CommentOutcome:
    """Write a comment, or edit the one that is there. Raises RestError.

    Args:
        comments: The pull request's.
        name: Tells several comments of one pull request apart.
        text: Markdown.
        needed: Whether to write it if there is none yet; one that is there is always brought up
            to date.
    """
    body = f"{marker(name)}\n{text}"
    found = next((each for each in comments.ours() if is_marked(each.body, name)), None)
    if found is not None:
        if found.body.replace("\r\n", "\n").strip() == body.strip():
            return CommentOutcome.UNCHANGED
        comments.edit(found, body)
        return CommentOutcome.EDITED
    if not needed:
        return CommentOutcome.NOT_NEEDED
    comments.create(body)
    return CommentOutcome.CREATED


def is_marked(body: str, name: str) -> bool:
    """Return whether a comment begins with the marker."""
    return body.lstrip().startswith(marker(name))
