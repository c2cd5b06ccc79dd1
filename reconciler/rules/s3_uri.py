"""S3 URIs as the rules and a policy compare them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_URI: Final = re.compile(r"(https|s3)://([^/]+)/?(.*)", re.DOTALL)
_ENDPOINT: Final = (
    r"s3(-fips|-accelerate)?(\.dualstack)?([.-][a-z]{2,4}(-[a-z]+){1,2}-\d{1,2})?"
    r"\.amazonaws\.com(\.cn)?"
)
_PATH_STYLE: Final = re.compile(_ENDPOINT)
_VIRTUAL: Final = re.compile(rf"(?P<bucket>[a-z0-9][a-z0-9.-]*)\.{_ENDPOINT}")
_IRREGULAR: Final = re.compile(r"[%\\]|//|/\.")
_PLAIN: Final = re.compile(r"(?:(?!\.{1,2}(?:/|$))[A-Za-z0-9!_.'()@=,:-]+(?:/|$))*")
_IAM_PATTERN: Final = re.compile(r"[*?]|\$\{")
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
        if _IRREGULAR.search("/" + key) is None:
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
    def is_regular(self) -> bool:
        """True if normalising leaves the key as it is."""
        return self.normal_key == self.key.rstrip("/")

    @property
    def is_plain(self) -> bool:
        """True if everybody reads the key alike: S3, clients that decode or resolve, and IAM.

        Its names hold letters, digits and ``!_.'()@=,:-``; none is empty, ``.`` or ``..``.
        """
        return _PLAIN.fullmatch(self.key) is not None

    def is_below(self, prefix: S3Location) -> bool:
        """Return whether this is a plain key at or below a plain prefix, by whole names."""
        folder = prefix.key if prefix.key.endswith("/") or not prefix.key else prefix.key + "/"
        inside = self.key == prefix.key or self.key.startswith(folder)
        return self.bucket == prefix.bucket and inside and self.is_plain

    def as_folder(self) -> S3Location:
        """Return the location with a slash at the end of its key, unless it is the bucket."""
        return S3Location(self.bucket, f"{self.key.rstrip('/')}/") if self.key else self


def is_iam_pattern(name: str) -> bool:
    """Return whether IAM takes a name for a pattern: it holds ``*``, ``?`` or ``${``."""
    return _IAM_PATTERN.search(name) is not None


@lru_cache(maxsize=1024)
def s3_location(uri: str) -> S3Location | None:
    """Read an ``s3://`` URI or an ``https://`` URI of an S3 endpoint; None for anything else."""
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
