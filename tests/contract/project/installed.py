"""The project as pip installs it: in an environment of its own, outside this checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.paths import ROOT

SUPPORTED = ("3.11", "3.12", "3.13")
NUMBER = "import sys; print('%d.%d' % sys.version_info[:2])"


@cache
def pythons() -> dict[str, Path]:
    """Return the interpreters of this machine by version, this one among them."""
    places = [Path(sys.executable).resolve()]
    for version in SUPPORTED:
        places += [Path(found) for found in [shutil.which(f"python{version}")] if found]
        places += sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    found: dict[str, Path] = {}
    for place in places:
        ran = subprocess.run([place, "-c", NUMBER], capture_output=True, text=True)
        if ran.returncode == 0:
            found.setdefault(ran.stdout.strip(), place)
    return found


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with the wheel in it, and a folder to work in."""

    bin: Path
    work: Path

    def synthesize(self, example: Path) -> set[str]:
        """Run an example as the CDK CLI does; return the types of all resources."""
        out = self.work / f"{example.stem}.out"
        self.run("python", str(self.work / "examples" / example.name), CDK_OUTDIR=str(out))
        templates = [json.loads(path.read_text()) for path in out.rglob("*.template.json")]
        resources = [each for template in templates for each in template["Resources"].values()]
        return {each["Type"] for each in resources}

    def run(self, *words: str, **variables: str) -> str:
        """Run a program of the environment in the folder; return what it prints."""
        env = {**os.environ, **variables}
        env.pop("PYTHONPATH", None)
        env["PATH"] = f"{self.bin}{os.pathsep}{env['PATH']}"
        command = [str(self.bin / words[0]), *words[1:]]
        ran = subprocess.run(command, cwd=self.work, env=env, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


def environment(folder: Path, python: Path) -> Installed:
    """Create an empty environment, and a copy of the examples beside it."""
    subprocess.run([python, "-m", "venv", folder / "env"], check=True, capture_output=True)
    shutil.copytree(ROOT / "examples", folder / "work" / "examples")
    return Installed(folder / "env" / "bin", folder / "work")


def borrow_dependencies(env: Installed) -> None:
    """Let an environment import the dependencies in `.venv`, but not the project linked there."""
    own = next(env.bin.parent.glob("lib/python3*/site-packages"))
    shared = next(path for path in map(Path, sys.path) if path.name == "site-packages")
    (own / "borrowed.pth").write_text(f"{shared}\n")


def constraints(folder: Path) -> Path:
    """Write the locked versions as constraints for pip."""
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.\[\]-]+==\S+)", lock, re.MULTILINE)
    path = folder / "constraints.txt"
    path.write_text("\n".join(pins) + "\n", encoding="utf-8")
    return path
