"""A first spec for a model: commented, valid, and saying what it could not know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.cli.findings.printable import escaped
from reconciler.inspection.checks.input_config import Gap
from reconciler.inspection.checks.report import InspectionReport
from reconciler.rules.catalog.devices import DEVICES, DeviceKind
from reconciler.rules.catalog.frameworks import VERSIONED
from reconciler.specs.fleet_form import API_VERSION

ROLE = "arn:aws:iam::111122223333:role/NeoCompilation"
BUCKET = "s3://example-bucket"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_/.-]{0,62}")
_WORDS_OF_YAML = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user said about the spec to be written; empty means: a placeholder.

    Attributes:
        targets: Devices (``ml_c5``) or platforms (``LINUX/ARM64``).
        owner: Owner of the jobs.
        name: The model's name in the spec.
        source: The model's s3:// URI.
        output: The s3:// URI below which artifacts go.
        role: ARN of the IAM role for Neo.
        shapes: Sizes by input, where the model's are open or to be different.
    """

    targets: Sequence[str]
    owner: str = ""
    name: str = ""
    source: str = ""
    output: str = ""
    role: str = ""
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict)


def scaffold(archive: str, report: InspectionReport, wishes: Wishes) -> str:
    """Return the spec's text.

    Args:
        archive: The model archive's path or URI.
        report: What is in it; its framework is known.
        wishes: What the user said.
    """
    return "\n".join(map(escaped, _lines(archive, report, wishes))) + "\n"


def model_name(archive: str) -> str:
    """Return a name for a model, after its archive."""
    base = re.sub(r"(\.tar\.gz|\.tgz|\.tar)$", "", archive.rstrip("/").rsplit("/", 1)[-1])
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", base).strip("-_")[:40]
    return name or "model"


def _lines(archive: str, report: InspectionReport, wishes: Wishes) -> Iterator[str]:
    file = archive.rsplit("/", 1)[-1] if archive != "-" else "model.tar.gz"
    uri = wishes.source or (archive if archive.startswith("s3://") else f"{BUCKET}/models/{file}")
    yield f"# Compilation jobs for {file}, written by `neoctl init`."
    yield "# Check it with `neoctl validate`, and against the model with `neoctl inspect --spec`."
    yield f"apiVersion: {API_VERSION}"
    yield from _commented("owner", wishes.owner or "myteam", not wishes.owner, "owner of the jobs")
    yield "defaults:"
    yield from _commented("  RoleArn", wishes.role or ROLE, not wishes.role, "IAM role for Neo")
    yield from _commented(
        "  S3OutputLocation",
        wishes.output or f"{BUCKET}/compiled/",
        not wishes.output,
        "artifacts go below it",
    )
    yield "  StoppingCondition:"
    yield "    MaxRuntimeInSeconds: 15m"
    yield "targets:"
    yield from _targets(report, wishes)
    yield "models:"
    yield f"  {_scalar(wishes.name or model_name(file))}:"
    placeholder = not wishes.source and not archive.startswith("s3://")
    yield from _commented("    S3Uri", uri, placeholder, "where the archive is uploaded to")
    yield from _framework(report)
    yield from _inputs(report, wishes.shapes)


def _commented(key: str, value: str, placeholder: bool, what: str) -> Iterator[str]:
    yield f"{key}: {_scalar(value)}  # {'CHANGE THIS: ' if placeholder else ''}{what}"


def _scalar(text: str) -> str:
    """Return a text as YAML, in quotes where YAML would read something else."""
    uri = re.fullmatch(r"(s3://|arn:)[A-Za-z0-9_/.:+=,@-]+", text) is not None
    plain = _PLAIN.fullmatch(text) is not None and text.lower() not in _WORDS_OF_YAML
    return text if uri or plain else json.dumps(text, ensure_ascii=False)


def _targets(report: InspectionReport, wishes: Wishes) -> Iterator[str]:
    for target in dict.fromkeys(wishes.targets):
        parts = target.upper().split("/")
        device = DEVICES.get(target)
        if device is not None and device.kind is DeviceKind.COREML:
            yield from _core_ml(target, report, wishes.shapes)
        elif device is not None or len(parts) < 2:
            yield f"  - {_scalar(target)}"
        elif parts[-1] == "NVIDIA":
            yield from _platform(parts)
            yield "    CompilerOptions:  # CHANGE THIS: the device's GPU, TensorRT and CUDA"
            yield "      gpu-code: sm_72"
            yield '      trt-ver: "8.2.1"'
            yield '      cuda-ver: "10.2"'
        elif parts[0] == "ANDROID":
            yield from _platform(parts)
            yield "    CompilerOptions:"
            yield "      ANDROID_PLATFORM: 28  # the oldest API level to run on, 21 to 29"
        else:
            yield f"  - {target.upper()}"


def _platform(parts: Sequence[str]) -> Iterator[str]:
    yield "  - TargetPlatform:"
    for key, value in zip(("Os", "Arch", "Accelerator"), parts, strict=False):
        yield f"      {key}: {_scalar(value)}"


def _core_ml(
    target: str, report: InspectionReport, shapes: Mapping[str, Sequence[int]]
) -> Iterator[str]:
    yield f"  - TargetDevice: {target}"
    yield "    DataInputConfig:  # Core ML's form; type: Image takes bias and scale"
    for name, shape in _filled(report, shapes).items():
        yield f"      {_scalar(name)}: {{shape: {list(shape)}}}"


def _filled(
    report: InspectionReport, shapes: Mapping[str, Sequence[int]]
) -> dict[str, Sequence[int]]:
    return {name: shapes.get(name, sizes) for name, sizes in report.config.assumed().items()}


def _framework(report: InspectionReport) -> Iterator[str]:
    model = report.model
    told = model is not None and model.format != report.framework
    form = f"  # {model.format} {model.version}".rstrip() if model is not None and told else ""
    yield f"    Framework: {report.framework}{form}"
    if report.framework in VERSIONED:
        yield '    # FrameworkVersion: "…"  # the version it was made with, if Neo lists it'


def _inputs(report: InspectionReport, shapes: Mapping[str, Sequence[int]]) -> Iterator[str]:
    filled = _filled(report, shapes)
    if not filled:
        yield "    # DataInputConfig: {input: [1, 3, 224, 224]}  # unknown: the model does not say"
        return
    if not report.config.needed:
        yield "    # Neo needs no DataInputConfig for this framework."
        return
    yield "    DataInputConfig:"
    for expected in report.config.inputs:
        name = expected.name
        gaps = [gap for gap in report.config.gaps if gap.input == name and name not in shapes]
        note = "; ".join(part for part in (expected.layout, *map(_gap, gaps)) if part)
        comment = f"  # {note}" if note else ""
        yield f"      {_scalar(name)}: {list(filled[name])}{comment}"


def _gap(gap: Gap) -> str:
    if gap.axis is None:
        return "CHANGE THIS: the model does not give the shape"
    what = gap.meaning or f"dimension {gap.axis}"
    if what == "batch":
        return "batch is open, 1 assumed"
    return f"CHANGE THIS: {what} is open, {gap.assumed} assumed"
