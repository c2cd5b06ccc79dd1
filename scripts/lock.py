"""Resolve the lock files, or check that they match pyproject.toml and package.json.

`lock.py` (run by `make lock`) resolves again and needs the package registries. `lock.py --check`
works offline: each lock file carries a digest of the requirements that it was resolved from, and
the check compares it with the digest of the current ones.

Lock files hold versions and hashes, never a registry's address: they install from whichever index
the machine is configured for.
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
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MARK = "# made from: sha256:"


@dataclass(frozen=True, slots=True)
class Lock:
    """A pip lock file: the extras and groups of pyproject.toml that it resolves.

    Without `dependencies` it holds what the groups name, and nothing that those ask for.
    """

    path: str
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    project: bool = True
    dependencies: bool = True

    def options(self) -> list[str]:
        """Return the options of `uv pip compile` that select the requirements."""
        chosen = [option for extra in self.extras for option in ("--extra", extra)]
        chosen += [] if self.dependencies else ["--no-deps"]
        if self.project:
            groups = [option for group in self.groups for option in ("--group", group)]
            return [*chosen, *groups, "pyproject.toml"]
        return [*chosen, *(option for group in self.groups for option in ("--group", group))]


LOCKS = (
    Lock("requirements/dev.txt", extras=("cdk", "inspect"), groups=("dev",)),
    Lock("requirements/unit.txt", groups=("unit",)),
    Lock("requirements/local.txt", extras=("local",)),
    Lock("requirements/pytorch.txt", groups=("pytorch",), project=False, dependencies=False),
    Lock("requirements/tensorflow.txt", groups=("tensorflow",), project=False),
    Lock("requirements/lock.txt", groups=("lock",), project=False),
    Lock("requirements/docs.txt", groups=("docs",), project=False),
    Lock("requirements/release.txt", groups=("release",), project=False),
    Lock("requirements/checkov.txt", groups=("checkov",), project=False),
    Lock("requirements/awscli.txt", groups=("awscli",), project=False),
)


def requirements(groups: dict[str, list[Any]], name: str) -> list[str]:
    """Return what a dependency group requires, with the groups that it includes (PEP 735)."""
    found: list[str] = []
    for item in groups[name]:
        found += requirements(groups, item["include-group"]) if isinstance(item, dict) else [item]
    return found


def digest(lock: Lock, pyproject: dict[str, object]) -> str:
    """Return the digest of the requirements that a lock file is made from."""
    project = pyproject["project"]
    groups = pyproject["dependency-groups"]
    assert isinstance(project, dict)
    assert isinstance(groups, dict)
    source = {
        "python": project["requires-python"],
        "project": project["dependencies"] if lock.project else [],
        "extras": {name: project["optional-dependencies"][name] for name in lock.extras},
        "groups": {name: requirements(groups, name) for name in lock.groups},
    }
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()


def stale(root: Path = ROOT) -> list[str]:
    """Return a message for each lock file that is out of date."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    found = []
    for lock in LOCKS:
        path = root / lock.path
        if not path.exists():
            found.append(f"{lock.path} is missing. Run `make lock`.")
        elif path.read_text().splitlines()[:1] != [MARK + digest(lock, pyproject)]:
            found.append(
                f"{lock.path} is out of date: the requirements in pyproject.toml have changed. "
                "Run `make lock` and commit the result."
            )
    return found + stale_node(root)


def stale_node(root: Path) -> list[str]:
    """Return the messages for package-lock.json."""
    wanted = json.loads((root / "package.json").read_text()).get("devDependencies")
    path = root / "package-lock.json"
    if not path.exists():
        return ["package-lock.json is missing. Run `make lock`."]
    text = path.read_text()
    found = []
    if json.loads(text)["packages"][""].get("devDependencies") != wanted:
        found.append(
            "package-lock.json is out of date: package.json has changed. "
            "Run `make lock` and commit the result."
        )
    if '"resolved": "http' in text:
        found.append("package-lock.json holds download addresses. Run `make lock`.")
    return found


def compile_lock(lock: Lock, pyproject: dict[str, object], uv: str) -> None:
    """Resolve one lock file; versions that still satisfy the requirements stay."""
    command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    command += ["--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"]
    command += [*lock.options(), "-o", lock.path]
    subprocess.run(command, cwd=ROOT, check=True)
    path = ROOT / lock.path
    lines = [line for line in path.read_text().splitlines() if not line.startswith(MARK)]
    path.write_text("\n".join([MARK + digest(lock, pyproject), *lines]) + "\n")


def compile_node(node: str, npm: str) -> None:
    """Resolve package-lock.json without download addresses."""
    options = ["--package-lock-only", "--omit-lockfile-registry-resolved", "--no-audit"]
    subprocess.run([node, npm, "install", *options, "--no-fund"], cwd=ROOT, check=True)


def main() -> int:
    """Resolve the lock files, or only check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only list what is out of date")
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
