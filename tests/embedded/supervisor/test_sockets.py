"""What listens where, read from the kernel."""

from __future__ import annotations

import os
import socket

from neo_local.supervisor import sockets


def test_a_listener_beyond_loopback_is_found() -> None:
    with socket.socket() as everywhere, socket.socket() as here:
        for item, address in ((everywhere, "0.0.0.0"), (here, "127.0.0.1")):
            item.bind((address, 0))
            item.listen()
        wide, narrow = everywhere.getsockname()[1], here.getsockname()[1]
        assert ("0.0.0.0", wide) in sockets.exposed([os.getpid()])
        assert ("127.0.0.1", narrow) in sockets.listeners([os.getpid()])
        assert narrow not in {port for _, port in sockets.exposed([os.getpid()])}


def test_ipv6_addresses_are_read() -> None:
    with socket.socket(socket.AF_INET6) as here:
        here.bind(("::1", 0))
        here.listen()
        assert ("::1", here.getsockname()[1]) in sockets.listeners([os.getpid()])
