"""Models, endpoint configurations and endpoints: kept and checked. Nothing here serves.

CreateModel looks for the model's data, as the service does, and takes only what is there. An
endpoint has no instance, and every answer about it says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from neo_local import ENGINE
from neo_local.access.roles import Roles
from neo_local.endpoint.errors import ServiceError, validation
from neo_local.endpoint.listing import Row, list_rows
from neo_local.endpoint.place import Place
from neo_local.endpoint.records import Record, RecordStore
from neo_local.endpoint.refusals import check_tags
from neo_local.faults import Faults

Request = Mapping[str, Any]
Answer = dict[str, Any]
Operation = Callable[[Request], Answer]
SERVES_NOTHING = f"engine={ENGINE}: this endpoint is kept, not served; it has no instance."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its words in operations, members, ARNs and messages."""

    word: str
    in_arn: str
    in_text: str
    listed: str


MODEL = Kind("Model", "model", "model", "Models")
CONFIG = Kind("EndpointConfig", "endpoint-config", "endpoint configuration", "EndpointConfigs")
ENDPOINT = Kind("Endpoint", "endpoint", "endpoint", "Endpoints")
KINDS = (MODEL, CONFIG, ENDPOINT)


@dataclass(frozen=True, slots=True)
class HostingApi:
    """SageMaker's operations on what is to be served in one place.

    Each raises ServiceError for a refusal.

    Attributes:
        exists: Whether there is an object at an s3:// address.
        roles: The roles of the account.
    """

    store: RecordStore
    exists: Callable[[str], bool]
    faults: Faults
    clock: Callable[[], float]
    place: Place
    roles: Roles

    def operations(self) -> Mapping[str, Operation]:
        """Return the operations by name."""
        found: dict[str, Operation] = {
            "CreateModel": self.create_model,
            "CreateEndpointConfig": self.create_config,
            "CreateEndpoint": self.create_endpoint,
            "UpdateEndpoint": self.update_endpoint,
            "DescribeEndpoint": self.describe_endpoint,
        }
        for kind in KINDS:
            found[f"Delete{kind.word}"] = self._deleting(kind)
            found[f"List{kind.listed}"] = self._listing(kind)
        for kind in (MODEL, CONFIG):
            found[f"Describe{kind.word}"] = self._describing(kind)
        return found

    def create_model(self, request: Request) -> Answer:
        """Keep a model whose containers name an image and data that is there."""
        for container in _containers(request):
            self._check_container(container)
            self._check_role(request, container)
        return self._create(MODEL, request)

    def create_config(self, request: Request) -> Answer:
        """Keep a configuration all of whose models exist."""
        for variant in request["ProductionVariants"]:
            if "ModelName" in variant:
                self._record(MODEL, variant["ModelName"])
        return self._create(CONFIG, request)

    def create_endpoint(self, request: Request) -> Answer:
        """Keep an endpoint whose configuration exists."""
        self._record(CONFIG, request["EndpointConfigName"])
        return self._create(ENDPOINT, request)

    def update_endpoint(self, request: Request) -> Answer:
        """Switch an endpoint over to another configuration."""
        name = request["EndpointName"]
        self._record(CONFIG, request["EndpointConfigName"])
        with self.store.changing() as records:
            old = self._record(ENDPOINT, name)
            records[old.arn] = dataclasses.replace(
                old, request={**old.request, **request}, modified=self.clock()
            )
        return {"EndpointArn": old.arn}

    def describe_endpoint(self, request: Request) -> Answer:
        """Describe an endpoint and its variants, none of which has an instance."""
        record = self._record(ENDPOINT, request["EndpointName"])
        config = self._find(CONFIG, record.request["EndpointConfigName"])
        return {
            **_described(ENDPOINT, record),
            "EndpointStatus": "InService",
            "FailureReason": SERVES_NOTHING,
            "LastModifiedTime": record.modified,
            "ProductionVariants": _variants(config),
        }

    def _create(self, kind: Kind, request: Request) -> Answer:
        check_tags(request.get("Tags", ()))
        name, now = request[f"{kind.word}Name"], self.clock()
        record = Record(
            arn=self._arn(kind, name),
            name=name,
            request={key: value for key, value in request.items() if key != "Tags"},
            created=now,
            modified=now,
            tags={tag["Key"]: tag["Value"] for tag in request.get("Tags", ())},
        )
        with self.store.changing() as records:
            if record.arn in records:
                raise validation(f'Cannot create already existing {kind.in_text} "{record.arn}".')
            records[record.arn] = record
        return {f"{kind.word}Arn": record.arn}

    def _describing(self, kind: Kind) -> Operation:
        return lambda request: _described(kind, self._record(kind, request[f"{kind.word}Name"]))

    def _deleting(self, kind: Kind) -> Operation:
        def delete(request: Request) -> Answer:
            with self.store.changing() as records:
                del records[self._record(kind, request[f"{kind.word}Name"]).arn]
            return {}

        return delete

    def _listing(self, kind: Kind) -> Operation:
        def list_(request: Request) -> Answer:
            prefix = self.place.arn(kind.in_arn, "")
            rows = (_row(kind, one) for arn, one in self.store.all().items()
                    if arn.startswith(prefix))  # fmt: skip
            return list_rows(rows, kind.listed, request, self.faults.switches, "Descending")

        return list_

    def _check_container(self, container: Request) -> None:
        if "Image" not in container and "ModelPackageName" not in container:
            raise validation("A container definition needs an Image or a ModelPackageName.")
        data = container.get("ModelDataUrl")
        if data is not None and not self.exists(data):
            raise validation(f"Could not find model data at {data}.")

    def _check_role(self, request: Request, container: Request) -> None:
        role, data = request.get("ExecutionRoleArn"), container.get("ModelDataUrl")
        if role is None or data is None or not self.faults.switches.access_checks:
            return
        if self.roles.refusal(role, self._arn(MODEL, request["ModelName"])):
            raise validation(
                f'Could not access model data at {data}. Please ensure that the role "{role}" '
                "exists and that its trust relationship policy allows the action "
                '"sts:AssumeRole" for the service principal "sagemaker.amazonaws.com".'
            )

    def _arn(self, kind: Kind, name: str) -> str:
        return self.place.arn(kind.in_arn, name.lower())

    def _find(self, kind: Kind, name: str) -> Record | None:
        return self.store.all().get(self._arn(kind, name))

    def _record(self, kind: Kind, name: str) -> Record:
        found = self._find(kind, name)
        if found is None:
            raise _missing(kind, self._arn(kind, name))
        return found


