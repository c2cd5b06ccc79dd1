"""What CreateCompilationJob is on record to refuse beyond its service model, and no more.

Everything else that is wrong with a request is accepted and fails in the job, as with Neo.
Sources: the API reference (one input, one target), the tagging reference (keys).
The texts of these refusals are not recorded anywhere public; they are ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from neo_local.endpoint.errors import validation

MAX_TAGS = 50


def check_create(request: Mapping[str, Any]) -> None:
    """Refuse what the API's documentation forbids. Raises ServiceError (ValidationException)."""
    _exactly_one(
        request.get("InputConfig"),
        request.get("ModelPackageVersionArn"),
        "InputConfig and ModelPackageVersionArn are mutually exclusive. "
        "Provide exactly one of the two: ",
    )
    output = request["OutputConfig"]
    _exactly_one(
        output.get("TargetDevice"),
        output.get("TargetPlatform"),
        "TargetDevice and TargetPlatform are mutually exclusive. "
        "You have to choose one of the two options: ",
    )
    check_tags(request.get("Tags", ()))


def _exactly_one(first: object, second: object, message: str) -> None:
    if first is not None and second is not None:
        raise validation(message + "both were given.")
    if first is None and second is None:
        raise validation(message + "neither was given.")


def check_tags(
    tags: Iterable[Mapping[str, str]], existing: Mapping[str, str] | None = None
) -> None:
    """Refuse reserved or repeated keys, and more tags than a job can have. Raises ServiceError."""
    keys = Counter(tag["Key"] for tag in tags)
    for key, count in keys.items():
        if key.lower().startswith("aws:"):
            raise validation(f"Tag key {key!r} is reserved: keys may not begin with aws:")
        if count > 1:
            raise validation(f"Duplicate tag key {key!r} in the request")
    total = len(set(keys) | set(existing or {}))
    if total > MAX_TAGS:
        raise validation(
            f"A resource can have at most {MAX_TAGS} tags; this one would have {total}"
        )
