"""The Resource Groups Tagging API: of the resources kept here, merged with everybody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from neo_local.endpoint import paging
from neo_local.endpoint.errors import ServiceError
from neo_local.endpoint.refusals import check_tags
from neo_local.endpoint.tagged import Tags
from neo_local.endpoint.tags import TagApi, tag_list

Request = Mapping[str, Any]
Answer = dict[str, Any]
DEFAULT_PAGE = 50
MAX_PAGE = 100
_OURS = "sagemaker"
_ARNS = "ResourceARNList"


class OtherServices(Protocol):
    """The Tagging API of all services but SageMaker."""

    def call(self, operation: str, request: Request, /) -> Answer:
        """Return the answer. Raises ServiceError for a refusal."""
        ...


class NoOtherServices:
    """The Tagging API where SageMaker is the only service."""

    def call(self, _operation: str, request: Request, /) -> Answer:
        failures = dict.fromkeys(request.get(_ARNS, ()), _failure("Resource does not exist"))
        return {"FailedResourcesMap": failures}


@dataclass(frozen=True, slots=True)
class TaggingApi:
    """The operations, in one place. Each raises ServiceError for a refusal."""

    ours: TagApi
    others: OtherServices

    def operations(self) -> Mapping[str, Callable[[Request], Answer]]:
        """Return the operations by name."""
        return {
            "GetResources": self.get_resources,
            "GetTagKeys": self.get_tag_keys,
            "GetTagValues": self.get_tag_values,
            "TagResources": self.tag_resources,
            "UntagResources": self.untag_resources,
        }

    def get_resources(self, request: Request) -> Answer:
        """Return one page of tagged resources, by ARN."""
        size = _page_size(request)
        if request.get(_ARNS) and len(request) > 1:
            raise _invalid(f"{_ARNS} cannot be combined with other parameters")
        query = {k: v for k, v in request.items() if "Token" not in k and "Page" not in k}
        found = sorted([*self._our_mappings(query), *self._their_mappings(query)], key=_arn_of)
        if token := request.get("PaginationToken"):
            after = _after(token, query)
            found = [one for one in found if _arn_of(one) > after]
        page, rest = found[:size], found[size:]
        return {
            "ResourceTagMappingList": page,
            "PaginationToken": paging.encode([_arn_of(page[-1])], query) if rest else "",
        }

    def get_tag_keys(self, _request: Request) -> Answer:
        """Return every key that is in use, in one page."""
        theirs = self.others.call("GetTagKeys", {}).get("TagKeys", [])
        ours = {key for _, tags in self._tagged() for key in tags}
        return {"TagKeys": sorted(ours.union(theirs)), "PaginationToken": ""}

    def get_tag_values(self, request: Request) -> Answer:
        """Return every value that a key has, in one page."""
        key = request["Key"]
        theirs = self.others.call("GetTagValues", {"Key": key}).get("TagValues", [])
        ours = {tags[key] for _, tags in self._tagged() if key in tags}
        return {"TagValues": sorted(ours.union(theirs)), "PaginationToken": ""}

    def tag_resources(self, request: Request) -> Answer:
        """Add tags to several resources; say which could not be tagged, and why."""
        new: Tags = request["Tags"]

        def add(old: Tags) -> Tags:
            check_tags(tag_list(new), old)
            return {**old, **new}

        return self._change("TagResources", request, add)

    def untag_resources(self, request: Request) -> Answer:
        """Remove tags from several resources; say where that failed, and why."""
        gone = set(request["TagKeys"])
        return self._change(
            "UntagResources",
            request,
            lambda old: {key: value for key, value in old.items() if key not in gone},
        )

    def _change(self, operation: str, request: Request, change: Callable[[Tags], Tags]) -> Answer:
        ours, theirs = _parted(request[_ARNS])
        failed: Answer = {}
        for arn in ours:
            try:
                self.ours.change(arn, change)
            except ServiceError as refusal:
                failed[arn] = _failure(refusal.message, refusal.code)
        if theirs:
            answer = self.others.call(operation, {**request, _ARNS: theirs})
            failed |= answer.get("FailedResourcesMap", {})
        return {"FailedResourcesMap": failed}

    def _tagged(self) -> Iterator[tuple[str, Tags]]:
        """Yield what has tags; a resource that never had one is not in the service's index."""
        for resources in self.ours.resources:
            for arn, tags in resources.all():
                if tags and self.ours.place.holds(arn):
                    yield arn, tags

    def _our_mappings(self, query: Request) -> Iterator[Answer]:
        for arn, tags in self._tagged():
            if _selected(arn, tags, query):
                yield {"ResourceARN": arn, "Tags": tag_list(tags)}

    def _their_mappings(self, query: Request) -> Sequence[Answer]:
        types = query.get("ResourceTypeFilters", ())
        if types and all(one.split(":")[0] == _OURS for one in types):
            return ()
        if _ARNS in query:
            _, theirs = _parted(query[_ARNS])
            if not theirs:
                return ()
            query = {**query, _ARNS: theirs}
        found: Sequence[Answer] = self.others.call("GetResources", query).get(
            "ResourceTagMappingList", ()
        )
        return found


def _arn_of(mapping: Answer) -> str:
    return str(mapping["ResourceARN"])


def _parted(arns: Iterable[str]) -> tuple[list[str], list[str]]:
    """Part ARNs into SageMaker's and all others."""
    ours = [arn for arn in arns if arn.split(":")[2:3] == [_OURS]]
    return ours, [arn for arn in arns if arn not in ours]


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterException", message)


def _failure(message: str, code: str = "InvalidParameterException") -> Answer:
    return {"StatusCode": 400, "ErrorCode": code, "ErrorMessage": message}


def _page_size(request: Request) -> int:
    size = int(request.get("ResourcesPerPage", DEFAULT_PAGE))
    if not 1 <= size <= MAX_PAGE:
        raise _invalid(f"ResourcesPerPage is {size}; allowed is 1 to {MAX_PAGE}")
    return size


def _after(token: str, query: Request) -> str:
    try:
        return str(paging.decode(token, query)[0])
    except ValueError as problem:
        raise ServiceError(
            "PaginationTokenExpiredException", "The PaginationToken was issued for another request."
        ) from problem


def _selected(arn: str, tags: Tags, request: Request) -> bool:
    kind = arn.split(":")[5].split("/")[0]
    types = request.get("ResourceTypeFilters") or (_OURS,)
    arns = request.get(_ARNS)
    return (
        any(one in (_OURS, f"{_OURS}:{kind}") for one in types)
        and (not arns or arn in arns)
        and all(_has_tag(tags, wanted) for wanted in request.get("TagFilters", ()))
    )


def _has_tag(tags: Tags, wanted: Request) -> bool:
    value = tags.get(wanted.get("Key", ""))
    return value is not None and (not wanted.get("Values") or value in wanted["Values"])
