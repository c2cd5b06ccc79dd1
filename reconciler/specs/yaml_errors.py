"""PyYAML's errors as findings with their places."""

from __future__ import annotations

import yaml

from reconciler.specs import codes
from reconciler.specs.source import Problem, Source


def problem_of(source: Source, wrong: yaml.YAMLError) -> Problem:
    """Return a parser's error as a problem of the file."""
    if isinstance(wrong, yaml.MarkedYAMLError):
        offset = _offset(source, wrong)
        context = f"{wrong.context}: " if wrong.context else ""
        message, hint = (
            f"{context}{wrong.problem or 'not valid YAML'}",
            _syntax_hint(source, offset, wrong.problem or ""),
        )
    elif isinstance(wrong, yaml.reader.ReaderError):
        offset, message = _bad_character(source), "a character that YAML does not allow"
        hint = "Remove it, or write it as an escape in double quotes."
    else:
        offset, message, hint = 0, "not valid YAML", ""
    return Problem(codes.SYNTAX.at("", message, hint=hint), offset)


def _offset(source: Source, wrong: yaml.MarkedYAMLError) -> int:
    """Return where an error is; for what is never closed, where it was opened."""
    problem, context = wrong.problem_mark, wrong.context_mark
    if context is not None and (problem is None or not source.text[problem.index :].strip()):
        return context.index
    return problem.index if problem is not None else 0


def _syntax_hint(source: Source, offset: int, problem: str) -> str:
    number, _ = source.position(offset)
    line = source.line(number)
    if "\t" in line[: len(line) - len(line.lstrip())] or "\t" in source.text[offset : offset + 1]:
        return "YAML is indented with spaces, not tabs."
    if "mapping values" in problem:
        return "Text that holds ': ' goes in quotes; check the indentation, too."
    return ""


def _bad_character(source: Source) -> int:
    for offset, letter in enumerate(source.text):
        code = ord(letter)
        if (code < 0x20 and letter not in "\t\n\r") or code in (0x7F, 0xFFFE, 0xFFFF):
            return offset
        if 0x80 <= code < 0xA0 and code != 0x85:
            return offset
    return 0
