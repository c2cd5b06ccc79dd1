"""What is like a thing that a function may touch, and is not it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tests.contract.privilege.engine import Request

Variant = tuple[str, Mapping[str, str]]
_OTHER_ACCOUNT: Final = "999988887777"


def neighbours(request: Request) -> Iterator[Request]:
    """The same call on things that belong to others, or by another way than the one allowed."""
    for resource, context in _variants(request):
        yield Request(request.role, request.action, resource, context)


def _variants(request: Request) -> Iterator[Variant]:
    resource, context = request.resource, request.context
    if resource == "*":
        return
    for changed in {*_elsewhere(resource), *_besides(resource)} - {resource}:
        yield changed, context
    for key, value in context.items():
        yield resource, {each: word for each, word in context.items() if each != key}
        yield resource, {**context, key: f"ec2.{value.partition('.')[2]}"}


def _elsewhere(arn: str) -> Iterator[str]:
    """In another account, in another region."""
    words = arn.split(":", 5)
    if words[4]:
        yield ":".join([*words[:4], _OTHER_ACCOUNT, words[5]])
    if words[3]:
        yield ":".join([*words[:3], "eu-west-1", *words[4:]])


def _besides(arn: str) -> Iterator[str]:
    """Another's thing of the same kind, with a name as alike as can be."""
    if ":compilation-job/" in arn:
        place, _, name = arn.rpartition("/")
        owner, _, rest = name.partition("-")
        last = "0" if owner[-1] != "0" else "1"
        for other in (f"{owner}0", owner[:-1], owner[:-1] + last, f"x{owner}"):
            yield f"{place}/{other}-{rest}"
    elif arn.startswith("arn:aws:s3:::"):
        yield from _objects(arn)
    elif ":log-group:" in arn:
        yield re.sub(r":log-group:([^:]+):", r":log-group:\1-other:", arn)
        yield re.sub(r":log-group:([^:]+):", ":log-group:/aws/lambda/other:", arn)
    elif ":stack/" in arn:
        yield arn.replace(":stack/S/", ":stack/T/")
        yield arn[:-1] + ("0" if arn[-1] != "0" else "1")
    elif ":key/" in arn:
        yield arn[:-1] + ("0" if arn[-1] != "0" else "1")
    else:
        yield f"{arn}x"


def _objects(arn: str) -> Iterator[str]:
    bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    if not key:
        yield f"arn:aws:s3:::{bucket}-other"
        return
    yield f"arn:aws:s3:::{bucket}-other/{key}"
    yield f"arn:aws:s3:::{bucket}/x{key}"
    yield f"arn:aws:s3:::{bucket}/{key.rpartition('/')[2]}.other"
    owned = re.search(r"[sf][0-9a-f]{8}[a-z2-7]{0,6}", key)
    if owned is not None:
        yield f"arn:aws:s3:::{bucket}/{key.replace(owned[0], owned[0] + '0')}"
        yield f"arn:aws:s3:::{bucket}/{key.replace(owned[0], owned[0][:-1])}"
    else:
        yield f"arn:aws:s3:::{bucket}/{key}.other"
