"""NEO401 to NEO415: CompilerOptions for the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.core.canonical import Json
from reconciler.core.json_pointer import pointer
from reconciler.rules.catalog.devices import DeviceKind
from reconciler.rules.catalog.evidence import Evidence
from reconciler.rules.catalog.options import (
    NVIDIA_REQUIRED,
    OPTIONS,
    Option,
)
from reconciler.rules.families import option_values
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.job import OPTIONS as PATH
from reconciler.rules.job import Job, JobTarget
from reconciler.rules.json_text import Style
from reconciler.rules.rule import error, info, warning
from reconciler.rules.suggestion import did_you_mean

NOT_READABLE: Final = error("NEO401", "invalid-compiler-options")
NVIDIA_MISSING: Final = error("NEO402", "missing-nvidia-options")
NVIDIA_INCOMPLETE: Final = warning("NEO403", "incomplete-nvidia-options")
MISPLACED: Final = warning("NEO405", "option-for-another-target")
INFERENTIA_STRING: Final = warning("NEO408", "inferentia-options-map")
NOT_A_MAP: Final = warning("NEO409", "compiler-options-type")
UNKNOWN: Final = warning("NEO410", "unknown-compiler-option")
UNDOCUMENTED: Final = info("NEO411", "undocumented-compiler-option")
PYTHON_STYLE: Final = info("NEO412", "python-style-options")
EIA_EITHER_OR: Final = warning("NEO413", "conflicting-eia-options")
NEON: Final = info("NEO415", "missing-neon-option")

RULES: Final = (
    NOT_READABLE, NVIDIA_MISSING, NVIDIA_INCOMPLETE, MISPLACED, INFERENTIA_STRING, NOT_A_MAP,
    UNKNOWN, UNDOCUMENTED, PYTHON_STYLE, EIA_EITHER_OR, NEON,
)  # fmt: skip

_NVIDIA_EXAMPLE: Final = '{"gpu-code": "sm_72", "trt-ver": "6.0.1", "cuda-ver": "10.1"}'
_INFERENTIA: Final = (DeviceKind.INF1, DeviceKind.INF2)


def check(job: Job) -> Iterator[Finding]:
    """Yield findings about CompilerOptions, and about their absence."""
    if job.options is None:
        if job.output.get("CompilerOptions") is None:
            yield from _absent(job.target)
        return
    if job.options.style is Style.INVALID:
        yield _not_readable(job)
        return
    if job.options.style is Style.PYTHON:
        yield PYTHON_STYLE.at(
            PATH, "CompilerOptions is written in Python syntax instead of JSON",
            hint="It is read all the same; the API describes JSON with double quotes.",
        )  # fmt: skip
    value = job.options.value
    if isinstance(value, dict):
        yield from _map(job, value)
    elif job.target is not None:
        yield from _no_map(job.target, value)


def _not_readable(job: Job) -> Finding:
    inferentia = job.target is not None and job.target.kind in _INFERENTIA
    return NOT_READABLE.at(
        PATH, "CompilerOptions cannot be parsed: it is neither JSON nor a Python literal",
        got=quoted(job.output.get("CompilerOptions")),
        allowed=r'"\"--verbose 1\""' if inferentia else '{"key": "value"}',
        hint="Flags for Inferentia are a JSON string, with a pair of quotes of their own."
        if inferentia else "Check quotes, commas and brackets.",
    )  # fmt: skip


def _absent(target: JobTarget | None) -> Iterator[Finding]:
    if target is None or target.device is not None:
        return
    if target.accelerator == "NVIDIA":
        yield NVIDIA_MISSING.at(
            "OutputConfig", "CompilerOptions is required for an NVIDIA platform",
            allowed=_NVIDIA_EXAMPLE, hint="Add gpu-code, trt-ver and cuda-ver as they are "
            "on the device.",
        )  # fmt: skip
    elif target.is_arm_32_bit:
        yield NEON.at(
            "OutputConfig", f"AWS recommends CompilerOptions for {target.arch}",
            allowed='{"mattr": ["+neon"]}', hint="Add it if the processor has NEON.",
        )  # fmt: skip


def _no_map(target: JobTarget, value: Json) -> Iterator[Finding]:
    if isinstance(value, str) and target.kind in _INFERENTIA:
        return
    yield NOT_A_MAP.at(
        PATH, f"CompilerOptions for {target.name} must be a map",
        got=quoted(value), allowed='{"key": "value"}',
    )  # fmt: skip


def _map(job: Job, options: dict[str, Json]) -> Iterator[Finding]:
    target = job.target
    if target is not None and target.kind in _INFERENTIA:
        yield INFERENTIA_STRING.at(
            PATH, f"CompilerOptions for {target.name} must be a JSON string of flags, not a map",
            got=quoted(options), allowed=r'"\"--verbose 1 --neuroncore-pipeline-cores 2\""',
            hint="Neo has refused maps since 2021.",
        )  # fmt: skip
        return
    if target is not None:
        yield from _nvidia(target, options)
    if "signature_def_key" in options and "output_names" in options:
        yield EIA_EITHER_OR.at(
            PATH, "signature_def_key (for a SavedModel) and output_names (for a frozen graph) "
            "are both given",
            hint="Keep the one that fits the model.",
        )  # fmt: skip
    for key, value in options.items():
        option = OPTIONS.get(key)
        if option is None:
            yield _unknown(key)
        else:
            yield from _option(job, option, value)
    if target is not None and "JETPACK_VERSION" not in options:
        for key in ("gpu-code", "gpu_code"):
            yield from option_values.fits_gpu(target, f"{PATH}#/{key}", options.get(key))


def _nvidia(target: JobTarget, options: Mapping[str, Json]) -> Iterator[Finding]:
    if target.device is not None or target.accelerator != "NVIDIA":
        return
    given = {key.replace("gpu_code", "gpu-code") for key in options}
    missing = [key for key in NVIDIA_REQUIRED if key not in given]
    if missing:
        yield NVIDIA_INCOMPLETE.at(
            PATH, f"missing options for an NVIDIA platform: {', '.join(missing)}",
            got=", ".join(options) or "{}", allowed=_NVIDIA_EXAMPLE,
        )  # fmt: skip


def _unknown(key: str) -> Finding:
    known = [name for name in OPTIONS if name != "gpu_code"]
    return UNKNOWN.at(
        f"{PATH}#{pointer(key)}", f"unknown compiler option {quoted(key)}",
        got=key, allowed=", ".join(OPTIONS),
        hint=did_you_mean(key, known, "Neo may ignore it or fail."),
    )  # fmt: skip


def _option(job: Job, option: Option, value: Json) -> Iterator[Finding]:
    path = f"{PATH}#{pointer(option.key)}"
    if option.evidence is Evidence.OBSERVED:
        yield UNDOCUMENTED.at(
            path, f"undocumented compiler option {option.key}; it is known from {option.source}",
            got=option.key,
        )  # fmt: skip
    yield from option_values.check(option, path, value)
    if job.target is not None and not _goes_with(option, job.target, job.framework):
        yield MISPLACED.at(
            path, f"{option.key} is for {_MEANT_FOR[option.goes_with]}, not for {job.target.name}"
            f"{f' with {job.framework}' if option.goes_with == 'pytorch' else ''}",
            got=quoted(value), hint="Remove it, or choose the target that it is for.",
        )  # fmt: skip
    elif option.key == "mattr" and job.target is not None:
        yield from option_values.flags(job.target, path, value)
    elif option.key == "mcpu" and job.target is not None and isinstance(value, str):
        yield from option_values.fits_arch(job.target, path, value)


_MEANT_FOR: Final = {
    "nvidia": "NVIDIA GPUs",
    "jetson": "NVIDIA Jetson",
    "android": "the ANDROID platform",
    "cpu": "CPUs",
    "pytorch": "PyTorch on ml_* instances other than Inferentia",
    "coreml": "coreml",
    "eia": "ml_eia2",
}


def _goes_with(option: Option, target: JobTarget, framework: str | None) -> bool:
    match option.goes_with:
        case "nvidia":
            return target.accelerator == "NVIDIA"
        case "jetson":
            return target.accelerator == "NVIDIA" and target.arch == "ARM64"
        case "android":
            return target.os == "ANDROID"
        case "cpu":
            return target.kind in (DeviceKind.CLOUD, DeviceKind.EDGE, DeviceKind.LAMBDA)
        case "pytorch":
            return target.kind is DeviceKind.CLOUD and framework in (None, "PYTORCH")
        case "coreml":
            return target.kind is DeviceKind.COREML
        case "eia":
            return target.kind is DeviceKind.EIA
        case _:
            return True
