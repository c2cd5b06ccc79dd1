"""A compilation request against the model that it is to compile.

Only what a request says and a model contradicts is reported; what is wrong with the request by
itself is the business of `reconciler.rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.core.canonical import Json
from reconciler.core.json_pointer import pointer
from reconciler.inspection import codes
from reconciler.inspection.checks.input_config import Expected, InputConfig
from reconciler.inspection.checks.report import InspectionReport
from reconciler.inspection.checks.shapes import Given, compare_shapes, shapes_in
from reconciler.inspection.checks.target import check_target
from reconciler.inspection.model import Model, Tensor
from reconciler.inspection.versions import parts
from reconciler.rules.finding import Finding
from reconciler.rules.job import Job, job_of
from reconciler.rules.json_text import read
from reconciler.rules.suggestion import closest


@dataclass(frozen=True, slots=True)
class _Entry:
    """One input of the request: its name (empty in the list form) and where it stands."""

    name: str
    path: str
    value: Json


def check_request(wire: Mapping[str, object], report: InspectionReport) -> list[Finding]:
    """Return what a model contradicts in a CreateCompilationJob request.

    Args:
        wire: The request in the API's form; misshapen parts are passed over.
        report: What was found in the model's archive.
    """
    job = job_of(wire, None)
    if job.framework is None or not report.framework:
        return []
    if job.framework != report.framework:
        return [_mismatch(job, report), *check_target(job, report)]
    model = next(
        (item for item in (report.model, *report.others) if item and item.inputs), report.model
    )
    if model is None:
        return list(check_target(job, report))
    return [
        *check_target(job, report),
        *_check_version(job, model),
        *_check_inputs(job, model, report.config),
    ]


def _check_version(job: Job, model: Model) -> Iterator[Finding]:
    """Find a model of a framework's second generation that is declared as of its first."""
    declared, written = parts(job.version or ""), parts(model.version)
    if not declared or not written or model.framework not in ("PYTORCH", "TENSORFLOW"):
        return
    if declared[0] < 2 <= written[0]:
        yield codes.VERSION_MISMATCH.at(
            codes.VERSION,
            f"FrameworkVersion is {job.version}, but {model.file} was written by {job.framework} "
            f"{model.version}",
            got=job.version or "",
            allowed=model.version,
            hint="Give the version that wrote the model, if Neo lists it.",
        )


def _mismatch(job: Job, report: InspectionReport) -> Finding:
    file = report.model.file if report.model else "the archive's model"
    same = report.model is None or report.model.format == report.framework
    form = "" if same or report.model is None else f" ({report.model.format})"
    return codes.FRAMEWORK_MISMATCH.at(
        codes.FRAMEWORK,
        f"Framework is {job.framework}, but {file} is {report.framework}{form}",
        got=job.framework or "",
        allowed=report.framework,
        hint=f"Set Framework to {report.framework}, or pack a {job.framework} model.",
    )


def _check_inputs(job: Job, model: Model, config: InputConfig) -> Iterator[Finding]:
    text = job.text(job.input, "DataInputConfig")
    if text is None:
        yield from _without_inputs(job, model, config)
        return
    entries = _entries(read(text).value)
    if not entries or not config.inputs:
        return
    if model.framework == "XGBOOST":
        pairs = list(zip(entries[:1], config.inputs[:1], strict=False))
    elif model.names_matter and entries[0].name:
        findings, pairs = _by_name(entries, config, model)
        yield from findings
    else:
        findings, pairs = _by_order(entries, config)
        yield from findings
    for entry, expected in pairs:
        for given in shapes_in(entry.path, entry.value):
            yield from compare_shapes(_named(given, entry), expected, model)


def _named(given: Given, entry: _Entry) -> Given:
    return Given(given.path, given.sizes, entry.name or "the input")


