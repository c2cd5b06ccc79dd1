"""Two stacks with everything that the functions can touch, and where each part of it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from neo_constructs import (
    CompilationFleet,
    CompilationJob,
    ContinuousReconciliation,
    ModelArtifact,
    Target,
    Verify,
)
from tests.contract.privilege import recording
from tests.contract.privilege.engine import ACCOUNT, Request
from tests.contract.privilege.policies import REGION, documents, resolver, role_named
from tests.synthesis.conftest import ONNX
from tests.synthesis.rendering import STACK_ID, of_type, only, synthesized

Places = dict[str, tuple[str, dict[str, str]]]
"""Resource and condition keys of a call, by what the recorder calls its target."""

_SHA: Final = "sha256:" + "0" * 64
_OURS: Final = {
    recording.ON_EVENT: "NeoCompilationProviderOnEventRole",
    recording.IS_COMPLETE: "NeoCompilationProviderIsCompleteRole",
    recording.FRAMEWORK_ON_EVENT: "NeoCompilationProviderFrameworkOnEventRole",
    recording.FRAMEWORK_IS_COMPLETE: "NeoCompilationProviderFrameworkIsCompleteRole",
}
_FLEETS: Final = {
    recording.FLEET_ON_EVENT: "FleetProviderOnEventRole",
    recording.FLEET_IS_COMPLETE: "FleetProviderIsCompleteRole",
    recording.SCHEDULE: "KeepRole",
    recording.FRAMEWORK_ON_EVENT: "FleetProviderFrameworkOnEventRole",
    recording.FRAMEWORK_IS_COMPLETE: "FleetProviderFrameworkIsCompleteRole",
}


@dataclass(frozen=True, slots=True)
class Deployed:
    """A template, the role of each function in it, and the places of what they call."""

    template: Mapping[str, Any]
    roles: Mapping[str, str]
    places: Places

    @property
    def policies(self) -> dict[str, list[dict[str, Any]]]:
        """The documents of each function's role."""
        return {name: documents(self.template, role) for name, role in self.roles.items()}

    def request(self, call: recording.Call) -> Request:
        """Return a recorded call as one of this stack's."""
        resource, context = self.places[f"{call.function}/{call.target}"]
        return Request(call.function, call.action, resource, context)


def build_job(stack: cdk.Stack) -> None:
    """One job: a model whose content is declared, keys of its own for model and artifact, which is
    verified.
    """
    models = s3.Bucket(stack, "In", encryption=s3.BucketEncryption.KMS)
    CompilationJob(
        stack, "Job", model=ModelArtifact.from_bucket(models, "m.tar.gz", digest=_SHA),
        target=Target.ML_C5, output_bucket=s3.Bucket(stack, "Out", encryption_key=kms.Key(
        stack, "Key")), verify=Verify.FAIL, **ONNX,
    )  # fmt: skip


def build_fleet(stack: cdk.Stack) -> None:
    """A fleet on a schedule, with a key of its own for whatever takes one."""
    models = s3.Bucket(stack, "In", encryption=s3.BucketEncryption.KMS)
    fleet = CompilationFleet(
        stack, "Fleet", state_encryption_key=kms.Key(stack, "StateKey"), prune=True,
        verify=Verify.FAIL,
        output_bucket=s3.Bucket(stack, "Out", encryption_key=kms.Key(stack, "OutKey")),
    )  # fmt: skip
    trained = ModelArtifact.from_bucket(models, "m.tar.gz", digest=_SHA)
    fleet.add_job("m", model=trained, target=Target.ML_C5, **ONNX)
    ContinuousReconciliation(
        stack, "Keep", fleet=fleet, refresh=True,
        topic=sns.Topic(stack, "Topic", master_key=kms.Key(stack, "TopicKey")),
        event_bus=events.EventBus(stack, "Bus"),
        upload_bucket=s3.Bucket(stack, "Git", encryption=s3.BucketEncryption.KMS),
        upload_key="specs.json", queue_encryption_key=kms.Key(stack, "QueueKey"),
    )  # fmt: skip


def deployed(build: Callable[[cdk.Stack], object], roles: Mapping[str, str]) -> Deployed:
    """Return the stack that `build` makes, with the roles whose logical ids begin so."""
    template = synthesized(build)
    found = {name: role_named(template, role) for name, role in roles.items()}
    return Deployed(template, found, {})


@cache
def jobs_stack() -> Deployed:
    """Return the stack of one job."""
    made = deployed(build_job, _OURS)
    places = _common(made, "NeoCompilationProvider", f"s{_guid()}")
    return Deployed(made.template, made.roles, _spread(made, places))


