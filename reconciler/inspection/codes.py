"""NEO801 to NEO869: the rules that need the model itself.

ERROR where the service's documentation or a recorded job says that it fails; WARNING where it is
likely to, or where the model could not be read to the end. A finding's path is the request's
field that the model file is judged for.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.rules.rule import error, warning

ARTIFACT: Final = "InputConfig.S3Uri"
FRAMEWORK: Final = "InputConfig.Framework"
VERSION: Final = "InputConfig.FrameworkVersion"
INPUTS: Final = "InputConfig.DataInputConfig"

NOT_AN_ARCHIVE: Final = error("NEO801", "The artifact is a gzip-compressed tar")
DAMAGED_ARCHIVE: Final = error("NEO802", "The archive is whole")
TOO_MUCH: Final = error("NEO803", "The archive is no larger than may be looked into")
UNSAFE_MEMBER: Final = warning("NEO804", "The archive holds plain files under plain paths")
DUPLICATE_MEMBER: Final = warning("NEO805", "A path is in the archive once")
STRAY_MEMBER: Final = warning("NEO806", "No stray file can be taken for a model")

NO_MODEL: Final = error("NEO811", "There is a model in the archive")
SEVERAL_MODELS: Final = error("NEO812", "There is one model file, where the framework takes one")
MISSING_COMPANION: Final = error("NEO813", "The files that belong to a model are there")
WRONG_CONTENT: Final = error("NEO814", "A model file holds what its name says")
UNREADABLE_MODEL: Final = warning("NEO815", "The model file can be read")
AMBIGUOUS_FRAMEWORK: Final = warning("NEO816", "The archive holds models of one framework")
NOT_FOR_NEO: Final = error("NEO817", "The model is of a format that Neo takes")
MODEL_NAME: Final = warning("NEO818", "A model file's name ends as Neo expects")

TORCH_EAGER: Final = error("NEO821", "A PyTorch model is TorchScript")
TORCH_SCRIPTED: Final = warning("NEO822", "A PyTorch model was traced, not scripted")
TORCH_VERSION: Final = warning("NEO823", "A PyTorch file is of a listed version")
TORCH_DTYPE: Final = warning("NEO824", "A PyTorch model was traced with float32 input")

ONNX_OPSET: Final = warning("NEO831", "An ONNX opset is one of the listed ONNX version")
ONNX_EXTERNAL: Final = warning("NEO832", "An ONNX file holds its weights")
CUSTOM_OPERATOR: Final = warning("NEO833", "A model uses its framework's own operators")
FAILED_OPERATOR: Final = warning("NEO834", "No operator is one that jobs have failed on")

TF_DYNAMIC: Final = warning("NEO841", "A TensorFlow graph has no control flow, and known ranks")
TF_SIGNATURE: Final = warning("NEO842", "A SavedModel has a serving signature")
FRAMEWORK_AGE: Final = warning("NEO843", "A model was written by a listed framework version")
KERAS_TRAINING_CONFIG: Final = warning("NEO844", "A Keras file can be loaded by Keras 2.2.4")
KERAS_WEIGHTS_ONLY: Final = error("NEO845", "A Keras file holds a model, not weights alone")

XGBOOST_FORMAT: Final = warning("NEO851", "An XGBoost file is in the form that 1.3 writes")
MXNET_PARAMETERS: Final = warning("NEO852", "MXNet's parameters are those of the symbol")
MXNET_LAYOUT: Final = warning("NEO853", "An MXNet model takes its channels first")
DARKNET_SIZE: Final = warning("NEO854", "A Darknet network gives its input's size")
AMBARELLA: Final = warning("NEO855", "An Ambarella archive has its configuration and images")
NAMED_FILE: Final = warning("NEO856", "Files that CompilerOptions names are in the archive")

VERSION_MISMATCH: Final = warning("NEO860", "FrameworkVersion is the one that wrote the model")
FRAMEWORK_MISMATCH: Final = error("NEO861", "The request's framework is the model's")
UNKNOWN_INPUT: Final = error("NEO862", "DataInputConfig names the model's inputs")
MISSING_INPUT: Final = warning("NEO863", "DataInputConfig gives every input")
WRONG_RANK: Final = error("NEO864", "An input has the model's number of dimensions")
WRONG_CHANNELS: Final = error("NEO865", "An input has the model's number of channels")
WRONG_LAYOUT: Final = error("NEO866", "An input's axes are in the order that Neo expects")
OTHER_SIZE: Final = warning("NEO867", "An input has the sizes that the model fixes")
OPEN_DIMENSION: Final = warning("NEO868", "Every dimension that the model leaves open has a value")
INPUT_COUNT: Final = error("NEO869", "DataInputConfig gives as many inputs as the model takes")

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

ARTIFACT_RULES: Final = MappingProxyType({rule.code: rule for rule in RULES})
"""The rules about model files, by code."""
