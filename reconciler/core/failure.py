"""Why a job failed, and what to do about it: FailureReason explained.

Sources: the AWS developer guide's "Troubleshoot Neo compilation errors", and failures recorded in
public issues; ``failure.yaml`` beside this file names them for each, with the cause and examples.
Neo prefixes what the user can mend with ``ClientError``. Only what looks like an error of the
service is worth another attempt, since attempts are paid for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FailureKind(StrEnum):
    """Who can do something about a failure."""

    INPUT = "input"  # the user, by changing the request or the model
    PERMISSION = "permission"  # the user, in IAM, S3 or KMS; or time, while a new role spreads
    TIMEOUT = "timeout"  # the user, by a longer MaxRuntimeInSeconds
    STOPPED = "stopped"  # somebody stopped the job
    SYSTEM = "system"  # the service, or unknown


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a failure.

    Attributes:
        hint: What to do; may be empty.
        name: In kebab case, for ``neoctl explain``; empty if the reason is unknown.
        is_transient: Whether another attempt may succeed with nothing changed.
    """

    kind: FailureKind
    hint: str
    name: str = ""
    is_transient: bool = False


_INPUT: Final = FailureKind.INPUT
_OTHERS: Final = {
    "permission-denied": FailureKind.PERMISSION, "job-timeout": FailureKind.TIMEOUT,
}  # fmt: skip
_SERVER: Final = re.compile(r"\s*(Internal)?Server ?Error", re.IGNORECASE)
_CLIENT: Final = re.compile(
    r"(Client|Customer) ?Error|(Input|Output)Configuration *:|CompilationError|Operator[A-Za-z]+:",
    re.IGNORECASE,
)
_LOOKS_TRANSIENT: Final = re.compile(
    r"internal (server )?(error|failure)|amazon-neo-feedback|try again (later|in a)|SlowDown"
    r"|service ?unavailable|throttl|insufficient ?(instance ?)?capacity|CapacityError",
    re.IGNORECASE,
)
SERVICE_ERROR: Final = Failure(FailureKind.SYSTEM, "", "service-error", is_transient=True)
USER_ERROR: Final = Failure(
    _INPUT, "Compare Framework, FrameworkVersion, DataInputConfig and the archive with the model; "
    "`neoctl inspect` does.", "client-error",
)  # fmt: skip
_UNKNOWN: Final = Failure(FailureKind.SYSTEM, "Read the job's log.")

