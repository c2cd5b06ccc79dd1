"""The page: one HTML file that holds its style, its script and its data, and loads nothing.

Names and reasons come from others. They are in the page as JSON alone, in which no letter can end
the element that holds it, and the script sets them as text. The content security policy allows
the script and the style below, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Template
from typing import Final

from reconciler.cli.fleets.as_json import row_json
from reconciler.cli.fleets.status import FleetStatus
from reconciler.cli.fleets.text import place
from reconciler.cli.html_report.history import History, PastCompilation
from reconciler.core.canonical import Json

SCRIPTS: Final = (
    "words.js", "elements.js", "details.js", "board.js", "list.js", "failures.js", "page.js",
)  # fmt: skip
EMBEDDED_ACCOUNT: Final = "000000000000"
"""The account of the embedded AWS; none of AWS's own has this id."""
_ESCAPES: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """The jobs of one account and region, and what was compiled there before."""

    status: FleetStatus
    history: History = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FleetReport:
    """What a page shows.

    Attributes:
        heading: What the report is about.
        unread: Places that could not be read, and why.
    """

    heading: str
    places: Sequence[PlaceReport]
    unread: Sequence[tuple[str, str]] = ()

    def to_json(self) -> dict[str, Json]:
        """Return the form that the page's script reads: the jobs as in ``neoctl status -o json``.

        What is empty is left out. Each job has its history and, if there are several places, the
        name of its own.
        """
        statuses = [each.status for each in self.places]
        several = len(statuses) + len(self.unread) > 1
        observed = min((each.observed for each in statuses), default=None)
        jobs: list[Json] = [
            *(job for each in self.places for job in _jobs_json(each, several=several))
        ]
        return {
            "observed": observed.isoformat(timespec="seconds") if observed else "",
            "places": [place(each) for each in statuses],
            "unread": [f"{name}: {why}" for name, why in self.unread],
            "rehearsal": any(each.account == EMBEDDED_ACCOUNT for each in statuses),
            "jobs": jobs,
        }


def render(report: FleetReport) -> str:
    """Return the page of a report."""
    style, script = f"\n{_part('style.css')}", _script()
    title = html.escape(report.heading)
    return Template(_part("page.html")).substitute(
        policy=_policy(style, script), title=title, style=style, script=script,
        data=_data(report),
    )  # fmt: skip


def _jobs_json(report: PlaceReport, *, several: bool) -> Iterator[dict[str, Json]]:
    status = report.status
    where: dict[str, Json] = {"place": f"{status.account}, {status.region}"} if several else {}
    for row in status.rows:
        past = report.history.get(row.job, ())
        yield _filled(row_json(row, status.observed)) | _history_json(past) | where


def _filled(job: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in job.items() if value not in ("", None)}


def _history_json(past: Iterable[PastCompilation]) -> dict[str, Json]:
    runs: list[Json] = [
        _filled(
            {
                "created": each.created.isoformat(timespec="seconds"),
                "state": each.status.lower(),
                "duration_seconds": each.seconds,
            }
        )
        for each in past
    ]
    return {"history": runs} if runs else {}


def _script() -> str:
    parts = "".join(map(_part, SCRIPTS))
    return f'\n"use strict";\n{{\n{parts}}}\n'


def _data(report: FleetReport) -> str:
    """Return a report as ASCII that means the same in a script element as outside of it."""
    text = json.dumps(report.to_json(), separators=(",", ":"), ensure_ascii=True)
    return text.translate(_ESCAPES)


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    """Return a text's source expression, as Content Security Policy names inline elements."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _part(name: str) -> str:
    return files("reconciler.cli.html_report").joinpath(name).read_text(encoding="utf-8")
