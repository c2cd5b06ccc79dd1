"""Options that belong together, handed to a command as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, TypeAlias

Command: TypeAlias = Callable[..., None]
Option: TypeAlias = Callable[[Command], Command]


def option_group(kind: type[Any], argument: str, *options: Option) -> Option:
    """Return a decorator that adds options to a command, which gets them as one argument.

    Args:
        kind: A dataclass; its fields are named as the options' parameters are.
        argument: The command's parameter that takes it.
        options: What click.option returned, in the order of the help.
    """
    names = [field.name for field in fields(kind)]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def function(*args: object, **given: Any) -> None:  # noqa: ANN401 - click's
            value = kind(**{name: given.pop(name) for name in names})
            command(*args, **{argument: value}, **given)

        decorated: Command = function
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate
