"""Wrong values for every argument of every public construct, generated from the signatures.

An argument takes what its annotation says; every other kind of value is a wrong use of it.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

import neo_constructs as neo
from tests.paths import ROOT
from tests.synthesis.conftest import ONNX, model
from tests.synthesis.vpcs import isolated_vpc

MODEL: Final = ROOT / "examples/models/tiny-cnn.onnx"
SPECS: Final = ROOT / "examples/specs"

VALUES: Final[Mapping[str, object]] = {
    "a text": "wrong",
    "a number": -7.5,
    "a class": s3.Bucket,
    "an object": object(),
    "a list": [object()],
    "a dict": {"wrong": object()},
    "nothing": None,
}
# What an annotation allows, by the beginnings of its alternatives.
_ALLOWED: Final = {
    "a text": ("str", "object", "Any"),
    "a number": ("int", "float", "object", "Any"),
    "a class": ("object", "Any"),
    "an object": ("object", "Any"),
    "a list": ("object", "Any", "Sequence[object]"),
    "a dict": ("object", "Any", "Mapping[str, object]"),
    "nothing": ("None", "object", "Any"),
}


@dataclass(frozen=True)
class Use:
    """A call that is right but for one argument.

    Attributes:
        name: Of what is called.
        call: Takes the arguments.
        given: The arguments that it needs.
    """

    name: str
    call: Callable[..., object]
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Wrong:
    """One argument of the wrong kind."""

    use: Use
    argument: str
    kind: str

    def __str__(self) -> str:
        return f"{self.use.name}-{self.argument}-{self.kind.replace(' ', '-')}"

    def make(self) -> object:
        """Make the call."""
        return self.use.call(**{**self.use.given, self.argument: VALUES[self.kind]})


def wrong_uses(uses: Iterator[Use]) -> Iterator[Wrong]:
    """Yield every argument of every call with every kind of value that it does not take."""
    for use in uses:
        for parameter in inspect.signature(use.call).parameters.values():
            if parameter.name in ("scope", "id", "self") or parameter.kind in (
                parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL,
            ):  # fmt: skip
                continue
            annotation = str(parameter.annotation).strip("'")
            for kind in VALUES:
                if not _takes(annotation, kind):
                    yield Wrong(use, parameter.name, kind)


def _takes(annotation: str, kind: str) -> bool:
    alternatives = [each.strip() for each in re.split(r"\|(?![^\[]*\])", annotation)]
    return any(each.startswith(_ALLOWED[kind]) for each in alternatives)


def uses(stack: cdk.Stack) -> Iterator[Use]:
    """Yield calls that are right, in one stack; each makes a construct of another id."""
    numbers = itertools.count()
    artifact = model(stack)
    bucket = s3.Bucket(stack, "Bucket")
    vpc = isolated_vpc(stack)

    def construct(kind: Callable[..., object], **given: Any) -> Use:
        init = kind.__init__ if inspect.isclass(kind) else kind
        call = _signed(init, lambda **a: kind(stack, f"Use{next(numbers)}", **a))
        return Use(getattr(kind, "__qualname__", "use"), call, given)

    def called(method: Callable[..., object], **given: Any) -> Use:
        return Use(method.__qualname__, method, given)

    one = {"model": artifact, "target": neo.Target.ML_C5, **ONNX}
    job = neo.CompilationJob(stack, "Job", **one)
    fleet = neo.CompilationFleet(stack, "Fleet")
    provider = neo.NeoCompilationProvider.of(stack)
    schedule = neo.ContinuousReconciliation(stack, "Keep", fleet=fleet)
    network = neo.CompilationNetwork(stack, "Network", vpc=vpc)
    matrix = {"models": {"net": neo.MatrixModel(artifact, **ONNX)}, "targets": [neo.Target.ML_C5]}
    identity = neo.PipelineIdentity.github("example/models", branch="main", environment="neo")
    yield construct(neo.CompilationJob, **one, vpc=vpc)
    yield construct(neo.CompilationMatrix, **matrix)
    yield called(neo.MatrixModel, artifact=artifact, **ONNX)
    yield construct(neo.CompilationFleet, vpc=vpc)
    yield construct(neo.CompilationFleet.from_specs, path=str(SPECS))
    yield called(fleet.add_job, name="net", **one)
    yield construct(neo.ContinuousReconciliation, fleet=fleet)
    yield construct(neo.CompilationNetwork, vpc=vpc)
    yield construct(neo.CompiledModel, job=job)
    yield construct(neo.CompiledComponent, job=job, component_name="a.b", component_version="1.0.0")
    yield construct(neo.NeoDashboard, jobs=[job])
    yield construct(neo.FleetAlarms, fleet=fleet)
    yield construct(neo.JobAlarms, watched=job)
    yield construct(
        neo.PipelineRoles, identity=identity, owners=["vision"], job_roles=[job.role],
        output_locations=["s3://out/x/"],
    )  # fmt: skip
    yield Use(
        "NeoCompilationProvider.configure_functions", provider.configure_functions, {"vpc": vpc}
    )
    yield Use("NeoCompilationProvider.configure_logs", provider.configure_logs, {})
    yield Use(
        "ContinuousReconciliation.configure_functions", schedule.configure_functions, {"vpc": vpc}
    )
    yield called(job.artifacts_uri_for, scope=stack)
    yield called(network.restrict_s3_to)
    yield Use(
        "CompilationNetwork.require_for_writes_to",
        network.require_for_writes_to,
        {"bucket": bucket},
    )
    for grant in (job.grant_describe, job.grant_stop, job.grant_read_artifacts,
                  fleet.grant_read_manifest, fleet.grant_read_artifacts):  # fmt: skip
        yield called(grant)
    yield construct(
        neo.CompilationJob.from_compilation_job_attributes,
        compilation_job_arn="arn:aws:sagemaker:us-east-1:111122223333:compilation-job/x",
    )
    yield construct(neo.CompilationJob.from_compilation_job_name, compilation_job_name="x")
    yield construct(
        neo.CompilationJob.from_compilation_job_arn,
        compilation_job_arn="arn:aws:sagemaker:us-east-1:111122223333:compilation-job/x",
    )
    yield called(neo.ModelArtifact.from_asset, path=str(MODEL))
    yield Use(
        "ModelArtifact.from_bucket",
        neo.ModelArtifact.from_bucket,
        {"bucket": bucket, "key": "m.tar.gz"},
    )
    yield called(neo.ModelArtifact.from_model_package)
    for make in (neo.Target.device, neo.Target.parse, neo.Framework.of):
        yield called(make)
    yield called(neo.TargetPlatform, os="LINUX", arch="ARM64")
    pipeline = neo.PipelineIdentity
    yield called(pipeline.github, repository="example/models")
    yield called(pipeline.gitlab, project="example/models")
    yield called(neo.Target.platform, os="LINUX", arch="ARM64")
    options = neo.CompilerOptions
    yield called(options.android, platform=24)
    yield called(options.core_ml)
    yield called(options.cpu)
    yield called(options.elastic_inference)
    yield called(options.inferentia)
    yield Use(
        "nvidia", options.nvidia, {"gpu_code": "sm_72", "trt_ver": "7.1.3", "cuda_ver": "10.2"}
    )
    yield called(options.pytorch)
    yield called(options.of)
    yield called(options.text)
    yield called(neo.CoreMlInput, shape=[1, 3, 8, 8])
    yield called(neo.DataInputConfig.named)
    yield called(neo.DataInputConfig.core_ml)
    yield called(neo.DataInputConfig.text)
    yield called(neo.OrganisationPolicy.from_file)
    yield called(neo.AcknowledgedFindings.from_file)


def _signed(method: Callable[..., object], call: Callable[..., object]) -> Callable[..., object]:
    """Give a call the signature of a method."""
    call.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]  # inspect reads it
    return call
