"""Lock files: what each is made from, how it is made, and whether it still fits.

`lock.py` (run by `make lock`) resolves again; it needs the registries. `lock.py --check` needs
nothing: every lock file carries a digest of the requirements that it was made from, and the
check compares that with what pyproject.toml and package.json say now.

Lock files name versions and hashes, never the address of a registry: they install from
whichever index the machine is set up for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = "# made from: sha256:"


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file for pip: the extras and groups of pyproject.toml that it resolves."""

    path: str
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    project: bool = True

    def options(self) -> list[str]:
        """The options of `uv pip compile` that choose what is resolved."""
        chosen = [option for extra in self.extras for option in ("--extra", extra)]
        if self.project:
            groups = [option for group in self.groups for option in ("--group", group)]
            return [*chosen, *groups, "pyproject.toml"]
        return [*chosen, *(option for group in self.groups for option in ("--group", group))]


LOCKS = (
    Lock("requirements/dev.txt", extras=("cdk", "inspect"), groups=("dev",)),
    Lock("requirements/local.txt", extras=("local",)),
    Lock("requirements/lock.txt", groups=("lock",), project=False),
    Lock("requirements/checkov.txt", groups=("checkov",), project=False),
)


def digest(lock: Lock, pyproject: dict[str, object]) -> str:
    """The digest of the requirements that a lock file is made from."""
    project = pyproject["project"]
    groups = pyproject["dependency-groups"]
    assert isinstance(project, dict)
    assert isinstance(groups, dict)
    source = {
        "python": project["requires-python"],
        "project": project["dependencies"] if lock.project else [],
        "extras": {name: project["optional-dependencies"][name] for name in lock.extras},
        "groups": {name: groups[name] for name in lock.groups},
    }
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()


def stale(root: Path = ROOT) -> list[str]:
    """Says which lock files do not fit their sources any more, and what to do."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    found = []
    for lock in LOCKS:
        path = root / lock.path
        if not path.exists():
            found.append(f"{lock.path} is missing: run `make lock`")
        elif path.read_text().splitlines()[:1] != [MARK + digest(lock, pyproject)]:
            found.append(
                f"{lock.path} was made from other requirements than pyproject.toml has now: "
                "run `make lock` and commit it"
            )
    return found + stale_node(root)


def stale_node(root: Path) -> list[str]:
    """The same for package-lock.json."""
    wanted = json.loads((root / "package.json").read_text()).get("devDependencies")
    path = root / "package-lock.json"
    if not path.exists():
        return ["package-lock.json is missing: run `make lock`"]
    text = path.read_text()
    found = []
    if json.loads(text)["packages"][""].get("devDependencies") != wanted:
        found.append("package-lock.json does not fit package.json: run `make lock` and commit it")
    if '"resolved": "http' in text:
        found.append("package-lock.json names download addresses: run `make lock`")
    return found


def compile_lock(lock: Lock, pyproject: dict[str, object], uv: str) -> None:
    """Resolves one lock file, keeping the versions that it has where they still fit."""
    command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    command += ["--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"]
    command += [*lock.options(), "-o", lock.path]
    subprocess.run(command, cwd=ROOT, check=True)
    path = ROOT / lock.path
    lines = [line for line in path.read_text().splitlines() if not line.startswith(MARK)]
    path.write_text("\n".join([MARK + digest(lock, pyproject), *lines]) + "\n")


def compile_node(node: str, npm: str) -> None:
    """Resolves package-lock.json without download addresses."""
    options = ["--package-lock-only", "--omit-lockfile-registry-resolved", "--no-audit"]
    subprocess.run([node, npm, "install", *options, "--no-fund"], cwd=ROOT, check=True)


def main() -> int:
    """Locks, or checks the locks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--node", default="node")
    parser.add_argument("--npm", help="npm-cli.js")
    options = parser.parse_args()
    if options.check:
        found = stale()
        print("\n".join(found) if found else "lock files: up to date")
        return 1 if found else 0
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for lock in LOCKS:
        print(f"locking {lock.path}", flush=True)
        compile_lock(lock, pyproject, options.uv)
    if options.npm:
        print("locking package-lock.json", flush=True)
        compile_node(options.node, options.npm)
    return 0


if __name__ == "__main__":
    sys.exit(main())
