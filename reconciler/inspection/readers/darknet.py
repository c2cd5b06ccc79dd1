"""Darknet networks: the [net] section of a .cfg, the header of its .weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from reconciler.inspection import codes
from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.model import Dimension, Model, Surroundings, Tensor
from reconciler.inspection.source import ByteSource
from reconciler.rules.finding import Finding

_LARGEST = 1 << 20
_MOST_SECTIONS = 10_000
_TOP = ("net", "network")


def read(source: ByteSource, around: Surroundings) -> Model:
    """Return the network in a .cfg file.

    Raises:
        Damaged: It has no [net] section at its beginning.
        LimitReached: It is larger than 1 MiB.
    """
    if source.size > _LARGEST:
        raise LimitReached(f"a Darknet configuration of {source.size:,} bytes")
    found = _sections(source.head(source.size).decode("utf-8", "replace"))
    sections = list(islice(found, _MOST_SECTIONS))
    if not sections or sections[0][0] not in _TOP:
        raise Damaged("it does not begin with a [net] section, as Darknet's do")
    network = sections[0][1]
    batch, channels, height, width = (
        _size(network.get(key, "")) for key in ("batch", "channels", "height", "width")
    )
    flat = _size(network.get("inputs", ""))
    shape: tuple[Dimension, ...] = (1, channels, height, width)
    if flat is not None and height is None and width is None:
        shape = (1, flat)
    details = {"training batch": str(batch)} if batch else {}
    return Model(
        framework="DARKNET",
        format="Darknet",
        file=source.name,
        version=_weights_version(around),
        inputs=(Tensor("data", shape, "float32", "NCHW" if len(shape) == 4 else ""),),
        outputs=tuple(Tensor(name) for name, _ in sections[-1:]),
        operators=dict(Counter(name for name, _ in sections[1:])),
        details=details,
        findings=tuple(_findings(source.name, shape)),
    )


def _sections(document: str) -> Iterator[tuple[str, dict[str, str]]]:
    name, settings = "", dict[str, str]()
    for raw in document.splitlines():
        line = raw.split("#")[0].split(";")[0].strip()
        if line.startswith("[") and line.endswith("]"):
            if name:
                yield name, settings
            name, settings = line[1:-1].strip().lower(), {}
        elif "=" in line:
            key, _, value = line.partition("=")
            settings[key.strip().lower()] = value.strip()
    if name:
        yield name, settings


def _size(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 8 else None


def _weights_version(around: Surroundings) -> str:
    """Return major, minor and revision from a .weights header."""
    for path, source in around.sources.items():
        if path.lower().endswith(".weights") and source.size >= 12:
            major, minor, revision = source.unpack("<3i", 0)
            return f"{major}.{minor}.{revision}"
    return ""


def _findings(file: str, shape: tuple[Dimension, ...]) -> Iterator[Finding]:
    if None in shape:
        yield codes.DARKNET_SIZE.in_archive(
            f"{file} does not give its input's width, height and channels in [net]",
            allowed="width=416, height=416, channels=3",
            hint="Add them; DataInputConfig has to agree.",
        )
