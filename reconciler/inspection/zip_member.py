"""Members of a zip, read one at a time and never more than is allowed."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.source import ByteSource

_LARGEST = 8 << 20
_MOST = 200_000


class _File(io.RawIOBase):
    """A source as the file object that `zipfile` wants."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = (0, self._position, self._source.size)[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._source.size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._source.read(self._position, wanted)
        self._position += wanted
        return data


class Zip:
    """The names in a zip and, of those asked for, the content.

    Raises:
        Damaged: It is not a zip.
        LimitReached: Its directory is too large.
    """

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        try:
            self._zip = zipfile.ZipFile(_File(source))
        except _ERRORS as error:
            raise Damaged(f"a damaged zip: {error}") from None
        self.names = frozenset(self._zip.namelist())
        if len(self.names) > _MOST:
            raise LimitReached(f"a zip of {len(self.names):,} members")
        source.budget.step(len(self.names))
        self.root = self._root()

    def _root(self) -> str:
        """Return the one folder that PyTorch puts everything into."""
        first = min(self.names, default="")
        folder = first.split("/")[0] + "/" if "/" in first else ""
        return folder if all(name.startswith(folder) for name in self.names) else ""

    def read(self, name: str) -> bytes:
        """Return a member's content.

        Raises:
            Damaged: It cannot be read.
            LimitReached: It is larger than 8 MiB.
        """
        try:
            with self._zip.open(name) as member:
                data = member.read(_LARGEST + 1)
        except _ERRORS as error:
            raise Damaged(f"a damaged zip: {error}") from None
        if len(data) > _LARGEST:
            raise LimitReached(f"{name!r} of more than {_LARGEST:,} bytes")
        self.source.budget.step(len(data) >> 8)
        return data


_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    KeyError,
    IndexError,
)
