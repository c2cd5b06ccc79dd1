"""The fields of CreateCompilationJob: every one described here, once.

What handles requests reads this table: the request codec, the identity, rules between jobs, the
language of fleet files with its schema, and the arguments of constructs. How to add a field, and
which test finds what was forgotten: docs/development/add-a-field.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final


class Role(Enum):
    """What a change of a field means for a job that exists."""

    NAME = "name"  # made by the reconciler from the identity
    FINGERPRINT = "fingerprint"  # determines what is compiled: a change is another job
    SETTING = "setting"  # takes effect with the next compilation
    TAG = "tag"  # changed in place


class Kind(Enum):
    """The type of a field's value."""

    TEXT = "text"
    JSON = "json"  # a JSON document, or Python-style text, inside a text
    SECONDS = "seconds"
    TEXTS = "texts"  # a list whose order means nothing
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the request.

    Attributes:
        path: The API's names, dotted.
        argument: The argument of CompilationJob that sets it.
        description: What it is, for authors of fleet files; empty for what they cannot set.
        required: Whether its structure, if given, must have it.
    """

    path: str
    role: Role
    argument: str
    description: str
    kind: Kind = Kind.TEXT
    required: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure of the request.

    Attributes:
        required: Whether every request has it.
        inlined: Whether its members stand without it in fleet files and in fingerprints.
    """

    path: str
    description: str = ""
    required: bool = False
    inlined: bool = False


NAME: Final = "CompilationJobName"
ROLE_ARN: Final = "RoleArn"
MODEL_PACKAGE: Final = "ModelPackageVersionArn"
S3_URI: Final = "InputConfig.S3Uri"
DATA_INPUT_CONFIG: Final = "InputConfig.DataInputConfig"
FRAMEWORK: Final = "InputConfig.Framework"
OUTPUT_LOCATION: Final = "OutputConfig.S3OutputLocation"
TARGET_DEVICE: Final = "OutputConfig.TargetDevice"
TARGET_PLATFORM: Final = "OutputConfig.TargetPlatform"
COMPILER_OPTIONS: Final = "OutputConfig.CompilerOptions"
KMS_KEY: Final = "OutputConfig.KmsKeyId"
SECURITY_GROUPS: Final = "VpcConfig.SecurityGroupIds"
SUBNETS: Final = "VpcConfig.Subnets"
MAX_RUNTIME: Final = "StoppingCondition.MaxRuntimeInSeconds"
MAX_PENDING: Final = "StoppingCondition.MaxPendingTimeInSeconds"
TAGS: Final = "Tags"

DEFAULT_MAX_RUNTIME: Final = 900
"""Seconds of MaxRuntimeInSeconds where an author says nothing: what the service recommends, and
the SageMaker SDK's default for compile()."""

STRUCTURES: Final = (
    Structure("InputConfig", inlined=True),
    Structure("OutputConfig", required=True, inlined=True),
    Structure(TARGET_PLATFORM, "The platform to compile for, where no TargetDevice fits."),
    Structure("VpcConfig", "The network that the job runs in."),
    Structure(
        "StoppingCondition",
        "How long the job may run. Without it, MaxRuntimeInSeconds is 15m.",
        required=True,
    ),
)

INLINED: Final = frozenset(each.path for each in STRUCTURES if each.inlined)
TARGETS: Final = (TARGET_DEVICE, TARGET_PLATFORM)
ONE_OF: Final = (("InputConfig", MODEL_PACKAGE), TARGETS)
"""Pairs of fields and structures of which a request has exactly one."""

