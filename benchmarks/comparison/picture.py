"""The drawing of one history with every handler, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from benchmarks.comparison.scene import DELETE, END, UPDATE, Scene, Stretch, Use

LEFT: Final = 170
WIDTH: Final = 780
ROW: Final = 22
BAR: Final = 14
COLOURS: Final = {Use.WANTED: "#2f7d4f", Use.AGAIN: "#c9781d", Use.UNWANTED: "#c0392b"}
PHASE_COLOURS: Final = {
    "ROLLBACK": "#d8b4a0", "DELETE": "#c3c8d4", "CREATE": "#b9d3e8", "UPDATE": "#a9c4e4",
}  # fmt: skip
AT_REST: Final = "#eceef3"
TITLE: Final = "One history with three handlers: an update is rolled back, then all is deleted"
EVENTS: Final = ((0.0, "create"), (UPDATE, "update"), (DELETE, "delete"))


def drawing(scenes: Sequence[Scene]) -> str:
    """Return the drawing of the same history with several handlers."""
    rows: list[str] = []
    top = 60
    for scene in scenes:
        rows += _scene(scene, top)
        top += ROW * (2 + len(scene.jobs)) + 14
    height = top + 70
    lines = [*_frame(top), *rows, *_legend(top + 34)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {height}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="12">'
    )
    background = f'<rect width="{LEFT + WIDTH + 20}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(TITLE)}</title>", background, *lines, "</svg>"]) + "\n"


def _x(seconds: float) -> float:
    return round(LEFT + WIDTH * seconds / END, 1)


def _text(x: float, y: float, text: str, *, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" fill="#1f2430"{more}>{escape(text)}</text>'


def _bar(stretch: Stretch, y: float, colour: str) -> str:
    width = max(round(_x(stretch.end) - _x(stretch.begin), 1), 1)
    return (
        f'<rect x="{_x(stretch.begin)}" y="{y}" width="{width}" height="{BAR}" rx="2" '
        f'fill="{colour}"><title>{escape(stretch.what)}, {stretch.begin:.0f} s to '
        f"{stretch.end:.0f} s</title></rect>"
    )


def _frame(bottom: float) -> Iterator[str]:
    """Yield the title, the axis in minutes, and what the user does."""
    yield _text(10, 20, TITLE, more=' font-weight="600" font-size="14"')
    for seconds, what in EVENTS:
        yield f'<path d="M{_x(seconds)} 44V{bottom}" stroke="#8a90a0" stroke-dasharray="2 3"/>'
        yield _text(_x(seconds) + 3, 42, what)
    for minute in range(0, int(END / 60) + 1, 5):
        middle = ' text-anchor="middle" font-size="11"'
        yield _text(_x(minute * 60), bottom + 12, f"{minute} min", more=middle)


def _scene(scene: Scene, top: float) -> Iterator[str]:
    """Yield the rows of one handler: the stack, then each job."""
    yield _text(10, top + 11, scene.subject.title, more=' font-weight="600"')
    yield _text(LEFT - 60, top + 11, "stack")
    for phase in scene.phases:
        yield _bar(phase, top, _colour(phase.what))
    for number, (model, stretches) in enumerate(scene.jobs, start=1):
        y = top + ROW * number
        yield _text(LEFT - 60, y + 11, f"job: {model}")
        for stretch in stretches:
            yield _bar(stretch, y, COLOURS[Use(stretch.what)])


def _colour(phase: str) -> str:
    if not phase.endswith("_IN_PROGRESS"):
        return AT_REST
    return next(colour for name, colour in PHASE_COLOURS.items() if name in phase)


def _legend(y: float) -> Iterator[str]:
    jobs = {
        COLOURS[Use.WANTED]: "a job that runs and is wanted",
        COLOURS[Use.AGAIN]: "compiled again, though it was COMPLETED",
        COLOURS[Use.UNWANTED]: "a job that runs, and nothing declares it",
    }
    stacks = {
        PHASE_COLOURS["CREATE"]: "the stack is created",
        PHASE_COLOURS["UPDATE"]: "updated",
        PHASE_COLOURS["ROLLBACK"]: "rolled back",
        PHASE_COLOURS["DELETE"]: "deleted",
        AT_REST: "at rest",
    }
    for line, meanings in enumerate((jobs, stacks)):
        x = 10.0
        for colour, meaning in meanings.items():
            top = y - 10 + ROW * line
            yield f'<rect x="{x}" y="{top}" width="12" height="12" rx="2" fill="{colour}"/>'
            yield _text(x + 17, top + 10, meaning)
            x += 45 + 6.5 * len(meaning)