def _without_inputs(job: Job, model: Model, config: InputConfig) -> Iterator[Finding]:
    """Judge a request without inputs: Neo derives PyTorch's from a trace of 2.0 or later."""
    if model.framework != "PYTORCH" or not model.inputs or model.version.startswith("2"):
        return
    if "DataInputConfig" in job.input:
        return
    yield codes.MISSING_INPUT.at(
        "InputConfig",
        f"DataInputConfig is required: {model.file} has no example inputs to derive it from",
        allowed=_shown(config),
        hint="Give the shapes, or trace the model with PyTorch 2.0 or later.",
    )


def _shown(config: InputConfig) -> str:
    parts = []
    for name, shape in config.shapes().items():
        sizes = ["?" if size is None else str(size) for size in shape or []]
        parts.append(f"{name}: [{', '.join(sizes) if shape else '?'}]")
    return "{" + ", ".join(parts) + "}"


def _entries(value: Json) -> list[_Entry]:
    if isinstance(value, dict):
        return [
            _Entry(name, f"{codes.INPUTS}#{pointer(name)}", item) for name, item in value.items()
        ]
    if isinstance(value, list):
        return [
            _Entry("", f"{codes.INPUTS}#{pointer(index)}", item) for index, item in enumerate(value)
        ]
    return []


def _by_name(
    entries: list[_Entry], config: InputConfig, model: Model
) -> tuple[list[Finding], list[tuple[_Entry, Expected]]]:
    """Return each input of the request with the model's of that name."""
    known = {name: item for item in config.inputs for name in (*item.tensor.aliases, item.name)}
    labels = {tensor.name for tensor in model.inputs if tensor.optional}
    findings: list[Finding] = []
    pairs: list[tuple[_Entry, Expected]] = []
    for entry in entries:
        if entry.name in known:
            pairs.append((entry, known[entry.name]))
        elif entry.name not in labels:
            findings.append(_unknown(entry, config, model))
    named = {item.name for _, item in pairs}
    missing = [item for item in config.inputs if item.name not in named]
    if missing and len(pairs) + len(findings) < len(config.inputs):
        findings.append(_missing(missing))
    return findings, pairs


def _unknown(entry: _Entry, config: InputConfig, model: Model) -> Finding:
    names = [item.name for item in config.inputs]
    near = closest(entry.name, names) or (names[0] if len(names) == 1 else None)
    return codes.UNKNOWN_INPUT.at(
        entry.path,
        f"{model.file} has no input {entry.name!r}",
        got=entry.name,
        allowed=", ".join(names),
        hint=f"Did you mean {near!r}?" if near else "",
    )


def _missing(missing: list[Expected]) -> Finding:
    return codes.MISSING_INPUT.at(
        codes.INPUTS,
        f"missing inputs: {', '.join(repr(item.name) for item in missing)}",
        allowed=_shown(InputConfig(tuple(missing))),
        hint="Add it with its shape.",
    )


def _by_order(
    entries: list[_Entry], config: InputConfig
) -> tuple[list[Finding], list[tuple[_Entry, Expected]]]:
    """Pair inputs as PyTorch does: names in lexical order, a list as it stands."""
    certain = not any(item.tensor.optional for item in config.inputs)
    if certain and len(entries) != len(config.inputs):
        return [_count(entries, config)], []
    names = [entry.name for entry in entries]
    ordered = names == sorted(names)
    if len(entries) != len(config.inputs) or not (ordered or len(entries) == 1):
        return [], []
    return [], list(zip(entries, config.inputs, strict=True))


def _count(entries: list[_Entry], config: InputConfig) -> Finding:
    tensors: list[Tensor] = [item.tensor for item in config.inputs]
    return codes.INPUT_COUNT.at(
        codes.INPUTS,
        f"{len(entries)} inputs are given, but the model's forward takes {len(tensors)} tensors",
        got=str(len(entries)),
        allowed=_shown(config),
        hint="In order of forward's arguments: " + ", ".join(tensor.name for tensor in tensors),
    )
