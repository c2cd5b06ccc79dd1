"""The 37 target devices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from reconciler.rules.catalog.evidence import (
    API_MODEL,
    CLOUD_TABLE,
    EDGE_DEVICES,
    EIA_2023,
    OUTPUT_CONFIG,
    Evidence,
)


class DeviceKind(StrEnum):
    """What a target is, as far as it decides which frameworks and options it takes."""

    CLOUD = "cloud"
    INF1 = "inf1"
    INF2 = "inf2"
    EIA = "eia"
    EDGE = "edge"
    COREML = "coreml"
    LAMBDA = "lambda"


@dataclass(frozen=True, slots=True)
class Device:
    """One value of TargetDevice.

    Attributes:
        os: As AWS's table writes it; empty for cloud targets.
        arch: As AWS's table writes it; ``ARM`` where it does not say which.
        accelerator: Of the device, empty if none.
        takes_version: Whether FrameworkVersion may be sent (SDK: "never" list).
        regions: Where alone it can be had; empty means no limit is documented.
        note: What an engineer should know.
    """

    name: str
    title: str
    kind: DeviceKind
    os: str = ""
    arch: str = ""
    accelerator: str = ""
    takes_version: bool = True
    regions: tuple[str, ...] = ()
    note: str = ""
    evidence: Evidence = Evidence.DOCUMENTED
    source: str = EDGE_DEVICES


def _cloud(name: str, title: str, accelerator: str = "") -> Device:
    return Device(name, title, DeviceKind.CLOUD, "LINUX", "X86_64", accelerator, source=CLOUD_TABLE)


def _graviton(name: str, title: str) -> Device:
    return Device(
        name, title, DeviceKind.CLOUD, "LINUX", "ARM64",
        evidence=Evidence.UNVERIFIED, source=API_MODEL,
        note="In the API's enumeration only; no table says which frameworks it takes.",
    )  # fmt: skip


def _edge(
    name: str, title: str, os: str, arch: str, accelerator: str = "", *, takes_version: bool = True
) -> Device:
    return Device(name, title, DeviceKind.EDGE, os, arch, accelerator, takes_version)


def _amba(name: str, title: str) -> Device:
    return Device(
        name, title, DeviceKind.EDGE, "ARCH_LINUX", "ARM64", "CVFLOW", takes_version=False,
        note="The archive also holds an amba_config.json and a calibration folder.",
    )  # fmt: skip


_DEVICES: Final = (
    _cloud("ml_m4", "Amazon EC2 M4"),
    _cloud("ml_m5", "Amazon EC2 M5"),
    _graviton("ml_m6g", "Amazon EC2 M6g (Graviton2)"),
    _cloud("ml_c4", "Amazon EC2 C4"),
    _cloud("ml_c5", "Amazon EC2 C5"),
    _graviton("ml_c6g", "Amazon EC2 C6g (Graviton2)"),
    _cloud("ml_p2", "Amazon EC2 P2", "NVIDIA"),
    _cloud("ml_p3", "Amazon EC2 P3", "NVIDIA"),
    _cloud("ml_g4dn", "Amazon EC2 G4dn", "NVIDIA"),
    Device("ml_inf1", "AWS Inferentia", DeviceKind.INF1, source=CLOUD_TABLE),
    Device(
        "ml_inf2", "AWS Inferentia2", DeviceKind.INF2, regions=("us-east-2",),
        source=OUTPUT_CONFIG,
    ),
    Device(
        "ml_trn1", "AWS Trainium", DeviceKind.INF2, regions=("us-east-1",),
        source=OUTPUT_CONFIG,
    ),
    Device(
        "ml_eia2", "Amazon Elastic Inference", DeviceKind.EIA,
        evidence=Evidence.RETIRED, source=EIA_2023,
        note="Elastic Inference is closed to new customers since 2023-04-15.",
    ),
    Device(
        "lambda", "AWS Lambda", DeviceKind.LAMBDA, takes_version=False,
        evidence=Evidence.UNVERIFIED, source=API_MODEL, note="In no table of supported devices.",
    ),
    _edge("aisage", "Acer aiSage", "LINUX", "ARM64", "MALI"),
    _amba("amba_cv2", "Ambarella CV2"),
    _amba("amba_cv22", "Ambarella CV22"),
    _amba("amba_cv25", "Ambarella CV25"),
    Device(
        "coreml", "Apple Core ML (iOS, macOS)", DeviceKind.COREML, "IOS_MACOS", takes_version=False,
        note="Inputs may be objects with shape, default_shape, type, bias and scale.",
    ),
    Device(
        "deeplens", "AWS DeepLens", DeviceKind.EDGE, "LINUX", "X86_64", "INTEL_GRAPHICS",
        evidence=Evidence.RETIRED, note="Removed from AWS's table; the product has ended.",
    ),
    _edge("imx8qm", "NXP i.MX 8QuadMax", "LINUX", "ARM64"),
    Device(
        "imx8mplus", "NXP i.MX 8M Plus", DeviceKind.EDGE, "LINUX", "ARM64", "NPU",
        takes_version=False, note="Needs TIM-VX at run time.",
    ),
    _edge("jacinto_tda4vm", "TI Jacinto TDA4VM", "LINUX", "ARM", "TDA4VM", takes_version=False),
    _edge("jetson_nano", "NVIDIA Jetson Nano", "LINUX", "ARM64", "NVIDIA"),
    _edge("jetson_tx1", "NVIDIA Jetson TX1", "LINUX", "ARM64", "NVIDIA"),
    _edge("jetson_tx2", "NVIDIA Jetson TX2", "LINUX", "ARM64", "NVIDIA"),
    _edge("jetson_xavier", "NVIDIA Jetson Xavier", "LINUX", "ARM64", "NVIDIA"),
    _edge("qcs603", "Qualcomm QCS603", "ANDROID", "ARM64", "MALI"),
    _edge("qcs605", "Qualcomm QCS605", "ANDROID", "ARM64", "MALI"),
    _edge("rasp3b", "Raspberry Pi 3 Model B+", "LINUX", "ARM_EABIHF"),
    _edge("rasp4b", "Raspberry Pi 4 Model B", "LINUX", "ARM"),
    _edge("rk3288", "Rockchip RK3288", "LINUX", "ARM_EABIHF", "MALI"),
    _edge("rk3399", "Rockchip RK3399", "LINUX", "ARM64", "MALI"),
    _edge("sbe_c", "Acer SBE C", "LINUX", "X86_64"),
    _edge("sitara_am57x", "TI Sitara AM57x", "LINUX", "ARM64", "EVE/C66x DSP", takes_version=False),
    _edge("x86_win32", "Windows 10, 32 bit", "WINDOWS", "X86_32"),
    _edge("x86_win64", "Windows 10, 64 bit", "WINDOWS", "X86_64"),
)  # fmt: skip

DEVICES: Final = MappingProxyType({device.name: device for device in _DEVICES})
