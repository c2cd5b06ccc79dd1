"""The two loopback ports: chosen, remembered, and changed when others want the same."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neo_local.supervisor.settings import HOST, SupervisorError

PREFERRED_PORT = 4566
IPV6 = "::1"


def is_free(port: int) -> bool:
    """Return whether a server can listen on a loopback port now, and nobody has it for IPv6."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            with held([port]):
                return True
        except (OSError, SupervisorError):
            return False


@contextmanager
def held(ports: Iterable[int]) -> Iterator[None]:
    """Hold ports of the IPv6 loopback address, on which nothing listens then.

    Clients look for `localhost` there first, on most systems: whoever listened there would get
    their requests, and answer them.

    Raises:
        SupervisorError: another program has one of them.
    """
    with contextlib.ExitStack() as sockets:
        for port in ports:
            _hold(port, sockets)
        yield


def _hold(port: int, sockets: contextlib.ExitStack) -> None:
    try:
        probe = sockets.enter_context(socket.socket(socket.AF_INET6))
        probe.bind((IPV6, port))
    except OSError as problem:  # others than this one: there is no IPv6
        if problem.errno == errno.EADDRINUSE:
            raise SupervisorError(
                f"port {port} of {IPV6} is used by another program, which would get the requests "
                "of clients; choose another port"
            ) from problem


def choose_ports(wanted: tuple[int | None, int | None], remembered: Path) -> tuple[int, int]:
    """Return two loopback ports: those asked for, else the last ones, else any free ones.

    Raises:
        SupervisorError: a port that was asked for is taken.
    """
    for port in wanted:
        if port is not None and not is_free(port):
            raise SupervisorError(
                f"port {port} of {HOST} or {IPV6} is used by another program; choose another, "
                "or leave the option out to use a free one"
            )
    last: list[int] = []
    if remembered.exists():
        last = list(json.loads(remembered.read_text()))
    suggested = last or [PREFERRED_PORT, PREFERRED_PORT + 1]
    chosen: list[int] = []
    for port, suggestion in zip(wanted, suggested, strict=True):
        taken = port or (suggestion if is_free(suggestion) and suggestion not in chosen else 0)
        chosen.append(taken or _any_free(chosen))
    if chosen[0] == chosen[1]:
        raise SupervisorError(f"both servers cannot listen on port {chosen[0]}")
    remembered.write_text(json.dumps(chosen))
    return chosen[0], chosen[1]


def remember_other_ports(remembered: Path) -> None:
    """Let the next start use other ports than the preferred ones, which others want as well."""
    first = _any_free([])
    remembered.write_text(json.dumps([first, _any_free([first])]))


def _any_free(taken: list[int]) -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    return port if port not in taken and is_free(port) else _any_free(taken)
