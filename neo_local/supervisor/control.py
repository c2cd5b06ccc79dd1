"""Start, stop and status of an embedded AWS, as its user asks for them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import neo_local
from neo_local.supervisor import processes
from neo_local.supervisor.daemon import healthy
from neo_local.supervisor.ports import choose_ports, is_free, remember_other_ports
from neo_local.supervisor.secret import prepare_data
from neo_local.supervisor.settings import Places, Settings, SupervisorError
from neo_local.supervisor.state import State, exclusively, is_running, read_state

START_SECONDS = 60.0
START_ATTEMPTS = 3
_TAKEN = "address already in use"
STOP_SECONDS = 30.0
PATIENCE_SECONDS = 10.0  # a server on a busy machine is slow, not dead


@dataclass(frozen=True, slots=True)
class Started:
    """The outcome of a start: what runs, and how it came about."""

    state: State
    note: str


@dataclass(frozen=True, slots=True)
class Health:
    """What runs now, part by part; all of it, or something is wrong."""

    state: State | None
    parts: tuple[tuple[str, str], ...]

    @property
    def good(self) -> bool:
        """Whether everything runs and answers."""
        return bool(self.parts) and all(word == "running" for _, word in self.parts)


def status(places: Places) -> Health:
    """Look at every process and ask every server."""
    state = read_state(places)
    if state is None or not is_running(places):
        return Health(None, ())
    parts = tuple((part.name, _condition(part.ended, part.health)) for part in state.parts)
    return Health(state, parts)


def why_no_sandbox(state: State) -> str:
    """Return why the endpoint runs its jobs without a sandbox; empty if they run in one."""
    (endpoint,) = (part for part in state.parts if part.name == "endpoint")
    with urllib.request.urlopen(endpoint.health, timeout=PATIENCE_SECONDS) as page:  # noqa: S310 - own
        return str(json.load(page)["no_sandbox"])


def _condition(ended: str, health: str) -> str:
    if ended:
        return f"dead ({ended})"
    return "running" if healthy(health, PATIENCE_SECONDS) else "does not answer"


def start(wanted: Settings, ports: tuple[int | None, int | None], seconds: float) -> Started:
    """Start it unless it runs; take down what is left of a broken one first.

    Raises:
        SupervisorError: it does not start; a port is taken.
    """
    places = wanted.places
    prepare_data(places)
    with exclusively(places):
        health = status(places)
        if health.state and health.good:
            return Started(health.state, "already running")
        broken = ", ".join(f"{name} {word}" for name, word in health.parts if word != "running")
        if is_running(places) or processes.marked(places.data):
            _take_down(places)
        link_code(places)
        _launch_on_free_ports(wanted, ports, seconds)
        state = read_state(places)
        if state is None:
            raise SupervisorError("the supervising process ended as soon as it was ready")
        return Started(state, f"started again: {broken}" if broken else "started")


def _launch_on_free_ports(
    wanted: Settings, ports: tuple[int | None, int | None], seconds: float
) -> None:
    """Start it, again on other ports if another program took one first."""
    remembered = wanted.places.path("ports.json")
    for attempts_left in reversed(range(START_ATTEMPTS)):
        port, sagemaker_port = choose_ports(ports, remembered)
        try:
            _launch(replace(wanted, port=port, sagemaker_port=sagemaker_port), seconds)
        except SupervisorError as error:
            # Whoever took it may be gone again: another start, that ran into this one.
            taken = _TAKEN in str(error).lower() or not (is_free(port) and is_free(sagemaker_port))
            if not taken or any(ports) or not attempts_left:
                raise
            remember_other_ports(remembered)
        else:
            return


def link_code(places: Places) -> None:
    """Link our package, so that the other Python imports nothing else that is installed here."""
    folder = places.path("code")
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(neo_local.__file__).resolve().parent
    link = folder / source.name
    if not link.is_symlink() or link.readlink() != source:
        link.unlink(missing_ok=True)
        link.symlink_to(source)


def _launch(settings: Settings, seconds: float) -> None:
    """Run the supervising process and wait until it reports through a pipe."""
    reader, writer = os.pipe()
    log = settings.places.log("supervisor")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-P", "-m", "neo_local.supervisor.daemon"]
    environment = {**os.environ, "PYTHONPATH": str(settings.places.path("code"))}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, json.dumps(settings.dump()), str(writer), str(seconds)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[writer],
            env=environment,
        )
    os.close(writer)
    try:
        word = _report_of(reader, seconds + STOP_SECONDS)
    except KeyboardInterrupt:
        processes.send(process.pid, signal.SIGTERM)
        process.wait()
        raise
    finally:
        os.close(reader)
    if word != "ready":
        with suppress(subprocess.TimeoutExpired):  # it takes down what it started, then ends
            process.wait(STOP_SECONDS)
        raise SupervisorError(word or f"the supervising process ended; see {log}")


def _report_of(reader: int, seconds: float) -> str:
    """Return what the supervising process reports; empty if it ends without a report."""
    ready, _, _ = select.select([reader], [], [], seconds)
    return os.read(reader, 65536).decode() if ready else "the embedded AWS did not start in time"


def stop(places: Places) -> str:
    """Stop everything. Return what was done."""
    if not places.data.exists():
        return "not running"
    with exclusively(places):
        if not is_running(places) and not processes.marked(places.data):
            return "not running"
        _take_down(places)
        return "stopped"


def _take_down(places: Places) -> None:
    """Ask the supervising process to end, and end whatever is left after that."""
    state = read_state(places)
    if is_running(places) and state is not None:
        processes.send(state.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while is_running(places) and time.monotonic() < deadline:
            time.sleep(processes.POLL_SECONDS)
    processes.end(lambda: _left(places, state), grace_seconds=2.0)
    places.state.unlink(missing_ok=True)


def _left(places: Places, state: State | None) -> set[int]:
    """Return the processes of this data folder; the supervising one while it holds the lock."""
    roots = {state.pid} if state is not None and is_running(places) else set()
    return processes.descendants(roots | processes.marked(places.data))
