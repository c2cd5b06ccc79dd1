"""Ownership: name and tags must agree, and nothing else proves it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.contract import OWN_TAGS
from reconciler.core.observed import JobStatus
from reconciler.core.ownership import (
    Ownership,
    belongs_to,
    logical_name_tag,
    ownership,
    ownership_tags,
)
from reconciler.rules import api
from tests.unit.core.strategies import a_declaration, a_job

JOB = a_job(a_declaration(), JobStatus.INPROGRESS)


def test_a_job_with_our_name_and_tags_is_ours() -> None:
    assert ownership(JOB) is Ownership.OURS


def test_a_job_whose_tags_were_not_read_is_not_decided() -> None:
    assert ownership(replace(JOB, tags=None)) is Ownership.UNREAD


@pytest.mark.parametrize("tag", ["neo:managed-by", "neo:owner", "neo:id", "neo:attempt"])
def test_one_tag_that_disagrees_or_is_missing_makes_it_foreign(tag: str) -> None:
    tags = dict(JOB.tags or {})
    assert ownership(replace(JOB, tags={**tags, tag: "other"})) is Ownership.FOREIGN
    del tags[tag]
    assert ownership(replace(JOB, tags=tags)) is Ownership.FOREIGN


def test_our_tags_on_a_name_that_is_not_ours_prove_nothing() -> None:
    assert ownership(replace(JOB, name="resnet-nightly")) is Ownership.FOREIGN


def test_our_tags_are_as_many_as_is_said_and_users_cannot_take_their_keys() -> None:
    forged = a_declaration(Tags=[{"Key": "neo:owner", "Value": "x"}, {"Key": "a", "Value": "b"}])
    tags = ownership_tags(forged, forged.identity.attempt(0), "op")
    assert len(tags) == OWN_TAGS + 1
    assert dict(tags)["neo:owner"] == "team"


@given(st.text(max_size=400))
def test_any_logical_name_fits_a_tag_and_is_found_again(logical_name: str) -> None:
    value = logical_name_tag(logical_name)
    shape = api.shape("TagValue")
    assert len(value) <= shape["max"]
    assert api.compiled_pattern(shape["pattern"]).fullmatch(value)
    assert belongs_to(replace(JOB, tags={"neo:logical-name": value}), logical_name)


def test_the_pattern_of_tags_knows_letters_of_every_script() -> None:
    pattern = api.compiled_pattern(api.shape("TagValue")["pattern"])
    assert pattern.fullmatch("Modèle 模型_1")
    assert not re.fullmatch(pattern, "a<b>")