KNOWN: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), Failure(_OTHERS.get(name, _INPUT), hint, name))
    for name, pattern, hint in (
        (
            "local-engine-limit", r"Limit of the local engine",
            "Compile it on AWS: Amazon SageMaker Neo may take what the local engine cannot.",
        ),
        (
            "missing-s3-endpoint", r"route to an S3|VPC endpoint",
            "Give the VPC an S3 gateway endpoint on the subnets' route tables.",
        ),
        (
            "bucket-in-another-region", r"is in region .* which is different",
            "Copy the model into a bucket of the job's own region.",
        ),
        (
            "permission-denied",
            r"assume ?role|access ?denied|not authorized|forbidden|permission|\(403\)|\bKMS\b",
            "Check that the job's role trusts sagemaker.amazonaws.com, may read the model and "
            "write the output, and may use their KMS keys.",
        ),
        (
            "network-settings", r"\bsubnet|security ?group|\bVPC\b|network ?interface",
            "Check VpcConfig: its subnets and security groups must exist in one VPC, with free "
            "addresses.",
        ),
        (
            "job-timeout", r"time ?out|timed out|MaxRuntimeInSeconds",
            "Raise StoppingCondition.MaxRuntimeInSeconds.",
        ),
        (
            "too-large",
            r"out of memory|(not enough|insufficient) memory|MemoryError|bad_alloc|no space left"
            r"|too large|exceeds the (limit|maximum)",
            "Compile a smaller model, or with smaller inputs.",
        ),
        (
            "several-pb-files", r"Exactly one \.pb",
            "Pack exactly one .pb or .pbtxt file (a SavedModel with its variables folder).",
        ),
        ("h5-files", r"h5 files? provided", "Pack exactly one .h5 file for Keras."),
        (
            "keras-training-config", r"sample_weight_mode",
            "Save the model with Keras 2.2.4.",
        ),
        (
            "wrong-input-shape",
            r"wrong shape in Input Shape|input-shape mismatch|Input names and shapes|find input"
            r"|not (found )?in (the )?Input Shape|shape inconsistent|invalid DataInputConfig"
            r"|input (name|node|tensor|data)s?\b.*not (found|in\b)|DataInputConfig (must|is|has)",
            "Compare DataInputConfig with the model's inputs: names, order, layout (NCHW but for "
            "TensorFlow and TFLite) and every dimension.",
        ),
        (
            "mxnet-files", r"one parameter file is allowed|-symbol\.json",
            "Pack exactly one *-symbol.json and one *.params file for MXNet.",
        ),
        (
            "several-model-files",
            r"(only|exactly) one \S*\.?(ONNX|pth|pt|tflite|cfg|weights|model)\b.*file"
            r"|expected (1|one) \S+",
            "Pack exactly one model of the framework, at the top level of the archive.",
        ),
        (
            "no-valid-model", r"No valid \S+ model|no model found",
            "Check Framework, and pack the model file at the top of the archive.",
        ),
        (
            "scripted-torch-model", r"__torch__|prim::(If|Loop)",
            "Trace the model with torch.jit.trace instead of scripting it.",
        ),
        (
            "newer-torch-file",
            r"kMaxSupportedFileFormatVersion|maximum supported version|may be too old",
            "Save the model with a version of PyTorch that Neo lists.",
        ),
        (
            "nothing-for-inferentia", r"partitioned and compiled|to neuron\b",
            "No operator of the model runs on Inferentia; compile it for another target.",
        ),
        (
            "operator-attribute", r"OperatorAttribute",
            "Export the model without this attribute of the operator.",
        ),
        (
            "unsupported-operator",
            r"operators? (are|is) not|Operator\w*Not(Implemented|Supported)|not supported for "
            r"frontend|aten::\w|prim::\w|Could not find (a|an) \w+ implementation",
            "Export the model with operators that Neo supports, or compile it for another target.",
        ),
        (
            "compiler-options",
            r"CompilerOptions|\bgpu.(code|architecture)|\b(trt|cuda)-ver|\bptxas\b|\bNVCC\b",
            "Check CompilerOptions: NVIDIA needs gpu-code, trt-ver and cuda-ver of the device.",
        ),
        (
            "no-derived-inputs", r"input_config_derivation_error|extract DataInputConfig",
            "Give the model's input shapes in DataInputConfig.",
        ),
        (
            "missing-object",
            r"(S3 object|key|bucket)\b.* does not exist|NoSuch(Key|Bucket)|\(404\)",
            "Check InputConfig.S3Uri: bucket, key, spelling.",
        ),
        (
            "not-an-archive", r"Unable to untar|not (in|a) gzip",
            "InputConfig.S3Uri must name one .tar.gz archive with the model at its top level.",
        ),
        (
            "xgboost-format", r"Treelite|XGBoost model file",
            "Save the model with XGBoost 1.3 (booster.save_model), and check Framework.",
        ),
        (
            "unknown-tensor-shape", r"unknown TensorShape|unknown rank|dynamic shape",
            "Freeze the model with fixed input shapes, without control flow.",
        ),
        (
            "invalid-torch-model",
            r"Invalid PyTorch model|load PyTorch|PytorchStreamReader|inline_container",
            "Trace the model (torch.jit.trace) in eval mode and save it as one .pth file; check "
            "the order of the inputs.",
        ),
        (
            "ambarella-files", r"amba_config|calibration",
            "Pack amba_config.json and the folder of calibration images beside the model.",
        ),
        (
            "incompatible-version",
            r"cannot load|Incompatible \S+|Unable to load|(framework|opset|unsupported) version"
            r"|unsupported \S+ (\S+ )?version|Unknown layer|Op type not registered"
            r"|NodeDef mentions",
            "Save the model with a version of the framework that Neo lists for the target.",
        ),
        (
            "cannot-convert",
            r"(cannot|failed to|unable to) (convert|parse)|not be (converted|parsed)",
            "Check Framework; compare DataInputConfig with the model.",
        ),
    )
)  # fmt: skip


def failure_of(reason: str, *, stopped: bool = False) -> Failure:
    """Return the failure behind a FailureReason. ``stopped`` if the job's status is STOPPED."""
    if stopped:
        return Failure(FailureKind.STOPPED, "The job was stopped before it completed.")
    if _SERVER.match(reason):
        return SERVICE_ERROR
    for pattern, failure in KNOWN:
        if pattern.search(reason):
            return failure
    if _CLIENT.search(reason):
        return USER_ERROR
    return SERVICE_ERROR if _LOOKS_TRANSIENT.search(reason) else _UNKNOWN
