"""Credentials of an assumed role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError

from reconciler.aws.assumed_role import AssumedRole

ROLE = "arn:aws:iam::111122223333:role/NeoDeployment"


@dataclass
class FakeSession:
    """A session whose STS client gives new credentials at each call.

    Attributes:
        lives: How long credentials live, in seconds.
    """

    own: Credentials | None
    lives: float
    asked: list[dict[str, Any]] = field(default_factory=list)
    signed_by: list[str] = field(default_factory=list)

    def get_credentials(self) -> Credentials | None:
        return self.own

    def create_client(self, service: str, **given: Any) -> FakeSession:
        assert service == "sts"
        self.signed_by.append(given["aws_access_key_id"])
        return self

    def assume_role(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {
            "Credentials": {
                "AccessKeyId": f"key-{len(self.asked)}", "SecretAccessKey": "secret",
                "SessionToken": "token",
                "Expiration": datetime.now(UTC) + timedelta(seconds=self.lives),
            }
        }  # fmt: skip


def test_the_role_is_assumed_with_the_own_credentials_when_first_used() -> None:
    session = FakeSession(Credentials("own", "secret"), 3600)
    credentials = AssumedRole(session, ROLE).load_credentials()
    assert session.asked == []
    assert credentials.get_frozen_credentials().access_key == "key-1"
    assert credentials.get_frozen_credentials().access_key == "key-1"
    assert session.asked == [{"RoleArn": ROLE, "RoleSessionName": "neoctl"}]
    assert session.signed_by == ["own"]


def test_credentials_that_are_about_to_expire_are_renewed() -> None:
    session = FakeSession(Credentials("own", "secret"), 60)
    credentials = AssumedRole(session, ROLE).load_credentials()
    keys = {credentials.get_frozen_credentials().access_key for _ in range(2)}
    assert len(keys) == len(session.asked) == 2


def test_without_own_credentials_no_role_is_assumed() -> None:
    with pytest.raises(NoCredentialsError):
        AssumedRole(FakeSession(None, 60), ROLE).load_credentials()