FIELDS: Final = (
    Field(NAME, Role.NAME, "", "", required=True),
    Field(
        ROLE_ARN, Role.SETTING, "role",
        "The role that Neo takes to read the model and to write the artifact.", required=True,
    ),
    Field(
        MODEL_PACKAGE, Role.FINGERPRINT, "model",
        "A model package version to compile, instead of S3Uri.",
    ),
    Field(
        S3_URI, Role.FINGERPRINT, "model",
        "The model: one .tar.gz archive in S3, in the region of the job.", required=True,
    ),
    Field(
        DATA_INPUT_CONFIG, Role.FINGERPRINT, "data_input_config",
        "Name and shape of every input: {input0: [1, 3, 224, 224]}. NCHW for "
        "PyTorch, MXNet, ONNX, Keras and Darknet, NHWC for TensorFlow and TFLite. PyTorch also "
        "takes a list of shapes; Core ML takes maps with shape, default_shape, type, bias, scale.",
        Kind.JSON,
    ),
    Field(
        FRAMEWORK, Role.FINGERPRINT, "framework",
        "The framework that the model was trained with.", required=True,
    ),
    Field(
        "InputConfig.FrameworkVersion", Role.FINGERPRINT, "framework_version",
        "Its version. Only for MXNET, PYTORCH, TENSORFLOW and TFLITE.",
    ),
    Field(
        OUTPUT_LOCATION, Role.FINGERPRINT, "output_bucket",
        "The S3 prefix that the artifact is written below.", required=True,
    ),
    Field(
        TARGET_DEVICE, Role.FINGERPRINT, "target",
        "The device, or the instance family, to compile for.",
    ),
    Field(
        f"{TARGET_PLATFORM}.Os", Role.FINGERPRINT, "target",
        "The operating system.", required=True,
    ),
    Field(
        f"{TARGET_PLATFORM}.Arch", Role.FINGERPRINT, "target",
        "The architecture of the processor.", required=True,
    ),
    Field(
        f"{TARGET_PLATFORM}.Accelerator", Role.FINGERPRINT, "target",
        "The accelerator, if there is one.",
    ),
    Field(
        COMPILER_OPTIONS, Role.FINGERPRINT, "compiler_options",
        "Options for the compiler. NVIDIA platforms need gpu-code, trt-ver and "
        "cuda-ver; Android takes ANDROID_PLATFORM; Inferentia takes its flags as text.",
        Kind.JSON,
    ),
    Field(
        KMS_KEY, Role.FINGERPRINT, "encryption_key",
        "The KMS key that the artifact is encrypted with: id, ARN, alias or alias ARN.",
    ),
    Field(
        SECURITY_GROUPS, Role.SETTING, "security_groups",
        "1 to 5 security groups.", Kind.TEXTS, required=True,
    ),
    Field(
        SUBNETS, Role.SETTING, "vpc_subnets",
        "1 to 16 subnets of one VPC; they need a gateway endpoint for S3.", Kind.TEXTS,
        required=True,
    ),
    Field(
        MAX_RUNTIME, Role.SETTING, "max_runtime",
        "The longest run time: seconds, or a duration such as 15m.", Kind.SECONDS,
    ),
    Field(
        "StoppingCondition.MaxWaitTimeInSeconds", Role.SETTING, "max_wait",
        "For managed spot training; Neo drops it.", Kind.SECONDS,
    ),
    Field(
        MAX_PENDING, Role.SETTING, "max_pending",
        "The longest time before the job starts; accelerated instances.", Kind.SECONDS,
    ),
    Field(TAGS, Role.TAG, "tags", "Tags of the job: a map of keys to values.", Kind.TAGS),
)  # fmt: skip

SETTABLE: Final = tuple(each for each in FIELDS if each.role is not Role.NAME)
"""The fields that an author sets."""


def paths(*, role: Role | None = None, kind: Kind | None = None) -> tuple[str, ...]:
    """Return the paths of the fields of a role, a kind, or both."""
    return tuple(
        field.path for field in FIELDS if role in (None, field.role) and kind in (None, field.kind)
    )


def members(of: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the names of the request's members that hold these paths, by structure.

    The request itself is the structure ``""``: ``{"": ("RoleArn",), "OutputConfig": …}``.
    """
    found: dict[str, dict[str, None]] = {}
    for path in of:
        first, *inner = path.split(".")
        found.setdefault(first if inner else "", {})[inner[0] if inner else first] = None
    return {structure: tuple(names) for structure, names in found.items()}


def choices(structure: str) -> list[tuple[str, str]]:
    """Return the pairs of a structure's members of which exactly one has to be there."""
    pairs = [(one.rpartition("."), other.rpartition(".")) for one, other in ONE_OF]
    return [(one[2], other[2]) for one, other in pairs if one[0] == structure]


def short_path(path: str) -> str:
    """Return a path as fleet files and fingerprints have it: ``KmsKeyId``."""
    first, _, rest = path.partition(".")
    return rest if first in INLINED and rest else path


def nested(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return values by dotted path as maps in maps."""
    tree: dict[str, Any] = {}
    for path, value in values:
        above, name = _steps(path)
        node = tree
        for step in above:
            inner = node.get(step)
            if inner is None:
                inner = node[step] = {}
            node = inner
        node[name] = value
    return tree


@cache
def _steps(path: str) -> tuple[list[str], str]:
    *above, name = path.split(".")
    return above, name
