"""Answers fit CloudFormation's 4096 bytes, whatever is in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.contract import JOB_ATTRIBUTES
from reconciler.handler.cfn.answer import (
    MAX_DATA_BYTES,
    MAX_REASON_BYTES,
    ResourceFailed,
    fit_data,
    fit_reason,
)
from reconciler.handler.cfn.log import naming_log_group


@given(st.text(max_size=6000) | st.integers(0, 6000).map("é".__mul__))
def test_reasons_fit_and_keep_their_beginning(reason: str) -> None:
    fitted = fit_reason(reason)
    assert len(json.dumps(fitted).encode()) <= MAX_REASON_BYTES
    assert fitted[:200] == reason[:200]
    assert fitted == reason or "…" in fitted


def test_a_long_reason_keeps_what_to_do_at_its_end() -> None:
    refused = ResourceFailed("Job x FAILED: " + "trace " * 2000 + "Raise MaxRuntimeInSeconds.")
    assert str(refused).startswith("Job x FAILED")
    assert str(refused).endswith("Raise MaxRuntimeInSeconds.")


def test_the_log_group_of_the_function_ends_the_reason() -> None:
    with (
        pytest.raises(ResourceFailed) as told,
        naming_log_group({"AWS_LAMBDA_LOG_GROUP_NAME": "/neo/S"}),
    ):
        raise ResourceFailed("Job x FAILED: " + "trace " * 2000, "input")
    assert str(told.value).endswith(" Log group: /neo/S.")
    assert told.value.kind == "input"
    with pytest.raises(ResourceFailed, match=r"^no$"), naming_log_group({}):
        raise ResourceFailed("no")


@given(st.fixed_dictionaries({key: st.text(max_size=2500) for key in JOB_ATTRIBUTES}))
def test_attributes_fit_and_every_key_stays(data: dict[str, str]) -> None:
    fitted = fit_data(data)
    assert len(json.dumps(fitted).encode()) <= MAX_DATA_BYTES
    assert fitted.keys() == data.keys()
    assert all(value in {"", data[key]} for key, value in fitted.items())
