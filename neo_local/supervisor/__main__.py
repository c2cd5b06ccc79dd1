"""The command line of the supervisor; `neoctl local` passes its words on to it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from neo_local.supervisor import control
from neo_local.supervisor.export import FORMATS, render
from neo_local.supervisor.settings import Places, Settings, SupervisorError

NO_ACCESS_CHECKS = ("--switch", "access_checks=false")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="neo_local.supervisor")
    verbs = parser.add_subparsers(dest="verb", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, required=True)
    start = verbs.add_parser("start", parents=[common])
    start.add_argument("--python", default=sys.executable)
    start.add_argument("--port", type=int)
    start.add_argument("--sagemaker-port", type=int)
    start.add_argument("--region", default="us-east-1")
    start.add_argument("--wait-scale", type=float, default=0.1)
    start.add_argument("--timeout", type=float, default=control.START_SECONDS)
    start.add_argument("--owner", type=int, default=0)
    start.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    start.add_argument("--env-words", default="", help="what `neoctl local env` needs to find it")
    start.add_argument("--no-access-checks", action="store_true")
    verbs.add_parser("stop", parents=[common])
    status = verbs.add_parser("status", parents=[common])
    status.add_argument("--format", choices=("text", "json"), default="text")
    env = verbs.add_parser("env", parents=[common])
    env.add_argument("--format", choices=FORMATS, default="bash")
    return parser.parse_args(arguments)


def run_start(options: argparse.Namespace, places: Places) -> int:
    """Start it and print where it is."""
    wanted = Settings(
        data=str(places.data),
        python=options.python,
        port=0,
        sagemaker_port=0,
        region=options.region,
        wait_scale=options.wait_scale,
        extra=dict(item.split("=", 1) for item in options.set),
        endpoint_options=NO_ACCESS_CHECKS if options.no_access_checks else (),
        owner=options.owner,
    )
    started = control.start(wanted, (options.port, options.sagemaker_port), options.timeout)
    settings = started.state.settings
    asked = (options.port or settings.port, options.sagemaker_port or settings.sagemaker_port)
    print(f"embedded AWS: {started.note}")
    print(f"  AWS (MiniStack)       {settings.url}")
    print(f"  SageMaker (neo_local) {settings.sagemaker_url}")
    print(f"  data and logs         {places.data}")
    words = " ".join(["neoctl local env", *filter(None, [options.env_words])])
    print(f'  use it:               eval "$({words})"')
    warn_of_no_sandbox(control.why_no_sandbox(started.state))
    if asked != (settings.port, settings.sagemaker_port):
        print("  it keeps its ports; for others: neoctl local stop, then start", file=sys.stderr)
    return 0


def run_status(options: argparse.Namespace, places: Places) -> int:
    """Print what runs. Return 0 only if all of it does."""
    health = control.status(places)
    no_sandbox = control.why_no_sandbox(health.state) if health.state and health.good else ""
    if options.format == "json":
        print(json.dumps(as_json(health, places, no_sandbox), indent=2))
        return 0 if health.good else 1
    if health.state is None:
        print(f"embedded AWS: not running (data in {places.data}); start it: neoctl local start")
        return 1
    print(f"embedded AWS: {'running' if health.good else 'broken'}")
    for part, (name, word) in zip(health.state.parts, health.parts, strict=True):
        print(f"  {name:<10} {word}, http://localhost:{part.port}, pid {part.pid}")
        if word != "running":
            print(f"             log: {places.log(name)}; neoctl local start starts it again")
    warn_of_no_sandbox(no_sandbox)
    return 0 if health.good else 1


def as_json(health: control.Health, places: Places, no_sandbox: str) -> dict[str, object]:
    """Return what runs, for programs."""
    urls = {}
    if health.state:
        settings = health.state.settings
        urls = {"aws": settings.url, "sagemaker": settings.sagemaker_url}
    return {
        "format_version": 1,
        "running": health.good,
        "parts": [{"name": name, "state": word} for name, word in health.parts],
        "urls": urls,
        "data": str(places.data),
        "sandbox": health.good and not no_sandbox,
    }


def warn_of_no_sandbox(reason: str) -> None:
    """Say on stderr that models can do what their user can, if they can."""
    if reason:
        print(
            f"  warning: jobs run WITHOUT A SANDBOX, since this system has none ({reason}): a "
            "model that exploits the compiler can do whatever you can. Compile only models "
            "that you trust.",
            file=sys.stderr,
        )


def run_env(options: argparse.Namespace, places: Places) -> int:
    """Print the environment of a running one, so that nobody exports dead addresses."""
    health = control.status(places)
    if health.state is None:
        print("embedded AWS: not running; start it: neoctl local start", file=sys.stderr)
        return 1
    print(render(health.state.settings, options.format))
    return 0


def run(options: argparse.Namespace, places: Places) -> int:
    """Run one verb."""
    match options.verb:
        case "start":
            return run_start(options, places)
        case "stop":
            print(f"embedded AWS: {control.stop(places)}")
            return 0
        case "status":
            return run_status(options, places)
        case _:
            return run_env(options, places)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and print errors without a traceback."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    places = Places(options.data.absolute())
    os.umask(0o077)  # whatever this process and its servers write is the user's alone
    try:
        code = run(options, places)
        sys.stdout.flush()
        return code
    except SupervisorError as error:
        print(f"embedded AWS: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `... | head` has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"embedded AWS: {error.strerror}: {error.filename}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
