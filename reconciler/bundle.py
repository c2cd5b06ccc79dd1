"""The Lambdas' assets: zips of core, rules, aws, engine and handler, and nothing else.

Each holds the modules that its entry point imports, directly or not, and no others. What verifies
artifacts is left out, unless it is asked for: it would be a third of an asset.

Made from the installed package by the standard library alone: no Docker, no pip, no network, no
third-party code inside. The same sources give the same bytes: entries are sorted, their times
and permissions fixed.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import io
import json
import shutil
import tempfile
import tokenize
import zipfile
from functools import cache
from pathlib import Path
from typing import Final

from reconciler.core.contract import FLEET_FUNCTION, JOB_FUNCTION, POLICY_FILE, SCHEDULE_FUNCTION
from reconciler.rules.organisation_policy import OrganisationPolicy

PARTS: Final = ("core", "rules", "aws", "engine", "handler")
VERIFYING_PARTS: Final = ("inspection", "verification")
MAX_BYTES: Final = {
    JOB_FUNCTION: 112 * 1024,
    FLEET_FUNCTION: 144 * 1024,  # most of it rules, and failures with their hints
    SCHEDULE_FUNCTION: 144 * 1024,
}
MAX_VERIFYING_BYTES: Final = 48 * 1024
"""How much larger an asset with VERIFYING_PARTS is."""

_SERVICES: Final = ("cloudformation", "s3", "sagemaker")
SERVICES: Final = {
    JOB_FUNCTION: _SERVICES,
    FLEET_FUNCTION: _SERVICES,
    SCHEDULE_FUNCTION: (*_SERVICES, "events", "sns"),
}
"""Services that each function calls: their models are in its asset."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_ROOT: Final = Path(__file__).resolve().parent


def sources(
    organisation_policy: str = "", entry: str = JOB_FUNCTION, *, verifies: bool = False
) -> dict[str, bytes]:
    """Return what an asset holds: path inside the zip to content, sorted.

    Args:
        organisation_policy: The JSON text of a policy that the Lambda shall enforce.
        entry: The module of ``reconciler.handler`` that Lambda calls; see ``contract``.
        verifies: Whether it can verify artifacts.

    Docstrings and comments stay here; line numbers stay the same.
    Raises PolicyError or ValueError for a policy that is not well formed.
    """
    held = dict(_code(entry, verifies))
    if organisation_policy:
        OrganisationPolicy.from_mapping(json.loads(organisation_policy))
        held[f"reconciler/handler/{POLICY_FILE}"] = organisation_policy.encode()
    return held


@cache
def _code(entry: str, verifies: bool) -> dict[str, bytes]:
    left_out = () if verifies else tuple(_ROOT / part for part in VERIFYING_PARTS)
    files = _imported(_ROOT / "handler" / f"{entry}.py", left_out)
    files.add(_ROOT / "aws" / "endpoints" / "endpoints.json")
    for service in SERVICES[entry]:
        files.update((_ROOT / "aws" / "models" / service).rglob("*.json"))
    return {path.relative_to(_ROOT.parent).as_posix(): _content(path) for path in sorted(files)}


def _imported(start: Path, left_out: tuple[Path, ...]) -> set[Path]:
    """Return the file, every file of the package that it imports, and so on."""
    seen: set[Path] = set()
    todo = [start]
    while todo:
        path = todo.pop()
        if path in seen or not {*path.parents}.isdisjoint(left_out):
            continue
        seen.add(path)
        todo += _imports(path)
    return seen


@cache
def _imports(path: Path) -> list[Path]:
    """Return the files of the package that a file imports itself."""
    found: list[Path] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found += _files_of(node.module)
            for name in node.names:
                found += _files_of(f"{node.module}.{name.name}")
    return found


def _files_of(module: str) -> list[Path]:
    """Return the files of the module and of its packages; none if it is not ours."""
    parts = module.split(".")
    if parts[0] != _ROOT.name:
        return []
    folders = [_ROOT.parent.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
    candidates = [folder / "__init__.py" for folder in folders] + [folders[-1].with_suffix(".py")]
    return [path for path in candidates if path.is_file()]


@cache
def _content(path: Path) -> bytes:
    """Return what an asset holds of a file; the three assets share most of them."""
    text = path.read_text(encoding="utf-8")
    return (without_prose(text) if path.suffix == ".py" else text).encode()


def without_prose(source: str) -> str:
    """Return Python source without docstrings and comments, its code on the same lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", ())
        if not isinstance(body, list):
            continue
        prose = [each for each in body if isinstance(each, ast.Expr) and _is_text(each.value)]
        for each in prose:
            start, end = each.lineno - 1, each.end_lineno or each.lineno
            filler = " " * each.col_offset + '""' if len(prose) == len(body) else ""
            lines[start:end] = [filler, *[""] * (end - start - 1)]
    return "\n".join(lines) + "\n"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def content_hash(
    organisation_policy: str = "", entry: str = JOB_FUNCTION, *, verifies: bool = False
) -> str:
    """Return the SHA-256 of the sources, in hex; does not depend on the machine's compressor."""
    hashed = hashlib.sha256()
    for name, content in sources(organisation_policy, entry, verifies=verifies).items():
        hashed.update(f"{name}\0{len(content)}\0".encode())
        hashed.update(content)
    return hashed.hexdigest()


def write_zip(
    target: Path,
    organisation_policy: str = "",
    entry: str = JOB_FUNCTION,
    *,
    verifies: bool = False,
) -> None:
    """Write an asset to ``target``."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in sources(organisation_policy, entry, verifies=verifies).items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o100644 << 16
            info.create_system = 3
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=9)


@cache
def lambda_asset(
    organisation_policy: str = "", entry: str = JOB_FUNCTION, *, verifies: bool = False
) -> Path:
    """Return an asset as a zip file, made once per process and removed at its end.

    Raises PolicyError or ValueError for a policy that is not well formed.
    """
    folder = Path(tempfile.mkdtemp(prefix="neo-as-code-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = folder / f"neo-{entry.replace('_', '-')}.zip"
    write_zip(target, organisation_policy, entry, verifies=verifies)
    return target
