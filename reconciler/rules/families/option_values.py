"""NEO404, NEO406, NEO407, NEO414 and NEO416: the values of compiler options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.core.canonical import Json
from reconciler.rules.catalog.options import (
    ANDROID_API_LEVELS,
    ARM_WORDS,
    DTYPES,
    OPTIONS,
    X86_WORDS,
    Option,
    gpu_codes,
)
from reconciler.rules.catalog.platforms import X86_ARCHS
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.job import JobTarget
from reconciler.rules.rule import warning

VALUE: Final = warning("NEO404", "invalid-option-value")
ANDROID_LEVEL: Final = warning("NEO406", "invalid-android-api-level")
DTYPE: Final = warning("NEO407", "unsupported-dtype")
CPU_FLAGS: Final = warning("NEO414", "wrong-cpu-architecture")
GPU: Final = warning("NEO416", "wrong-gpu-architecture")

RULES: Final = (VALUE, ANDROID_LEVEL, DTYPE, CPU_FLAGS, GPU)

_GPU_CODE: Final = OPTIONS["gpu-code"].form
_FLAG: Final = re.compile(r"[+-]\S+")


def check(option: Option, path: str, value: Json) -> Iterator[Finding]:
    """Yield findings about the value of an option."""
    match option.key:
        case "ANDROID_PLATFORM":
            yield from _android(path, value)
        case "dtype" | "DTYPE":
            yield from _dtype(path, value)
        case "mattr" | "output_names":
            if not _is_texts(value):
                yield VALUE.at(
                    path, f"{option.key} must be a list of strings",
                    got=quoted(value), allowed=option.example,
                )  # fmt: skip
        case _ if option.form and not (isinstance(value, str) and re.fullmatch(option.form, value)):
            yield VALUE.at(
                path, f"invalid value of {option.key}",
                got=quoted(value), allowed=f"such as {option.example}",
            )  # fmt: skip


def _android(path: str, value: Json) -> Iterator[Finding]:
    level = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(level, bool) or not isinstance(level, int) or level not in ANDROID_API_LEVELS:
        yield ANDROID_LEVEL.at(
            path, "ANDROID_PLATFORM must be an API level",
            got=quoted(value), allowed="an integer from 21 to 29",
        )  # fmt: skip


def _dtype(path: str, value: Json) -> Iterator[Finding]:
    if value not in DTYPES:
        yield DTYPE.at(
            path, f"unsupported dtype {quoted(value)}",
            got=quoted(value), allowed=", ".join(DTYPES),
        )  # fmt: skip


def _is_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def flags(target: JobTarget, path: str, value: Json) -> Iterator[Finding]:
    """Yield findings about CPU features (mattr) on a target."""
    for index, flag in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(flag, str):
            continue
        if not _FLAG.fullmatch(flag):
            yield VALUE.at(
                f"{path}/{index}", "a CPU feature must begin with + or -",
                got=quoted(flag), allowed="+neon",
            )  # fmt: skip
        else:
            yield from fits_arch(target, f"{path}/{index}", flag)


def fits_gpu(target: JobTarget, path: str, value: Json) -> Iterator[Finding]:
    """Yield a finding about a GPU architecture that the target has not."""
    codes = gpu_codes(target.name, target.arch)
    if target.accelerator != "NVIDIA" or not isinstance(value, str):
        return
    if re.fullmatch(_GPU_CODE, value) and value.rstrip("af") not in codes:
        yield GPU.at(
            path, f"{value} is not the architecture of a GPU of {target.name}",
            got=value, allowed=", ".join(sorted(codes, key=lambda code: int(code[3:]))),
            hint="Code for another GPU fails when the model is loaded.",
        )  # fmt: skip


def fits_arch(target: JobTarget, path: str, name: str) -> Iterator[Finding]:
    """Yield a finding about a CPU or feature of another architecture than the target's."""
    is_x86, is_arm = target.arch in X86_ARCHS, target.arch.startswith("ARM")
    words, others = (ARM_WORDS, "ARM") if is_x86 else (X86_WORDS, "x86")
    if (is_x86 or is_arm) and name.lower().lstrip("+-").startswith(words):
        yield CPU_FLAGS.at(
            path, f"{name} is for {others} processors; the target is {target.arch}",
            got=name, hint="Remove it, or choose the target that it is for.",
        )  # fmt: skip
