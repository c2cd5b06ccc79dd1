"""What an ELF file says of itself: the machine that its code is for."""

from __future__ import annotations

import struct
import tarfile
from pathlib import PurePosixPath
from typing import IO

MACHINES = {
    3: "x86 (32 bit)",
    40: "ARM (32 bit)",
    62: "x86-64",
    183: "ARM64",
    243: "RISC-V",
}


def machine(header: bytes) -> str:
    """The machine of an ELF file from its first 20 bytes.

    Raises:
        ValueError: these are not the first bytes of an ELF file.
    """
    if header[:4] != b"\x7fELF" or len(header) < 20:
        raise ValueError("not an ELF file")
    order = "<" if header[5] == 1 else ">"
    number = struct.unpack_from(f"{order}H", header, 18)[0]
    return MACHINES.get(number, f"machine {number}")


def machines_in(archive: IO[bytes]) -> dict[str, str]:
    """The machine of each ELF file in a tar.gz."""
    found = {}
    with tarfile.open(fileobj=archive, mode="r:gz") as packed:
        for member in packed:
            content = packed.extractfile(member) if member.isfile() else None
            header = content.read(20) if content else b""
            if header.startswith(b"\x7fELF"):
                found[PurePosixPath(member.name).name] = machine(header)
    return found
