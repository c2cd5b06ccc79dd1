"""S3 URIs as the rules and a policy compare them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_URI: Final = re.compile(r"(https|s3)://([^/]+)/?(.*)", re.DOTALL)
_PATH_STYLE: Final = re.compile(r"s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?|s3\.amazonaws\.com")
_VIRTUAL: Final = re.compile(r"(?P<bucket>.+)\.s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?")
_ODD: Final = re.compile(r"[%\\]|//|/\.")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_MAX_UNQUOTES: Final = 4


@dataclass(frozen=True, slots=True)
class S3Location:
    """A bucket and a key (or prefix), as they were written."""

    bucket: str
    key: str

    @property
    def normal_key(self) -> str:
        """The key with ``%2e`` and its like read, ``//`` and ``.`` taken out, ``..`` resolved."""
        key = self.key
        if _ODD.search("/" + key) is None:
            return key.rstrip("/")
        for _ in range(_MAX_UNQUOTES):
            plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), key)
            if plain == key:
                break
            key = plain
        steps: list[str] = []
        for step in key.replace("\\", "/").split("/"):
            if step == "..":
                del steps[-1:]
            elif step not in ("", "."):
                steps.append(step)
        return "/".join(steps)

    @property
    def is_plain(self) -> bool:
        """Whether the key means what it says, without anything that normalising takes out."""
        return self.normal_key == self.key.rstrip("/")

    def is_below(self, prefix: S3Location) -> bool:
        """Whether this is the prefix itself or lies below it, both normalised, by whole names."""
        if self.bucket != prefix.bucket:
            return False
        above = prefix.normal_key
        return above in ("", self.normal_key) or self.normal_key.startswith(above + "/")


@lru_cache(maxsize=1024)
def s3_location(uri: str) -> S3Location | None:
    """Read an ``s3://`` or S3's own ``https://`` URI; None for anything else."""
    match = _URI.fullmatch(uri)
    if match is None:
        return None
    scheme, host, key = match.groups()
    if scheme == "s3":
        return S3Location(host, key)
    if _PATH_STYLE.fullmatch(host):
        bucket, _, rest = key.partition("/")
        return S3Location(bucket, rest) if bucket else None
    virtual = _VIRTUAL.fullmatch(host)
    return S3Location(virtual["bucket"], key) if virtual else None
