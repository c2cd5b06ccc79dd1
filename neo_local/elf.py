"""Which architecture a binary is for, read from its header with the standard library alone."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_ELF_MAGIC, _PE_MAGIC = b"\x7fELF", b"MZ"
_MACHINES: Mapping[int, str] = {0x03: "x86", 0x28: "arm", 0x3E: "x86_64", 0xB7: "aarch64"}
_PE_MACHINES: Mapping[int, str] = {0x014C: "x86 (Windows)", 0x8664: "x86_64 (Windows)"}
HEADER_BYTES = 1024


def architecture(header: bytes) -> str:
    """Return ``x86_64``, ``aarch64``, ``arm``, ``x86`` or a Windows form of them.

    `header` is the file's beginning, HEADER_BYTES of it. Raises ValueError for anything else.
    """
    try:
        if header[:4] == _ELF_MAGIC:
            (machine,) = struct.unpack_from("<H", header, 18)
            return _MACHINES[machine]
        if header[:2] == _PE_MAGIC:
            (offset,) = struct.unpack_from("<I", header, 0x3C)
            (machine,) = struct.unpack_from("<H", header, offset + 4)
            return _PE_MACHINES[machine]
    except (struct.error, KeyError) as problem:
        raise ValueError(f"an ELF or PE file of an unknown architecture: {problem}") from problem
    raise ValueError("neither an ELF nor a PE file")
