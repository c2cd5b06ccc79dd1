"""CDK constructs for Amazon SageMaker Neo compilation jobs."""

from neo_constructs.compilation_job import CompilationJob
from neo_constructs.compilation_job_base import CompilationJobBase
from neo_constructs.compilation_matrix import CompilationMatrix, MatrixModel
from neo_constructs.compiler_options import CompilerOptions
from neo_constructs.data_input_config import CoreMlInput, DataInputConfig
from neo_constructs.errors import ConstructError, InvalidJobError
from neo_constructs.findings import AcknowledgedFindings
from neo_constructs.framework import Framework
from neo_constructs.model_artifact import ModelArtifact
from neo_constructs.target import Target, TargetPlatform

__all__ = [
    "AcknowledgedFindings",
    "CompilationJob",
    "CompilationJobBase",
    "CompilationMatrix",
    "CompilerOptions",
    "ConstructError",
    "CoreMlInput",
    "DataInputConfig",
    "Framework",
    "InvalidJobError",
    "MatrixModel",
    "ModelArtifact",
    "Target",
    "TargetPlatform",
]
