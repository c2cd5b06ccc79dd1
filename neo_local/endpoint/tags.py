"""SageMaker's AddTags, ListTags and DeleteTags, on every kind of resource that is kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neo_local.endpoint.errors import ServiceError, validation
from neo_local.endpoint.place import Place
from neo_local.endpoint.refusals import check_tags
from neo_local.endpoint.tagged import TaggedResources, Tags
from neo_local.faults import Faults

Request = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TagApi:
    """The operations, in one place. Each raises ServiceError for a refusal."""

    resources: Sequence[TaggedResources]
    faults: Faults
    place: Place

    def operations(self) -> Mapping[str, Callable[[Request], Answer]]:
        """Return the operations by name."""
        return {
            "AddTags": self.add_tags,
            "ListTags": self.list_tags,
            "DeleteTags": self.delete_tags,
        }

    def add_tags(self, request: Request) -> Answer:
        """Add tags and change the values of keys that are there."""
        new = {tag["Key"]: tag["Value"] for tag in request["Tags"]}

        def add(old: Tags) -> Tags:
            check_tags(request["Tags"], old)
            return {**old, **new}

        return {"Tags": tag_list(self.change(request["ResourceArn"], add))}

    def list_tags(self, request: Request) -> Answer:
        """Return all tags of a resource."""
        return {"Tags": tag_list(self._holder(request["ResourceArn"])[1])}

    def delete_tags(self, request: Request) -> Answer:
        """Remove tags; a key that is not there is no error."""
        gone = set(request["TagKeys"])
        self.change(
            request["ResourceArn"], lambda old: {k: v for k, v in old.items() if k not in gone}
        )
        return {}

    def change(self, arn: str, change: Callable[[Tags], Tags]) -> Tags:
        """Replace the tags of a resource by what `change` makes of them."""
        resources, _ = self._holder(arn)
        with resources.locked():
            tags = change(resources.tags_of(arn) or {})
            resources.retag(arn, tags)
        return tags

    def _holder(self, arn: str) -> tuple[TaggedResources, Tags]:
        if self.place.holds(arn):
            for resources in self.resources:
                tags = resources.tags_of(arn)
                if tags is not None:
                    return resources, tags
        raise self._missing(arn)

    def _missing(self, arn: str) -> ServiceError:
        prefix, _, name = arn.partition(":compilation-job/")
        if name and self.place.holds(f"{prefix}:"):
            code = self.faults.switches.not_found
            return ServiceError(code, f"Could not find compilation job '{name}'.")
        return validation(f"Could not find the resource {arn} in this account and region.")


def tag_list(tags: Tags) -> list[dict[str, str]]:
    """Return tags in the API's form."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
