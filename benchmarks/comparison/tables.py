"""The tables of docs/comparison.md, from the kept figures."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.comparison.kinds import KINDS
from benchmarks.comparison.playing import WEATHERS
from benchmarks.published import number, table

Figures = dict[str, Any]
BASE: Final = 10_000
SEEDS: Final = "seeds of the first ones"


def tables(shown: Figures) -> dict[str, str]:
    """Return every table by its mark in the document."""
    subjects: Figures = shown["subjects"]
    titles = [each["title"] for each in subjects.values()]
    return {
        "played": _played(shown),
        "all weathers": _kinds(titles, [*subjects.values()], WEATHERS),
        "quiet": _kinds(titles, [*subjects.values()], ("quiet",)),
        "costs": _costs(titles, shown["costs"]),
        "seeds": _seeds(subjects),
    }


def _played(shown: Figures) -> str:
    subjects: Figures = shown["subjects"]
    versions = ", ".join(f"{name} {text}" for name, text in shown["versions"].items())
    rows = [
        (each["title"], number(each["cases"]), number(each["simulated hours"]))
        for each in subjects.values()
    ]
    head = ("handler", "histories of 50 steps", "simulated hours")
    return f"Commit `{shown['commit']}`, {versions}.\n\n{table(head, rows)}"


def _kinds(titles: list[str], subjects: list[Figures], weathers: tuple[str, ...]) -> str:
    rows = [(kind, *(_rate(each, kind, weathers) for each in subjects)) for kind in KINDS]
    return table((f"histories of {number(BASE)} with", *titles), rows)


def _rate(subject: Figures, kind: str, weathers: tuple[str, ...]) -> str:
    """Return in how many of 10,000 histories something happened."""
    found = [subject["weathers"][weather] for weather in weathers]
    histories = sum(each["histories"] for each in found)
    times = sum(each["histories with"][kind] for each in found)
    return number(round(BASE * times / histories)) if histories else "not played"


def _costs(titles: list[str], costs: Figures) -> str:
    subjects = [*costs.values()]
    rows = [(what, *(number(each[what]) for each in subjects)) for what in subjects[0]]
    return table(("on a quiet day, mean of 12 lives", *titles), rows)


def _seeds(subjects: Figures) -> str:
    found = [each["seeds"] for each in subjects.values()]
    rows = [(kind, *(_first(seeds.get(kind, [])) for seeds in found)) for kind in KINDS]
    return table((SEEDS, *(each["title"] for each in subjects.values())), rows)


def _first(seeds: list[int]) -> str:
    return ", ".join(map(str, seeds)) or "-"
