"""botocore's own service models, read as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.loaders import Loader

Shape = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceShapes:
    """The shapes and operations of one service, as its ``service-2.json`` has them."""

    target_prefix: str
    operations: Mapping[str, Shape]
    shapes: Mapping[str, Shape]

    def input_shape(self, operation: str) -> str:
        """Name of the operation's input shape; KeyError if the service has no such operation."""
        return str(self.operations[operation]["input"]["shape"])


@cache
def load_service(name: str, api_version: str) -> ServiceShapes:
    """Load a model that the installed botocore carries."""
    model = Loader().load_service_model(name, "service-2", api_version)
    return ServiceShapes(
        str(model["metadata"]["targetPrefix"]), model["operations"], model["shapes"]
    )


def load_sagemaker() -> ServiceShapes:
    return load_service("sagemaker", "2017-07-24")


def load_tagging() -> ServiceShapes:
    return load_service("resourcegroupstaggingapi", "2017-01-26")
