"""The contract between constructs and Lambdas: what one writes into templates, the other reads.

Both sides import it, so that nothing of it is stated twice. A deployed template meets newer
Lambdas, and a rollback brings older properties back: names and values here may be added to, and
never changed.

CloudFormation turns numbers and booleans of properties into text; ``flag`` and ``read_flag`` are
how both sides spell a boolean.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

# --- resource types ---------------------------------------------------------------------------
JOB_RESOURCE: Final = "Custom::NeoCompilationJob"
FLEET_RESOURCE: Final = "Custom::NeoCompilationFleet"

# --- entry points of the Lambdas: modules of the package below, and their functions -------------
HANDLER_PACKAGE: Final = "reconciler.handler"
JOB_FUNCTION: Final = "lambda_function"
FLEET_FUNCTION: Final = "fleet_function"
SCHEDULE_FUNCTION: Final = "fleet_schedule"
ON_EVENT: Final = "on_event"
IS_COMPLETE: Final = "is_complete"
RECONCILE: Final = "reconcile"

# --- properties of both resources -------------------------------------------------------------
TAGS: Final = "Tags"
WAIT: Final = "Wait"
DEADLINE_SECONDS: Final = "DeadlineSeconds"
REMOVAL_POLICY: Final = "RemovalPolicy"
OUTPUT_BUCKET_OWNER: Final = "OutputBucketOwner"
VERIFY: Final = "Verify"  # left out for Verify.OFF
_SHARED: Final = frozenset({
    TAGS, WAIT, DEADLINE_SECONDS, REMOVAL_POLICY, OUTPUT_BUCKET_OWNER, VERIFY,
})  # fmt: skip

DESTROY: Final = "destroy"
RETAIN: Final = "retain"


class Verify(StrEnum):
    """What a deployment makes of an artifact that is not what was ordered."""

    OFF = "off"  # it is not read
    WARN = "warn"  # it is reported
    FAIL = "fail"  # the job has failed


# --- properties of a job ----------------------------------------------------------------------
DECLARATION: Final = "Declaration"  # JSON text of an object with the keys below
LATE_BOUND: Final = "LateBound"  # its deploy-time values, by JSON pointer
JOB_PROPERTIES: Final = _SHARED | {DECLARATION, LATE_BOUND}

DECLARATION_SCHEMA: Final = 1
SCHEMA: Final = "schema"
LOGICAL_NAME: Final = "logicalName"
REQUEST: Final = "request"
REVISION: Final = "revision"
EXACT_OUTPUT: Final = "exactOutput"
POLICY: Final = "policy"
RETRIES: Final = "retries"  # in POLICY
DECLARATION_KEYS: Final = frozenset({SCHEMA, LOGICAL_NAME, REQUEST, REVISION, EXACT_OUTPUT, POLICY})

# Pointers of LateBound to what is not in the request.
REVISION_POINTER: Final = "#revision"
RETRIES_POINTER: Final = "#retries"

# --- properties of a fleet --------------------------------------------------------------------
OWNER_SUFFIX: Final = "OwnerSuffix"
DOCUMENT: Final = "Document"  # Bucket, Key, Digest
VARIABLES: Final = "Variables"  # values for what the document leaves open, by name
STATE: Final = "State"  # Bucket, Prefix, BucketOwner
UPLOAD: Final = "Upload"  # Bucket, Key
CONTINUES: Final = "Continues"
ON_FAILURE: Final = "OnFailure"
PRUNE: Final = "Prune"
FLEET_RETRIES: Final = "Retries"
FLEET_PROPERTIES: Final = _SHARED | {
    OWNER_SUFFIX, DOCUMENT, VARIABLES, STATE, UPLOAD, CONTINUES, ON_FAILURE, PRUNE, FLEET_RETRIES,
}  # fmt: skip


class OnFailure(StrEnum):
    """What one job's failure means for a deployment of the fleet."""

    FAIL = "fail"
    CONTINUE = "continue"


BUCKET: Final = "Bucket"
KEY: Final = "Key"
DIGEST: Final = "Digest"
PREFIX: Final = "Prefix"
BUCKET_OWNER: Final = "BucketOwner"

# A fleet's document is the same declaration, many times; see ``core.fleet.document``.
DOCUMENT_SCHEMA: Final = 1
JOBS: Final = "jobs"
DOCUMENT_VARIABLES: Final = "variables"

# --- attributes (Fn::GetAtt): every one is always answered, empty if unknown ------------------
JOB_NAME: Final = "CompilationJobName"
JOB_ARN: Final = "CompilationJobArn"
JOB_STATUS: Final = "CompilationJobStatus"
ARTIFACT_URI: Final = "S3ModelArtifacts"
ARTIFACT_DIGEST: Final = "ArtifactDigest"
INFERENCE_IMAGE: Final = "InferenceImage"
JOB_ATTRIBUTES: Final = (
    JOB_NAME, JOB_ARN, JOB_STATUS, ARTIFACT_URI, ARTIFACT_DIGEST, INFERENCE_IMAGE,
)  # fmt: skip

ARTIFACT_FINDINGS: Final = "ArtifactFindings"  # only where artifacts are verified

