"""botocore looks for a bucket's region by itself after some errors, with our trimmed models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from reconciler.aws.artifacts import S3Artifacts
from reconciler.aws.budget import Budget
from reconciler.aws.clients import factory
from reconciler.core.ports import Invalid


class _Empty:
    """The body of every answer to a HEAD request."""

    def stream(self) -> Iterator[bytes]:
        yield b""


def test_a_head_request_that_is_refused_without_a_region_is_refused_and_no_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """S3 answers so for an object that is encrypted with a customer's key, and says no more."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    sent: list[str] = []

    def refuse(request: AWSRequest, **_more: Any) -> AWSResponse:
        sent.append(request.url)
        return AWSResponse(request.url, 400, {}, _Empty())

    client = factory(max_attempts=2)("s3")
    client.meta.events.register("before-send.s3", refuse)
    with pytest.raises(Invalid, match="400"):
        S3Artifacts(client, Budget()).head("s3://models/model.tar.gz", None)
    assert len(sent) == 2, "the object, and then its bucket"
