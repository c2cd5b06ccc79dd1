"""The errors that constructs raise.

ValueError
└── ConstructError          a construct cannot be made as asked; names the construct's path
    └── InvalidJobError     one or more rules refuse a compilation job; lists all of them
                            (``neo_constructs.request.invalid_job``)
"""

from __future__ import annotations


class ConstructError(ValueError):
    """A construct cannot be made as its arguments ask.

    The message says where (the construct's path), what was got, what is allowed and what to do.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"[{path}] {message}")
        self.path = path
        self.reason = message
