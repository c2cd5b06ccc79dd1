"""The ports of the embedded AWS: nobody else answers at `localhost`, by IPv4 nor by IPv6."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from neo_local.supervisor.ports import IPV6, choose_ports, held, is_free
from neo_local.supervisor.settings import HOST, SupervisorError


def bound(address: str) -> socket.socket:
    """Another program that listens on a port of a loopback address."""
    other = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    other.bind((address, 0))
    other.listen()
    return other


@pytest.fixture(params=[HOST, IPV6])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    try:
        other = bound(request.param)
    except OSError:
        pytest.skip(f"this system has no {request.param}")
    with other:
        yield other.getsockname()[1]


def test_a_port_of_another_program_is_not_chosen(taken: int, tmp_path: Path) -> None:
    assert not is_free(taken)
    remembered = tmp_path / "ports.json"
    remembered.write_text(f"[{taken}, {taken}]")
    assert taken not in choose_ports((None, None), remembered)
    with pytest.raises(SupervisorError, match=f"port {taken} of 127.0.0.1 or ::1 is used"):
        choose_ports((taken, None), remembered)


def test_nobody_takes_a_port_that_is_held() -> None:
    try:
        with bound(IPV6) as free:
            port = free.getsockname()[1]
    except OSError:
        pytest.skip("this system has no IPv6")
    with held([port]), socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind((IPV6, port))
        with pytest.raises(ConnectionRefusedError), socket.socket(socket.AF_INET6) as client:
            client.connect((IPV6, port))
        with pytest.raises(SupervisorError, match="would get the requests"), held([port]):
            pass
    assert is_free(port)
