"""Declaration: what a user wants to be true of one compilation job, and who it then is.

Two kinds of fields (docs/decisions/0002): what determines the compilation is in the identity, and
a change of it is another job. Settings (role, network, stopping condition, tags) are not: changing
them never recompiles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from reconciler.core.canonical import Json, digest, normalised, parsed
from reconciler.core.identity import ID_LENGTH, Identity, Owner, slug
from reconciler.core.request import InputConfig, JobRequest, ModelPackage, TargetDevice

SCHEME: Final = 1
SETTINGS_DIGEST_LENGTH: Final = 16


@dataclass(frozen=True)
class Declaration:
    """One job that should exist.

    Attributes:
        owner: Whose it is.
        logical_name: Its name in the declaring text: a construct's path, a spec's name.
        request: The request as declared, its tags those of the user.
        revision: A version of the input (an asset's hash, an object version, a digest), if the
            user declared one. Another revision is another job.
        exact_output: Send S3OutputLocation as it is. Otherwise every identity gets a folder of
            its own below it, since Neo overwrites ``<basename>-<target>.tar.gz``.
    """

    owner: Owner
    logical_name: str
    request: JobRequest
    revision: str | None = None
    exact_output: bool = False

    @cached_property
    def identity(self) -> Identity:
        """Who this job is: a pure function of the declaration."""
        return Identity(
            self.owner,
            slug(self.logical_name, self.owner),
            digest(
                {
                    "scheme": SCHEME,
                    "owner": self.owner.name,
                    "logical_name": self.logical_name,
                    "compilation": self.compilation,
                },
                ID_LENGTH,
            ),
        )

    @property
    def compilation(self) -> dict[str, Json]:
        """The part of the request that determines what is compiled, JSON fields parsed.

        No defaults are filled in: what is not declared is not here.
        """
        output = self.request.output_config
        part: dict[str, Json] = {
            **self._source(),
            **self._target(),
            "S3OutputLocation": (
                output.s3_output_location
                if self.exact_output
                else output.s3_output_location.rstrip("/")
            ),
        }
        if output.compiler_options is not None:
            part["CompilerOptions"] = parsed(output.compiler_options)
        if output.kms_key_id is not None:
            part["KmsKeyId"] = output.kms_key_id
        if self.revision is not None:
            part["revision"] = self.revision
        if self.exact_output:
            part["exact_output"] = True
        return part

    @cached_property
    def settings_digest(self) -> str:
        """A digest of the settings that take effect with the next compile.

        Tags are not among them: they are changed in place.
        """
        wire = self.request.to_wire()
        vpc = self.request.vpc_config
        settings = {
            "RoleArn": self.request.role_arn,
            "StoppingCondition": wire["StoppingCondition"],
            "VpcConfig": vpc and [sorted(vpc.security_group_ids), sorted(vpc.subnets)],
        }
        return digest(settings, SETTINGS_DIGEST_LENGTH)

    @property
    def output_location(self) -> str:
        """The S3OutputLocation that is sent: ``<declared prefix>/<identity>/``, or as declared."""
        declared = self.request.output_config.s3_output_location
        return declared if self.exact_output else f"{declared.rstrip('/')}/{self.identity}/"

    def sent(self, name: str, tags: tuple[tuple[str, str], ...]) -> dict[str, Json]:
        """The CreateCompilationJob request for the job called ``name``, with these tags."""
        output = replace(self.request.output_config, s3_output_location=self.output_location)
        request = replace(self.request, output_config=output, tags=tags)
        return {"CompilationJobName": name, **request.to_wire()}

    def _source(self) -> dict[str, Json]:
        match self.request.source:
            case ModelPackage(arn):
                return {"ModelPackageVersionArn": arn}
            case InputConfig() as source:
                part: dict[str, Json] = {"S3Uri": source.s3_uri, "Framework": source.framework}
                if source.framework_version is not None:
                    part["FrameworkVersion"] = source.framework_version
                if source.data_input_config is not None:
                    part["DataInputConfig"] = _inputs(source.framework, source.data_input_config)
                return part

    def _target(self) -> dict[str, Json]:
        match self.request.output_config.target:
            case TargetDevice(name):
                return {"TargetDevice": name}
            case platform:
                return {
                    "TargetPlatform": {
                        "Os": platform.os,
                        "Arch": platform.arch,
                        **({"Accelerator": platform.accelerator} if platform.accelerator else {}),
                    }
                }


def _inputs(framework: str, text: str) -> Json:
    """DataInputConfig parsed. PyTorch's inputs are bound by their order, others by their names.

    Source: CreateCompilationJob, InputConfig.DataInputConfig ("in order"); a PyTorch model's
    inputs have no names of their own, so there the order of the keys is part of the meaning.
    """
    value = parsed(text)
    if framework == "PYTORCH" and isinstance(value, dict) and len(value) > 1:
        return {"ordered": normalised(list(value.items()))}
    return value
