"""The operations of every service that the endpoint answers, in an account and region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neo_local.access.roles import AnyRole, Roles
from neo_local.endpoint.api import CompilationApi, JobQueue
from neo_local.endpoint.hosting import HostingApi
from neo_local.endpoint.place import Place
from neo_local.endpoint.records import RecordStore
from neo_local.endpoint.shapes import ServiceShapes, load_sagemaker, load_tagging
from neo_local.endpoint.tagged import TaggedJobs, TaggedRecords
from neo_local.endpoint.tagging import NoOtherServices, OtherServices, TaggingApi
from neo_local.endpoint.tags import TagApi
from neo_local.faults import Faults
from neo_local.jobs.store import JobStore

Operation = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Service:
    """One service's shapes, and those of its operations that are answered."""

    shapes: ServiceShapes
    operations: Mapping[str, Operation]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What there is in a region besides SageMaker.

    Attributes:
        exists: Whether there is an object at an s3:// address.
        others: The Tagging API of all other services.
        roles: The roles of the account.
    """

    exists: Callable[[str], bool] = lambda _: True
    others: OtherServices = field(default_factory=NoOtherServices)
    roles: Roles = field(default_factory=AnyRole)


@dataclass(frozen=True, slots=True)
class Services:
    """What the operations share, in whatever region.

    Attributes:
        home: The place of callers that sign for no region.
        surroundings: What there is besides, by region.
    """

    store: JobStore
    records: RecordStore
    queue: JobQueue
    faults: Faults
    clock: Callable[[], float]
    home: Place
    surroundings: Callable[[str], Surroundings] = lambda _: Surroundings()

    def of(self, region: str) -> Mapping[str, Service]:
        """Return the services of a region, by the prefix of their X-Amz-Target."""
        place, around = Place(self.home.account, region), self.surroundings(region)
        jobs = CompilationApi(self.store, self.queue, self.faults, self.clock, place, around.roles)
        hosting = HostingApi(
            self.records, around.exists, self.faults, self.clock, place, around.roles
        )
        tags = TagApi((TaggedJobs(self.store), TaggedRecords(self.records)), self.faults, place)
        tagging = TaggingApi(tags, around.others)
        found = (
            Service(
                load_sagemaker(), {**jobs.operations(), **hosting.operations(), **tags.operations()}
            ),
            Service(load_tagging(), tagging.operations()),
        )
        return {service.shapes.target_prefix: service for service in found}
