"""JobRequest: one CreateCompilationJob request, frozen, its name left out.

Field names are the API's, in snake case. ``from_wire`` and ``to_wire`` lose nothing: the text of
DataInputConfig and CompilerOptions is kept as written, an absent field stays absent. (An empty
Tags list means the same as none and is sent as none.) Whether values are ones that Neo takes is
for ``reconciler.rules``; here only the shape counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.core.canonical import Json
from reconciler.core.wire_reader import RequestError as RequestError
from reconciler.core.wire_reader import WireReader

Wire: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class InputConfig:
    """The model to compile, and how to read it."""

    s3_uri: str
    framework: str
    data_input_config: str | None = None
    framework_version: str | None = None


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A model package version to compile (ModelPackageVersionArn)."""

    version_arn: str


@dataclass(frozen=True, slots=True)
class TargetDevice:
    """One of the devices that the API names."""

    name: str


@dataclass(frozen=True, slots=True)
class TargetPlatform:
    """A platform described by operating system, architecture and accelerator."""

    os: str
    arch: str
    accelerator: str | None = None


@dataclass(frozen=True, slots=True)
class OutputConfig:
    """Where the artifact goes and what it is compiled for."""

    s3_output_location: str
    target: TargetDevice | TargetPlatform
    compiler_options: str | None = None
    kms_key_id: str | None = None


@dataclass(frozen=True, slots=True)
class VpcConfig:
    """The network that a job runs in."""

    security_group_ids: tuple[str, ...]
    subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoppingCondition:
    """How long a job may run, wait and be pending; seconds."""

    max_runtime: int | None = None
    max_wait_time: int | None = None
    max_pending_time: int | None = None


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A CreateCompilationJob request without CompilationJobName."""

    role_arn: str
    source: InputConfig | ModelPackage
    output_config: OutputConfig
    stopping_condition: StoppingCondition
    vpc_config: VpcConfig | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def from_wire(wire: Wire) -> JobRequest:
        """Read the API's form. CompilationJobName is ignored.

        Raises RequestError for unknown or missing fields, wrong types, and for both or neither
        of InputConfig and ModelPackageVersionArn, TargetDevice and TargetPlatform.
        """
        top = WireReader("", wire, _TOP)
        return JobRequest(
            role_arn=top.text("RoleArn"),
            source=_source(top),
            output_config=_output_config(top.reader("OutputConfig", _OUTPUT)),
            stopping_condition=_stopping_condition(top.reader("StoppingCondition", _STOPPING)),
            vpc_config=_vpc_config(top),
            tags=tuple((tag.text("Key"), tag.text("Value")) for tag in top.readers("Tags", _TAG)),
        )

    def to_wire(self) -> dict[str, Json]:
        """The API's form, fields that were not given left out."""
        wire: dict[str, Json] = {"RoleArn": self.role_arn}
        match self.source:
            case ModelPackage(arn):
                wire["ModelPackageVersionArn"] = arn
            case InputConfig() as source:
                wire["InputConfig"] = _given(
                    S3Uri=source.s3_uri,
                    DataInputConfig=source.data_input_config,
                    Framework=source.framework,
                    FrameworkVersion=source.framework_version,
                )
        wire["OutputConfig"] = _output_wire(self.output_config)
        if self.vpc_config is not None:
            wire["VpcConfig"] = {
                "SecurityGroupIds": list(self.vpc_config.security_group_ids),
                "Subnets": list(self.vpc_config.subnets),
            }
        wire["StoppingCondition"] = _given(
            MaxRuntimeInSeconds=self.stopping_condition.max_runtime,
            MaxWaitTimeInSeconds=self.stopping_condition.max_wait_time,
            MaxPendingTimeInSeconds=self.stopping_condition.max_pending_time,
        )
        if self.tags:
            wire["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags]
        return wire


_TOP = (
    "CompilationJobName", "RoleArn", "ModelPackageVersionArn", "InputConfig", "OutputConfig",
    "VpcConfig", "StoppingCondition", "Tags",
)  # fmt: skip
_INPUT = ("S3Uri", "DataInputConfig", "Framework", "FrameworkVersion")
_OUTPUT = ("S3OutputLocation", "TargetDevice", "TargetPlatform", "CompilerOptions", "KmsKeyId")
_PLATFORM = ("Os", "Arch", "Accelerator")
_VPC = ("SecurityGroupIds", "Subnets")
_STOPPING = ("MaxRuntimeInSeconds", "MaxWaitTimeInSeconds", "MaxPendingTimeInSeconds")
_TAG = ("Key", "Value")


def _source(top: WireReader) -> InputConfig | ModelPackage:
    if top.one_of("InputConfig", "ModelPackageVersionArn") == "ModelPackageVersionArn":
        return ModelPackage(top.text("ModelPackageVersionArn"))
    node = top.reader("InputConfig", _INPUT)
    return InputConfig(
        s3_uri=node.text("S3Uri"),
        framework=node.text("Framework"),
        data_input_config=node.optional_text("DataInputConfig"),
        framework_version=node.optional_text("FrameworkVersion"),
    )


def _output_config(node: WireReader) -> OutputConfig:
    target: TargetDevice | TargetPlatform
    if node.one_of("TargetDevice", "TargetPlatform") == "TargetDevice":
        target = TargetDevice(node.text("TargetDevice"))
    else:
        platform = node.reader("TargetPlatform", _PLATFORM)
        target = TargetPlatform(
            platform.text("Os"), platform.text("Arch"), platform.optional_text("Accelerator")
        )
    return OutputConfig(
        s3_output_location=node.text("S3OutputLocation"),
        target=target,
        compiler_options=node.optional_text("CompilerOptions"),
        kms_key_id=node.optional_text("KmsKeyId"),
    )


def _output_wire(output: OutputConfig) -> Json:
    target: dict[str, Json]
    match output.target:
        case TargetDevice(name):
            target = {"TargetDevice": name}
        case TargetPlatform(os, arch, accelerator):
            target = {"TargetPlatform": _given(Os=os, Arch=arch, Accelerator=accelerator)}
    return {
        "S3OutputLocation": output.s3_output_location,
        **target,
        **_given(CompilerOptions=output.compiler_options, KmsKeyId=output.kms_key_id),
    }


def _vpc_config(top: WireReader) -> VpcConfig | None:
    if not top.has("VpcConfig"):
        return None
    node = top.reader("VpcConfig", _VPC)
    return VpcConfig(node.texts("SecurityGroupIds"), node.texts("Subnets"))


def _stopping_condition(node: WireReader) -> StoppingCondition:
    runtime, wait, pending = (node.optional_int(name) for name in _STOPPING)
    return StoppingCondition(runtime, wait, pending)


def _given(**fields: str | int | None) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value is not None}
