"""The organisation's policy in the Lambda's asset."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.core.contract import POLICY_FILE
from reconciler.handler.organisation import packed_policy
from reconciler.rules.organisation_policy import PolicyError


def test_an_asset_without_a_policy_demands_nothing(tmp_path: Path) -> None:
    assert packed_policy(tmp_path) is None


def test_a_packed_policy_is_enforced_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / POLICY_FILE).write_text('{"regions": ["eu-west-1"]}')
    policy = packed_policy(tmp_path)
    assert policy is not None
    assert policy.regions == ("eu-west-1",)


@pytest.mark.parametrize(("text", "error"), [('{"regoins": []}', PolicyError), ("{", ValueError)])
def test_a_function_whose_policy_cannot_be_read_does_not_start(
    tmp_path: Path, text: str, error: type[Exception]
) -> None:
    (tmp_path / POLICY_FILE).write_text(text)
    with pytest.raises(error):
        packed_policy(tmp_path)
