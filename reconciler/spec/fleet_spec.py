"""The fleet file: models times targets, with what they have in common said once.

Keys that the API has are called what the API calls them, whatever map they lie in there
(``S3Uri``, not ``InputConfig.S3Uri``). Keys of our own begin with a small letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator

from reconciler.spec.descriptions import DESCRIPTIONS
from reconciler.spec.types import (
    FrameworkName,
    Inputs,
    Options,
    Seconds,
    Strict,
    Text,
    Texts,
    is_late,
    wrong,
)

API_VERSION: Final = "neo-as-code/v1"
NAME_FORM: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"


def _about(key: str, **more: Any) -> Any:  # noqa: ANN401 - as pydantic's own Field
    return Field(default=None, description=DESCRIPTIONS[key], **more)


class Platform(Strict):
    """A target by operating system, architecture and accelerator."""

    Os: Text = Field(description=DESCRIPTIONS["Os"])
    Arch: Text = Field(description=DESCRIPTIONS["Arch"])
    Accelerator: Text | None = _about("Accelerator")


class Vpc(Strict):
    """The network that jobs run in."""

    SecurityGroupIds: Texts = Field(description=DESCRIPTIONS["SecurityGroupIds"])
    Subnets: Texts = Field(description=DESCRIPTIONS["Subnets"])


class Stopping(Strict):
    """How long a job may run: seconds, or a duration such as 15m."""

    MaxRuntimeInSeconds: Seconds | None = _about("MaxRuntimeInSeconds")
    MaxWaitTimeInSeconds: Seconds | None = _about("MaxWaitTimeInSeconds")
    MaxPendingTimeInSeconds: Seconds | None = _about("MaxPendingTimeInSeconds")


class TagPair(Strict):
    """One tag in the API's form."""

    Key: Text
    Value: Text


def _map_or_list(value: object) -> str | None:
    return "<map>" if isinstance(value, dict) else "<list>" if isinstance(value, list) else None


TagSet: TypeAlias = Annotated[
    Annotated[dict[str, Text], Tag("<map>")] | Annotated[list[TagPair], Tag("<list>")],
    Discriminator(
        _map_or_list,
        custom_error_type="tags",
        custom_error_message="Tags must be a map of keys to values",
    ),
]


class Suppression(Strict):
    """A rule that is not to be reported here, and why."""

    code: Text = Field(description=DESCRIPTIONS["code"], pattern=r"^NEO\d{3}$")
    reason: Text = Field(description=DESCRIPTIONS["reason"], min_length=1)


class JobFields(Strict):
    """What a job can say: in defaults, in a model, in a target, and nearer ones win."""

    RoleArn: Text | None = _about("RoleArn")
    S3Uri: Text | None = _about("S3Uri")
    ModelPackageVersionArn: Text | None = _about("ModelPackageVersionArn")
    Framework: FrameworkName | None = _about("Framework")
    FrameworkVersion: Text | None = _about("FrameworkVersion")
    DataInputConfig: Inputs | None = _about("DataInputConfig")
    S3OutputLocation: Text | None = _about("S3OutputLocation")
    CompilerOptions: Options | None = _about("CompilerOptions")
    KmsKeyId: Text | None = _about("KmsKeyId")
    VpcConfig: Vpc | None = _about("VpcConfig")
    StoppingCondition: Stopping | None = _about("StoppingCondition")
    Tags: TagSet | None = _about("Tags")
    revision: Text | None = _about("revision")
    exactOutput: bool | None = _about("exactOutput")  # noqa: N815


class Override(JobFields):
    """What is different for one target of a model."""

    suppress: list[Suppression] = Field(default=[], description=DESCRIPTIONS["suppress"])


class Target(Override):
    """A target, with what is different for it."""

    name: Text | None = _about("name", pattern=f"^{NAME_FORM}$")
    TargetDevice: Text | None = _about("TargetDevice")
    TargetPlatform: Platform | None = _about("TargetPlatform")


def _target_kind(value: object) -> str | None:
    return "<name>" if isinstance(value, str) else "<target>" if isinstance(value, dict) else None


TargetItem: TypeAlias = Annotated[
    Annotated[str, Tag("<name>")] | Annotated[Target, Tag("<target>")],
    Discriminator(
        _target_kind,
        custom_error_type="target",
        custom_error_message="a target must be a device, a platform or a map",
    ),
]


def _empty_target(value: object) -> object:
    return {} if value is None else value


Targets: TypeAlias = Annotated[
    Annotated[dict[str, Annotated[Target, BeforeValidator(_empty_target)]], Tag("<map>")]
    | Annotated[list[TargetItem], Tag("<list>")],
    Discriminator(
        _map_or_list,
        custom_error_type="targets",
        custom_error_message="targets must be a list of targets, or a map of names to targets",
    ),
]


class Model(Override):
    """A model to compile, and for which targets."""

    targets: Targets | None = _about("targets")
    exclude: list[Text] = Field(default=[], description=DESCRIPTIONS["exclude"])
    overrides: dict[str, Override] = Field(default={}, description=DESCRIPTIONS["overrides"])


class Variable(Strict):
    """A value that comes from outside the file."""

    default: Any = _about("default")
    description: Text | None = _about("description")
    late: bool = Field(default=False, description=DESCRIPTIONS["late"])


def _variable(value: object) -> object:
    return value if isinstance(value, Mapping) else {"default": value}


class Fleet(Strict):
    """A fleet of compilation jobs: models times targets."""

    apiVersion: Text = Field(description=DESCRIPTIONS["apiVersion"])  # noqa: N815
    owner: Text = Field(description=DESCRIPTIONS["owner"])
    region: Text | None = _about("region")
    variables: dict[str, Annotated[Variable, BeforeValidator(_variable)]] = Field(
        default={}, description=DESCRIPTIONS["variables"]
    )
    defaults: JobFields = Field(default=JobFields(), description=DESCRIPTIONS["defaults"])
    targets: Targets | None = _about("targets")
    models: dict[str, Model] = Field(description=DESCRIPTIONS["models"], min_length=1)
    suppress: list[Suppression] = Field(default=[], description=DESCRIPTIONS["suppress"])

    @field_validator("owner", mode="after")
    @classmethod
    def _owner(cls, value: str, info: ValidationInfo) -> str:
        from reconciler.core.identity import Owner, OwnerError

        if is_late(value, info):
            return value
        try:
            Owner(value)
        except OwnerError as refused:
            allowed = "3 to 20 lower-case letters and digits, the first a letter"
            raise wrong(f"the owner {value!r} has not the right form", allowed) from refused
        return value
