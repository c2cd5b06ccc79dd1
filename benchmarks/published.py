"""Figures in documents: each table stands between two marks, and is written from kept results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
RESULTS: Final = ROOT / "benchmarks" / "results"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; all columns but the first hold numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def number(value: float) -> str:
    """Return a number as people read it: 12,345."""
    return f"{value:,}"


def replaced(text: str, mark: str, figures: str) -> str:
    """Return a document with the figures of a mark put in. Raises ValueError without the mark."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"the marks of {mark} are missing")
    return f"{before}{begin}\n{figures}\n{end}{after}"


def publish(document: Path, mark: str, figures: str) -> None:
    """Put figures into a document."""
    document.write_text(replaced(document.read_text(), mark, figures))
