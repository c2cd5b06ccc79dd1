"""Values of the API with what they mean, as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.rules import api
from reconciler.rules.catalog.devices import DEVICES
from reconciler.rules.catalog.frameworks import LAYOUTS, Layout

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""Draft-07 is what editors know best."""

REFERENCE: Final = r"\$\{\s*var\.[A-Za-z_][A-Za-z0-9_-]*\s*\}"
_NO_REFERENCE: Final = r"\$\{(?!\s*var\.[A-Za-z_][A-Za-z0-9_-]*\s*\})"
_ARCHIVES: Final = {
    "TENSORFLOW": "SavedModel or frozen graph (.pb)",
    "KERAS": "one .h5",
    "MXNET": "-symbol.json and .params",
    "ONNX": "one .onnx",
    "PYTORCH": "TorchScript (.pth or .pt)",
    "XGBOOST": "one .model",
    "TFLITE": "one .tflite; edge targets only",
    "DARKNET": ".cfg and .weights",
    "SKLEARN": "unverified",
}
OS: Final = {"LINUX": "Linux-based systems.", "ANDROID": "Android; see ANDROID_PLATFORM."}
ARCH: Final = {
    "X86_64": "64-bit x86.", "X86": "32-bit x86.", "ARM64": "64-bit ARMv8.",
    "ARM_EABIHF": "32-bit ARMv7, hard float.", "ARM_EABI": "32-bit ARMv7, soft float.",
}  # fmt: skip
ACCELERATOR: Final = {
    "NVIDIA": "NVIDIA GPU; needs gpu-code, trt-ver and cuda-ver.", "MALI": "ARM Mali GPU.",
    "INTEL_GRAPHICS": "Intel integrated graphics.", "NNA": "In no table of AWS: unverified.",
}  # fmt: skip


def choice(values: Mapping[str, str] | tuple[str, ...], *, free: bool = True) -> dict[str, Any]:
    """Return an enumeration with docs; ``free`` also takes variables."""
    texts = dict.fromkeys(values, "") if isinstance(values, tuple) else values
    known: dict[str, Any] = {"type": "string", "enum": list(texts)}
    if any(texts.values()):
        known["enumDescriptions"] = list(texts.values())
    if not free:
        return known
    return {"anyOf": [known, {"type": "string", "pattern": REFERENCE}]}


def shape_at(path: str) -> Mapping[str, Any]:
    """Return the API's constraints of a field of the request."""
    shape: Mapping[str, Any] = api.request_shape()
    for name in path.split("."):
        shape = api.shape(shape["members"][name])
    return shape


def api_text(
    shape: Mapping[str, Any], *, variables: bool = True, names_a_resource: bool = False
) -> dict[str, Any]:
    """Return the schema of a text of the API: its pattern, or a text with variables."""
    pattern = shape.get("pattern", "")
    if not pattern or r"\p{" in pattern:  # \p{L} is not known to every editor
        return {"type": "string"}
    text = {"type": "string", "pattern": f"^(?:{pattern})$" + f"|{REFERENCE}" * variables}
    return {**text, "not": {"pattern": rf"[*?]|{_NO_REFERENCE}"}} if names_a_resource else text


def platform_pattern() -> str:
    """Return the pattern of a platform's short form, in upper or lower case."""
    upper = f"({'|'.join(OS)})/({'|'.join(ARCH)})(/({'|'.join(ACCELERATOR)}))?"
    return f"^(?:{upper}|{upper.lower()})$"


def devices() -> dict[str, str]:
    """Return every target device with a line about it."""
    return {name: _about_device(name) for name in api.TARGET_DEVICES}


def _about_device(name: str) -> str:
    device = DEVICES.get(name)
    if device is None:
        return "In the API's enumeration only."
    hardware = " ".join(part for part in (device.os, device.arch, device.accelerator) if part)
    parts = [device.title + (f" ({hardware})" if hardware else ""), device.note]
    if device.regions:
        parts.append(f"Only in {', '.join(device.regions)}.")
    parts.append("" if device.evidence == "documented" else f"Evidence: {device.evidence.value}.")
    return " ".join(part if part.endswith(".") else part + "." for part in parts if part)


def frameworks() -> dict[str, Any]:
    """Return the schema of frameworks; lower case is valid, too."""
    texts = {name: about_framework(name) for name in api.FRAMEWORKS}
    return {
        "anyOf": [
            choice(texts, free=False),
            {"type": "string", "pattern": f"^({'|'.join(texts).lower()})$"},
            {"type": "string", "pattern": REFERENCE},
        ]
    }


def about_framework(name: str) -> str:
    """Return a line about a framework: layout and archive."""
    layout = LAYOUTS.get(name, Layout.FREE)
    shape = f"DataInputConfig in {layout.value}. " if layout is not Layout.FREE else ""
    return f"{shape}Archive: {_ARCHIVES.get(name, 'see the documentation')}."
