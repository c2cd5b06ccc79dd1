"""A platform team's app: its models, compiled for its devices by Amazon SageMaker Neo.

It deploys as it is: one stack with an encrypted, versioned output bucket, a KMS key, a VPC of
isolated subnets with an S3 gateway endpoint, and one compilation job per model and target.

Every choice can be changed on the command line, as CDK context (`cdk deploy -c key=value`):

``models``                folder of model files (default examples/models): `NAME.onnx` (or
                          .tflite, .pt, .pth, .h5, .pb) is one model called NAME; its input
                          shapes are read from `NAME.inputs.json` beside it, which is the
                          service's DataInputConfig: {"data_0": [1, 3, 224, 224]}
``targets``               comma-separated target devices (`ml_c5`) and platforms (`OS_ARCH` or
                          `OS_ARCH_ACCELERATOR`); default ml_c5,LINUX_ARM64,LINUX_ARM_EABIHF
``inputs.NAME``           input shapes of model NAME as JSON, instead of the file's: recompiles
                          NAME for every target
``inputs.NAME.TARGET``    the same for one job alone: recompiles only that one
``broken``                `true` adds one job that Neo accepts and then fails (`Broken`: the first
                          model under an input name that it does not have)
``stack``                 name of the stack; default NeoModels
``wait``                  `false`: a deploy ends when the jobs are accepted; default true

Outputs of the stack, two for each job (`Squeezenet` x `ml_c5`): `SqueezenetMlC5JobName`, the
compilation job, and `SqueezenetMlC5Artifact`, the s3:// URI of what it compiled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs import CompilationJob, Framework, ModelArtifact, Target

HERE = Path(__file__).parent
DEFAULT_TARGETS = "ml_c5,LINUX_ARM64,LINUX_ARM_EABIHF"
FRAMEWORKS: Mapping[str, Framework] = {
    ".onnx": Framework.ONNX,
    ".tflite": Framework.TFLITE,
    ".pt": Framework.PYTORCH,
    ".pth": Framework.PYTORCH,
    ".h5": Framework.KERAS,
    ".pb": Framework.TENSORFLOW,
}


@dataclass(frozen=True)
class TrainedModel:
    """A model file, what it was trained with, and what it takes."""

    name: str
    path: Path
    framework: Framework
    inputs: Mapping[str, Any]


def trained_models(folder: Path, overrides: Mapping[str, Any]) -> Iterator[TrainedModel]:
    """Return the models of a folder in the order of their names; or exit with a sentence."""
    files = sorted(path for path in folder.glob("*") if path.suffix in FRAMEWORKS)
    if not files:
        known = ", ".join(FRAMEWORKS)
        raise SystemExit(f"{folder}: no model file there; files that end in {known} are taken")
    for path in files:
        shapes = overrides.get(path.stem) or json_file(path.with_suffix(".inputs.json"))
        yield TrainedModel(path.stem, path, FRAMEWORKS[path.suffix], shapes)


def json_file(path: Path) -> Any:
    """Return the JSON in a file; exit with a sentence if it is missing or broken."""
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise SystemExit(
            f"{path}: {error.strerror}; write the model's input shapes there, "
            'as in {"data": [1, 3, 224, 224]}'
        ) from error
    except ValueError as error:
        raise SystemExit(f"{path}: not JSON: {error}") from error


class NeoModels(cdk.Stack):
    """Every model compiled for every target, in one network, with one key, into one bucket."""

    def __init__(self, scope: Construct, id: str, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        self.key = kms.Key(
            self, "Key", description="Compiled models", enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )  # fmt: skip
        self.bucket = s3.Bucket(
            self, "Compiled", encryption_key=self.key, bucket_key_enabled=True, versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL, enforce_ssl=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )  # fmt: skip
        isolated = ec2.SubnetType.PRIVATE_ISOLATED
        self.vpc = ec2.Vpc(
            self, "Network", max_azs=2, nat_gateways=0,
            subnet_configuration=[ec2.SubnetConfiguration(name="Jobs", subnet_type=isolated)],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )  # fmt: skip
        self.subnets = ec2.SubnetSelection(subnet_type=isolated)
        self.wait = str(self.node.try_get_context("wait")).lower() != "false"

    def compile_all(self, models: list[TrainedModel], targets: list[Target]) -> None:
        """One compilation job per model and target."""
        for model in models:
            artifact = ModelArtifact.from_asset(model.path)
            family = Construct(self, construct_id(model.name))
            for target in targets:
                job = self.job(family, construct_id(target.label), model, artifact, target)
                self.outputs(f"{construct_id(model.name)}{construct_id(target.label)}", job)

    def job(
        self, scope: Construct, id: str, model: TrainedModel, artifact: ModelArtifact,
        target: Target, inputs: Mapping[str, Any] | None = None,
    ) -> CompilationJob:  # fmt: skip
        """One compilation job; a target's own input shapes come before the model's."""
        given = json_context(self, f"inputs.{model.name}.{target.label}")
        return CompilationJob(
            scope, id, model=artifact, target=target, framework=model.framework,
            data_input_config=inputs or given or model.inputs,
            output_bucket=self.bucket, encryption_key=self.key,
            vpc=self.vpc, vpc_subnets=self.subnets, wait=self.wait,
            max_runtime=cdk.Duration.minutes(30),
        )  # fmt: skip

    def outputs(self, id: str, job: CompilationJob) -> None:
        """Output the job's name and the URI of its artifact."""
        cdk.CfnOutput(self, f"{id}JobName", value=job.compilation_job_name)
        cdk.CfnOutput(self, f"{id}Artifact", value=job.compilation_job_artifacts_uri)

    def compile_broken(self, model: TrainedModel, target: Target) -> None:
        """Add a job that Neo accepts and fails: the model has no input of that name."""
        artifact = ModelArtifact.from_asset(model.path)
        self.job(self, "Broken", model, artifact, target, inputs={"no_such_input": [1, 3, 8, 8]})


def construct_id(name: str) -> str:
    """`tiny-cnn` as TinyCnn and `ml_c5` as MlC5: a part of ids and of outputs' names."""
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", name))


def json_context(node: Construct, key: str) -> Any:
    """Return the JSON under a context key, or None; exit with a sentence if it is broken."""
    text = node.node.try_get_context(key)
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise SystemExit(f"-c {key}={text}: not JSON: {error}") from error


def main() -> None:
    """Build the app from its context and synthesize it."""
    app = cdk.App()
    folder = Path(app.node.try_get_context("models") or HERE / "examples" / "models")
    names = [path.stem for path in folder.glob("*") if path.suffix in FRAMEWORKS]
    overrides = {name: json_context(app, f"inputs.{name}") for name in names}
    models = list(trained_models(folder, overrides))
    targets = [
        Target.parse(text.strip())
        for text in str(app.node.try_get_context("targets") or DEFAULT_TARGETS).split(",")
    ]
    stack = NeoModels(app, app.node.try_get_context("stack") or "NeoModels")
    stack.compile_all(models, targets)
    if str(app.node.try_get_context("broken")).lower() == "true":
        stack.compile_broken(models[0], targets[0])
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:  # what constructs refuse: the sentence says it all
        raise SystemExit(str(error)) from None
