"""Signatures that list the arguments which a method takes as `**arguments: Unpack[…]`.

Type checkers and editors know them by the annotation. `help()`, `inspect.signature` and the pages
in docs/ read the signature and docstring at run time; so does Python, to refuse unknown names.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])
Class = TypeVar("Class", bound=type)
_TAKEN: Final = re.compile(r"^    \*\*\w+: .*(?:\n {5,}.*)*", re.MULTILINE)


def unpacked(
    *declared: type, defaults: Mapping[str, object] | None = None
) -> Callable[[Method], Method]:
    """List the members of TypedDicts in the signature of a method that takes them by keyword.

    Args:
        declared: The one of the annotation, after those that it extends: each describes its own
            members under ``Attributes:``.
        defaults: What members are if they are left out. Default: None.
    """

    def decorate(method: Method) -> Method:
        signature = inspect.signature(method)
        given = [
            each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD
        ]
        taken = {
            name: inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=(defaults or {}).get(name),
                annotation=getattr(kind, "__forward_arg__", kind),
            )
            for each in declared for name, kind in each.__annotations__.items()
        }  # fmt: skip
        known = {each.name for each in given} | taken.keys()

        @functools.wraps(method)
        def checked(*args: Any, **arguments: Any) -> Any:  # noqa: ANN401 - passed on
            if not arguments.keys() <= known:
                raise TypeError(_unexpected(method.__qualname__, arguments.keys() - known, known))
            return method(*args, **arguments)

        parameters = [*given, *taken.values()]
        shown = signature.replace(parameters=parameters)
        checked.__signature__ = shown  # type: ignore[attr-defined]  # inspect reads it
        described = "\n".join(map(_described, declared))
        text = inspect.cleandoc(method.__doc__ or "")
        checked.__doc__ = _TAKEN.sub(lambda _: described, text, count=1)
        return cast(Method, checked)

    return decorate


def signed(kind: Class) -> Class:
    """Give a class the signature of its constructor, which jsii's metaclass hides."""
    signature = inspect.signature(vars(kind)["__init__"])
    parameters = list(signature.parameters.values())[1:]
    shown = signature.replace(parameters=parameters, return_annotation=signature.empty)
    kind.__signature__ = shown  # type: ignore[attr-defined]  # inspect reads it
    return kind


def _unexpected(method: str, names: Iterable[str], known: Iterable[str]) -> str:
    """Return Python's own message, with a suggestion."""
    import difflib

    name = min(names)
    meant = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {meant[0]!r}?" if meant else ""
    return f"{method}() got an unexpected keyword argument {name!r}{hint}"


def _described(declared: type) -> str:
    text = inspect.cleandoc(declared.__doc__ or "")
    return text.partition("Attributes:\n")[2]
