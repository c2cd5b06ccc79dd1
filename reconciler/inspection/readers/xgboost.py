"""XGBoost models: UBJSON, JSON and the old binary format; pickles are recognised, never loaded.

Version and number of features are a few bytes in each; the `xgboost` package is 220 MB and runs
native code over the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.inspection import codes
from reconciler.inspection.bounded_json import mapping, parse_source, sequence
from reconciler.inspection.errors import Damaged
from reconciler.inspection.limits import MEBIBYTE
from reconciler.inspection.model import Model, Surroundings, Tensor
from reconciler.inspection.readers.ubjson import Walker
from reconciler.inspection.source import ByteSource
from reconciler.inspection.versions import newer_than
from reconciler.rules.finding import Finding

NEWEST_VERSION = "1.3"
_BOOSTERS = frozenset({"gbtree", "gblinear", "dart"})
_PARAMETERS = "learner/learner_model_param"
_WANTED = {
    f"{_PARAMETERS}/num_feature": "features",
    f"{_PARAMETERS}/num_class": "classes",
    "learner/objective/name": "objective",
    "learner/gradient_booster/name": "booster",
    "learner/gradient_booster/model/gbtree_model_param/num_trees": "trees",
}


def read(source: ByteSource, _around: Surroundings) -> Model:
    """Return the model in a .model, .json, .ubj or xgboost-model file.

    Raises:
        Damaged: It is none of XGBoost's formats.
        LimitReached: It is larger than is parsed.
    """
    head = source.head(64)
    if head[:1] == b"\x80":
        return _model(source, "pickled Booster", "", {})
    if re.match(rb"\{\s*[\"}]", head):
        return _model(source, "XGBoost JSON", *_from_json(source))
    if head[:1] == b"{":
        return _model(source, "XGBoost UBJSON", *_from_ubjson(source))
    return _model(source, "XGBoost binary", *_from_binary(source))


def _model(source: ByteSource, form: str, version: str, details: Mapping[str, str]) -> Model:
    features = details.get("features", "")
    size = int(features) if features.isdigit() and 0 < len(features) < 10 else None
    return Model(
        framework="XGBOOST",
        format=form,
        file=source.name,
        version=version,
        inputs=(Tensor("data", (None, size), "float32"),),
        details=details,
        findings=tuple(_findings(source.name, form, version)),
        names_matter=False,
    )


def _from_ubjson(source: ByteSource) -> tuple[str, dict[str, str]]:
    details: dict[str, str] = {}
    version: dict[str, str] = {}

    def visit(path: str, value: object) -> None:
        if path in _WANTED:
            details[_WANTED[path]] = str(value)
        elif path.startswith("version/"):
            version[path] = str(value)

    Walker(source, visit).walk()
    if "features" not in details:
        raise Damaged("it is UBJSON, but no XGBoost model")
    return ".".join(version[key] for key in sorted(version)), details


def _from_json(source: ByteSource) -> tuple[str, dict[str, str]]:
    if source.size > MEBIBYTE:
        return _from_large_json(source)
    root = parse_source(source)
    details: dict[str, str] = {}
    for path, name in _WANTED.items():
        value: object = root
        for part in path.split("/"):
            value = mapping(value).get(part)
        if isinstance(value, str | int):
            details[name] = str(value)
    if "features" not in details:
        raise Damaged("it is JSON, but no XGBoost model")
    return ".".join(str(part) for part in sequence(mapping(root).get("version"))[:3]), details


def _from_large_json(source: ByteSource) -> tuple[str, dict[str, str]]:
    """Read the two places that matter in a text that is too large to parse as a whole."""
    details: dict[str, str] = {}
    version = ""
    overlap = 8192
    for start in range(0, source.size, MEBIBYTE - overlap):
        part = source.read(start, min(MEBIBYTE, source.size - start))
        source.budget.step(256)
        parameters = re.search(rb'"learner_model_param"\s{0,9}:\s{0,9}\{([^{}]{0,4000})\}', part)
        if parameters:
            found = re.search(rb'"num_feature"\s{0,9}:\s{0,9}"(\d{1,9})"', parameters[1])
            details |= {"features": found[1].decode()} if found else {}
        numbers = re.search(rb'"version"\s{0,9}:\s{0,9}\[([\d,\s]{5,60})\]', part)
        version = ".".join(re.findall(r"\d+", numbers[1].decode())) if numbers else version
    if "features" not in details:
        raise Damaged("it is JSON, but no XGBoost model")
    return version, details


def _from_binary(source: ByteSource) -> tuple[str, dict[str, str]]:
    """Read LearnerModelParamLegacy (136 bytes, src/learner.cc), objective and booster."""
    start = 4 if source.head(4) in (b"binf",) else 0
    features = source.u32(start + 4)
    classes = source.i32(start + 8)
    major, minor = source.u32(start + 20), source.u32(start + 24)
    position = start + 136
    names = []
    for _ in range(2):
        length = source.u64(position)
        if not 0 < length < 64:
            raise Damaged("it is not an XGBoost model file")
        names.append(source.text(position + 8, length))
        position += 8 + length
    if names[1] not in _BOOSTERS:
        raise Damaged(f"it is not an XGBoost model file: booster {names[1]!r}")
    details = {
        "features": str(features),
        "classes": str(classes),
        "objective": names[0],
        "booster": names[1],
    }
    return f"{major}.{minor}" if major else "before 1.0", details


def _findings(file: str, form: str, version: str) -> Iterator[Finding]:
    hint = (
        f"Save with XGBoost {NEWEST_VERSION}: booster.save_model('xgboost.model'), or convert with "
        "XGBoost 2.0, the last that writes the old binary format."
    )
    if form == "pickled Booster":
        yield codes.XGBOOST_FORMAT.in_archive(
            f"{file} is a Python pickle, as SageMaker's XGBoost containers before 1.3 write it; "
            "it was not opened",
            allowed="a file written by Booster.save_model",
            hint="Neo may answer 'Ill-formed XGBoost model file: corrupted header'. " + hint,
        )
    elif form != "XGBoost binary":
        yield codes.XGBOOST_FORMAT.in_archive(
            f"{file} is in {form.removeprefix('XGBoost ')} form; XGBoost {NEWEST_VERSION}, which "
            "Neo lists, writes .model files in the old binary form",
            got=form,
            allowed="XGBoost binary",
            hint=hint,
        )
    if newer_than(version, NEWEST_VERSION):
        yield codes.FRAMEWORK_AGE.in_archive(
            f"{file} was written by XGBoost {version}; Neo lists {NEWEST_VERSION}",
            got=version,
            allowed=f"at most {NEWEST_VERSION}",
            hint=hint,
        )
