"""A filter of system calls, for what namespaces do not hold: other sockets, keys, kernel hooks.

Sockets of virtual machines (AF_VSOCK) and some others belong to no network namespace, nor do the
keys of a user's session to any other. io_uring makes sockets past the filter.
https://docs.kernel.org/userspace-api/seccomp_filter.html

Every job waits for these imports, so there are few.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Mapping
from typing import NamedTuple

_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_GREATER, _RETURN = 0x20, 0x15, 0x25, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # where the kernel has them
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_UNIX_SOCKETS = 1
_IO_URING_SETUP, _LAST = 425, 0x3FFFFFFF  # beyond it, x86 has the calls of its x32 programs


class _Machine(NamedTuple):
    """The numbers of one architecture; `refused` are bpf, perf_event_open and those of keys."""

    audit: int
    socket: int
    refused: tuple[int, ...]


_MACHINES: Mapping[str, _Machine] = {
    "x86_64": _Machine(0xC000003E, 41, (248, 249, 250, 298, 321)),
    "aarch64": _Machine(0xC00000B7, 198, (217, 218, 219, 241, 280)),
}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class Program(ctypes.Structure):
    """A filter as the kernel takes it."""

    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def program() -> Program:
    """Return the filter of this machine. Raises OSError if there is none."""
    name = os.uname().machine
    machine = _MACHINES.get(name)
    if machine is None:
        raise OSError(f"no filter of system calls for {name}")
    instructions = _instructions(machine)
    array = (_Instruction * len(instructions))(*instructions)
    return Program(len(instructions), array)


def _instructions(machine: _Machine) -> list[_Instruction]:
    return [
        _Instruction(_LOAD, 0, 0, _ARCHITECTURE),
        _Instruction(_JUMP_IF_EQUAL, 1, 0, machine.audit),
        _refuse(errno.ENOSYS),
        _Instruction(_LOAD, 0, 0, _NUMBER),
        _Instruction(_JUMP_IF_GREATER, 0, 1, _LAST),
        _refuse(errno.ENOSYS),
        *(
            instruction
            for number in (*machine.refused, _IO_URING_SETUP)
            for instruction in (_Instruction(_JUMP_IF_EQUAL, 0, 1, number), _refuse(errno.EPERM))
        ),
        _Instruction(_JUMP_IF_EQUAL, 0, 3, machine.socket),
        _Instruction(_LOAD, 0, 0, _FIRST_ARGUMENT),
        _Instruction(_JUMP_IF_EQUAL, 1, 0, _UNIX_SOCKETS),
        _refuse(errno.EAFNOSUPPORT),
        _Instruction(_RETURN, 0, 0, _ALLOW),
    ]


def _refuse(error: int) -> _Instruction:
    return _Instruction(_RETURN, 0, 0, _FAIL | error)
