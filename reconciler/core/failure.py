"""Why a job failed, and what to do about it: FailureReason explained.

Source: the AWS developer guide's "Troubleshoot Neo compilation errors", and failures recorded in
public issues. Neo prefixes what the user can mend with ``ClientError``; all other errors are the
system's, by the guide's own words.
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
    SYSTEM = "system"  # the service; another attempt may do


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure's kind, and a hint for people (may be empty)."""

    kind: FailureKind
    hint: str


_INPUT = FailureKind.INPUT
_KNOWN: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind, hint)
    for pattern, kind, hint in (
        (
            r"assume role|access ?denied|not authorized|forbidden|permission|403",
            FailureKind.PERMISSION,
            "Check that the job's role trusts sagemaker.amazonaws.com, may read the model and "
            "write the output, and may use their KMS keys.",
        ),
        (
            r"time ?out|timed out|MaxRuntimeInSeconds",
            FailureKind.TIMEOUT,
            "Raise StoppingCondition.MaxRuntimeInSeconds.",
        ),
        (
            r"Exactly one \.pb or \.pbtxt",
            _INPUT,
            "Pack exactly one .pb or .pbtxt file (a SavedModel with its variables folder).",
        ),
        (r"h5 files? provided", _INPUT, "Pack exactly one .h5 file for Keras."),
        (
            r"sample_weight_mode",
            _INPUT,
            "The Keras model was saved by a newer version; save it with Keras 2.2.4.",
        ),
        (
            r"wrong shape in Input Shape|input-shape mismatch",
            _INPUT,
            "Compare DataInputConfig with the model's inputs: names, order, layout (NCHW but for "
            "TensorFlow and TFLite) and every dimension.",
        ),
        (
            r"one parameter file is allowed|-symbol\.json",
            _INPUT,
            "Pack exactly one *-symbol.json and one *.params file for MXNet.",
        ),
        (
            r"operators? (are|is) not implemented|OperatorNotImplemented|cannot convert",
            _INPUT,
            "The model uses operators that Neo does not know for this framework; export it with "
            "supported ones, or compile it for another target.",
        ),
        (
            r"input_config_derivation_error|extract DataInputConfig",
            _INPUT,
            "Give the model's input shapes in DataInputConfig.",
        ),
        (r"S3 object does not exist", _INPUT, "Check InputConfig.S3Uri: bucket, key, spelling."),
        (
            r"is in region .* which is different",
            _INPUT,
            "Copy the model into a bucket of the job's own region.",
        ),
        (
            r"Unable to untar",
            _INPUT,
            "InputConfig.S3Uri must name one .tar.gz archive with the model at its top level.",
        ),
        (
            r"Invalid PyTorch model",
            _INPUT,
            "Trace the model (torch.jit.trace) in eval mode and save it as one .pth file; check "
            "the order of the inputs.",
        ),
        (
            r"cannot load Tensorflow|Incompatible (Tensorflow|ONNX)|Unable to load provided",
            _INPUT,
            "The model was saved by a version that Neo does not read; see the versions that the "
            "target takes.",
        ),
    )
)


def failure_of(reason: str, *, stopped: bool = False) -> Failure:
    """Return the failure behind a FailureReason. ``stopped`` if the job's status is STOPPED."""
    if stopped:
        return Failure(FailureKind.STOPPED, "The job was stopped before it completed.")
    for pattern, kind, hint in _KNOWN:
        if pattern.search(reason):
            return Failure(kind, hint)
    if "ClientError" in reason:
        return Failure(_INPUT, "")
    return Failure(FailureKind.SYSTEM, "")
