"""Which architecture a binary is for, read from its header with the standard library alone."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_ELF_MAGIC = b"\x7fELF"
_LITTLE_ENDIAN = 1
_MACHINES: Mapping[int, str] = {0x03: "x86", 0x28: "arm", 0x3E: "x86_64", 0xB7: "aarch64"}
_PE_MACHINES: Mapping[int, str] = {0x014C: "x86 (Windows)", 0x8664: "x86_64 (Windows)"}
HEADER_BYTES = 1024


def architecture(header: bytes) -> str:
    """``x86_64``, ``aarch64``, ``arm``, ``x86`` or a Windows form of them.

    `header` is the file's beginning, HEADER_BYTES of it. Raises ValueError for anything else.
    """
    if header[:4] == _ELF_MAGIC:
        return _elf_architecture(header)
    if header[:2] == b"MZ":
        return _pe_architecture(header)
    raise ValueError("neither an ELF nor a PE file")


def _elf_architecture(header: bytes) -> str:
    order = "<" if header[5] == _LITTLE_ENDIAN else ">"
    (machine,) = struct.unpack_from(f"{order}H", header, 18)
    if machine not in _MACHINES:
        raise ValueError(f"ELF machine {machine:#x} is none that is compiled for here")
    return _MACHINES[machine]


def _pe_architecture(header: bytes) -> str:
    try:
        (offset,) = struct.unpack_from("<I", header, 0x3C)
        signature, machine = struct.unpack_from("<4sH", header, offset)
    except struct.error as problem:
        raise ValueError("a PE file that is cut short") from problem
    if signature != b"PE\0\0" or machine not in _PE_MACHINES:
        raise ValueError(f"PE machine {machine:#x} is none that is compiled for here")
    return _PE_MACHINES[machine]
