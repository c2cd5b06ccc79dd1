"""The supervising process: starts the two servers, watches them, takes them down.

Run by `control.start` in a session of its own. It reports through a pipe, given as a
file descriptor, when both servers answer ("ready") or why they do not; then it waits for signals.
SIGTERM and SIGINT end it. A server that dies has the reason in its log: the endpoint is started
again, the end of MiniStack is recorded in the state.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from neo_local.supervisor import ports, processes, sockets
from neo_local.supervisor.settings import (
    Settings,
    SupervisorError,
    endpoint_command,
    endpoint_environment,
    ministack_command,
    ministack_environment,
)
from neo_local.supervisor.state import Part, State, try_lock

WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
GRACE_SECONDS = 10.0
OWNER_SECONDS = 1.0
RESTARTED = ("endpoint",)  # MiniStack would come back without what it was in the middle of
MAX_RESTARTS, RESTART_SECONDS = 3, 60.0
HEALTH = {"ministack": "/_ministack/health", "endpoint": "/_neo_local/health"}


@dataclass(slots=True)
class Server:
    """A running server: its part of the state, the handle of its process, and how to start it."""

    part: Part
    process: subprocess.Popen[bytes]
    spawn: Callable[[], subprocess.Popen[bytes]]
    restarts: list[float] = field(default_factory=list)

    def start_again(self, now: float) -> None:
        """Start a server that has ended; one that ends again and again stays down."""
        self.restarts = [when for when in self.restarts if now - when < RESTART_SECONDS]
        if len(self.restarts) < MAX_RESTARTS:
            self.restarts.append(now)
            print(f"{self.part.name}: {self.part.ended}; started again", flush=True)
            self.process = self.spawn()
            self.part = replace(self.part, pid=self.process.pid, ended="")

    def note_end(self) -> bool:
        """Record that the process has ended. Return whether that was not known."""
        code = self.process.poll()
        if code is None or self.part.ended:
            return False
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self.part = replace(self.part, ended=how)
        return True


def healthy(url: str, timeout: float = 2.0) -> bool:
    """Return whether a server answers its health page."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 - our own http
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def listens(server: Server) -> bool:
    """Return whether this server answers, and not another program on its port."""
    if not sockets.PROC.joinpath("net", "tcp").exists():
        return server.process.poll() is None
    tree = processes.descendants([server.process.pid])
    return server.part.port in {port for _, port in sockets.listeners(tree)}


def start_servers(settings: Settings) -> list[Server]:
    """Start both servers, MiniStack first, without waiting for them."""
    places = settings.places
    runs = (
        ("ministack", settings.port, ministack_command, ministack_environment),
        ("endpoint", settings.sagemaker_port, endpoint_command, endpoint_environment),
    )
    servers = []
    for name, port, command, environment in runs:
        spawn = functools.partial(
            processes.spawn,
            command(settings), environment(settings), places.log(name), places.data,
        )  # fmt: skip
        process = spawn()
        health = f"http://localhost:{port}{HEALTH[name]}"
        servers.append(Server(Part(name, process.pid, port, health), process, spawn))
    return servers


def await_health(servers: list[Server], settings: Settings, seconds: float) -> None:
    """Wait until all servers answer.

    Raises:
        SupervisorError: one ended, or does not answer in time; with the end of its log.
    """
    deadline = time.monotonic() + seconds
    for server in servers:
        while not (healthy(server.part.health) and listens(server)):
            if server.note_end():
                why = f"{server.part.name} did not start: {server.part.ended}"
            elif time.monotonic() > deadline:
                why = f"{server.part.name} did not answer within {seconds:.0f} s"
            else:
                time.sleep(0.05)
                continue
            raise SupervisorError(f"{why}\n{tail(settings, server.part.name)}")


def tail(settings: Settings, name: str, lines: int = 25) -> str:
    """Return the end of a server's log, and where the rest is."""
    path = settings.places.log(name)
    text = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
    return "\n".join([f"the end of {path}:", *(f"  | {line}" for line in text)])


def refuse_exposure(servers: list[Server]) -> None:
    """Check that other machines cannot reach the servers.

    Raises:
        SupervisorError: a process of ours listens on more than loopback.
    """
    tree = processes.descendants(server.process.pid for server in servers)
    found = sockets.exposed(tree)
    if found:
        where = ", ".join(f"{address}:{port}" for address, port in found)
        raise SupervisorError(f"refusing to run: a server listens beyond loopback, on {where}")


def serve(settings: Settings, report: Callable[[str], None], seconds: float) -> int:
    """Run until a signal ends it. Return the exit code."""
    processes.adopt_orphans()
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    for name in ("tmp", "ministack", "s3", "neo", "cdk-home", "logs"):
        settings.places.path(name).mkdir(parents=True, exist_ok=True)
    servers = start_servers(settings)

    def state() -> State:
        return State(os.getpid(), settings, tuple(server.part for server in servers))

    try:
        state().write()
        await_health(servers, settings, seconds)
        refuse_exposure(servers)
        report("ready")
        watch(servers, lambda: state().write(), settings.owner)
    except SupervisorError as error:
        report(str(error))
        return 1
    finally:
        take_down(servers)
        settings.places.state.unlink(missing_ok=True)
        shutil.rmtree(settings.places.path("tmp"), ignore_errors=True)
    return 0


def watch(servers: list[Server], write: Callable[[], None], owner: int) -> None:
    """Wait for signals: record children that end, start some again; return at another signal.

    So does the end of the owner, which cannot take us down any more if it was killed.
    """
    while not owner or processes.is_alive(owner):
        number = next_signal(OWNER_SECONDS if owner else None)
        if number is None:
            continue
        if number != signal.SIGCHLD:
            return
        processes.reap(server.process for server in servers)
        ended = [server for server in servers if server.note_end()]
        for server in ended:
            if server.part.name in RESTARTED:
                server.start_again(time.monotonic())
        if ended:
            write()


def next_signal(seconds: float | None) -> int | None:
    """Return the next of the watched signals, or None if there is none in time."""
    if seconds is None:
        return signal.sigwait(WATCHED)
    found = signal.sigtimedwait(WATCHED, seconds)
    return found.si_signo if found else None


def take_down(servers: list[Server]) -> None:
    """End every process below this one, the servers first, which end their own children."""

    def mine() -> set[int]:
        processes.reap(server.process for server in servers)
        return processes.descendants([os.getpid()]) - {os.getpid()}

    roots = {server.process.pid for server in servers}
    processes.end(lambda: mine() & roots, GRACE_SECONDS)
    processes.end(mine, GRACE_SECONDS)


def main(arguments: list[str]) -> int:
    """Run `daemon SETTINGS_AS_JSON PIPE SECONDS`."""
    raw = json.loads(arguments[0])
    raw["endpoint_options"] = tuple(raw["endpoint_options"])
    settings, pipe = Settings(**raw), int(arguments[1])
    held = try_lock(settings.places.lock)

    def report(text: str) -> None:
        os.write(pipe, text.encode())
        os.close(pipe)

    if held is None:
        report("another supervising process has this data folder")
        return 1
    try:
        with ports.held([settings.port, settings.sagemaker_port]):
            return serve(settings, report, float(arguments[2]))
    except SupervisorError as error:
        report(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
