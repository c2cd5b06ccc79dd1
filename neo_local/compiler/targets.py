"""Every target device and platform of the API, as the local compiler sees it.

Sources: the TargetDevice and TargetPlatform enums of botocore; operating systems, architectures
and accelerators from the developer guide's page on edge devices; CPU names from TVM's own tags
for the boards and from the EC2 instance families.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_ACCELERATED = (
    "{} is compiled for its accelerator ({}), for which there is no local compiler. "
    "Compile for the same architecture without an accelerator instead, or use Amazon SageMaker Neo."
)


@dataclass(frozen=True, slots=True)
class Target:
    """What to generate code for.

    Attributes:
        label: Names the artifact: the device, or ``OS_ARCH[_ACCELERATOR]``.
        triple: LLVM's.
        cpu: LLVM's name of the processor; "" is the architecture's baseline.
        features: LLVM's, such as ``+neon``.
        limit: Why the local compiler cannot do it; "" if it can.
        cloud: Whether it is a SageMaker instance family, for which there is an inference image.
    """

    label: str
    triple: str
    cpu: str = ""
    features: tuple[str, ...] = ()
    limit: str = ""
    cloud: bool = False

    @property
    def library(self) -> str:
        """The name of the shared library in the artifact."""
        return "compiled.dll" if "windows" in self.triple else "compiled.so"


_X86_64, _X86 = "x86_64-linux-gnu", "i686-linux-gnu"
_ARM64, _ARMHF, _ARM = "aarch64-linux-gnu", "armv7l-linux-gnueabihf", "armv7l-linux-gnueabi"
_NEON = ("+neon",)

_PLATFORM_TRIPLES: Mapping[tuple[str, str], str] = {
    ("LINUX", "X86_64"): _X86_64,
    ("LINUX", "X86"): _X86,
    ("LINUX", "ARM64"): _ARM64,
    ("LINUX", "ARM_EABIHF"): _ARMHF,
    ("LINUX", "ARM_EABI"): _ARM,
    ("ANDROID", "X86_64"): "x86_64-linux-android",
    ("ANDROID", "X86"): "i686-linux-android",
    ("ANDROID", "ARM64"): "aarch64-linux-android",
    ("ANDROID", "ARM_EABI"): "armv7a-linux-androideabi",
    ("ANDROID", "ARM_EABIHF"): "armv7a-linux-androideabi",
}


def _cpu(name: str, triple: str, cpu: str = "", features: tuple[str, ...] = ()) -> Target:
    return Target(name, triple, cpu, features, cloud=name.startswith("ml_"))


def _accelerated(name: str, triple: str, accelerator: str) -> Target:
    limit = _ACCELERATED.format(name, accelerator)
    return Target(name, triple, limit=limit, cloud=name.startswith("ml_"))


# The x86-64 families are compiled for AVX2 (x86-64-v3), which every one of them has, rather than
# for the newest set of some, so that an artifact can be rehearsed on an ordinary machine.
DEVICES = {
    target.label: target
    for target in (
        *(_cpu(name, _X86_64, "x86-64-v3") for name in ("ml_c4", "ml_c5", "ml_m4", "ml_m5")),
        *(_cpu(name, _ARM64, "neoverse-n1") for name in ("ml_c6g", "ml_m6g")),
        _cpu("lambda", _X86_64),
        _cpu("sbe_c", _X86_64),
        _cpu("imx8qm", _ARM64, "cortex-a53"),
        _cpu("rasp3b", _ARMHF, "cortex-a53", _NEON),
        _cpu("rasp4b", _ARMHF, "cortex-a72", _NEON),
        Target(
            "x86_win32",
            "i686-pc-windows-gnu",
            limit="32-bit Windows libraries cannot be linked here; x86_win64 can.",
        ),
        _cpu("x86_win64", "x86_64-pc-windows-gnu"),
        *(_accelerated(name, _X86_64, "NVIDIA GPU") for name in ("ml_p2", "ml_p3", "ml_g4dn")),
        *(_accelerated(name, _X86_64, "AWS Neuron") for name in ("ml_inf1", "ml_inf2", "ml_trn1")),
        _accelerated("ml_eia2", _X86_64, "Elastic Inference"),
        _accelerated("deeplens", _X86_64, "Intel Graphics"),
        *(
            _accelerated(f"jetson_{name}", _ARM64, "NVIDIA GPU")
            for name in ("nano", "tx1", "tx2", "xavier")
        ),
        _accelerated("aisage", _ARM64, "Mali GPU"),
        _accelerated("rk3399", _ARM64, "Mali GPU"),
        _accelerated("rk3288", _ARMHF, "Mali GPU"),
        *(_accelerated(name, "aarch64-linux-android", "Mali GPU") for name in ("qcs603", "qcs605")),
        *(_accelerated(name, _ARM64, "CVflow") for name in ("amba_cv2", "amba_cv22", "amba_cv25")),
        _accelerated("coreml", "arm64-apple-macosx", "Core ML"),
        _accelerated("imx8mplus", _ARM64, "NPU"),
        _accelerated("jacinto_tda4vm", _ARM64, "TDA4VM"),
        _accelerated("sitara_am57x", _ARMHF, "EVE/C66x DSP"),
    )
}


def resolve(output_config: Mapping[str, Any], options: object) -> Target:
    """Return the target of an OutputConfig, with ``mcpu`` and ``mattr`` of its options."""
    device = output_config.get("TargetDevice")
    target = DEVICES[device] if device is not None else _platform(output_config["TargetPlatform"])
    if not isinstance(options, Mapping):
        return target
    cpu, features = options.get("mcpu"), options.get("mattr")
    if isinstance(cpu, str) and cpu:
        target = replace(target, cpu=cpu)
    if isinstance(features, list) and features:
        target = replace(target, features=tuple(map(str, features)))
    return target


def _platform(platform: Mapping[str, str]) -> Target:
    os, arch, accelerator = platform["Os"], platform["Arch"], platform.get("Accelerator")
    triple = _PLATFORM_TRIPLES[os, arch]
    features = _NEON if triple == _ARMHF else ()
    if accelerator is None:
        return Target(f"{os}_{arch}", triple, features=features)
    return _accelerated(f"{os}_{arch}_{accelerator}", triple, accelerator)