@cache
def fleet_stack() -> Deployed:
    """Return the stack of a fleet."""
    made = deployed(build_fleet, _FLEETS)
    fleet = resolver(made.template).properties(only(made.template, "Custom::NeoCompilationFleet"))
    owner = f"f{_guid()}{fleet['OwnerSuffix']}"
    arns = Arns(made.template)
    state, git = arns.of("AWS::S3::Bucket", "FleetState"), arns.of("AWS::S3::Bucket", "Git")
    document = fleet["Document"]
    sns_key = {"kms:ViaService": f"sns.{REGION}.amazonaws.com"}
    places = _common(made, "FleetProvider", owner) | {
        "state": (f"{state}/{fleet['State']['Prefix']}{owner}/manifest.json", {}),
        "bucket of state": (state, {}),
        "key of state": (arns.of("AWS::KMS::Key", "StateKey"), _VIA_S3),
        "document": (f"arn:aws:s3:::{document['Bucket']}/{document['Key']}", {}),
        "upload": (f"{git}/specs.json", {}),
        "bucket of upload": (git, {}),
        "key of upload": (arns.of("AWS::KMS::Key", "GitKey"), _VIA_S3),
        "topic": (arns.ref("AWS::SNS::Topic", "Topic"), {}),
        "key of topic": (arns.of("AWS::KMS::Key", "TopicKey"), sns_key),
        "bus": (arns.of("AWS::Events::EventBus", "Bus"), {}),
        "dead letters": (arns.of("AWS::SQS::Queue", "KeepDeadLetters"), {}),
        "key of dead letters": (
            arns.of("AWS::KMS::Key", "QueueKey"), {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"},
        ),
    }  # fmt: skip
    spread = _spread(made, places)
    spread[f"{recording.SCHEDULE}/own log"] = (_log(arns, "KeepLogs"), {})
    return Deployed(made.template, made.roles, spread)


_VIA_S3: Final = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}


@dataclass(frozen=True, slots=True)
class Arns:
    """ARNs and references of the resources of a template, by type and beginning of the id."""

    template: Mapping[str, Any]

    def of(self, kind: str, beginning: str) -> str:
        """Return the ARN of the one resource."""
        return str(resolver(self.template).values[f"{self._one(kind, beginning)}.Arn"])

    def ref(self, kind: str, beginning: str) -> str:
        """Return what ``Ref`` gives for the one resource."""
        return str(resolver(self.template).values[self._one(kind, beginning)])

    def _one(self, kind: str, beginning: str) -> str:
        found = [name for name in of_type(self.template, kind) if _is(name, beginning)]
        assert len(found) == 1, (kind, beginning, found)
        return found[0]


def _is(name: str, beginning: str) -> bool:
    """Return whether a logical id is this one: CDK adds a hash of 8 characters."""
    return name.startswith(beginning) and len(name) == len(beginning) + 8


def _common(made: Deployed, provider: str, owner: str) -> Places:
    arns = Arns(made.template)
    out, models = arns.of("AWS::S3::Bucket", "Out"), arns.of("AWS::S3::Bucket", "In")
    is_fleet = provider == "FleetProvider"
    role = arns.of("AWS::IAM::Role", "FleetRole" if is_fleet else "JobRole")
    key = "OutKey" if is_fleet else "Key"
    job = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:compilation-job"
    return {
        "own job": (f"{job}/{owner}-net-abcdefghijkl", {}),
        "any job": ("*", {}),
        "own stack": (STACK_ID, {}),
        "artifact": (f"{out}/compiled/{owner}-net-abcdefghijkl/m-ml_c5.tar.gz", {}),
        "bucket of artifact": (out, {}),
        "key of artifact": (arns.of("AWS::KMS::Key", key), _VIA_S3),
        "model": (f"{models}/m.tar.gz", {}),
        "bucket of model": (models, {}),
        "key of model": (arns.of("AWS::KMS::Key", "InKey"), _VIA_S3),
        "job role": (role, {"iam:PassedToService": "sagemaker.amazonaws.com"}),
        "own on_event": (arns.of("AWS::Lambda::Function", f"{provider}OnEvent"), {}),
        "own is_complete": (arns.of("AWS::Lambda::Function", f"{provider}IsComplete"), {}),
        "own waiter": (
            arns.ref("AWS::StepFunctions::StateMachine", f"{provider}Frameworkwaiterstatemachine"),
            {},
        ),
        "own log": (_log(arns, f"{provider}Logs"), {}),
    }


def _log(arns: Arns, beginning: str) -> str:
    return arns.of("AWS::Logs::LogGroup", beginning).removesuffix("*") + "log-stream:a"


def _spread(made: Deployed, places: Places) -> Places:
    return {f"{name}/{target}": place for name in made.roles for target, place in places.items()}


def _guid() -> str:
    return STACK_ID.rpartition("/")[2][:8]
