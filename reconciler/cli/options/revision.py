"""What specs declare otherwise than at a Git revision."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from reconciler.cli.options.declared import (
    DeclaredJobs,
    SpecOptions,
    declared_places,
    meaning,
)
from reconciler.cli.options.specs import CouldNotRun, could_not_run
from reconciler.core.declaration import Declaration
from reconciler.specs.load import STDIN


@contextmanager
def at_revision(revision: str, paths: Sequence[str]) -> Iterator[list[str | None]]:
    """Give each path as it was at a revision: a copy, or None if it did not exist.

    Exits with an error for what is not in a Git work tree, and for an unknown revision.
    """
    with tempfile.TemporaryDirectory(prefix="neoctl-") as folder:
        yield [
            _copied(revision, path, Path(folder) / str(index)) for index, path in enumerate(paths)
        ]


def changed_since(
    revision: str, paths: Sequence[str], options: SpecOptions, jobs: DeclaredJobs
) -> frozenset[str]:
    """Return the logical names of a place that are declared otherwise than at a revision.

    Exits with an error if the specs were not valid then.
    """
    with at_revision(revision, [*paths, *options.var_files]) as copies:
        before = [each for each in copies[: len(paths)] if each is not None]
        var_files = [each for each in copies[len(paths) :] if each is not None]
        if not before:
            return frozenset(each.logical_name for each in jobs.declarations)
        try:
            then = declared_places(before, replace(options, var_files=tuple(var_files)), None)
        except CouldNotRun:
            could_not_run(f"--changed-since {revision}: the specs were not valid then")
    meanings = {_key(each): meaning(each) for each in jobs.declarations}
    older = {
        _key(each): meaning(each)
        for place in then
        if place.place == jobs.place
        for each in place.declarations
    }
    keys = meanings.keys() | older.keys()
    return frozenset(key[1] for key in keys if meanings.get(key) != older.get(key))


def _key(declaration: Declaration) -> tuple[str, str]:
    return declaration.owner.name, declaration.logical_name


def _copied(revision: str, path: str, folder: Path) -> str | None:
    if path == STDIN:
        could_not_run("--changed-since compares files; - is standard input")
    absolute = Path(path).resolve()
    beside = absolute if absolute.is_dir() else absolute.parent
    top = Path(_git(beside, "rev-parse", "--show-toplevel").decode().strip())
    tree, name = _commit(top, revision), absolute.relative_to(top.resolve()).as_posix()
    if not _git(top, "ls-tree", tree, "--", name):
        return None
    with tarfile.open(fileobj=io.BytesIO(_git(top, "archive", tree, "--", name))) as archive:
        archive.extractall(folder, filter="data")
    return str(folder / name)


def _commit(top: Path, revision: str) -> str:
    """Return the id of a revision's commit. Exits with an error if there is none."""
    words = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    return _git(
        top, *words, error=f"unknown revision {revision!r}; fetch it, if this is a shallow clone"
    ).decode().strip()  # fmt: skip


def _git(folder: Path, *words: str, error: str = "") -> bytes:
    program = shutil.which("git") or could_not_run("--changed-since needs git")
    ran = subprocess.run([program, "-C", str(folder), *words], capture_output=True, check=False)
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        could_not_run(f"--changed-since: {error or f'git {words[0]}: {said}'}")
    return ran.stdout
