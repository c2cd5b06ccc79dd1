"""JobRequest: one CreateCompilationJob request, frozen, its name left out.

``from_wire`` and ``to_wire`` lose nothing: the text of JSON fields is kept as written, an absent
field stays absent. (An empty Tags list means the same as none and is sent as none.) Which fields
there are is in ``core.fields``. Whether values are ones that Neo takes is for ``reconciler.rules``;
here only the shape counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from reconciler.core import fields
from reconciler.core.canonical import Json, is_unicode
from reconciler.core.fields import NAME, Field, Kind

Wire: TypeAlias = Mapping[str, object]
Tags: TypeAlias = tuple[tuple[str, str], ...]
Value: TypeAlias = str | int | tuple[str, ...] | Tags
_Values: TypeAlias = dict[str, Value]
_Reader: TypeAlias = Callable[[object, _Values], None]
"""Reads one member of a request into values, or raises RequestError."""


class RequestError(ValueError):
    """A request has a shape that CreateCompilationJob does not have.

    Attributes:
        path: Where, as a dotted path of the API's names; empty for the whole request.
        got: What stood there.
        allowed: What may stand there.
    """

    def __init__(self, path: str, got: object, allowed: str) -> None:
        self.path, self.got, self.allowed = path, repr(got)[:200], allowed
        super().__init__(f"{path or 'the request'}: got {self.got}, allowed: {allowed}")


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A CreateCompilationJob request without CompilationJobName: the value of each given field.

    Attributes:
        values: By path; lists are tuples, tags pairs.
    """

    values: Mapping[str, Value]

    @staticmethod
    def from_wire(wire: Wire) -> JobRequest:
        """Read the API's form. CompilationJobName is ignored.

        Raises RequestError for unknown or missing fields, wrong types, and for both or neither
        of InputConfig and ModelPackageVersionArn, TargetDevice and TargetPlatform.
        """
        values: _Values = {}
        _read_request(wire, values)
        if not values.get(fields.TAGS, True):
            del values[fields.TAGS]
        return JobRequest(values)

    def to_wire(self) -> dict[str, Json]:
        """Return the API's form, fields that were not given left out."""
        wire = fields.nested(
            [
                (path, _listed(path, value) if type(value) is tuple else value)
                for path, value in self.values.items()
            ]
        )
        if not wire.get(fields.TAGS, True):
            del wire[fields.TAGS]
        for path in _REQUIRED_STRUCTURES:
            wire.setdefault(path, {})
        return wire

    def changed(self, values: Mapping[str, Value]) -> JobRequest:
        """Return the request with other values of some fields."""
        return JobRequest({**self.values, **values})

    def text(self, path: str) -> str | None:
        """Return the value of a field of text, or None if it is not given."""
        return cast("str | None", self.values.get(path))

    @property
    def role_arn(self) -> str:
        """The role that Neo assumes."""
        return cast(str, self.values[fields.ROLE_ARN])

    @property
    def output_location(self) -> str:
        """The declared S3OutputLocation."""
        return cast(str, self.values[fields.OUTPUT_LOCATION])

    @property
    def max_runtime(self) -> int | None:
        """The seconds after which the service stops the job."""
        return cast("int | None", self.values.get(fields.MAX_RUNTIME))

    @property
    def tags(self) -> Tags:
        """The tags, in their order."""
        return cast(Tags, self.values.get(fields.TAGS, ()))


def _listed(path: str, value: Tags | tuple[str, ...]) -> Json:
    if path == fields.TAGS:
        return [{"Key": key, "Value": text} for key, text in cast(Tags, value)]
    return list(cast("tuple[str, ...]", value))


@dataclass(frozen=True, slots=True)
class _Structure:
    """Reads a structure of the request.

    Attributes:
        path: Where it is; empty for the whole request.
        required: Members that must be there.
        choices: Pairs of members of which exactly one must be there.
    """

    path: str
    members: Mapping[str, _Reader]
    required: Sequence[str]
    choices: Sequence[tuple[str, str]]

    @staticmethod
    def at(path: str) -> _Structure:
        """Return the reader of the structure at a path."""
        members = _members(path)
        required = [each.path for each in (*fields.FIELDS, *fields.STRUCTURES) if each.required]
        return _Structure(
            path,
            members,
            [name for name in members if name != NAME and _joined(path, name) in required],
            fields.choices(path),
        )

    def __call__(self, node: object, values: _Values) -> None:
        """Read the structure's members into ``values``."""
        if not isinstance(node, Mapping):
            raise RequestError(self.path, node, f"a map of {', '.join(self.members)}")
        members = self.members
        for name, value in node.items():
            reader = members.get(name)
            if reader is None:
                raise RequestError(_joined(self.path, str(name)), value, ", ".join(members))
            if value is not None:
                reader(value, values)
        self._check_complete(node)

    def _check_complete(self, node: Mapping[str, object]) -> None:
        for name in self.required:
            if node.get(name) is None:
                self.members[name](None, {})  # raises: says what is allowed
        for first, second in self.choices:
            if (node.get(first) is None) == (node.get(second) is None):
                got = "neither" if node.get(first) is None else f"{first} and {second}"
                raise RequestError(self.path, got, f"exactly one of {first}, {second}")


def _members(path: str) -> dict[str, _Reader]:
    """Return the readers of a structure's members by name."""
    members: dict[str, _Reader] = {}
    for each in fields.FIELDS:
        if path and not each.path.startswith(f"{path}."):
            continue
        name, deeper, _ = each.path[len(path) :].lstrip(".").partition(".")
        if not deeper:
            members[name] = _field(each)
        elif name not in members:
            members[name] = _Structure.at(_joined(path, name))
    return members


def _field(of: Field) -> _Reader:
    """Return the reader of a field's value."""
    path = of.path
    if path == NAME:
        return lambda _value, _values: None
    checked = _CHECKED[of.kind]

    def read(value: object, values: _Values) -> None:
        values[path] = checked(path, value)

    return read


def _text(path: str, value: object) -> str:
    if not isinstance(value, str):
        raise RequestError(path, value, "a string")
    if not is_unicode(value):
        raise RequestError(path, value, "text without halves of surrogate pairs")
    return value


def _seconds(path: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestError(path, value, "an integer of seconds")
    return value


def _items(path: str, value: object) -> Sequence[object]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise RequestError(path, value, "a list")
    return value


def _texts(path: str, value: object) -> tuple[str, ...]:
    items = _items(path, value)
    return tuple([_text(f"{path}[{index}]", item) for index, item in enumerate(items)])


def _tags(path: str, value: object) -> Tags:
    items = _items(path, value)
    return tuple([_tag(f"{path}[{index}]", item) for index, item in enumerate(items)])


def _tag(path: str, value: object) -> tuple[str, str]:
    if not isinstance(value, Mapping):
        raise RequestError(path, value, "a map of Key, Value")
    for name in value:
        if name not in ("Key", "Value"):
            raise RequestError(f"{path}.{name}", value[name], "Key, Value")
    key, text = value.get("Key"), value.get("Value")
    return _text(f"{path}.Key", key), _text(f"{path}.Value", text)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_CHECKED: Final[Mapping[Kind, Callable[[str, object], Value]]] = {
    Kind.TEXT: _text,
    Kind.JSON: _text,
    Kind.SECONDS: _seconds,
    Kind.TEXTS: _texts,
    Kind.TAGS: _tags,
}
_REQUIRED_STRUCTURES: Final = [each.path for each in fields.STRUCTURES if each.required]
_read_request: Final = _Structure.at("")
