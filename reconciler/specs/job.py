"""One declared job: its request, and where each part of it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from reconciler.core.fields import INLINED, TARGETS, short_path
from reconciler.core.json_pointer import steps_of as pointer_steps
from reconciler.specs.source import Document, Step, find, offset_of, reaches

if TYPE_CHECKING:
    from reconciler.core.declaration import Declaration
    from reconciler.core.identity import Owner
    from reconciler.core.request import JobRequest
    from reconciler.specs.fleet_types import DeviceMap

_TARGETS: Final = tuple(map(short_path, TARGETS))
_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class Origin(Protocol):
    """Where a job was written."""

    @property
    def document(self) -> Document:
        """The document that it is part of."""
        ...

    def offset(self, path: str, *, key: bool = False) -> int:
        """Return the offset in the text of what stands at a wire path, or nearest to it.

        With ``key``, of the key there instead of its value.
        """
        ...


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A rule that is not to be reported for a job.

    Attributes:
        offset: Where the suppression stands; identifies it.
    """

    code: str
    reason: str
    offset: int


class _Core(NamedTuple):
    """What a declaration is made of, imported when the first one is: validation needs none."""

    Declaration: type[Declaration]
    JobRequest: type[JobRequest]
    owner: Callable[[str], Owner]


@cache
def _core() -> _Core:
    from reconciler.core.declaration import Declaration
    from reconciler.core.identity import Owner
    from reconciler.core.request import JobRequest

    return _Core(Declaration, JobRequest, cache(Owner))


@dataclass(frozen=True, slots=True)
class SpecJob:
    """One job of a spec, as a CreateCompilationJob request.

    Attributes:
        name: The logical name: ``<model>/<target>``, or a raw request's CompilationJobName.
        owner: None for raw requests, whose owner comes from the command line.
        wire: The request in the API's form. It may hold deploy-time values, and mistakes.
        exact_output: Whether S3OutputLocation is sent as it is.
        account: The account that it runs in, if the spec says so.
        assume_role: The role to assume in order to work there, if the spec names one.
        partial: Whether something of the wrong form was left out of it.
        existing_job: The name of a job that satisfies it, and is never changed.
        device: What is installed on the device, for the verification of the artifact.
    """

    name: str
    owner: str | None
    wire: Mapping[str, object]
    exact_output: bool
    origin: Origin
    revision: str | None = None
    region: str | None = None
    account: str | None = None
    assume_role: str | None = None
    suppressed: tuple[Suppressed, ...] = ()
    partial: bool = False
    existing_job: str | None = None
    device: DeviceMap | None = None

    def declaration(self, owner: str | None = None) -> Declaration:
        """Return the declaration that the reconciler works with.

        Raises RequestError if the request has not the API's shape, and OwnerError if there is
        no owner of the right form; a spec without errors gives neither.
        """
        core = _core()
        return core.Declaration(
            owner=core.owner(self.owner or owner or ""),
            logical_name=self.name,
            request=core.JobRequest.from_wire(self.wire),
            revision=self.revision,
            exact_output=self.exact_output,
            existing_job=self.existing_job,
        )


def steps_of(path: str) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the steps of a wire path, and those of the JSON pointer behind its ``#``."""
    dotted, _, pointer = path.partition("#")
    steps: tuple[Step, ...] = tuple(
        int(match[1]) if match[1] else match[2] for match in _STEP.finditer(dotted)
    )
    if not pointer.startswith("/"):  # a made-up name of a field may hold a "#" too
        return steps, ()
    return steps, tuple(int(part) if part.isdecimal() else part for part in pointer_steps(pointer))


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """A request in the AWS CLI's form: its paths are the document's own."""

    document: Document
    base: tuple[Step, ...] = ()

    def offset(self, path: str, *, key: bool = False) -> int:
        """Return the offset of a wire path; see Origin."""
        steps, _ = steps_of(path)
        place = self.document.place
        whole = (*self.base, *steps)
        while whole and not reaches(place, whole):
            whole = whole[:-1]
        return find(place, whole, key=key or len(whole) < len(self.base) + len(steps))


@dataclass(frozen=True, slots=True)
class FleetOrigin:
    """A job of a fleet: each of its values comes from the nearest layer that has it.

    Attributes:
        layers: Paths of the maps that were merged, the nearest first.
        model: Path of the model.
        target: Path of what names the target.
        tags: Path of each tag by its place in the request.
    """

    document: Document
    layers: tuple[tuple[Step, ...], ...]
    model: tuple[Step, ...]
    target: tuple[Step, ...]
    wire: Mapping[str, object]

    def offset(self, path: str, *, key: bool = False) -> int:  # noqa: ARG002 - Origin's
        """Return the offset of a wire path; see Origin. Keys are checked before there is a job."""
        steps, inner = steps_of(path)
        if steps and steps[0] in INLINED:
            steps = steps[1:]
        if not steps:
            return self._key(self.target if path == "OutputConfig" else self.model)
        if steps[0] == "Tags" and len(steps) > 1:
            return self._tag(steps)
        for layer in self.layers:
            if reaches(self.document.place, (*layer, steps[0])):
                return self._deepest((*layer, *steps, *inner), len(layer) + 1)
        if steps[0] in _TARGETS:
            return self._target()
        return self._key(self.model)

    def _deepest(self, steps: tuple[Step, ...], least: int) -> int:
        while len(steps) > least and not reaches(self.document.place, steps):
            steps = steps[:-1]
        return find(self.document.place, steps)

    def _tag(self, steps: tuple[Step, ...]) -> int:
        tags = self.wire.get("Tags")
        index = steps[1]
        key = tags[index]["Key"] if isinstance(tags, list) and isinstance(index, int) else ""
        for layer in self.layers:
            if reaches(self.document.place, (*layer, "Tags", key)):
                at_key = steps[-1] == "Key"
                return find(self.document.place, (*layer, "Tags", key), key=at_key)
            if reaches(self.document.place, (*layer, "Tags")):
                return find(self.document.place, (*layer, "Tags"))
        return self._key(self.model)

    def _target(self) -> int:
        return self._key(self.target)

    def _key(self, steps: tuple[Step, ...]) -> int:
        if not steps:
            return offset_of(self.document.place)
        return find(self.document.place, steps, key=True)
