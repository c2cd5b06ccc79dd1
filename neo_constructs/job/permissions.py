"""The permissions of one job: of its role, and of the function that reconciles it."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from neo_constructs.iam import statements
from neo_constructs.iam.job_role import arn_of_role, job_role_name
from neo_constructs.iam.keys import key_use
from neo_constructs.network.job_network import JobNetwork
from neo_constructs.provider.compilation_provider import NeoCompilationProvider
from neo_constructs.request.output import JobOutput
from neo_constructs.synth import jsii_cache
from neo_constructs.vocabulary.model_artifact import BoundModel


def passed_role_arn(given: iam.IRole | None, owner: str, path: str) -> str:
    """Return the ARN of the role that Neo assumes: the given one, or the job's own by name."""
    return arn_of_role(job_role_name(owner, path)) if given is None else jsii_cache.role_arn(given)


def grant_permissions(
    provider: NeoCompilationProvider,
    role_arn: str,
    grantee: iam.IRole | iam.Policy,
    model: BoundModel,
    output: JobOutput,
    network: JobNetwork | None,
) -> None:
    """Let the job's role compile, and the provider's function pass it and look up objects."""
    needed = [*model.grants(), *output.grants(), statements.write_logs()]
    if network is not None:
        needed.append(statements.use_vpc())
    provider.grant(grantee, needed)
    provider.jobs.pass_role(role_arn)
    provider.jobs.find_objects(output.place.arn, f"{output.written}*")
    if model.checked is not None:
        provider.jobs.find_objects(model.checked.bucket_arn, model.checked.key)
        if model.checked.encryption is not None:
            provider.jobs.decrypt(model.checked.encryption)


def grant_verification(
    provider: NeoCompilationProvider, model: BoundModel, output: JobOutput
) -> None:
    """Let the provider's function read artifacts, and the model that they are compared with.

    Artifacts themselves it may read already: looking them up takes the same permission.
    """
    provider.verify_artifacts()
    if output.key is not None:
        provider.jobs.decrypt(key_use(output.key))
    if model.archive is not None:
        archive = model.archive()
        provider.jobs.find_objects(archive.bucket_arn, archive.key)
        if archive.encryption is not None:
            provider.jobs.decrypt(archive.encryption)
