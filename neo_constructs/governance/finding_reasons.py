"""Reasons for what rule packs find in the resources of fleets and models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final


class Part(StrEnum):
    """A part of a construct whose resources are known to be as they are for a reason."""

    PROVIDER = "provider"
    SCHEDULE = "schedule"
    STATE = "state"
    JOBS = "jobs"
    MODEL = "model"


_marked: dict[str, Part] = {}

_REGIONAL: Final = "Calls the APIs of SageMaker, CloudFormation, S3 and SNS alone, by HTTPS."
_RUNTIME: Final = "Python 3.13 is what the tests run; it is supported."
_TRACED: Final = "Every step is in the log as one JSON line; a trace would add nothing to it."
_LOGS: Final = "log_encryption_key gives it a key; holds names and states of jobs, no data."
_STATE: Final = "Holds names and states of jobs, which the service tells again; give state_bucket."
_FUNCTION: Final = {
    "AwsSolutions-L1": _RUNTIME,
    "Serverless-LambdaLatestVersion": _RUNTIME,
    "Serverless-LambdaTracing": _TRACED,
    "NIST.800.53.R5-LambdaInsideVPC": _REGIONAL,
    "HIPAA.Security-LambdaInsideVPC": _REGIONAL,
}
_LOG_GROUP: Final = {
    "NIST.800.53.R5-CloudWatchLogGroupEncrypted": _LOGS,
    "HIPAA.Security-CloudWatchLogGroupEncrypted": _LOGS,
}
_BY_TYPE: Final[Mapping[Part, Mapping[str, Mapping[str, str]]]] = {
    Part.SCHEDULE: {
        "AWS::Lambda::Function": _FUNCTION,
        "AWS::Logs::LogGroup": _LOG_GROUP,
        "AWS::Lambda::EventInvokeConfig": {
            "Serverless-LambdaAsyncFailureDestination": "Its dead-letter queue takes what fails.",
        },
        "AWS::SQS::Queue": {
            "Serverless-SQSRedrivePolicy": "It is a dead-letter queue itself.",
        },
    },
    Part.STATE: {
        "AWS::S3::Bucket": {
            "AwsSolutions-S1": _STATE,
            "NIST.800.53.R5-S3BucketLoggingEnabled": _STATE,
            "NIST.800.53.R5-S3BucketReplicationEnabled": _STATE,
            "NIST.800.53.R5-S3DefaultEncryptionKMS": _STATE,
            "HIPAA.Security-S3BucketLoggingEnabled": _STATE,
            "HIPAA.Security-S3BucketReplicationEnabled": _STATE,
            "HIPAA.Security-S3DefaultEncryptionKMS": _STATE,
        },
    },
}


def mark(path: str, part: Part) -> None:
    """Mark the construct at this path, and all below it, as such a part."""
    _marked[path] = part


def part_of(path: str) -> Part | None:
    """Return the part that a resource belongs to, if any."""
    steps = path.split("/")
    for count in range(len(steps), 0, -1):
        found = _marked.get("/".join(steps[:count]))
        if found is not None:
            return found
    return None


def reasons_of(part: Part, kind: str) -> Iterator[tuple[str, str]]:
    """Yield rules and reasons for a resource of this type in this part."""
    yield from _BY_TYPE.get(part, {}).get(kind, {}).items()
