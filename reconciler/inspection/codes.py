"""NEO801 to NEO869: the rules that need the model itself.

ERROR where the service's documentation or a recorded job says that it fails; WARNING where it is
likely to, or where the model could not be read to the end. A finding's path is the request's
field that the model file is judged for.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from reconciler.rules.finding import Finding, Severity
from reconciler.rules.rule import Rule

ARTIFACT: Final = "InputConfig.S3Uri"
FRAMEWORK: Final = "InputConfig.Framework"
VERSION: Final = "InputConfig.FrameworkVersion"
INPUTS: Final = "InputConfig.DataInputConfig"


class ModelRule(Rule):
    """A rule about a model's archive, or about a request that goes with it."""

    def in_archive(
        self, message: str, *, got: str = "", allowed: str = "", hint: str = ""
    ) -> Finding:
        """Return a finding about the archive itself."""
        return self.at(ARTIFACT, message, got=got, allowed=allowed, hint=hint)


error: Final = partial(ModelRule, severity=Severity.ERROR)
warning: Final = partial(ModelRule, severity=Severity.WARNING)

NOT_AN_ARCHIVE: Final = error("NEO801", "not-a-gzip-tar")
DAMAGED_ARCHIVE: Final = error("NEO802", "damaged-archive")
TOO_MUCH: Final = error("NEO803", "archive-too-large")
UNSAFE_MEMBER: Final = warning("NEO804", "unsafe-archive-member")
DUPLICATE_MEMBER: Final = warning("NEO805", "duplicate-archive-member")
STRAY_MEMBER: Final = warning("NEO806", "stray-file")

NO_MODEL: Final = error("NEO811", "no-model")
SEVERAL_MODELS: Final = error("NEO812", "several-models")
MISSING_COMPANION: Final = error("NEO813", "missing-companion-file")
WRONG_CONTENT: Final = error("NEO814", "wrong-file-content")
UNREADABLE_MODEL: Final = warning("NEO815", "unreadable-model")
AMBIGUOUS_FRAMEWORK: Final = warning("NEO816", "several-frameworks")
NOT_FOR_NEO: Final = error("NEO817", "unsupported-model-format")
MODEL_NAME: Final = warning("NEO818", "unexpected-file-name")

TORCH_EAGER: Final = error("NEO821", "not-torchscript")
TORCH_SCRIPTED: Final = warning("NEO822", "scripted-torch-model")
TORCH_VERSION: Final = warning("NEO823", "old-torchscript")
TORCH_DTYPE: Final = warning("NEO824", "torch-input-dtype")

ONNX_OPSET: Final = warning("NEO831", "onnx-opset")
ONNX_EXTERNAL: Final = warning("NEO832", "onnx-external-data")
CUSTOM_OPERATOR: Final = warning("NEO833", "custom-operator")
FAILED_OPERATOR: Final = warning("NEO834", "failing-operator")

TF_DYNAMIC: Final = warning("NEO841", "tensorflow-dynamic-graph")
TF_SIGNATURE: Final = warning("NEO842", "missing-serving-signature")
FRAMEWORK_AGE: Final = warning("NEO843", "framework-too-new")
KERAS_TRAINING_CONFIG: Final = warning("NEO844", "keras-training-config")
KERAS_WEIGHTS_ONLY: Final = error("NEO845", "keras-weights-only")

XGBOOST_FORMAT: Final = warning("NEO851", "xgboost-format")
MXNET_PARAMETERS: Final = warning("NEO852", "mxnet-parameter-mismatch")
MXNET_LAYOUT: Final = warning("NEO853", "mxnet-channels-last")
DARKNET_SIZE: Final = warning("NEO854", "missing-darknet-size")
AMBARELLA: Final = warning("NEO855", "incomplete-ambarella-archive")
NAMED_FILE: Final = warning("NEO856", "missing-named-file")

VERSION_MISMATCH: Final = warning("NEO860", "version-mismatch")
FRAMEWORK_MISMATCH: Final = error("NEO861", "framework-mismatch")
UNKNOWN_INPUT: Final = error("NEO862", "unknown-input")
MISSING_INPUT: Final = warning("NEO863", "missing-input")
WRONG_RANK: Final = error("NEO864", "wrong-rank")
WRONG_CHANNELS: Final = error("NEO865", "wrong-channels")
WRONG_LAYOUT: Final = error("NEO866", "wrong-axis-order")
OTHER_SIZE: Final = warning("NEO867", "wrong-size")
OPEN_DIMENSION: Final = warning("NEO868", "unset-dimension")
INPUT_COUNT: Final = error("NEO869", "wrong-input-count")

RULES: Final = (
    NOT_AN_ARCHIVE, DAMAGED_ARCHIVE, TOO_MUCH, UNSAFE_MEMBER, DUPLICATE_MEMBER, STRAY_MEMBER,
    NO_MODEL, SEVERAL_MODELS, MISSING_COMPANION, WRONG_CONTENT, UNREADABLE_MODEL,
    AMBIGUOUS_FRAMEWORK, NOT_FOR_NEO, MODEL_NAME,
    TORCH_EAGER, TORCH_SCRIPTED, TORCH_VERSION, TORCH_DTYPE,
    ONNX_OPSET, ONNX_EXTERNAL, CUSTOM_OPERATOR, FAILED_OPERATOR,
    TF_DYNAMIC, TF_SIGNATURE, FRAMEWORK_AGE, KERAS_TRAINING_CONFIG, KERAS_WEIGHTS_ONLY,
    XGBOOST_FORMAT, MXNET_PARAMETERS, MXNET_LAYOUT, DARKNET_SIZE, AMBARELLA, NAMED_FILE,
    VERSION_MISMATCH, FRAMEWORK_MISMATCH, UNKNOWN_INPUT, MISSING_INPUT, WRONG_RANK,
    WRONG_CHANNELS, WRONG_LAYOUT, OTHER_SIZE, OPEN_DIMENSION, INPUT_COUNT,
)  # fmt: skip
