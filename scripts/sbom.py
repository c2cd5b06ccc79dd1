"""The bill of materials (CycloneDX) and the licence list of a release.

They name what `pip install neo-as-code[cdk]` brings, at the locked versions that the tests run
with. cyclonedx-py describes the whole environment; what is there for development alone is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from reconciler.core.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
EXTRA = "cdk"


class SbomError(Exception):
    """A component lacks what the bill has to name; the message is for the user."""


def required(requirements: list[str], extra: str = "") -> Iterator[NormalizedName]:
    """Yield the normalised names of requirements that hold on this Python."""
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield canonicalize_name(requirement.name)


def runtime(
    installed: Mapping[NormalizedName, Distribution], project: dict[str, Any]
) -> set[NormalizedName]:
    """Return the names of all packages that the project needs at run time."""
    found: set[NormalizedName] = set()
    names = [*project["dependencies"], *project["optional-dependencies"][EXTRA]]
    waiting = list(required(names))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += required(installed[name].requires or [])
    return found


def sbom(python: str, epoch: int) -> dict[str, Any]:
    """Return the bill of materials, of what is needed at run time alone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    here = distributions(path=[path for path in sys.path if path.endswith("site-packages")])
    installed = {canonicalize_name(each.name): each for each in here}
    kept = runtime(installed, project)
    command = [python, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
    command += ["--mc-type", "library", "--pyproject", str(ROOT / "pyproject.toml"), sys.executable]
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return pruned(json.loads(ran.stdout), kept)


def pruned(bill: dict[str, Any], kept: set[NormalizedName]) -> dict[str, Any]:
    """Return a bill with these packages only, about this version of the project."""
    about = bill["metadata"]["component"]
    about |= {"version": VERSION, "purl": f"pkg:pypi/{about['name']}@{VERSION}"}
    parts = [each for each in bill["components"] if canonicalize_name(each["name"]) in kept]
    refs = {about["bom-ref"], *(each["bom-ref"] for each in parts)}
    links = [each for each in bill["dependencies"] if each["ref"] in refs]
    for each in links:
        each["dependsOn"] = [ref for ref in each.get("dependsOn", []) if ref in refs]
    return {**bill, "components": parts, "dependencies": links}


def licences(bill: dict[str, Any]) -> str:
    """Return the licence of each component as a table; fail for one that names none."""
    rows = [
        f"| {part['name']} | {part['version']} | {licence(part)} |" for part in bill["components"]
    ]
    head = [
        f"# Licences of neo-as-code {VERSION}",
        "",
        "The project: Apache-2.0. Its dependencies:",
    ]
    return "\n".join([*head, "", "| package | version | licence |", "|---|---|---|", *rows]) + "\n"


def licence(part: dict[str, Any]) -> str:
    """Return a component's licence: its SPDX expression or ids, or else the names that it gives."""
    entries = part.get("licenses", [])
    spdx = [each.get("expression") or each["license"].get("id") for each in entries]
    names = [each["license"]["name"] for each in entries if "name" in each.get("license", {})]
    found = [each for each in spdx if each] or [name.rpartition(":: ")[2] for name in names]
    if not found:
        raise SbomError(f"{part['name']} {part['version']} names no licence")
    return ", ".join(dict.fromkeys(found))
