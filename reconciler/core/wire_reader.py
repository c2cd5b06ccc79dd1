"""Reading one structure of the API's wire form, with errors that say exactly where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


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


class WireReader:
    """Reads the fields of one structure and says exactly where one is wrong."""

    def __init__(self, path: str, node: object, fields: Sequence[str]) -> None:
        if not isinstance(node, Mapping):
            raise RequestError(path, node, f"a map of {', '.join(fields)}")
        unknown = [name for name in node if name not in fields]
        if unknown:
            raise RequestError(_join(path, str(unknown[0])), node[unknown[0]], ", ".join(fields))
        self._path, self._node = path, node

    def has(self, name: str) -> bool:
        return self._node.get(name) is not None

    def one_of(self, first: str, second: str) -> str:
        given = [name for name in (first, second) if self.has(name)]
        if len(given) != 1:
            raise RequestError(
                self._path, " and ".join(given) or "neither", f"exactly one of {first}, {second}"
            )
        return given[0]

    def text(self, name: str) -> str:
        value = self._node.get(name)
        if not isinstance(value, str):
            raise RequestError(_join(self._path, name), value, "text")
        return value

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def optional_int(self, name: str) -> int | None:
        value = self._node.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise RequestError(_join(self._path, name), value, "a whole number of seconds")
        return value

    def _items(self, name: str) -> list[object]:
        value = self._node.get(name, [])
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise RequestError(_join(self._path, name), value, "a list")
        return list(value)

    def texts(self, name: str) -> tuple[str, ...]:
        items = []
        for index, item in enumerate(self._items(name)):
            if not isinstance(item, str):
                raise RequestError(f"{_join(self._path, name)}[{index}]", item, "text")
            items.append(item)
        return tuple(items)

    def reader(self, name: str, fields: Sequence[str]) -> WireReader:
        return WireReader(_join(self._path, name), self._node.get(name), fields)

    def readers(self, name: str, fields: Sequence[str]) -> list[WireReader]:
        path = _join(self._path, name)
        return [
            WireReader(f"{path}[{index}]", item, fields)
            for index, item in enumerate(self._items(name))
        ]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
