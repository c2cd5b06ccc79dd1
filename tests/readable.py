"""A pytest plugin: names of test cases, and plans in failures, that a person can read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Final, get_args

from reconciler.core.plan import Action, Plan, job_name, kind

_LONGEST: Final = 40
_TOKEN: Final = re.compile(r"Token\[")
_LEAST_NUMBER: Final = -1e280  # the CDK writes tokens as numbers below
_ACTIONS: Final = get_args(Action)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its value, in few words; by its argument if the value is binary or a token.

    Archives hold times, and the CDK counts tokens: workers would not agree on the names of tests
    made of these.
    """
    if (isinstance(val, float) and val < _LEAST_NUMBER) or _TOKEN.search(str(val)):
        return f"token-{argname}"
    if isinstance(val, bytes):
        return argname if not val.isascii() else _short(val.decode())
    if isinstance(val, (str, Mapping, list, tuple, set, frozenset)) or _is_data(val):
        return _short(_words(val)) or f"no-{argname}"
    return None


def _is_data(value: object) -> bool:
    return is_dataclass(value) and not isinstance(value, type)


def _short(text: str) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in text[:1000])
    text = re.sub(" {2,}", " ", text).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _words(value: Any) -> str:
    match value:
        case str():
            return value
        case Enum():
            return value.name
        case Mapping():
            return " ".join(f"{_words(key)}={_nested(item)}" for key, item in value.items())
        case set() | frozenset():
            return " ".join(sorted(map(_nested, value)))
        case list() | tuple():
            return " ".join(map(_nested, value))
        case _ if _is_data(value):
            return " ".join([type(value).__name__, *_told_fields(value)])
        case _ if callable(value):
            return getattr(value, "__name__", type(value).__name__)
        case _:
            return type(value).__name__ if " at 0x" in repr(value) else str(value)


def _nested(value: object) -> str:
    text = _words(value)
    return f"({text})" if isinstance(value, (Mapping, list, tuple)) else text


def _told_fields(value: Any) -> Iterator[str]:
    """Yield the fields of a dataclass that are not as by default."""
    for field in fields(value):
        item = getattr(value, field.name)
        if field.repr and (field.default is MISSING or field.default != item):
            yield f"{field.name}={_nested(item)}"


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Show plans that should be equal as what they do and why, a line an action."""
    one, other = _lines(left), _lines(right)
    if op != "==" or one is None or other is None:
        return None
    diff = difflib.ndiff(other, one)
    return ["the plans differ (- expected, + got)", *(line.rstrip() for line in diff)]


def _lines(value: object) -> list[str] | None:
    """Return a plan, or some actions, line by line; None for anything else."""
    actions = value.actions if isinstance(value, Plan) else value
    if isinstance(actions, _ACTIONS):
        actions = [actions]
    if not isinstance(actions, Iterable) or isinstance(actions, (str, bytes, Mapping)):
        return None
    found = list(actions) if isinstance(actions, (list, tuple)) else None
    if found is None or not all(isinstance(action, _ACTIONS) for action in found):
        return None
    return [f"{kind(action)} {job_name(action)}: {action.reason}" for action in found]
