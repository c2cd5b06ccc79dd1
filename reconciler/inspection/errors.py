"""Errors that stop the inspection of a model.

InspectionError
├── NotAnArchive   the bytes are not a gzip-compressed tar
├── Damaged        a file is not what its format says
├── Unreadable     a file is whole, as far as seen, but of a kind that is not read here
└── LimitReached   more than `Limits` allows
"""

from __future__ import annotations


class InspectionError(Exception):
    """Why something could not be read, in words for people; never holds a traceback."""


class NotAnArchive(InspectionError):
    """The input is not a gzip-compressed tar."""


class Damaged(InspectionError):
    """A file's bytes contradict its format."""


class Unreadable(InspectionError):
    """A file of a kind, or in an arrangement, that these readers do not know."""


class LimitReached(InspectionError):
    """Reading on would cost more than was allowed."""
