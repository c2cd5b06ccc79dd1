"""Code blocks of a Markdown file: what each is, and how it is to be tried.

    console            each `$ command` is run; its output has the lines under it, in order
    bash, sh           run as one script, which stops at the first failure
    python             run as a program
    yaml, json, toml   must parse
    none, text         an illustration

A comment on the line before a fence says more: `<!-- test: file NAME -->` (the block is written to
NAME for the blocks after it), `<!-- test: exit 1 -->` (the code that a command ends with),
`<!-- test: embedded -->` (in the environment of the embedded AWS) and
`<!-- test: covered-by PATH::TEST -->` (too long or too far away for this; that test runs it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)\s*$")
DIRECTIVE = re.compile(r"^\s*<!-- test: (?P<word>[\w-]+) ?(?P<rest>.*?) -->\s*$")
RUN = ("console", "bash", "sh", "python")
PARSED = ("yaml", "json", "toml")
ILLUSTRATIONS = ("", "text")
DIRECTIVES = ("file", "exit", "embedded", "covered-by")


class SnippetError(Exception):
    """A block that nobody can try as it is written."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """One code block."""

    line: int
    language: str
    text: str
    directive: str = ""
    argument: str = ""

    @property
    def exit_code(self) -> int:
        """What its commands are to end with."""
        return int(self.argument) if self.directive == "exit" else 0


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block and the lines that its output must have."""

    command: str
    output: tuple[str, ...]


def snippets(path: Path) -> list[Snippet]:
    """Return the code blocks of a Markdown file, in order.

    Raises:
        SnippetError: a block is not closed, or of a kind that is not tried.
    """
    return list(_parsed(path.read_text().splitlines(), path.name))


def _parsed(lines: list[str], name: str) -> Iterator[Snippet]:
    number = 0
    while number < len(lines):
        opening = FENCE.match(lines[number])
        if not opening:
            number += 1
            continue
        try:
            end = next(i for i in range(number + 1, len(lines)) if lines[i].strip() == "```")
        except StopIteration:
            raise SnippetError(f"{name}:{number + 1}: a code block that is not closed") from None
        cut = len(opening["indent"])
        text = "\n".join(line[cut:] for line in lines[number + 1 : end]) + "\n"
        before = DIRECTIVE.match(lines[number - 1]) if number else None
        found = Snippet(
            number + 1,
            opening["language"],
            text,
            before["word"] if before else "",
            before["rest"] if before else "",
        )
        _check(found, name)
        yield found
        number = end + 1


def _check(found: Snippet, name: str) -> None:
    where = f"{name}:{found.line}"
    if found.language not in (*RUN, *PARSED, *ILLUSTRATIONS):
        raise SnippetError(f"{where}: nobody tries a block of {found.language!r}")
    if found.directive and found.directive not in DIRECTIVES:
        raise SnippetError(f"{where}: no directive {found.directive!r}; there are {DIRECTIVES}")


def commands(found: Snippet) -> list[Command]:
    """Return the commands of a console block; a line ending in a backslash goes on.

    Raises:
        SnippetError: it begins with something that is no command.
    """
    made: list[Command] = []
    lines = iter(found.text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + next(lines).lstrip("> ")
            made.append(Command(command, ()))
        elif made:
            made[-1] = Command(made[-1].command, (*made[-1].output, line))
        elif line.strip():
            raise SnippetError(f"line {found.line}: a console block begins with `$ command`")
    return made


def missing(wanted: tuple[str, ...], said: str) -> str | None:
    """The first of the lines that is not in an output, in order; `...` stands for anything."""
    rest = said
    for line in wanted:
        for piece in (part.strip() for part in line.split("...")):
            place = rest.find(piece)
            if place < 0:
                return line
            rest = rest[place + len(piece) :]
    return None
