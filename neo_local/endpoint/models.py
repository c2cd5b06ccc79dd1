"""SageMaker models: what is to be served, kept and checked. Nothing here serves.

CreateModel looks for the model's data, as the service does, and takes only what is there.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neo_local.endpoint.errors import ServiceError, validation

Request = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(slots=True)
class ModelStore:
    """Models by name, in one JSON file. Safe for use by many threads of one process."""

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self) -> dict[str, Answer]:
        """Return every model."""
        return dict(json.loads(self.path.read_text())) if self.path.exists() else {}

    @contextmanager
    def changing(self) -> Iterator[dict[str, Answer]]:
        """Yield the models; write them back if nothing is raised."""
        with self._lock:
            models = self.all()
            yield models
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps(models))
            temporary.replace(self.path)


@dataclass(frozen=True, slots=True)
class ModelApi:
    """CreateModel, DescribeModel, DeleteModel. Each raises ServiceError for a refusal.

    Attributes:
        exists: Whether there is an object at an s3:// address.
    """

    store: ModelStore
    exists: Callable[[str], bool]
    clock: Callable[[], float]
    account: str
    region: str

    def operations(self) -> Mapping[str, Callable[[Request], Answer]]:
        """Return the operations by name."""
        return {
            "CreateModel": self.create,
            "DescribeModel": self.describe,
            "DeleteModel": self.delete,
        }

    def create(self, request: Request) -> Answer:
        """Keep a model whose containers name an image and data that is there."""
        for container in _containers(request):
            self._check(container)
        name = request["ModelName"]
        arn = f"arn:aws:sagemaker:{self.region}:{self.account}:model/{name.lower()}"
        with self.store.changing() as models:
            if name in models:
                raise validation(f'Cannot create already existing model "{arn}".')
            kept = {key: value for key, value in request.items() if key != "Tags"}
            models[name] = {**kept, "ModelArn": arn, "CreationTime": self.clock()}
        return {"ModelArn": arn}

    def describe(self, request: Request) -> Answer:
        """Describe a model as it was created."""
        name = request["ModelName"]
        model = self.store.all().get(name)
        if model is None:
            raise self._missing(name)
        return {"EnableNetworkIsolation": False, **model}

    def delete(self, request: Request) -> Answer:
        """Forget a model; its data stays."""
        name = request["ModelName"]
        with self.store.changing() as models:
            if models.pop(name, None) is None:
                raise self._missing(name)
        return {}

    def _check(self, container: Request) -> None:
        if "Image" not in container and "ModelPackageName" not in container:
            raise validation("A container definition needs an Image or a ModelPackageName.")
        data = container.get("ModelDataUrl")
        if data is not None and not self.exists(data):
            raise validation(f"Could not find model data at {data}.")

    def _missing(self, name: str) -> ServiceError:
        arn = f"arn:aws:sagemaker:{self.region}:{self.account}:model/{name.lower()}"
        return validation(f'Could not find model "{arn}".')


def _containers(request: Request) -> list[Request]:
    primary, several = request.get("PrimaryContainer"), request.get("Containers")
    if (primary is None) == (several is None):
        raise validation("Give exactly one of PrimaryContainer and Containers.")
    return [primary] if primary is not None else list(several or ())
