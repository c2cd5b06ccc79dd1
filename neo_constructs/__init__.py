"""CDK constructs for Amazon SageMaker Neo compilation jobs."""

from importlib import import_module
from typing import TYPE_CHECKING

from neo_constructs.compilation_job import CompilationJob
from neo_constructs.compilation_job_base import CompilationJobBase
from neo_constructs.compilation_matrix import CompilationMatrix, MatrixModel
from neo_constructs.compiler_options import CompilerOptions
from neo_constructs.data_input_config import CoreMlInput, DataInputConfig
from neo_constructs.errors import ConstructError, InvalidJobError
from neo_constructs.findings import AcknowledgedFindings
from neo_constructs.framework import Framework
from neo_constructs.job_metrics import JobMetrics
from neo_constructs.model_artifact import ModelArtifact
from neo_constructs.organisation_policy import OrganisationPolicy
from neo_constructs.provider import NeoCompilationProvider
from neo_constructs.target import Target, TargetPlatform

if TYPE_CHECKING:
    from neo_constructs.compilation_fleet import CompilationFleet
    from neo_constructs.compilation_network import CompilationNetwork
    from neo_constructs.compiled_model import CompiledComponent, CompiledModel
    from neo_constructs.continuous_reconciliation import ContinuousReconciliation
    from neo_constructs.fleet_alarms import FleetAlarms
    from neo_constructs.fleet_metrics import FleetMetrics
    from neo_constructs.job_alarms import JobAlarms
    from neo_constructs.neo_dashboard import NeoDashboard
    from reconciler.core.contract import OnFailure

# Constructs that need large modules of aws_cdk are imported when they are asked for.
_LATER = {
    "CompilationFleet": "neo_constructs.compilation_fleet",
    "CompilationNetwork": "neo_constructs.compilation_network",
    "CompiledComponent": "neo_constructs.compiled_model",
    "CompiledModel": "neo_constructs.compiled_model",
    "ContinuousReconciliation": "neo_constructs.continuous_reconciliation",
    "FleetAlarms": "neo_constructs.fleet_alarms",
    "FleetMetrics": "neo_constructs.fleet_metrics",
    "JobAlarms": "neo_constructs.job_alarms",
    "NeoDashboard": "neo_constructs.neo_dashboard",
    "OnFailure": "reconciler.core.contract",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
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
    "Target",
    "TargetPlatform",
]
