"""CDK constructs for Amazon SageMaker Neo compilation jobs.

Every public name is imported from here. The folders are floors; each imports only those below it
(import-linter checks it, imports for types included):

    observability  serving          dashboards and alarms; compiled models in use
    job  fleet                      CompilationJob, CompilationMatrix; CompilationFleet, schedules
    provider                        the functions, their roles, logs and settings
    network  cross_account          VPCs; other accounts and regions
    governance  metrics             organisation policies, acknowledged findings; metrics
    request                         arguments in, properties of the custom resource out
    vocabulary                      what users say: Target, Framework, ModelArtifact, ...
    iam                             statements, keys, roles, managed policies
    synth                           what knows jsii and the CDK's internals, nothing of Neo
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if find_spec("aws_cdk") is None:
    raise ModuleNotFoundError(
        "neo_constructs needs the AWS CDK: pip install 'neo-as-code[cdk]'", name="aws_cdk"
    )

from neo_constructs.synth.collector import collector_paused

with collector_paused():
    from neo_constructs.governance.acknowledged_findings import AcknowledgedFindings
    from neo_constructs.governance.organisation_policy import OrganisationPolicy
    from neo_constructs.job.compilation_job import CompilationJob
    from neo_constructs.job.compilation_job_base import CompilationJobBase
    from neo_constructs.job.compilation_matrix import CompilationMatrix, MatrixModel
    from neo_constructs.metrics.job import JobMetrics
    from neo_constructs.provider.compilation_provider import NeoCompilationProvider
    from neo_constructs.request.invalid_job import InvalidJobError
    from neo_constructs.synth.errors import ConstructError
    from neo_constructs.vocabulary.compiler_options import CompilerOptions
    from neo_constructs.vocabulary.data_input_config import CoreMlInput, DataInputConfig
    from neo_constructs.vocabulary.framework import Framework
    from neo_constructs.vocabulary.model_artifact import ModelArtifact
    from neo_constructs.vocabulary.target import Target, TargetPlatform

if TYPE_CHECKING:
    from neo_constructs.fleet.compilation_fleet import CompilationFleet
    from neo_constructs.fleet.continuous_reconciliation import ContinuousReconciliation
    from neo_constructs.governance.pipeline_roles import PipelineIdentity, PipelineRoles
    from neo_constructs.metrics.fleet import FleetMetrics
    from neo_constructs.network.compilation_network import CompilationNetwork
    from neo_constructs.observability.dashboard import NeoDashboard
    from neo_constructs.observability.fleet_alarms import FleetAlarms
    from neo_constructs.observability.job_alarms import JobAlarms
    from neo_constructs.serving.compiled_model import CompiledComponent, CompiledModel
    from reconciler.core.contract import OnFailure, Verify

# Constructs that need large modules of aws_cdk are imported when they are asked for.
_LATER = {
    "CompilationFleet": "neo_constructs.fleet.compilation_fleet",
    "CompilationNetwork": "neo_constructs.network.compilation_network",
    "CompiledComponent": "neo_constructs.serving.compiled_model",
    "CompiledModel": "neo_constructs.serving.compiled_model",
    "ContinuousReconciliation": "neo_constructs.fleet.continuous_reconciliation",
    "FleetAlarms": "neo_constructs.observability.fleet_alarms",
    "FleetMetrics": "neo_constructs.metrics.fleet",
    "JobAlarms": "neo_constructs.observability.job_alarms",
    "NeoDashboard": "neo_constructs.observability.dashboard",
    "OnFailure": "reconciler.core.contract",
    "PipelineIdentity": "neo_constructs.governance.pipeline_roles",
    "PipelineRoles": "neo_constructs.governance.pipeline_roles",
    "Verify": "reconciler.core.contract",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        with collector_paused():
            return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "AcknowledgedFindings",
    "CompilationFleet",
    "CompilationJob",
    "CompilationJobBase",
    "CompilationMatrix",
    "CompilationNetwork",
    "CompiledComponent",
    "CompiledModel",
    "CompilerOptions",
    "ConstructError",
    "ContinuousReconciliation",
    "CoreMlInput",
    "DataInputConfig",
    "FleetAlarms",
    "FleetMetrics",
    "Framework",
    "InvalidJobError",
    "JobAlarms",
    "JobMetrics",
    "MatrixModel",
    "ModelArtifact",
    "NeoCompilationProvider",
    "NeoDashboard",
    "OnFailure",
    "OrganisationPolicy",
    "PipelineIdentity",
    "PipelineRoles",
    "Target",
    "TargetPlatform",
    "Verify",
]
