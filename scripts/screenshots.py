"""Write docs/images: what neoctl prints, as people see it in a terminal.

`make docs` runs it in .venv-docs; the tests run it with `--check`.
"""

from __future__ import annotations

import gzip
import os
import pty
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTH = 100
SPEC = """\
apiVersion: neo-as-code/v1
owner: vision
defaults:
  RoleArn: arn:aws:iam::111122223333:role/NeoRole
  S3OutputLocation: s3://my-artifacts/neo
models:
  resnet:
    S3Uri: s3://my-models/resnet50.tar.gz
    Framework: ONNX
    DataInputConfig: {data: [1, 3, 224, null]}
targets: [ml_c5x, jetson_nano]
"""
COMMANDS = {
    "validate": ("validate", "fleet.yaml"),
    "explain": ("explain", "NEO304"),
    "inspect": ("inspect", "tiny-cnn.tar.gz"),
}
# rich's own template without the fonts that it loads from another host.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def pack(model: Path, archive: Path) -> None:
    """Pack a model, uncompressed: the archive's size is shown, and zlib's versions differ."""
    with (
        gzip.open(archive, "wb", compresslevel=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        tar.add(model, model.name)


def printed(words: tuple[str, ...], folder: Path) -> str:
    """Return what neoctl prints to a terminal, with its colours."""
    program = [str(ROOT / ".venv" / "bin" / "python"), "-c"]
    program.append("from reconciler.cli.main import main; main()")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*program, *words], cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        read = b""
        while chunk := _read(ours):
            read += chunk
    os.close(ours)
    return read.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """Read from a terminal; its end is an error on Linux."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def image(name: str, folder: Path) -> str:
    """Return the screenshot of a command."""
    words = COMMANDS[name]
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        console.print(Text("$ neoctl " + " ".join(words), style="bold"))
        console.print(Text.from_ansi(printed(words, folder).rstrip()))
        return console.export_svg(title="neoctl", code_format=SVG, unique_id=name)


def main(words: list[str]) -> int:
    """Write the images, or with --check return 1 if one is out of date."""
    stale = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fleet.yaml").write_text(SPEC)
        pack(ROOT / "examples" / "models" / "tiny-cnn.onnx", folder / "tiny-cnn.tar.gz")
        for each in COMMANDS:
            path, svg = IMAGES / f"{each}.svg", image(each, folder)
            if "--check" not in words:
                path.write_text(svg, encoding="utf-8")
            elif not path.exists() or path.read_text(encoding="utf-8") != svg:
                stale.append(path.name)
    for each in stale:
        print(f"docs/images/{each} is out of date. Run `make docs` and commit the result.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
