"""What a library needs against what a device has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.rules.finding import Finding
from reconciler.verification import codes
from reconciler.verification.artifact import Artifact
from reconciler.verification.elf import SharedLibrary
from reconciler.verification.expectation import DeviceProfile, Expectation

_PLAIN: Final = re.compile(
    r"lib(?:c|m|dl|rt|pthread|gcc_s|stdc\+\+|z|log|android|util|resolv)\.so(?:\.\d+)*"
    r"|ld-linux[\w.-]*|libtvm_runtime\.so|libdlr\.so"
)
_JETPACKS: Final[Mapping[str, Mapping[str, str]]] = {
    "4.2": {"libnvinfer": "5", "libcudnn": "7", "libcudart": "10.0"},
    "4.3": {"libnvinfer": "6", "libcudnn": "7", "libcudart": "10.0"},
    "4.4": {"libnvinfer": "7", "libcudnn": "8", "libcudart": "10.2"},
    "4.5": {"libnvinfer": "7", "libcudnn": "8", "libcudart": "10.2"},
    "4.6": {"libnvinfer": "8", "libcudnn": "8", "libcudart": "10.2"},
    "5.0": {"libnvinfer": "8", "libcudnn": "8", "libcudart": "11.0"},
    "5.1": {"libnvinfer": "8", "libcudnn": "8", "libcudart": "11.0"},
    "6.0": {"libnvinfer": "8", "libcudnn": "8", "libcudart": "12"},
    "6.1": {"libnvinfer": "10", "libcudnn": "9", "libcudart": "12"},
    "6.2": {"libnvinfer": "10", "libcudnn": "9", "libcudart": "12"},
}
"""The version in the soname of TensorRT, cuDNN and CUDA's runtime.

From the components that NVIDIA lists of each release (developer.nvidia.com/jetpack-4_3_dp,
developer.nvidia.com/embedded/jetpack-sdk-502 and -511, docs.nvidia.com/jetson/jetpack): 4.2
TensorRT 5.1, 4.3 6.0, 4.4 and 4.5 7.1, 4.6 8.0 or 8.2, 5.0 8.4, 5.1 8.5, 6.1 and 6.2 10.3. 6.0's
8.6 and cuDNN 8.9 are from github.com/dusty-nv/jetson-containers, whose images are built on it.
CUDA 11's libraries are called .so.11.0 in every release.
"""
_OTHER_VERSION: Final = "Compile with the trt-ver and cuda-ver of the device's JetPack."
_OWN_RUNTIME: Final = (
    "To use the device's own DLR in place of the one that is packed: "
    "DLRModel(…, use_default_dlr=True), or leave libdlr.so out."
)
_NVIDIA: Final = re.compile(
    r"(lib(?:nvinfer|nvonnx|nvparsers|nvrtc|nvToolsExt|cuda|cublas|cudnn|cufft|curand|cusolver"
    r"|cusparse)\w*)\.so(?:\.([\d.]+))?"
)
_SYMBOLS: Final = re.compile(r"(GLIBC|GLIBCXX)_(\d+(?:\.\d+)+)")


def check_device(artifact: Artifact, expected: Expectation) -> Iterator[Finding]:
    """Yield what the device's profile contradicts; what the profile leaves out is not compared."""
    packed = {entry.name for entry in artifact.files}
    for path, library in {**artifact.libraries, **artifact.runtimes}.items():
        for name in library.needed:
            if name not in packed and not _PLAIN.fullmatch(name):
                yield from _needed(path, name, expected.device, own=path in artifact.runtimes)
        yield from _symbols(path, library, expected.device)
    yield from _runtime(artifact, expected.device)


def _needed(path: str, name: str, device: DeviceProfile, *, own: bool) -> Iterator[Finding]:
    """Yield a library that the device lacks; `own` says that DLR's library needs it."""
    if name in device.libraries:
        return
    nvidia = _NVIDIA.fullmatch(name)
    brought = _JETPACKS.get(".".join(device.jetpack.split(".")[:2]), {})
    if nvidia and device.jetpack:
        has = brought.get(nvidia[1], "")
        if not has or nvidia[2] in (None, has):
            return
        yield codes.SYMBOL_VERSION.at(
            f"{codes.DEVICE}.jetpack",
            f"{path} needs {name}; JetPack {device.jetpack} brings {nvidia[1]}.so.{has}",
            got=name,
            allowed=f"{nvidia[1]}.so.{has}",
            hint=_OWN_RUNTIME if own else _OTHER_VERSION,
        )
        return
    yield codes.LIBRARY.at(
        f"{codes.DEVICE}.libraries",
        f"{path} needs {name}, which is not part of a plain system",
        got=name,
        hint="Install it on the device, and list it under device.libraries"
        + (" or say which jetpack the device has." if nvidia else ".")
        + (f" {_OWN_RUNTIME}" if own else ""),
    )


def _symbols(path: str, library: SharedLibrary, device: DeviceProfile) -> Iterator[Finding]:
    newest: dict[str, str] = {}
    for version in (one for some in library.versions.values() for one in some):
        found = _SYMBOLS.fullmatch(version)
        if found and _numbers(found[2]) > _numbers(newest.get(found[1], "0")):
            newest[found[1]] = found[2]
    for symbol, key, name, has in (
        ("GLIBC", "glibc", "glibc", device.glibc),
        ("GLIBCXX", "libstdcxx", "libstdc++", device.libstdcxx),
    ):
        needs = newest.get(symbol, "")
        if has and needs and _numbers(needs) > _numbers(has):
            yield codes.SYMBOL_VERSION.at(
                f"{codes.DEVICE}.{key}",
                f"{path} needs {symbol}_{needs}; the device has {name} {has}",
                got=f"{symbol}_{needs}",
                allowed=f"at most {symbol}_{has}",
                hint="The loader refuses it. Update the device's system, or run it in a container "
                "with a newer one.",
            )


def _runtime(artifact: Artifact, device: DeviceProfile) -> Iterator[Finding]:
    needs = artifact.description.runtime if artifact.description else ""
    if not needs or not device.runtime:
        return
    (name, version), (has, installed) = _parted(needs), _parted(device.runtime)
    if name != has and artifact.description and artifact.description.engine:
        return  # a rehearsal, which says so itself
    if name != has or (version and installed and _numbers(version) > _numbers(installed)):
        yield codes.RUNTIME.at(
            f"{codes.DEVICE}.runtime",
            "the artifact is for another runtime than the device has",
            got=needs,
            allowed=device.runtime,
            hint="Install the runtime of the release that the model was compiled with.",
        )


def _parted(runtime: str) -> tuple[str, str]:
    name, _, version = runtime.partition("-")
    return name.lower(), version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
