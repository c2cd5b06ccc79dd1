"""A report as text for people and as JSON for programs.

Whatever comes from the archive is printed without control characters, so that no name can steer a
terminal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reconciler.cli.findings.as_json import finding_json
from reconciler.cli.findings.printable import clipped, escaped
from reconciler.inspection.checks.report import InspectionReport
from reconciler.inspection.model import Model, Shape, Tensor
from reconciler.inspection.tar import MemberKind
from reconciler.rules.finding import Finding, Severity
from reconciler.specs.checking import Located

FORMAT_VERSION = 1
_MOST_OPERATORS = 8
_LONGEST_LINE = 2000


def as_json(
    name: str,
    report: InspectionReport,
    located: Sequence[Located] = (),
    jobs: Sequence[str] | None = None,
) -> str:
    """Return the report in the documented form (format_version 1).

    Args:
        name: The archive's path or URI.
        report: What is in it.
        located: What it contradicts in specs.
        jobs: Names of the jobs that were checked; None if no spec was given.
    """
    findings = [*report.findings, *(item.finding for item in located)]
    count = Counter(finding.severity for finding in findings)
    document: dict[str, object] = {
        "format_version": FORMAT_VERSION,
        "summary": {
            "errors": count[Severity.ERROR],
            "warnings": count[Severity.WARNING],
            "infos": count[Severity.INFO],
        },
        "archive": {
            "name": name,
            "compressed_bytes": report.compressed,
            "expanded_bytes": report.expanded,
            "members": [
                {"path": entry.path, "kind": entry.kind.value, "size": entry.size}
                for entry in report.entries
            ],
        },
        "framework": report.framework or None,
        "model": _model(report.model) if report.model else None,
        "other_models": [_model(model) for model in report.others],
        "data_input_config": {
            "needed": report.config.needed,
            "inputs": report.config.shapes(),
            "fill_in": [
                {"input": gap.input, "axis": gap.axis, "meaning": gap.meaning, "usual": gap.assumed}
                for gap in report.config.gaps
            ],
        },
        "jobs_checked": None if jobs is None else list(jobs),
        "findings": [
            *(_archive_finding(finding, name) for finding in report.findings),
            *(_spec_finding(item) for item in located),
        ],
    }
    return json.dumps(document, indent=2)


def _model(model: Model) -> dict[str, object]:
    return {
        "file": model.file,
        "framework": model.framework,
        "format": model.format,
        "version": model.version or None,
        "inputs": [_tensor(tensor) for tensor in model.inputs],
        "outputs": [_tensor(tensor) for tensor in model.outputs],
        "operators": dict(model.operators),
        "details": {key: value for key, value in model.details.items() if value},
    }


def _tensor(tensor: Tensor) -> dict[str, object]:
    return {
        "name": tensor.name,
        "shape": None if tensor.shape is None else list(tensor.shape),
        "dtype": tensor.dtype or None,
        "layout": tensor.layout or None,
        "optional": tensor.optional,
        "example": tensor.example,
    }


def _archive_finding(finding: Finding, file: str) -> dict[str, object]:
    place = {"file": file, "line": None, "column": None}
    return finding_json(finding, finding.message, place, None)


def _spec_finding(item: Located) -> dict[str, object]:
    line, column = item.position
    place = {"file": item.source.name, "line": line, "column": column}
    return finding_json(item.finding, item.finding.message, place, item.job)


def as_text(name: str, report: InspectionReport) -> Iterator[str]:
    """Yield the report's lines, without its findings."""
    files = [entry for entry in report.entries if entry.kind is MemberKind.FILE]
    yield _line(
        f"{name}: {_bytes(report.compressed)}, {len(files)} "
        f"{'file' if len(files) == 1 else 'files'} of {_bytes(report.expanded)}"
    )
    for model in (report.model, *report.others):
        if model is not None:
            yield ""
            yield from map(_line, _model_lines(model))
    if report.config.inputs:
        yield ""
        yield from map(_line, _config_lines(report))


def _model_lines(model: Model) -> Iterator[str]:
    version = f", version {model.version}" if model.version else ""
    yield f"{model.file}: {model.format}{version} (Framework: {model.framework or 'none of Neo'})"
    details = [f"{key} {value}" for key, value in model.details.items() if value]
    if details:
        yield "  " + ", ".join(details)
    yield from _tensors("inputs", model.inputs)
    yield from _tensors("outputs", model.outputs)
    if model.operators:
        yield "  operators: " + _operators(model.operators)


def _tensors(title: str, tensors: Sequence[Tensor]) -> Iterator[str]:
    if tensors:
        yield f"  {title}:"
    width = max((len(tensor.name) for tensor in tensors), default=0)
    for tensor in tensors:
        notes = [tensor.dtype, shape_text(tensor.shape), tensor.layout]
        notes += ["(example)"] if tensor.example else []
        notes += ["(optional)"] if tensor.optional else []
        yield f"    {tensor.name:<{min(width, 48)}}  " + "  ".join(note for note in notes if note)


def shape_text(shape: Shape) -> str:
    """Return a shape as people write it, ``?`` for what is open."""
    if shape is None:
        return "[…]"
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def _operators(operators: Mapping[str, int]) -> str:
    common = sorted(operators.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} {count}" for name, count in common[:_MOST_OPERATORS])
    more = len(common) - _MOST_OPERATORS
    return shown + (f" and {more} more kinds" if more > 0 else "")


def _config_lines(report: InspectionReport) -> Iterator[str]:
    config = report.config
    text = json.dumps(config.shapes())
    yield f"DataInputConfig: {text}" + ("" if config.needed else "  (not needed)")
    for gap in config.gaps if config.needed else ():
        where = f"{gap.input}, " + ("its shape" if gap.axis is None else f"dimension {gap.axis}")
        what = f" ({gap.meaning})" if gap.meaning else ""
        usual = f"; {gap.assumed} is usual" if gap.assumed is not None else ""
        yield f"  to fill in: {where}{what}{usual}"


def _bytes(size: int) -> str:
    value = float(size)
    for unit in ("bytes", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def finding_lines(finding: Finding, name: str) -> Iterator[str]:
    """Yield the lines of a finding about the archive, without colour, the head first."""
    yield _line(f"{finding.severity.value}[{finding.code} {finding.slug}] {finding.message}")
    yield _line(f"  --> {name}")
    for label, text in (("got", finding.got), ("allowed", finding.allowed), ("help", finding.hint)):
        if text:
            yield _line(f"   = {label}: {text}")


def _line(text: str) -> str:
    """Return a line of text without control characters, at most 2,000 characters of it."""
    return escaped(clipped(text, _LONGEST_LINE))
