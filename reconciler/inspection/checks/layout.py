"""Which files a model archive has to hold, per framework, and what is there instead.

Source: "Saving Models for SageMaker Neo" and "Troubleshoot Neo Compilation Errors" in the SageMaker
developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.inspection import codes
from reconciler.inspection.archive import Entry
from reconciler.inspection.readers.file_format import Format
from reconciler.inspection.words import words
from reconciler.rules.finding import Finding

FRAMEWORKS: Mapping[Format, str] = {
    Format.ONNX: "ONNX",
    Format.TENSORFLOW: "TENSORFLOW",
    Format.TENSORFLOW_TEXT: "TENSORFLOW",
    Format.TFLITE: "TFLITE",
    Format.HDF5: "KERAS",
    Format.TORCH: "PYTORCH",
    Format.XGBOOST: "XGBOOST",
    Format.MXNET: "MXNET",
    Format.DARKNET: "DARKNET",
    Format.SKLEARN: "SKLEARN",
}
"""The API's framework for each format that Neo takes."""


@dataclass(frozen=True, slots=True)
class ArchiveLayout:
    """What one framework's archive holds.

    Attributes:
        endings: Of the model file; the first is the one to recommend.
        companion: Ending of a second file that has to be there, once.
        message: What Neo answers to more than one model file.
    """

    endings: tuple[str, ...]
    companion: str = ""
    message: str = ""


LAYOUTS: Mapping[str, ArchiveLayout] = {
    "TENSORFLOW": ArchiveLayout(
        (".pb", ".pbtxt"),
        message="Exactly one .pb or .pbtxt file is allowed for TensorFlow models.",
    ),
    "KERAS": ArchiveLayout(
        (".h5",), message="Multiple h5 files provided, when only one is allowed"
    ),
    "MXNET": ArchiveLayout(
        ("-symbol.json",), ".params", "Only one parameter file is allowed for MXNet model"
    ),
    "PYTORCH": ArchiveLayout((".pth", ".pt")),
    "ONNX": ArchiveLayout((".onnx",)),
    "TFLITE": ArchiveLayout((".tflite",)),
    "DARKNET": ArchiveLayout((".cfg",), ".weights"),
    "XGBOOST": ArchiveLayout((".model", "xgboost-model")),
}

_CLAIMS = {
    ending: framework
    for framework, layout in LAYOUTS.items()
    for ending in layout.endings
    if ending not in (".model", "xgboost-model", ".cfg", ".pbtxt")
}
_BOOKKEEPING = frozenset({"fingerprint.pb", "keras_metadata.pb"})
_FOREIGN = {
    ".safetensors": "safetensors",
    ".gguf": "GGUF",
    ".caffemodel": "Caffe",
    ".mlmodel": "Core ML",
    ".keras": "the Keras 3 format",
    ".engine": "a TensorRT engine",
    ".xml": "OpenVINO or PMML",
    ".safetensor": "safetensors",
    ".pdmodel": "PaddlePaddle",
    ".ckpt": "a checkpoint",
    ".mar": "a TorchServe archive",
}
_COMMON = words(".txt .md .py .json .yaml .yml .csv .npy .labels .index .html")


def is_bookkeeping(entry: Entry) -> bool:
    """Return whether this is a file beside a SavedModel that ends in .pb and is not a model."""
    return entry.name in _BOOKKEEPING


def check_layout(
    framework: str, files: Sequence[Entry], formats: Mapping[str, Format]
) -> Iterator[Finding]:
    """Find where the archive does not hold what Neo expects of a framework.

    Args:
        framework: The API's term; empty if no model was found.
        files: Every regular file.
        formats: What each file that was looked into is.
    """
    yield from _strays(files, formats)
    liars = list(_liars(files, formats))
    yield from liars
    layout = LAYOUTS.get(framework)
    if layout is None:
        if not framework and not liars and Format.KERAS_ZIP not in formats.values():
            yield _nothing(files, formats)
        return
    models = [
        entry
        for entry in files
        if FRAMEWORKS.get(formats.get(entry.path, Format.OTHER)) == framework
        and not is_bookkeeping(entry)
    ]
    yield from _one(framework, layout, models)
    if layout.companion:
        yield from _companions(framework, layout, files)


