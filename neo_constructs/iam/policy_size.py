"""Policy documents within IAM's limit of 6,144 characters without white space."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from neo_constructs.synth.errors import ConstructError

IAM_LIMIT: Final = 6_144
_TOKEN: Final = re.compile(r"\$\{Token\[([A-Za-z.]*)[^\]]*\]\}")
# What tokens become at most: all others are names of buckets, or shorter.
_LENGTHS: Final = {"AWS.Partition.": 10, "AWS.AccountId.": 12, "AWS.Region.": 14}
_TOKEN_LENGTH: Final = 63


def fitting(path: str, statements: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Return a document of these statements. If it is too long for IAM, merge those that differ
    only in their buckets, so that a prefix of one may be listed in another as well.

    Raises ConstructError if it is too long even so.
    """
    exact = _document(statements)
    if estimated_size(exact) <= IAM_LIMIT:
        return exact
    merged = _document(_merged(exact["Statement"]))
    if estimated_size(merged) > IAM_LIMIT:
        raise ConstructError(
            path,
            f"its policy would have some {estimated_size(merged):,} characters, and IAM takes "
            f"{IAM_LIMIT:,}; let its jobs use fewer buckets, or make several fleets of them",
        )
    return merged


def estimated_size(document: Mapping[str, object]) -> int:
    """Estimate the most characters of a document once its tokens are values."""
    text = json.dumps(document, separators=(",", ":"))
    return len(_TOKEN.sub(lambda found: "x" * _LENGTHS.get(found[1], _TOKEN_LENGTH), text))


def _document(statements: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _merged(statements: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    alike: dict[str, dict[str, Any]] = {}
    for statement in statements:
        prefixes = _prefixes(statement)
        rest = statement if prefixes is None else {**statement, "Condition": "s3:prefix"}
        key = json.dumps({name: value for name, value in rest.items() if name != "Resource"})
        known = alike.setdefault(key, {**statement, "Resource": []})
        known["Resource"] += _new(statement["Resource"], known["Resource"])
        if prefixes is not None:
            together = [*(_prefixes(known) or []), *prefixes]
            known["Condition"] = {"StringLike": {"s3:prefix": list(dict.fromkeys(together))}}
    return list(alike.values())


def _new(resources: str | list[str], known: list[str]) -> list[str]:
    listed = [resources] if isinstance(resources, str) else resources
    return [each for each in listed if each not in known]


def _prefixes(statement: Mapping[str, Any]) -> list[str] | None:
    like = statement.get("Condition", {}).get("StringLike", {})
    prefixes = like.get("s3:prefix") if len(like) == 1 else None
    return list(prefixes) if isinstance(prefixes, list) else None