def _missing(kind: Kind, arn: str) -> ServiceError:
    return validation(f'Could not find {kind.in_text} "{arn}".')


def _described(kind: Kind, record: Record) -> Answer:
    isolation = {"EnableNetworkIsolation": False} if kind is MODEL else {}
    arn = {f"{kind.word}Arn": record.arn}
    return {**isolation, **record.request, **arn, "CreationTime": record.created}


def _row(kind: Kind, record: Record) -> Row:
    def summary() -> Answer:
        shown = {
            f"{kind.word}Name": record.name,
            f"{kind.word}Arn": record.arn,
            "CreationTime": record.created,
        }
        if kind is ENDPOINT:
            shown |= {"LastModifiedTime": record.modified, "EndpointStatus": "InService"}
        return shown

    return Row(record.name, record.created, record.modified, "InService", summary)


def _variants(config: Record | None) -> list[Answer]:
    """Return the variants of a configuration, which may have been deleted."""
    variants: Iterable[Request] = config.request["ProductionVariants"] if config else ()
    return [
        {
            "VariantName": variant["VariantName"],
            "CurrentWeight": variant.get("InitialVariantWeight", 1.0),
            "DesiredWeight": variant.get("InitialVariantWeight", 1.0),
            "CurrentInstanceCount": 0,
            "DesiredInstanceCount": variant.get("InitialInstanceCount", 0),
        }
        for variant in variants
    ]


def _containers(request: Request) -> list[Request]:
    primary, several = request.get("PrimaryContainer"), request.get("Containers")
    if (primary is None) == (several is None):
        raise validation("Give exactly one of PrimaryContainer and Containers.")
    return [primary] if primary is not None else list(several or ())
