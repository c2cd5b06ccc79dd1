"""`neoctl local`: the embedded AWS, run as processes of an environment of its own.

Nothing here imports neo_local or what it needs. The supervisor (standard library only) runs under
this Python; the servers run under the one that has MiniStack and the compiler.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click

from reconciler.cli import local_environment as environment

DATA_VARIABLE = "NEO_LOCAL_DATA"


def package_folder() -> Path:
    """Return the folder of neo_local, found without importing it.

    Raises:
        click.ClickException: it is not installed.
    """
    found = importlib.util.find_spec("neo_local")
    if found is None or found.origin is None:
        raise click.ClickException(
            "neo_local, the embedded AWS, is not beside this neoctl; install neo-as-code again"
        )
    return Path(found.origin).parent


def default_data() -> Path:
    """Return the data folder: this checkout's, or this user's when the package is installed."""
    root = package_folder().parent
    if (root / "pyproject.toml").exists():
        return root / ".neo-local"
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "neo-as-code" / "local"


def supervise(verb: str, data: Path | None, options: list[str]) -> None:
    """Run the supervisor and exit with its exit code."""
    folder = (data or default_data()).absolute()
    words = [sys.executable, "-P", "-m", "neo_local.supervisor", verb, "--data", str(folder)]
    path = os.pathsep.join([str(package_folder().parent), os.environ.get("PYTHONPATH", "")])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the supervisor must not be waited for then
    process = subprocess.Popen([*words, *options], env={**os.environ, "PYTHONPATH": path})
    try:
        code = process.wait()
    except KeyboardInterrupt:  # the supervisor has had it as well and cleans up
        process.wait()
        code = 130
    click.get_current_context().exit(code)


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=DATA_VARIABLE,
    show_envvar=True,
    help="Folder for state and logs; survives a restart. "
    "[default: .neo-local of a checkout, else $XDG_DATA_HOME/neo-as-code/local]",
)


@click.group(
    name="local",
    epilog='To work with it: eval "$(neoctl local env)". It listens on loopback only.',
)
def command() -> None:
    """Run the embedded AWS: MiniStack, and a Neo that really compiles.

    A job that succeeds here is a rehearsal, not a promise of Amazon SageMaker Neo.
    """


PORT = click.IntRange(1, 65535)


@command.command()
@data_option
@click.option("--port", type=PORT, help="Port of MiniStack. [default: the last one, or a free one]")
@click.option("--sagemaker-port", type=PORT, help="Port of the SageMaker endpoint. [default: same]")
@click.option("--region", default="us-east-1", show_default=True, help="The region to emulate.")
@click.option(
    "--wait-scale",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="Factor for the waits of Step Functions: 20 s between two polls become 2 s.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    default=60.0,
    show_default=True,
    help="Seconds to wait until it answers.",
)
@click.option(
    "--python",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The Python that has MiniStack and the compiler. [default: found, see --install]",
)
@click.option(
    "--install",
    is_flag=True,
    help="Make that Python first if there is none: an environment in the data folder, from the "
    "lock file that this package carries (1.1 GB).",
)
@click.option(
    "--with",
    "frameworks",
    type=click.Choice(list(environment.OPTIONAL)),
    multiple=True,
    help="Install what models of this framework need as well: "
    + ", ".join(f"{name} {size}" for name, size in environment.OPTIONAL.items())
    + ". Once installed, it is used by every start. Repeatable.",
)
@click.option(
    "--access-checks/--no-access-checks",
    default=True,
    show_default=True,
    help="Look up the roles, networks and keys that jobs name, and let a job do what its role may.",
)
@click.option("--owner", type=int, hidden=True, help="Ends with this process (tests, the demo).")
@click.option("--set", "more", multiple=True, hidden=True, help="NAME=VALUE for MiniStack (tests).")
def start(
    data: Path | None,
    port: int | None,
    sagemaker_port: int | None,
    region: str,
    wait_scale: float,
    timeout: float,
    python: Path | None,
    install: bool,
    frameworks: tuple[str, ...],
    access_checks: bool,
    owner: int | None,
    more: tuple[str, ...],
) -> None:
    """Start the embedded AWS, or report that it is running."""
    folder = (data or default_data()).absolute()
    chosen = python or environment.find(package_folder(), folder)
    if chosen is None and install:
        chosen = environment.install(package_folder(), folder)
    if chosen is None:
        raise click.ClickException(environment.missing(folder))
    for name in frameworks:
        environment.install_optional(name, package_folder(), folder)
    options = ["--python", str(chosen), "--region", region]
    options += ["--env-words", f"--data {shlex.quote(str(data))}"] if data else []
    options += ["--wait-scale", str(wait_scale), "--timeout", str(timeout)]
    options += ["--port", str(port)] if port else []
    options += ["--sagemaker-port", str(sagemaker_port)] if sagemaker_port else []
    options += [] if access_checks else ["--no-access-checks"]
    options += ["--owner", str(owner)] if owner else []
    options += [word for item in more for word in ("--set", item)]
    supervise("start", data, options)


@command.command()
@data_option
def stop(data: Path | None) -> None:
    """Stop the embedded AWS and every process that it started. The data stays."""
    supervise("stop", data, [])


@command.command()
@data_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def status(data: Path | None, form: str) -> None:
    """Report what is running. Exit code 1 unless everything runs and answers."""
    supervise("status", data, ["--format", form])


@command.command()
@data_option
@click.option("--format", "form", type=click.Choice(["bash", "fish", "json"]), default="bash")
def env(data: Path | None, form: str) -> None:
    """Print the environment variables with which AWS clients use it.

    It has credentials of its own, so that no client can take a real account for it.
    """
    supervise("env", data, ["--format", form])