def _strays(files: Sequence[Entry], formats: Mapping[str, Format]) -> Iterator[Finding]:
    shadows = [entry.path for entry in files if entry.is_stray]
    if shadows:
        yield codes.STRAY_MEMBER.in_archive(
            "macOS's shadow files are in the archive; they end like models and may count as such",
            got=", ".join(shadows[:4]),
            hint="Pack again with COPYFILE_DISABLE=1 tar czf ….",
        )
    for entry in files:
        other_text = entry.suffix == ".pbtxt" and formats.get(entry.path) is Format.OTHER
        if is_bookkeeping(entry) or (other_text and not entry.is_stray):
            yield codes.STRAY_MEMBER.in_archive(
                f"{entry.path} is not a model but ends in {entry.suffix}, and Neo allows one .pb "
                "or .pbtxt file",
                got=entry.path,
                hint=f"Leave it out: tar czf model.tar.gz --exclude {entry.name} -C EXPORT_DIR .",
            )


def _liars(files: Sequence[Entry], formats: Mapping[str, Format]) -> Iterator[Finding]:
    """Find files whose suffix names one framework and whose bytes are of another, or of none."""
    for entry in files:
        claimed = next((name for end, name in _CLAIMS.items() if entry.name.endswith(end)), "")
        if not claimed or entry.is_stray or is_bookkeeping(entry) or entry.path not in formats:
            continue
        found = formats[entry.path]
        actual = FRAMEWORKS.get(found, "")
        if actual != claimed and not (found is Format.PICKLE and claimed == "PYTORCH"):
            what = "empty" if entry.size == 0 else f"no {claimed} model"
            yield codes.WRONG_CONTENT.in_archive(
                f"{entry.path} is {what}" + (f", it is {found}." if found else "."),
                got=str(found) or "unknown content",
                hint=f"Give it as Framework {actual}, or export it again."
                if actual
                else "Export the model again and look at the file's first bytes.",
            )


def _nothing(files: Sequence[Entry], formats: Mapping[str, Format]) -> Finding:
    if Format.MXNET_PARAMS in formats.values():
        return codes.MISSING_COMPANION.in_archive(
            "There are MXNet parameters but no -symbol.json",
            allowed="one -symbol.json and one .params",
            hint="Neo answers 'No valid Mxnet model file -symbol.json found'.",
        )
    foreign = sorted({what for entry in files if (what := _FOREIGN.get(entry.suffix))})
    named = [entry.path for entry in files if entry.suffix not in _COMMON]
    if foreign:
        return codes.NOT_FOR_NEO.in_archive(
            f"The archive holds {' and '.join(foreign)}, which Neo does not support",
            got=", ".join(named[:6]),
            allowed=_allowed(),
            hint="Export the model to ONNX or trace it with torch.jit.trace.",
        )
    return codes.NO_MODEL.in_archive(
        "No model was found in the archive." if files else "The archive holds no file.",
        got=", ".join(named[:6]),
        allowed=_allowed(),
    )


def _allowed() -> str:
    return ", ".join(ending for layout in LAYOUTS.values() for ending in layout.endings)


def _one(framework: str, layout: ArchiveLayout, models: Sequence[Entry]) -> Iterator[Finding]:
    seen = [entry for entry in models if entry.name.endswith(layout.endings)]
    if len(seen) > 1:
        yield codes.SEVERAL_MODELS.in_archive(
            f"The archive holds {len(seen)} {framework} models; Neo takes one",
            got=", ".join(entry.path for entry in seen[:6]),
            allowed=f"one {' or '.join(layout.endings)}",
            hint=f"Neo answers '{layout.message}'." if layout.message else "Pack one model.",
        )
    for entry in models:
        claimed = any(entry.name.endswith(ending) for ending in _CLAIMS)
        if not entry.name.endswith(layout.endings) and not claimed:
            yield codes.MODEL_NAME.in_archive(
                f"{entry.path} is a model for {framework} under a name that Neo may not look for",
                got=entry.name,
                allowed=" or ".join(layout.endings),
                hint=f"Rename it to model{layout.endings[0]}.",
            )


def _companions(framework: str, layout: ArchiveLayout, files: Sequence[Entry]) -> Iterator[Finding]:
    found = [
        entry.path
        for entry in files
        if entry.path.lower().endswith(layout.companion) and not entry.is_stray
    ]
    if not found:
        yield codes.MISSING_COMPANION.in_archive(
            f"There is a {layout.endings[0]} but no {layout.companion} file",
            allowed=f"one {layout.endings[0]} and one {layout.companion}",
            hint="Pack both, side by side.",
        )
    elif len(found) > 1:
        yield codes.SEVERAL_MODELS.in_archive(
            f"The archive holds {len(found)} {layout.companion} files; {framework} takes one",
            got=", ".join(found[:6]),
            allowed=f"one {layout.companion}",
            hint=f"Neo answers '{layout.message}'." if layout.message else "Pack one model.",
        )
