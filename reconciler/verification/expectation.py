"""What was ordered: the request's side of every check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.rules.catalog.devices import DEVICES
from reconciler.rules.json_text import Style, read

_ARCHITECTURES: Final[Mapping[str, tuple[str, int]]] = {
    "X86_64": ("x86_64", 64),
    "X86": ("x86", 32),
    "X86_32": ("x86", 32),
    "ARM64": ("aarch64", 64),
    "ARM_EABIHF": ("arm", 32),
    "ARM_EABI": ("arm", 32),
}
_32_BIT_BOARDS: Final = frozenset({"rasp4b"})  # "ARM" in AWS's table; its system is of 32 bits


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """What is installed on a device, as a spec's ``device`` says it; empty is not known.

    Attributes:
        glibc: Version of the GNU C library, such as ``2.31``.
        libstdcxx: The newest symbol version of libstdc++, such as ``3.4.28``.
        runtime: Name and version of the model runtime, such as ``dlr-1.10``.
        jetpack: Version of NVIDIA's JetPack, which brings CUDA, cuDNN and TensorRT.
        libraries: Sonames of further libraries.
    """

    glibc: str = ""
    libstdcxx: str = ""
    runtime: str = ""
    jetpack: str = ""
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an artifact is compared with; what is None or empty is not compared.

    Attributes:
        target: TargetDevice, or the parts of TargetPlatform joined by ``_``.
        os: ``LINUX``, ``ANDROID``, ``WINDOWS``; empty if it is not known.
        arch: The API's name of the architecture.
        accelerator: Of the target; empty if it has none.
        framework: The API's name of the model's framework.
        inputs: The shape of each input, by name; by place where DataInputConfig is a list.
        device: The profile of the device that it is to run on.
        model_files: SHA-256 of each file of the input model's archive.
    """

    target: str = ""
    os: str = ""
    arch: str = ""
    accelerator: str = ""
    framework: str = ""
    inputs: Mapping[str, tuple[int, ...]] | tuple[tuple[int, ...], ...] | None = None
    device: DeviceProfile = field(default_factory=DeviceProfile)
    model_files: frozenset[str] = frozenset()

    @property
    def machine(self) -> tuple[str, int] | None:
        """The machine and its bits; None if they are not known."""
        return _ARCHITECTURES.get(self.arch)


def expectation_of(
    request: Mapping[str, Any],
    *,
    device: DeviceProfile | None = None,
    model_files: frozenset[str] = frozenset(),
) -> Expectation:
    """Return what a CreateCompilationJob request, or what Describe says of its job, orders."""
    source, output = request.get("InputConfig") or {}, request.get("OutputConfig") or {}
    target, os, arch, accelerator = _target(output)
    return Expectation(
        target=target,
        os=os,
        arch=arch,
        accelerator=accelerator,
        framework=str(source.get("Framework") or ""),
        inputs=_inputs(source.get("DataInputConfig")),
        device=device or DeviceProfile(),
        model_files=model_files,
    )


def _target(output: Mapping[str, Any]) -> tuple[str, str, str, str]:
    platform = output.get("TargetPlatform")
    if isinstance(platform, Mapping):
        os, arch = str(platform.get("Os") or ""), str(platform.get("Arch") or "")
        accelerator = str(platform.get("Accelerator") or "")
        return "_".join(part for part in (os, arch, accelerator) if part), os, arch, accelerator
    name = str(output.get("TargetDevice") or "")
    device = DEVICES.get(name)
    if device is None:
        return name, "", "", ""
    arch = "ARM_EABIHF" if name in _32_BIT_BOARDS else device.arch
    return name, device.os, arch, device.accelerator


def _inputs(text: object) -> Mapping[str, tuple[int, ...]] | tuple[tuple[int, ...], ...] | None:
    """Return the shapes of DataInputConfig; None for what is not a plain one."""
    parsed = read(text) if isinstance(text, str) else None
    if parsed is None or parsed.style is Style.INVALID:
        return None
    value = parsed.value
    if isinstance(value, dict):
        shapes = {name: _shape(shape) for name, shape in value.items()}
        return None if None in shapes.values() else shapes  # type: ignore[return-value]  # no None is left
    if isinstance(value, list):
        listed = tuple(_shape(shape) for shape in value)
        return None if None in listed else listed  # type: ignore[return-value]  # no None is left
    return None


def _shape(value: object) -> tuple[int, ...] | None:
    if isinstance(value, dict):  # Core ML's form
        value = value.get("shape")
    if isinstance(value, list) and all(type(size) is int for size in value):
        return tuple(value)
    return None
