"""Windows libraries: the machine alone, from the headers of the PE format."""

from __future__ import annotations

from typing import Final

from reconciler.inspection.errors import Damaged
from reconciler.inspection.source import ByteSource
from reconciler.verification.elf import SharedLibrary

MAGIC: Final = b"MZ"
_MACHINES: Final = {0x014C: ("x86", 32), 0x8664: ("x86_64", 64), 0xAA64: ("aarch64", 64)}


def read_pe(source: ByteSource) -> SharedLibrary:
    """Read a DLL. Raises Damaged if it is not one."""
    header = source.u32(0x3C)
    if source.read(header, 4) != b"PE\0\0":
        raise Damaged("it begins as a Windows program, but has no PE header")
    number = source.u16(header + 4)
    machine, bits = _MACHINES.get(number, (f"machine {number:#x}", 0))
    return SharedLibrary(machine, bits, None, (), {}, windows=True)
