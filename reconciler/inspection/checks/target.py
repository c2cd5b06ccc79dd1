"""What some targets want in the archive besides the model."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.inspection import codes
from reconciler.inspection.checks.report import InspectionReport
from reconciler.inspection.tar import MemberKind
from reconciler.rules.finding import Finding
from reconciler.rules.job import OPTIONS, Job


def check_target(job: Job, report: InspectionReport) -> Iterator[Finding]:
    """Yield files that a request's target or options need, and that the archive lacks."""
    files = [entry for entry in report.entries if entry.kind is MemberKind.FILE]
    if job.target is not None and job.target.name.startswith("amba_"):
        yield from _ambarella(job.target.name, [entry.path for entry in files])
    options = job.options.value if job.options is not None else None
    labels = options.get("class_labels") if isinstance(options, dict) else None
    if isinstance(labels, str) and labels not in {entry.name for entry in files}:
        yield codes.NAMED_FILE.at(
            f"{OPTIONS}#/class_labels",
            f"class_labels names {labels!r}, which is not in the archive",
            got=labels,
            allowed="the name of a file in the archive, one label a line",
            hint="Pack the file beside the model.",
        )


def _ambarella(target: str, paths: list[str]) -> Iterator[Finding]:
    """Find missing files (developer guide, "Preparing models for Ambarella devices")."""
    images = {path.rsplit("/", 1)[0] for path in paths if "/" in path}
    missing = [
        what
        for what, there in (
            ("amba_config.json", any(path.endswith("config.json") for path in paths)),
            ("a folder of calibration images", bool(images)),
        )
        if not there
    ]
    if missing:
        yield codes.AMBARELLA.in_archive(
            f"{target} needs {' and '.join(missing)} in the archive",
            allowed="one *config.json and a folder of 100 to 200 images",
            hint="amba_config.json gives each input's shape, filepath and colorformat.",
        )
