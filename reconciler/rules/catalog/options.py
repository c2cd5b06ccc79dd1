"""Compiler options: which target takes which, and what their values look like."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from reconciler.rules.catalog.evidence import FIELD_USE, OUTPUT_CONFIG, Evidence


@dataclass(frozen=True, slots=True)
class Option:
    """One key of CompilerOptions.

    Attributes:
        goes_with: For which targets it is meant: ``nvidia``, ``jetson``, ``android``, ``cpu``,
            ``pytorch``, ``coreml`` or ``eia``; empty if unknown.
        form: Regular expression of a text value; empty if the value is free or not text.
        example: A value that is known to be right.
    """

    key: str
    goes_with: str
    form: str
    example: str
    evidence: Evidence = Evidence.DOCUMENTED
    source: str = OUTPUT_CONFIG


def _seen(key: str, example: str, goes_with: str = "") -> Option:
    return Option(key, goes_with, "", example, Evidence.OBSERVED, FIELD_USE)


_OPTIONS: Final = (
    Option("gpu-code", "nvidia", r"sm_\d{2,3}[a-z]?", "sm_72"),
    Option("gpu_code", "nvidia", r"sm_\d{2,3}[a-z]?", "sm_72"),
    Option("trt-ver", "nvidia", r"\d+\.\d+\.\d+(\.\d+)?", "6.0.1"),
    Option("cuda-ver", "nvidia", r"\d+\.\d+", "10.1"),
    Option("JETPACK_VERSION", "nvidia", "", "4.6"),
    Option("ANDROID_PLATFORM", "android", "", "28"),
    Option("mcpu", "cpu", r"\S+", "skylake-avx512"),
    Option("mattr", "cpu", "", '["+neon"]'),
    Option("dtype", "pytorch", "", "float32"),
    Option("DTYPE", "pytorch", "", "float32"),
    Option("class_labels", "coreml", r"\S.*", "imagenet_labels_1000.txt"),
    Option("signature_def_key", "eia", r"\S+", "serving_custom"),
    Option("output_names", "eia", "", '["output_tensor:0"]'),
    _seen("max-workspace-size", "2147483648"),
    _seen("precision-mode", "fp16"),
    _seen("precision_mode", "fp16"),
    _seen("jetson-platform", "xavier", "jetson"),
    _seen("aux-inputs", '{"batch_size": [1, 4, 8]}'),
)

OPTIONS: Final = MappingProxyType({option.key: option for option in _OPTIONS})

X86_WORDS: Final = (
    "skylake", "haswell", "broadwell", "cascadelake", "icelake", "sandybridge", "ivybridge",
    "znver", "x86-64", "core-avx", "corei7", "atom", "avx", "sse", "fma",
)  # fmt: skip
ARM_WORDS: Final = (
    "cortex", "neoverse", "apple-", "kryo", "thunderx", "exynos", "neon", "vfp", "thumb", "sve",
)  # fmt: skip
"""How names of processors and of their extensions begin (LLVM's -mcpu and -mattr)."""

NVIDIA_REQUIRED: Final = ("gpu-code", "trt-ver", "cuda-ver")
_JETSON: Final = frozenset({"sm_53", "sm_62", "sm_72", "sm_87"})
_GPUS: Final = _JETSON | {
    f"sm_{number}"
    for number in (30, 32, 35, 37, 50, 52, 60, 61, 70, 75, 80, 86, 89, 90, 100, 101, 103, 120, 121)
}
_GPU_OF_DEVICE: Final = MappingProxyType(
    {
        "jetson_nano": "sm_53", "jetson_tx1": "sm_53", "jetson_tx2": "sm_62",
        "jetson_xavier": "sm_72", "ml_p2": "sm_37", "ml_p3": "sm_70", "ml_g4dn": "sm_75",
    }
)  # fmt: skip


def gpu_codes(target: str, arch: str) -> frozenset[str]:
    """Return what gpu-code may be (source: NVIDIA's list of compute capabilities)."""
    if target in _GPU_OF_DEVICE:
        return frozenset({_GPU_OF_DEVICE[target]})
    return _GPUS - _JETSON if arch == "X86_64" else _GPUS


DTYPES: Final = ("float", "float32", "int64", "long")
ANDROID_API_LEVELS: Final = range(21, 30)
"""ANDROID_PLATFORM: "Available levels range from 21 to 29" (OutputConfig)."""
