"""NEO901 to NEO929: the rules about compiled artifacts.

ERROR where the artifact is not what was ordered or cannot be loaded on the device; WARNING where
something speaks against it. A finding's path is the request's field, or the device profile's, that
the artifact is judged by.
"""

from __future__ import annotations

from typing import Final

from reconciler.rules.rule import error, info, warning

ARTIFACT: Final = "OutputConfig.S3OutputLocation"
TARGET: Final = "OutputConfig.TargetDevice"
INPUTS: Final = "InputConfig.DataInputConfig"
DEVICE: Final = "device"

DIGEST: Final = error("NEO901", "artifact-digest-mismatch")
NOT_COMPILED: Final = error("NEO902", "uncompiled-artifact")
INCOMPLETE: Final = error("NEO903", "incomplete-artifact")
DAMAGED_LIBRARY: Final = error("NEO904", "damaged-library")
ARCHITECTURE: Final = error("NEO905", "wrong-architecture")
FLOAT_ABI: Final = error("NEO906", "wrong-float-abi")
LIBRARY: Final = warning("NEO907", "undeclared-library")
SYMBOL_VERSION: Final = error("NEO908", "device-library-too-old")
RUNTIME: Final = error("NEO909", "runtime-mismatch")
INPUT: Final = error("NEO911", "artifact-input-mismatch")
UNREADABLE: Final = warning("NEO912", "unreadable-description")
LOCAL_ENGINE: Final = info("NEO913", "local-engine-artifact")
ANSWERS: Final = error("NEO915", "different-answers")
NOT_RUN: Final = warning("NEO916", "artifact-not-run")
IGNORED_OPTION: Final = warning("NEO917", "ignored-compiler-option")
PROVENANCE: Final = error("NEO918", "provenance-mismatch")

RULES: Final = (
    DIGEST, NOT_COMPILED, INCOMPLETE, DAMAGED_LIBRARY, ARCHITECTURE, FLOAT_ABI, LIBRARY,
    SYMBOL_VERSION, RUNTIME, INPUT, UNREADABLE, LOCAL_ENGINE, ANSWERS, NOT_RUN,
    IGNORED_OPTION, PROVENANCE,
)  # fmt: skip
