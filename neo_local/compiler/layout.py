"""Which files an archive must hold, by framework, with Neo's own messages.

Source of the messages: neo-ai/neo-loader and the page on troubleshooting compilation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from neo_local.compiler.failure import CompileFailure, input_configuration

_WRONG_FRAMEWORK = "Please make sure the framework you select is correct."
XGBOOST_FILES = (".model", ".json", ".ubj", ".bin", ".pkl", "xgboost-model")
_TORCH_FILES = (".pth", ".pt")
_MODEL_FILES: Mapping[str, tuple[str, ...]] = {
    "KERAS": (".h5",),
    "ONNX": (".onnx",),
    "PYTORCH": _TORCH_FILES,
    "TENSORFLOW": (".pb", ".pbtxt"),
    "TFLITE": (".tflite",),
    "XGBOOST": XGBOOST_FILES,
}
Files = Sequence[Path]


def check_layout(framework: str, files: Files, root: Path) -> None:
    """Check the files of an archive. A framework without a known rule (SKLEARN) passes.

    Raises CompileFailure.
    """
    names = [path.relative_to(root) for path in files]
    failure = _RULES.get(framework, _anything)(names)
    if failure is not None:
        raise failure


def with_suffix(files: Files, *suffixes: str) -> list[Path]:
    return [path for path in files if path.name.endswith(suffixes)]


def model_file(framework: str, files: Files) -> Path:
    """Return the model among files that `check_layout` has passed, of a framework read here."""
    return with_suffix(files, *_MODEL_FILES[framework])[0]


def _anything(_files: Files) -> CompileFailure | None:
    return None


def _onnx(files: Files) -> CompileFailure | None:
    match len(with_suffix(files, ".onnx")):
        case 1:
            return None
        case 0:
            return input_configuration(f"No .onnx file found for ONNX model. {_WRONG_FRAMEWORK}")
        case _:
            return input_configuration("Exactly one .onnx file is allowed for ONNX models.")


def _tensorflow(files: Files) -> CompileFailure | None:
    graphs = with_suffix(files, ".pb", ".pbtxt")
    if not graphs:
        return input_configuration(
            f"No valid TensorFlow model found in input files. {_WRONG_FRAMEWORK}"
        )
    if len(graphs) > 1:
        return input_configuration(
            "Exactly one .pb or .pbtxt file is allowed for TensorFlow models."
        )
    return None


def _keras(files: Files) -> CompileFailure | None:
    found = with_suffix(files, ".h5")
    if not found:
        return input_configuration(f"No h5 file provided in {[str(path) for path in files]}.")
    if len(found) > 1:
        shown = [str(path) for path in found]
        return input_configuration(
            f"Multiple h5 files provided, {shown}, when only one is allowed."
        )
    return None


def _mxnet(files: Files) -> CompileFailure | None:
    if len(with_suffix(files, ".params")) > 1:
        return input_configuration(
            "Only one parameter file is allowed for MXNet model. "
            "Please make sure the framework you select is correct."
        )
    for kind in ("-symbol.json", ".params"):
        if not with_suffix(files, kind):
            return input_configuration(
                f"No valid Mxnet model file {kind} found. {_WRONG_FRAMEWORK}"
            )
    return None


def _tflite(files: Files) -> CompileFailure | None:
    match len(with_suffix(files, ".tflite")):
        case 1:
            return None
        case 0:
            return input_configuration(
                "No valid TFLite model found in input file. "
                "Please make sure the framework you selected is correct."
            )
        case _:
            return input_configuration("Exactly one .tflite file is allowed for TFLite models.")


def _one_of_each(
    framework: str, *suffixes: tuple[str, ...]
) -> Callable[[Files], CompileFailure | None]:
    def rule(files: Files) -> CompileFailure | None:
        for suffix in suffixes:
            if len(with_suffix(files, *suffix)) != 1:
                wanted = " or ".join(suffix)
                return input_configuration(
                    f"Exactly one {wanted} file is needed for {framework} models. "
                    f"{_WRONG_FRAMEWORK}"
                )
        return None

    return rule


_RULES: Mapping[str, Callable[[Files], CompileFailure | None]] = {
    "ONNX": _onnx,
    "TENSORFLOW": _tensorflow,
    "KERAS": _keras,
    "MXNET": _mxnet,
    "TFLITE": _tflite,
    "PYTORCH": _one_of_each("PyTorch", _TORCH_FILES),
    "DARKNET": _one_of_each("DarkNet", (".cfg",), (".weights",)),
    "XGBOOST": _one_of_each("XGBoost", XGBOOST_FILES),
}
