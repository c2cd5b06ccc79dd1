"""A declared version of a model is compared with the object that Neo would read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.core.ports import ObjectHead
from reconciler.engine.errors import RequestRejected
from reconciler.engine.source import check_source
from tests.fakes.gateway import FakeArtifacts, FakeClock
from tests.fakes.sagemaker import FakeSageMaker
from tests.unit.core.strategies import a_declaration

URI = "s3://models/resnet/model.tar.gz"
HEAD = ObjectHead(version_id="aB3", etag="abc", sha256="00ff")


def checked(revision: str | None, head: ObjectHead | None = HEAD) -> None:
    artifacts = FakeArtifacts(FakeSageMaker(FakeClock().seconds))
    if head is not None:
        artifacts.models[URI] = head
    check_source(replace(a_declaration(), revision=revision), artifacts)


@pytest.mark.parametrize(
    "revision", [None, "any text", "version:aB3", "etag:ABC", "sha256:00FF", "2026-11-20"]
)
def test_the_declared_object_passes_and_other_revisions_are_not_looked_up(
    revision: str | None,
) -> None:
    checked(revision)


@pytest.mark.parametrize("revision", ["version:ab3", "version:other", "etag:x", "sha256:00"])
def test_another_object_is_refused_with_both_versions(revision: str) -> None:
    with pytest.raises(RequestRejected, match=f"declared is {revision}"):
        checked(revision)


def test_a_version_that_s3_does_not_tell_is_refused() -> None:
    with pytest.raises(RequestRejected, match="S3 keeps no sha256"):
        checked("sha256:00ff", ObjectHead(version_id="1"))


def test_a_missing_object_is_refused() -> None:
    with pytest.raises(RequestRejected, match="does not exist"):
        checked("version:1", None)
