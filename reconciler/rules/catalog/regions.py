"""Regions and partitions, as far as a request can contradict them."""

from __future__ import annotations

import re
from typing import Final

_REGION: Final = re.compile(r"[a-z]{2,3}(-[a-z]+){1,2}-\d{1,2}")
_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)


def is_region(text: str) -> bool:
    """Return whether a text has the form of a region's name, such as ``eu-central-1``."""
    return _REGION.fullmatch(text) is not None


def partition_of(region: str) -> str:
    """Return the partition of a region's ARNs (source: botocore's partitions)."""
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")
