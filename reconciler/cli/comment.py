"""``neoctl comment``: a plan as a comment on a pull request, edited in place."""

from __future__ import annotations

import os
import re
from typing import Final

import click

from reconciler.cli.pipelines.comments import GITHUB_LIMIT, CommentOutcome, marker, publish_comment
from reconciler.cli.pipelines.rest_api import RestError
from reconciler.cli.pipelines.review import Platform, ReviewError, platform_of, review_comments
from reconciler.cli.plans.document import ATTENTION, PlanDocument
from reconciler.cli.plans.files import PlanFileError, read_plans
from reconciler.cli.plans.markdown import render_together
from reconciler.cli.plans.rendering import SHOW

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HINTS: Final = {
    401: "the token is not valid, or has expired",
    403: "the token may not write comments; a workflow of GitHub needs `permissions: "
    "pull-requests: write`, and pull requests from forks get a token that only reads",
    404: "no such pull request, or the token may not see it",
}


@click.command(epilog="Exit codes: 0 done or not needed, 1 error.")
@click.argument("plans", nargs=-1, required=True, type=click.Path(exists=True), metavar="PLAN...")
@click.option("--platform", type=click.Choice(("github", "gitlab")),
              help="Where the pull request is; by default where the pipeline runs.")  # fmt: skip
@click.option("--repository", metavar="NAME",
              help="owner/name, or GitLab's project; by default the pipeline's.")  # fmt: skip
@click.option("--pull-request", "number", type=click.IntRange(min=1), metavar="NUMBER",
              help="By default the one that the pipeline runs for.")  # fmt: skip
@click.option("--name", default="plan", show_default=True, metavar="NAME",
              help="Tells several comments of one pull request apart.")  # fmt: skip
@click.option("--always", is_flag=True,
              help="Write a comment even if there is nothing to say.")  # fmt: skip
@click.option("--show", type=click.Choice(SHOW), default=SHOW[0], show_default=True,
              help="Which jobs to list.")  # fmt: skip
def command(
    plans: tuple[str, ...],
    platform: Platform | None,
    repository: str | None,
    number: int | None,
    name: str,
    always: bool,
    show: str,
) -> None:
    """Write a PLAN of neoctl plan --out, or a folder of them, as a comment on its pull request.

    There is one comment: the next run edits it. It begins with what is stopped, deleted or
    failed. A plan without changes writes none, but brings one that is there up to date.

    The token is taken from GITHUB_TOKEN or GH_TOKEN, or from GITLAB_TOKEN.
    """
    if not _NAME.fullmatch(name):
        raise click.UsageError(f"--name {name}: letters, digits, '.', '_' and '-' are allowed")
    try:
        documents, _ = read_plans(plans)
        limit = GITHUB_LIMIT - len(marker(name)) - 1
        text = render_together(documents, show=show, limit=limit)
        comments = review_comments(
            platform or platform_of(os.environ), os.environ, repository, number
        )
        outcome = publish_comment(
            comments, name, text, needed=always or any(map(_has_news, documents))
        )
    except (PlanFileError, ReviewError) as error:
        raise click.ClickException(str(error)) from error
    except RestError as error:
        raise click.ClickException(_explained(error)) from error
    click.echo(_SAID[outcome], err=True)


_SAID: Final = {
    CommentOutcome.CREATED: "Comment written.",
    CommentOutcome.EDITED: "Comment brought up to date.",
    CommentOutcome.UNCHANGED: "Comment is up to date.",
    CommentOutcome.NOT_NEEDED: "No changes: no comment written.",
}


def _has_news(document: PlanDocument) -> bool:
    return bool(document.changes) or any(each.kind in ATTENTION for each in document.actions)


def _explained(error: RestError) -> str:
    hint = _HINTS.get(error.status)
    return f"{error}: {hint}" if hint else str(error)
