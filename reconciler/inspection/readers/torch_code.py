"""TorchScript's code, which is text: what forward takes, what it calls, whether it branches."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.inspection.inert_pickle import Call, Global
from reconciler.inspection.zip_member import Zip

_MOST_FILES = 2000
_CALL = re.compile(r"\b(?:torch|ops\.\w{1,40})\.(\w{1,80})\(")
_FLOW = re.compile(r"^ {4,80}(if|while|for) ", re.MULTILINE)
_SCRIPT_ONLY = re.compile(r"^ {2}\w{1,80} : Final\[", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Code:
    """What the code of a TorchScript archive shows.

    Attributes:
        parameters: Names and types of forward's arguments, self left out.
        returns: The type that forward returns.
        operators: Every call of an operator.
        control_flow: Branches and loops, by keyword.
        scripted: Constants are there that only torch.jit.script leaves.
    """

    parameters: tuple[tuple[str, str], ...] = ()
    returns: str = ""
    operators: tuple[str, ...] = ()
    control_flow: tuple[str, ...] = ()
    scripted: bool = False


def read_code(archive: Zip, record: object) -> Code:
    """Return the code of an archive whose top record is `record`."""
    operators: list[str] = []
    flow: set[str] = set()
    scripted = False
    names = sorted(
        name
        for name in archive.names
        if name.startswith(f"{archive.root}code/") and name.endswith(".py")
    )
    for name in names[:_MOST_FILES]:
        text = archive.read(name).decode("utf-8", "replace")
        operators += _CALL.findall(text)
        flow.update(_FLOW.findall(text))
        scripted = scripted or _SCRIPT_ONLY.search(text) is not None
    parameters, returns = _forward(archive, record)
    return Code(parameters, returns, tuple(operators), tuple(sorted(flow)), scripted)


def _forward(archive: Zip, record: object) -> tuple[tuple[tuple[str, str], ...], str]:
    function = record.function if isinstance(record, Call) else None
    module, _, name = function.name.partition(" ") if isinstance(function, Global) else ("", "", "")
    path = f"{archive.root}code/{module.replace('.', '/')}.py"
    if not module.startswith("__torch__") or path not in archive.names:
        return (), ""
    text = archive.read(path).decode("utf-8", "replace")
    start = text.find(f"class {name}(Module):")
    begin = text.find("  def forward(", start)
    end = text.find(":\n", text.find(") -> ", begin))
    if start < 0 or begin < 0 or end < 0:
        return (), ""
    arguments, _, returns = text[begin + len("  def forward(") : end].rpartition(") -> ")
    parameters = []
    for part in _split(arguments[:65536])[1:]:
        key, _, kind = part.partition(":")
        parameters.append((key.strip(), kind.split("=")[0].strip()))
    return tuple(parameters), returns.strip()


def _split(arguments: str) -> list[str]:
    """Split arguments at the commas outside of brackets."""
    parts, depth, current = [], 0, ""
    for character in arguments:
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current] if current.strip() else parts
