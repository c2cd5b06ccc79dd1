"""Which addresses a tree of processes listens on; Linux only, elsewhere nothing is found."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
LISTEN = "0A"


def listeners(pids: Iterable[int]) -> list[tuple[str, int]]:
    """Return the (address, port) pairs of TCP on which any of the processes listens."""
    inodes = {inode for pid in pids for inode in _inodes(pid)}
    return sorted(
        (address, port)
        for name in ("tcp", "tcp6")
        for address, port, inode in _table(name)
        if inode in inodes
    )


def exposed(pids: Iterable[int]) -> list[tuple[str, int]]:
    """Return those of them that other machines can reach."""
    return [pair for pair in listeners(pids) if not ipaddress.ip_address(pair[0]).is_loopback]


def _inodes(pid: int) -> list[str]:
    found = []
    with contextlib.suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                match = re.fullmatch(r"socket:\[(\d+)\]", str(entry.readlink()))
                if match:
                    found.append(match.group(1))
    return found


def _table(name: str) -> list[tuple[str, int, str]]:
    try:
        lines = (PROC / "net" / name).read_text().splitlines()[1:]
    except OSError:
        return []
    rows = (line.split() for line in lines)
    return [(*_address(row[1]), row[9]) for row in rows if row[3] == LISTEN]


def _address(text: str) -> tuple[str, int]:
    """Return an address and a port from the kernel's form, "0100007F:11D6"."""
    host, _, port = text.partition(":")
    raw = bytes.fromhex(host)
    words = [raw[start : start + 4][::-1] for start in range(0, len(raw), 4)]
    return str(ipaddress.ip_address(b"".join(words))), int(port, 16)
