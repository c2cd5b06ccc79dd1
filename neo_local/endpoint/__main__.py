"""python -m neo_local.endpoint: the Neo-compatible SageMaker endpoint, on loopback."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from neo_local import ENGINE
from neo_local.access.clients import Clients
from neo_local.access.opening import StorageOpener
from neo_local.access.roles import RolesOfIam
from neo_local.endpoint import admin
from neo_local.endpoint.dispatch import Dispatcher
from neo_local.endpoint.other_services import connect
from neo_local.endpoint.place import Place
from neo_local.endpoint.records import RecordStore
from neo_local.endpoint.server import EndpointServer
from neo_local.endpoint.services import Services, Surroundings
from neo_local.environments import Environments
from neo_local.faults import BadSwitch, Faults, Switches, changed
from neo_local.jobs import s3
from neo_local.jobs.compilation import NeoCompiler, WorkerLimits, clear_workspaces
from neo_local.jobs.process import JobProcess, why_no_sandbox
from neo_local.jobs.runner import JobRunner
from neo_local.jobs.store import JobStore

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _at_least(minimum: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < minimum:
            raise argparse.ArgumentTypeError(f"got {text}, needs a whole number from {minimum} on")
        return int(text)

    return parse


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m neo_local.endpoint",
        description=__doc__,
        epilog=admin.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", choices=_LOOPBACK, default="127.0.0.1")
    parser.add_argument("--port", type=_at_least(0), default=0, help="0 takes a free one (default)")
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the jobs")
    parser.add_argument(
        "--aws-endpoint-url",
        help="MiniStack, which has all other services; default: S3 and KMS are as boto3 finds "
        "them, and no other is asked",
    )
    parser.add_argument(
        "--environments",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="where the optional environments of frameworks are",
    )
    parser.add_argument("--account", default="000000000000")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument(
        "--slots", type=_at_least(1), default=2, help="jobs compiled at once (default 2)"
    )
    parser.add_argument("--job-memory-mb", type=_at_least(1), default=WorkerLimits().memory_mb)
    parser.add_argument("--model-mb", type=_at_least(1), default=WorkerLimits().archive_mb)
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=JSON",
        help="set a switch, e.g. throttle_rate=0.2 or not_found='\"ValidationException\"'; "
        f"there are: {', '.join(one.name for one in dataclasses.fields(Switches))}",
    )
    return parser


def _switches(assignments: Sequence[str]) -> Switches:
    switches = Switches()
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        switches = changed(switches, {name: value})
    return switches


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. Exit status 2 for bad arguments, 1 for a port in use."""
    parser = _parser()
    options = parser.parse_args(arguments)
    secret, faults = _secret(parser), _faults(parser, options)
    os.umask(0o077)  # models, artifacts and logs are the user's alone
    options.data.mkdir(parents=True, exist_ok=True)
    clear_workspaces(options.data)
    store = JobStore(options.data / "jobs.sqlite3", _now)
    no_sandbox = why_no_sandbox()
    clients = Clients(options.aws_endpoint_url)
    compiler = _compiler(options, clients, faults, no_sandbox)
    runner = JobRunner(store, faults, compiler, options.slots, _now)
    records = RecordStore(options.data / "hosting.json")
    home = Place(options.account, options.region)
    around = functools.partial(_surroundings, options, clients)
    services = Services(store, records, runner, faults, _now, home, around)
    try:
        dispatcher = Dispatcher(services, no_sandbox)
        server = EndpointServer(options.host, options.port, dispatcher, secret)
    except OSError as problem:
        print(f"{options.host}:{options.port}: {problem.strerror}", file=sys.stderr)
        return 1
    runner.start()
    _serve(server)
    runner.close()
    store.close()
    return 0


def _secret(parser: argparse.ArgumentParser) -> str:
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not secret:
        parser.error("AWS_SECRET_ACCESS_KEY is not set; callers must sign with the same key")
    return secret


def _faults(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Faults:
    try:
        return Faults(_switches(options.switch))
    except BadSwitch as problem:
        parser.error(f"--switch {problem}")


def _now() -> float:
    """Return the time to the millisecond, the service's precision."""
    return round(time.time(), 3)


def _surroundings(options: argparse.Namespace, clients: Clients, region: str) -> Surroundings:
    exists = functools.partial(s3.exists, clients.own("s3", region))
    if not options.aws_endpoint_url:
        return Surroundings(exists)
    tagging = connect(options.aws_endpoint_url, region)
    return Surroundings(exists, tagging, RolesOfIam(clients))


def _compiler(
    options: argparse.Namespace, clients: Clients, faults: Faults, no_sandbox: str
) -> NeoCompiler:
    if no_sandbox:
        print(f"jobs run without a sandbox: {no_sandbox}", file=sys.stderr)
    limits = WorkerLimits(memory_mb=options.job_memory_mb, archive_mb=options.model_mb)
    process = JobProcess(sandboxed=not no_sandbox)
    opener = StorageOpener(
        clients,
        RolesOfIam(clients) if options.aws_endpoint_url else None,
        lambda: faults.switches.access_checks,
        options.model_mb << 20,
    )
    environments = Environments(tuple(options.environments))
    return NeoCompiler(opener.open, options.data, limits, options.account, process, environments)


def _serve(server: EndpointServer) -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    print(f"{ENGINE} endpoint ready at {server.url}", flush=True)
    ended.wait()
    server.shutdown()
    thread.join()
    server.server_close()


if __name__ == "__main__":
    sys.exit(main())
