"""Write a fleet file so that it is read as it was meant: what is not a plain word is quoted."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

_PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9_./:+@=-]*[A-Za-z0-9_/]|[A-Za-z]")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_REFERENCE: Final = "${"


class _FleetDumper(yaml.SafeDumper):
    """Quotes every text that is not a plain word, and repeats instead of referring."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - yaml's
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and ": " not in text
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if is_plain else '"')


_FleetDumper.add_representer(str, _FleetDumper.represent_text)


def fleet_text(fleet: dict[str, Any]) -> str:
    """Return a fleet file's text."""
    return yaml.dump(
        _escaped(fleet), Dumper=_FleetDumper, sort_keys=False, allow_unicode=True, width=10_000,
        default_flow_style=None,
    )  # fmt: skip


def _escaped(value: Any) -> Any:  # noqa: ANN401 - any value of a spec
    """Return a value in whose texts nothing is a reference to a variable."""
    match value:
        case str():
            return value.replace(_REFERENCE, f"${_REFERENCE}")
        case dict():
            return {key: _escaped(each) for key, each in value.items()}
        case list():
            return [_escaped(each) for each in value]
        case _:
            return value
