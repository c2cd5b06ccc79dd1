"""The formats of an archive's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.inspection import codes
from reconciler.inspection.archive import Entry
from reconciler.inspection.errors import InspectionError
from reconciler.inspection.inert_pickle import globals_in
from reconciler.inspection.readers.file_format import Format, sniff
from reconciler.inspection.source import ByteSource
from reconciler.rules.finding import Finding

_PICKLE_HEAD = 64 * 1024


def formats_of(
    files: Sequence[Entry], sources: Mapping[str, ByteSource]
) -> tuple[dict[str, Format], list[Finding]]:
    """Return the format of each file that was read, and the files whose format is unknown."""
    formats: dict[str, Format] = {}
    findings: list[Finding] = []
    for entry in files:
        source = sources.get(entry.path)
        if source is None or entry.is_stray:
            continue
        try:
            found = sniff(entry, source)
            if found is Format.PICKLE:
                found = _whose_pickle(source)
        except InspectionError as error:
            findings.append(unreadable(entry.path, error))
            continue
        formats[entry.path] = found
        if found is Format.KERAS_ZIP:
            findings.append(_keras_zip(entry.path))
    return formats, findings


def _whose_pickle(source: ByteSource) -> Format:
    """Return the format of a pickle by the names that it refers to; it is not unpickled."""
    names = " ".join(globals_in(source.head(_PICKLE_HEAD), source.budget))
    if "xgboost" in names:
        return Format.XGBOOST
    if "torch" in names:
        return Format.TORCH
    if "sklearn" in names:
        return Format.SKLEARN
    if source.name.endswith((".pt", ".pth")):
        return Format.TORCH
    return Format.XGBOOST if source.name.endswith("xgboost-model") else Format.PICKLE


def _keras_zip(path: str) -> Finding:
    return codes.NOT_FOR_NEO.in_archive(
        f"{path} is a Keras 3 archive (.keras); Neo takes .h5",
        got=".keras",
        allowed=".h5",
        hint="model.save('model.h5') with Keras 2.2.4.",
    )


def unreadable(path: str, error: InspectionError) -> Finding:
    """Return the finding about a file that could not be read to its end."""
    return codes.UNREADABLE_MODEL.in_archive(
        f"{path} could not be read to the end: {error}",
        hint="Its inputs are not checked.",
    )