TOTAL: Final = "Total"
COMPLETED: Final = "Completed"
FAILED: Final = "Failed"
PENDING: Final = "Pending"
MANIFEST_URI: Final = "ManifestUri"
GENERATION: Final = "Generation"
PLAN_DIGEST: Final = "PlanDigest"
FLEET_ATTRIBUTES: Final = (
    TOTAL, COMPLETED, FAILED, PENDING, MANIFEST_URI, GENERATION, PLAN_DIGEST,
)  # fmt: skip

UNVERIFIED: Final = "Unverified"  # only where artifacts are verified

# --- environment of a schedule's function -----------------------------------------------------
ENV_OWNER: Final = "NEO_OWNER"
ENV_STACK_ID: Final = "NEO_STACK_ID"
ENV_STATE_BUCKET: Final = "NEO_STATE_BUCKET"
ENV_STATE_PREFIX: Final = "NEO_STATE_PREFIX"
ENV_STATE_OWNER: Final = "NEO_STATE_OWNER"
ENV_REFRESH: Final = "NEO_REFRESH"
ENV_OUTPUT_OWNER: Final = "NEO_OUTPUT_OWNER"
ENV_TOPIC_ARN: Final = "NEO_TOPIC_ARN"
ENV_EVENT_BUS: Final = "NEO_EVENT_BUS"
ENV_UPLOAD_BUCKET: Final = "NEO_UPLOAD_BUCKET"
ENV_UPLOAD_KEY: Final = "NEO_UPLOAD_KEY"
ENVIRONMENT: Final = frozenset({
    ENV_OWNER, ENV_STACK_ID, ENV_STATE_BUCKET, ENV_STATE_PREFIX, ENV_STATE_OWNER, ENV_REFRESH,
    ENV_OUTPUT_OWNER, ENV_TOPIC_ARN, ENV_EVENT_BUS, ENV_UPLOAD_BUCKET, ENV_UPLOAD_KEY,
})  # fmt: skip

# --- owners and a fleet's objects in S3, which policies name ----------------------------------
STACK_OWNER_PREFIX: Final = "s"  # then 8 characters of the stack id's GUID
FLEET_OWNER_PREFIX: Final = "f"  # then the same, and OwnerSuffix
MANIFEST_OBJECT: Final = "manifest.json"

# --- limits -----------------------------------------------------------------------------------
SERVICE_TIMEOUT: Final = timedelta(hours=1)
"""How long CloudFormation, and so CDK's Provider, waits for a custom resource."""

MAX_DEADLINE: Final = timedelta(seconds=3_300)
"""When an operation gives up by itself: early enough to stop its job and say why."""

MIN_DEADLINE: Final = timedelta(seconds=60)

POLL_INTERVAL: Final = timedelta(seconds=20)
"""How often the Provider calls is_complete."""

IAM_LAG: Final = timedelta(seconds=120)
"""How long a new role or policy may not be known everywhere."""

LEASE: Final = timedelta(seconds=120)
"""How long a lease on a fleet lasts: a batch of 20 seconds at most, its last request 60 more."""

SETTLE: Final = timedelta(seconds=90)
"""How long a new job may stay invisible: the longest call of a Lambda, and some for
reads that lag. How far they do is not documented."""

ROW_LAG: Final = timedelta(seconds=30)
"""How long a stack's list of resources is taken to lag behind what the stack does."""

ACCEPTED: Final = timedelta(seconds=30)
"""How long an operation that does not wait for its jobs looks whether it is still waited for."""

GRACE: Final = timedelta(seconds=90)
"""How long after the deadline stopping a job is retried."""

NAME_TAKEN: Final = timedelta(seconds=240)
"""After this long, a taken name whose job never became visible is a deleted record's."""

TAG_PREFIX: Final = "neo:"
OWN_TAGS: Final = 8
"""How many tags of a job are the reconciler's own: TAG_PREFIX begins their keys."""

VERIFIER_MEMORY_MIB: Final = 1_024
"""Of a function that verifies artifacts: it unpacks and hashes each in seconds."""

VERIFIER_DISK_MIB: Final = 1_536
"""Of such a function: half as much again as what an archive may expand to."""

POLICY_FILE: Final = "organisation_policy.json"
"""The organisation's policy inside a Lambda's asset, beside ``reconciler.handler.organisation``."""

MAX_RETRIES: Final = 10
DEFAULT_RETRIES: Final = 1
MAX_JOBS: Final = 25_000
"""Jobs of one fleet."""


def entry_point(module: str, function: str) -> str:
    """Return the ``Handler`` of a Lambda function."""
    return f"{HANDLER_PACKAGE}.{module}.{function}"


def flag(value: bool) -> str:
    """Spell a boolean as properties and environments hold it."""
    return "true" if value else "false"


def read_flag(values: Mapping[str, object], name: str, *, default: bool = False) -> bool:
    """Read a boolean; anything else than the other spelling is the default."""
    return values.get(name) != flag(False) if default else values.get(name) == flag(True)


def stack_account(stack_id: str) -> str:
    """Return the account of a stack, from its ARN."""
    return stack_id.split(":")[4]


def state_folder(prefix: str, owner: str) -> str:
    """Return what the keys of a fleet's objects begin with; ``prefix`` is empty or ends in a /."""
    return f"{prefix}{owner}/"
