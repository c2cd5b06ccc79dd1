"""Build what a release publishes, in dist/: wheel, sdist, SBOM and licence list.

The same commit gives the same bytes: tracked files alone, one time stamp (SOURCE_DATE_EPOCH, by
default the commit's), fixed modes and order. The wheel is built from the sdist.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from reconciler.core.version import VERSION
from scripts.sbom import SbomError, licences, sbom

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "neo_constructs", "neo_local", "reconciler")
RELATIVE = re.compile(r"(?<!!)\[([^\[\]]*)\]\((?!https?:|#)[^()\s]*\)")


class DistError(Exception):
    """The release cannot be built; the message is for the user."""


def git(*words: str) -> str:
    """Return what a git command prints."""
    program = shutil.which("git") or "git"
    ran = subprocess.run([program, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise DistError(f"`make dist` needs a git checkout: {ran.stderr.strip()}")
    return ran.stdout.strip()


def check_tag(tag: str) -> None:
    """Refuse a tag that does not name the version, or files that are not committed."""
    if tag != f"v{VERSION}":
        raise DistError(
            f"the tag {tag} does not name version {VERSION} (reconciler/core/version.py)"
        )
    if git("status", "--porcelain"):
        raise DistError("there are uncommitted changes: commit or remove them")


def export(folder: Path) -> None:
    """Copy the tracked sources, with modes that do not depend on this machine."""
    for name in git("ls-files", "--", *SOURCES).splitlines():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
        target.chmod(0o644)
    readme = folder / "README.md"  # PyPI shows it alone: links into the repository would be dead
    readme.write_text(RELATIVE.sub(r"\1", readme.read_text(encoding="utf-8")), encoding="utf-8")


def build(source: Path, out: Path, python: str, epoch: int) -> None:
    """Build the sdist, and the wheel from it."""
    command = [python, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    ran = subprocess.run(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, umask=0o022
    )
    if ran.returncode:
        raise DistError(f"the build failed:\n{ran.stdout}")
    for sdist in out.glob("*.tar.gz"):
        sdist.write_bytes(normalised(sdist.read_bytes(), epoch))


def normalised(archive: bytes, epoch: int) -> bytes:
    """Return a .tar.gz in a fixed order, without owners, times and names of this machine."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=epoch) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, epoch
            plain.mode = 0o755 if member.isdir() else 0o644
            new.addfile(plain, old.extractfile(member) if member.isfile() else None)
    return packed.getvalue()


def dist(out: Path, python: str, tag: str = "") -> None:
    """Build and check everything that a release publishes."""
    if tag:
        check_tag(tag)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct"))
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        export(Path(name))
        build(Path(name), out, python, epoch)
    files = sorted(map(str, out.iterdir()))
    subprocess.run([python, "-m", "twine", "check", "--strict", *files], check=True)
    bill = sbom(python, epoch)
    (out / "sbom.cdx.json").write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n")
    (out / "licences.md").write_text(licences(bill))
    for path in sorted(out.iterdir()):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.name)


def main() -> int:
    """Build a release; return 1 if that is not possible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", default=sys.executable, help="Python with build and twine")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--tag", default="", help="the tag that is released")
    options = parser.parse_args()
    try:
        dist(options.out, options.tools, options.tag)
    except (DistError, SbomError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
