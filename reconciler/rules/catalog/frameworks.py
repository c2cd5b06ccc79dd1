"""Frameworks: which target takes which, in which versions, and how inputs are laid out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from reconciler.rules.catalog.devices import DeviceKind
from reconciler.rules.catalog.evidence import (
    CLOUD_TABLE,
    EDGE_FRAMEWORKS,
    EIA_2023,
    INPUT_CONFIG,
    PYTHON_SDK,
    RECORDED_RUNS,
    Evidence,
)


class Layout(StrEnum):
    """Where DataInputConfig has the channels of an image."""

    NCHW = "NCHW"
    NHWC = "NHWC"
    FREE = "free"


LAYOUTS: Final = MappingProxyType(
    {
        "TENSORFLOW": Layout.NHWC,
        "TFLITE": Layout.NHWC,
        "KERAS": Layout.NCHW,
        "MXNET": Layout.NCHW,
        "ONNX": Layout.NCHW,
        "PYTORCH": Layout.NCHW,
        "DARKNET": Layout.NCHW,
        "XGBOOST": Layout.FREE,
        "SKLEARN": Layout.FREE,
    }
)
"""Source: InputConfig in the API reference. Keras artifacts are NHWC and yet declared as NCHW."""

VERSIONED: Final = frozenset({"MXNET", "PYTORCH", "TENSORFLOW", "TFLITE"})
"""FrameworkVersion "is only supported for the MXNet, PyTorch, TensorFlow and TensorFlow Lite
frameworks" (InputConfig in the API reference)."""


@dataclass(frozen=True, slots=True)
class Support:
    """That one kind of target takes a framework.

    Attributes:
        versions: As the source writes them; empty means that no version is listed.
        up_to: Whether a model of an older version is taken too ("trained with <= 1.8.0").
    """

    kind: DeviceKind
    framework: str
    versions: tuple[str, ...] = ()
    up_to: bool = False
    evidence: Evidence = Evidence.DOCUMENTED
    source: str = CLOUD_TABLE


def _edge(framework: str, *versions: str) -> Support:
    return Support(DeviceKind.EDGE, framework, versions, source=EDGE_FRAMEWORKS)


def _cloud(framework: str, *versions: str, up_to: bool = False) -> Support:
    return Support(DeviceKind.CLOUD, framework, versions, up_to)


_SUPPORT: Final = (
    _cloud("MXNET", "1.8.0", up_to=True),
    _cloud("ONNX", "1.7.0"),
    _cloud("KERAS", "2.2.4"),
    _cloud("PYTORCH", "1.4", "1.5", "1.6", "1.7", "1.8", "1.12", "1.13", "2.0"),
    _cloud("TENSORFLOW", "1.15.3", "2.9"),
    _cloud("XGBOOST", "1.3.3"),
    Support(DeviceKind.CLOUD, "DARKNET", evidence=Evidence.OBSERVED, source=RECORDED_RUNS),
    Support(DeviceKind.INF1, "MXNET", ("1.5", "1.8")),
    Support(DeviceKind.INF1, "PYTORCH", ("1.7", "1.8", "1.9")),
    Support(DeviceKind.INF1, "TENSORFLOW", ("1.15", "2.5")),
    Support(DeviceKind.INF2, "PYTORCH", evidence=Evidence.OBSERVED, source=PYTHON_SDK),
    Support(DeviceKind.INF2, "TENSORFLOW", evidence=Evidence.OBSERVED, source=PYTHON_SDK),
    Support(DeviceKind.EIA, "TENSORFLOW", ("2.3.2",), evidence=Evidence.RETIRED, source=EIA_2023),
    _edge("MXNET", "1.8"),
    _edge("ONNX", "1.7"),
    _edge("KERAS", "2.2"),
    _edge("PYTORCH", "1.7", "1.8"),
    _edge("TENSORFLOW", "1.15", "2.4"),
    _edge("TFLITE", "1.15"),
    _edge("XGBOOST", "1.3"),
    Support(DeviceKind.EDGE, "DARKNET", evidence=Evidence.OBSERVED, source=EDGE_FRAMEWORKS),
    Support(DeviceKind.COREML, "TENSORFLOW", source=INPUT_CONFIG),
    Support(DeviceKind.COREML, "PYTORCH", source=INPUT_CONFIG),
)

SUPPORT: Final = MappingProxyType({(row.kind, row.framework): row for row in _SUPPORT})

UNLISTED: Final = frozenset({"SKLEARN"})
"""In the API's enumeration, in no table: unverified, so never more than worth knowing."""


@cache
def frameworks_of(kind: DeviceKind) -> tuple[str, ...]:
    """Return the frameworks that a kind of target supports; empty where no source lists any."""
    return tuple(framework for (of, framework) in SUPPORT if of is kind)
