"""The environment to export, in the words of a shell or as JSON."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import neo_local
from neo_local.supervisor.settings import Settings, client_environment, node_folders

UNSET = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
FORMATS = ("bash", "fish", "json")


def tool_folders(python: Path) -> list[str]:
    """Return the folders of this checkout's Node and CDK CLI; none for an installed package."""
    root = Path(neo_local.__file__).resolve().parent.parent
    cdk = root / "node_modules" / ".bin"
    return [str(cdk), *node_folders(python)] if (cdk / "cdk").exists() else []


def render(settings: Settings, form: str) -> str:
    """Return lines for `eval "$(neoctl local env)"` or fish's `source`, or a JSON object."""
    values = client_environment(settings)
    folders = tool_folders(Path(settings.python))
    if form == "json":
        return json.dumps(values | {"PATH_PREPEND": os.pathsep.join(folders)}, indent=2)
    if form == "fish":
        lines = [f"set -gx {name} {_fish(value)};" for name, value in values.items()]
        lines += [f"set -e {name};" for name in UNSET]
        return "\n".join(lines + [f"fish_add_path -gP {_fish(item)};" for item in folders])
    lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
    lines += [f"unset {name}" for name in UNSET]
    if folders:
        lines.append(f'export PATH={shlex.quote(os.pathsep.join(folders))}:"$PATH"')
    return "\n".join(lines)


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
