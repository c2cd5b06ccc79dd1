"""Write docs/reference/cli.md, the reference of neoctl, from its commands.

`make docs` runs it; the tests run it with `--check`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from reconciler.cli.main import command

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"
BAR = "\\|"  # in a cell of a table
ESCAPED = str.maketrans({"|": "\\|", "<": "&lt;", "[": "\\[", "]": "\\]"})
HEAD = """\
# neoctl

<!-- Written by scripts/cli_reference.py from the commands themselves; do not edit. -->

"""


def context_of(wanted: click.Command, name: str, parent: click.Context | None) -> click.Context:
    """Return the context in which a command prints its help."""
    return wanted.context_class(wanted, info_name=name, parent=parent, **wanted.context_settings)


def contexts(parent: click.Context) -> Iterator[click.Context]:
    """Yield a command and all below it, in the order of `--help`."""
    yield parent
    if isinstance(parent.command, click.Group):
        for name in parent.command.list_commands(parent):
            found = parent.command.get_command(parent, name)
            assert found is not None
            yield from contexts(context_of(found, name, parent))


def cell(text: str) -> str:
    """Return a text that can stand in a cell of a table."""
    return " ".join(text.split()).translate(ESCAPED)


def section(context: click.Context) -> str:
    """Return a command's heading, usage, description and options."""
    wanted = context.command
    parts = [] if context.parent is None else [f"## {context.command_path}"]
    parts.append(f"```text\n{wanted.get_usage(context).removeprefix('Usage: ')}\n```")
    parts += [inline(part) for part in (wanted.help, wanted.epilog) if part]
    options = [each for each in wanted.params if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(context))]
    if records:
        rows = [f"| `{names.replace('|', BAR)}` | {cell(text)} |" for names, text in records]
        parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def inline(text: str) -> str:
    """Return help without click's marks of paragraphs, its indented examples as code."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.startswith("\b\n"):
            paragraphs.append(f"```text\n{paragraph.removeprefix(chr(8)).strip(chr(10))}\n```")
        else:
            paragraphs.append(" ".join(paragraph.split()))
    return "\n\n".join(paragraphs)


def page() -> str:
    """Return the whole page."""
    top = context_of(command, "neoctl", None)
    return HEAD + "\n\n".join(map(section, contexts(top))) + "\n"


def main(words: list[str]) -> int:
    """Write the page, or with --check return 1 if it is out of date."""
    text = page()
    current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if "--check" not in words:
        PAGE.write_text(text, encoding="utf-8")
    elif text != current:
        print("docs/reference/cli.md is out of date. Run `make docs` and commit the result.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
