"""Which operating system, architecture and accelerator go together in a TargetPlatform."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from reconciler.rules.catalog.evidence import EDGE_DEVICES, Evidence


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """The architectures that one operating system takes with one accelerator ("" for none)."""

    os: str
    accelerator: str
    archs: tuple[str, ...]
    evidence: Evidence = Evidence.DOCUMENTED
    source: str = EDGE_DEVICES


_ROWS: Final = (
    PlatformRow("LINUX", "", ("X86_64", "ARM64", "ARM_EABIHF", "ARM_EABI")),
    PlatformRow("LINUX", "NVIDIA", ("X86_64", "ARM64")),
    PlatformRow("LINUX", "INTEL_GRAPHICS", ("X86_64",)),
    PlatformRow("LINUX", "MALI", ("ARM64", "ARM_EABIHF", "ARM_EABI")),
    PlatformRow("ANDROID", "", ("X86_64", "X86", "ARM64", "ARM_EABI")),
    PlatformRow("ANDROID", "NVIDIA", ()),
    PlatformRow("ANDROID", "INTEL_GRAPHICS", ("X86_64", "X86")),
    PlatformRow("ANDROID", "MALI", ("ARM64", "ARM_EABI")),
)

PLATFORMS: Final = MappingProxyType({(row.os, row.accelerator): row for row in _ROWS})
"""Rows by operating system and accelerator. NNA has none: it is in the API's enumeration only."""

ARM_32_BIT: Final = frozenset({"ARM_EABI", "ARM_EABIHF"})
X86_ARCHS: Final = frozenset({"X86", "X86_64", "X86_32"})
