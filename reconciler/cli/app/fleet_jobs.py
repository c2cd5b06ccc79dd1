"""The jobs of a fleet in a template: its document, with what is known of its variables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.cli.app.intrinsics import is_unknown
from reconciler.core import contract
from reconciler.core.declaration import Declaration
from reconciler.core.fields import Role, members, paths
from reconciler.core.fleet.document import FleetDocument
from reconciler.core.fleet.variables import REFERENCE
from reconciler.core.identity import Owner

_DECISIVE: Final = members(paths(role=Role.FINGERPRINT))
_PLACEHOLDERS: Final[Mapping[str, Callable[[str], object]]] = {
    "list": lambda text: [text],
    "number": lambda _: 0,
    "text": lambda text: text,
    "any": lambda text: text,
}


@dataclass(frozen=True, slots=True)
class TemplateFleet:
    """The jobs of a fleet.

    Attributes:
        known: The declarations whose names are known.
        uncertain: The others, and the variables that each waits for.
    """

    known: tuple[Declaration, ...]
    uncertain: tuple[tuple[Declaration, tuple[str, ...]], ...]

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """All of them."""
        return (*self.known, *(declaration for declaration, _ in self.uncertain))


def template_fleet(
    body: bytes,
    variables: Mapping[str, Any],
    owner: Owner,
    tags: Sequence[tuple[str, str]] = (),
) -> TemplateFleet:
    """Read a document. Raises DocumentError.

    Args:
        body: Its bytes.
        variables: The values of its variables, Unknown for what is known after the deployment.
        owner: Whose the jobs are.
        tags: Tags of every job.
    """
    document = FleetDocument.parse(body)
    unknown = {name for name, value in variables.items() if is_unknown(value)}
    values = {
        name: _PLACEHOLDERS[document.variables.get(name, "any")](_text(value))
        if name in unknown
        else value
        for name, value in variables.items()
    }
    declarations = document.resolved(values).declarations(owner, tags)
    waits = [_decisive_variables(job) & unknown for job in document.jobs]
    pairs = list(zip(declarations, waits, strict=True))
    return TemplateFleet(
        tuple(declaration for declaration, names in pairs if not names),
        tuple((declaration, tuple(sorted(names))) for declaration, names in pairs if names),
    )


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return value if isinstance(value, str) else json.dumps(value)


def _decisive_variables(job: Mapping[str, Any]) -> set[str]:
    """Return the variables that decide a job's name."""
    request: Mapping[str, Any] = job[contract.REQUEST]
    texts: list[object] = [job.get(contract.REVISION)]
    for structure, names in _DECISIVE.items():
        node = request.get(structure, {}) if structure else request
        if isinstance(node, Mapping):
            texts += [node.get(name) for name in names]
    return set(REFERENCE.findall(json.dumps(texts)))
