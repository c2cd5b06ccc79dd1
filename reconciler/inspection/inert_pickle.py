"""Pickles followed as data: opcodes build inert records, and nothing is imported or called.

`pickle.Unpickler` runs whatever a pickle names; even a restricted `find_class` trusts its authors'
lists. Here a global is a name, a call is a record of a name and its arguments, and that is the only
thing that can come out. Opcodes are split by the standard library's `pickletools.genops`, which
executes nothing.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.inspection.errors import Damaged, InspectionError, LimitReached, Unreadable
from reconciler.inspection.limits import ReadBudget
from reconciler.inspection.words import words

_LARGEST = 8 << 20
_MOST_OPCODES = 300_000


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle refers to, as ``module name``."""

    name: str


@dataclass(slots=True)
class Call:
    """Something that unpickling would have made."""

    function: object
    arguments: object
    state: object = None


@dataclass(slots=True)
class Pairs:
    """A dict; keys may be records, so it is kept as pairs."""

    items: list[tuple[object, object]] = field(default_factory=list)

    def get(self, key: str) -> object:
        """Return the last value under a text key, or None."""
        return next((value for name, value in reversed(self.items) if name == key), None)


class _PickleMark:
    """The stack's mark."""


_VALUES = frozenset(
    words(
        "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING "
        "SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES "
        "BINBYTES8"
    )
)
_FRESH: Mapping[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_DICT": lambda: Pairs(),
    "MARK": lambda: _PickleMark(),
}
_REMEMBER = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_RECALL = frozenset({"GET", "BINGET", "LONG_BINGET"})
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def follow(data: bytes, budget: ReadBudget) -> object:
    """Follow the first pickle in `data` and return what it would make, as inert records.

    Raises:
        Damaged: It is not a pickle.
        LimitReached: It is longer than any model's.
        Unreadable: It uses opcodes that PyTorch and Python's protocols up to 4 do not need.
    """
    if len(data) > _LARGEST:
        raise Unreadable(f"a pickle of {len(data):,} bytes")
    machine = _Machine()
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(io.BytesIO(data))):
            budget.step()
            if opcode.name == "STOP":
                return machine.pop()
            if count > _MOST_OPCODES:
                raise LimitReached(f"a pickle of more than {_MOST_OPCODES:,} opcodes")
            machine.run(opcode.name, argument)
    except InspectionError:
        raise
    except Exception as error:  # genops raises whatever its decoders do
        raise Damaged(f"a damaged pickle: {type(error).__name__}") from None
    raise Damaged("a pickle without end")


def globals_in(data: bytes, budget: ReadBudget) -> list[str]:
    """Return names that a pickle's beginning refers to, as far as it can be followed."""
    names: list[str] = []
    texts: list[object] = []
    try:
        for opcode, argument, _ in pickletools.genops(io.BytesIO(data)):
            budget.step()
            if opcode.name == "GLOBAL":
                names.append(str(argument))
            elif opcode.name == "STACK_GLOBAL" and len(texts) > 1:
                names.append(f"{texts[-2]} {texts[-1]}")
            elif "UNICODE" in opcode.name:
                texts = [*texts[-1:], argument]
    except Exception:  # a cut-off pickle ends here; what was seen is enough
        return names
    return names


class _Machine:
    """The pickle machine's stack and memo, over inert values."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.memo: dict[object, object] = {}

    def pop(self) -> object:
        if not self.stack:
            raise Damaged("a pickle that takes from an empty stack")
        return self.stack.pop()

    def _to_mark(self) -> list[object]:
        items: list[object] = []
        while not isinstance(item := self.pop(), _PickleMark):
            items.append(item)
        items.reverse()
        return items

    def run(self, name: str, argument: object) -> None:
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _FRESH:
            self.stack.append(_FRESH[name]())
        elif name in _REMEMBER or name == "MEMOIZE":
            self.memo[argument if name in _REMEMBER else len(self.memo)] = self.stack[-1]
        elif name in _RECALL:
            self.stack.append(self.memo[argument])
        elif name in _TUPLES:
            items = [self.pop() for _ in range(_TUPLES[name])]
            self.stack.append(tuple(reversed(items)))
        else:
            self._build(name, argument)

    def _build(self, name: str, argument: object) -> None:
        match name:
            case "PROTO" | "FRAME":
                return
            case "TUPLE":
                self.stack.append(tuple(self._to_mark()))
            case "LIST":
                self.stack.append(self._to_mark())
            case "DICT":
                self.stack.append(Pairs(_paired(self._to_mark())))
            case "POP":
                self.pop()
            case _:
                self._change(name, argument)

    def _change(self, name: str, argument: object) -> None:
        match name:
            case "APPEND":
                value = self.pop()
                self._extend([value])
            case "APPENDS" | "ADDITEMS":
                self._extend(self._to_mark())
            case "SETITEM":
                value, key = self.pop(), self.pop()
                self._set([(key, value)])
            case "SETITEMS":
                self._set(_paired(self._to_mark()))
            case "BUILD":
                state = self.pop()
                if isinstance(self.stack[-1], Call):
                    self.stack[-1].state = state
            case _:
                self._refer(name, argument)

    def _refer(self, name: str, argument: object) -> None:
        match name:
            case "GLOBAL":
                self.stack.append(Global(str(argument)))
            case "STACK_GLOBAL":
                last, module = self.pop(), self.pop()
                self.stack.append(Global(f"{module} {last}"))
            case "REDUCE" | "NEWOBJ":
                arguments, function = self.pop(), self.pop()
                self.stack.append(Call(function, arguments))
            case "BINPERSID":
                self.stack.append(Call(Global("persistent id"), self.pop()))
            case _:
                raise Unreadable(f"a pickle with opcode {name}")

    def _extend(self, values: list[object]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(values)

    def _set(self, pairs: list[tuple[object, object]]) -> None:
        target = self.stack[-1]
        if isinstance(target, Pairs):
            target.items.extend(pairs)
        elif isinstance(target, Call):
            state = target.state if isinstance(target.state, Pairs) else Pairs()
            state.items.extend(pairs)
            target.state = state


def _paired(values: list[object]) -> list[tuple[object, object]]:
    return list(zip(values[::2], values[1::2], strict=False))
