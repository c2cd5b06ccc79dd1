"""Reports for the tests and for the documentation's images."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reconciler.cli.fleets.status import FailureDetails, FleetStatus, JobRow, JobState
from reconciler.cli.html_report.history import History, PastCompilation
from reconciler.cli.html_report.page import FleetReport, PlaceReport

OBSERVED: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
TARGETS: Final = ("ml_c5", "ml_c6g", "ml_inf1", "jetson_nano", "rasp4b", "LINUX_ARM64")
MODELS: Final = ("detector", "keywords", "lanes", "ocr/latin", "resnet50", "segmenter")
FAILURE: Final = FailureDetails(
    "input",
    "operator-not-implemented",
    "ClientError: OperatorNotImplemented:(The following operators are not implemented: "
    "['aten::grid_sampler'])",
    "Replace the operators that Neo does not have, or compile for another target.",
)
REFUSAL: Final = FailureDetails(
    "refused", "", "NEO304 InputConfig.DataInputConfig: dimensions must be positive", ""
)
ATTACKS: Final = (
    "</script><script>window.attacked = 1</script>",
    "<!--<script>",
    "]]>\"'><img src=x onerror=window.attacked=2>",
    "<svg/onload=window.attacked=3>",
    "javascript:window.attacked=4",
    "${alert(1)}$data",
    "\\u003cscript>window.attacked=5\\u003c/script>",
    "a\u202egpj.exe\u2066b",
    "\x00\x1b[31mred\r\n\u2028\ud800",
)
STATES: Final = (
    JobState.COMPLETED, JobState.COMPLETED, JobState.COMPLETED, JobState.COMPLETED,
    JobState.FAILED, JobState.COMPLETED, JobState.COMPLETED, JobState.IN_PROGRESS,
    JobState.COMPLETED, JobState.NOT_CREATED, JobState.COMPLETED,
)  # fmt: skip


def status(rows: list[JobRow]) -> FleetStatus:
    """Return a status of these rows."""
    return FleetStatus.of("111122223333", "eu-west-1", OBSERVED, rows)


def report(heading: str, rows: list[JobRow], history: History | None = None) -> FleetReport:
    """Return a report of one account and region."""
    return FleetReport(heading, [PlaceReport(status(rows), history or {})])


def example() -> FleetReport:
    """Return a fleet in which something of everything happened."""
    places = [
        (row, column)
        for row in range(len(MODELS))
        for column in range(len(TARGETS))
        if (row * 5 + column * 3) % 7
    ]
    rows = [_row(row, column) for row, column in places]
    history = {_name(row, column): _past(row, column) for row, column in places}
    return report("vision", rows, history)


def _name(row: int, column: int) -> str:
    slug = f"{MODELS[row]}-{TARGETS[column]}".lower().replace("_", "-").replace("/", "-")
    return f"vision-{slug}-k3v7qhx2m5ta"


def _created(row: int, column: int) -> datetime:
    return OBSERVED - timedelta(hours=3 + 11 * row, minutes=17 * column)


def _seconds(row: int, column: int) -> float:
    return 95.0 + 40 * row + 11 * column


def _row(row: int, column: int) -> JobRow:
    state = STATES[(row * 3 + column) % len(STATES)]
    model, target, name = MODELS[row], TARGETS[column], _name(row, column)
    created = _created(row, column)
    known: dict[str, Any] = {}
    match state:
        case JobState.NOT_CREATED:
            known = {"note": "the quota of compilation jobs is used up for now"}
        case JobState.FAILED:
            known = {"created": created, "failure": FAILURE}
        case JobState.IN_PROGRESS:
            started = OBSERVED - timedelta(minutes=4)
            known = {"created": started - timedelta(seconds=12), "started": started}
        case _:
            known = {
                "created": created, "started": created,
                "ended": created + timedelta(seconds=_seconds(row, column)),
                "artifact": f"s3://vision-compiled/{name}/{model.rsplit('/')[-1]}-{target}.tar.gz",
                "artifact_bytes": (row + 3) * 7_340_032 + column, "digest": "5f2b" * 16,
            }  # fmt: skip
    return JobRow(
        owner="vision", logical_name=f"{model}/{target}", model=model, target=target, job=name,
        state=state, **known,
    )  # fmt: skip


def _past(row: int, column: int) -> tuple[PastCompilation, ...]:
    first, seconds = _created(row, column), _seconds(row, column)
    return tuple(
        PastCompilation(
            _name(row, column), first - timedelta(days=9 * each), "COMPLETED",
            seconds + 25 * each % 60,
        )
        for each in range(1, 6)
    )  # fmt: skip


def in_two_regions() -> FleetReport:
    """Return a fleet that two regions have, and why a third was not read."""
    places = example().places
    west = [replace(each.status, region="eu-central-1") for each in places]
    others = [PlaceReport(each, {}) for each in west]
    return FleetReport("vision", [*places, *others], [("ap-south-1", f"Denied: {ATTACKS[2]}")])


def hostile() -> FleetReport:
    """Return a fleet in which every text is an attack."""
    rows = [
        JobRow(
            owner=text, logical_name=text, model=text, target=text, job=f"{state}{text}", arn=text,
            state=state, created=OBSERVED, artifact=text, artifact_bytes=1, digest=text, note=text,
            inference_image=text, failure=FailureDetails(text, text, f"{text}!", text),
        )
        for text in ATTACKS
        for state in (JobState.FAILED, JobState.COMPLETED)
    ]  # fmt: skip
    past = PastCompilation(ATTACKS[0], OBSERVED, ATTACKS[2], 2.0)
    return report(ATTACKS[0], rows, {row.job: (past, past) for row in rows})


def many(models: int, targets: int) -> FleetReport:
    """Return a fleet of many jobs, each with a history."""
    ended = OBSERVED + timedelta(seconds=120)
    rows = [
        JobRow(
            owner="vision", logical_name=f"model-{row:05}/target_{column:03}",
            model=f"model-{row:05}", target=f"target_{column:03}",
            job=f"vision-model-{row:05}-target-{column:03}-k3v7qhx2m5ta",
            state=JobState.COMPLETED if (row + column) % 50 else JobState.FAILED,
            failure=None if (row + column) % 50 else FAILURE,
            created=OBSERVED, started=OBSERVED, ended=ended, digest="5f2b" * 16,
            artifact=f"s3://vision-compiled/model-{row:05}/target-{column:03}.tar.gz",
            artifact_bytes=7_340_032,
        )
        for row in range(models)
        for column in range(targets)
    ]  # fmt: skip
    past = tuple(
        PastCompilation("", OBSERVED - timedelta(days=each), "COMPLETED", 100.0)
        for each in range(3)
    )
    return report("a large fleet", rows, {row.job: past for row in rows})
