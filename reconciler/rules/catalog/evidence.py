"""How well a row of the catalog is known, and where it comes from."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Evidence(StrEnum):
    """How well a fact is known.

    DOCUMENTED: AWS's documentation says so today. OBSERVED: seen in recorded use, not documented.
    UNVERIFIED: in the API's model and in no documentation, so it is never an error.
    RETIRED: once documented, removed since.
    """

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    UNVERIFIED = "unverified"
    RETIRED = "retired"


_GUIDE: Final = "AWS developer guide, "

API_MODEL: Final = "SageMaker API model 2017-07-24"
OUTPUT_CONFIG: Final = "SageMaker API reference, OutputConfig"
INPUT_CONFIG: Final = "SageMaker API reference, InputConfig"
CLOUD_TABLE: Final = _GUIDE + "neo-supported-cloud"
EDGE_DEVICES: Final = _GUIDE + "neo-supported-devices-edge-devices"
EDGE_FRAMEWORKS: Final = _GUIDE + "neo-supported-devices-edge-frameworks"
EIA_2023: Final = _GUIDE + "Elastic Inference, 2023"
PYTHON_SDK: Final = "SageMaker Python SDK 2.257.6, sagemaker/model.py"
RECORDED_RUNS: Final = "recorded runs in public notebooks and issues"
FIELD_USE: Final = "public code that sends it (awslabs/DefectDetectionApplication)"
