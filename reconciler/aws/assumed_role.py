"""Credentials of an assumed role, renewed before they expire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

_SESSION_NAME: Final = "neoctl"


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A session's component ``credential_provider`` that has one role's credentials.

    Attributes:
        session: Whose credentials the role is assumed with.
    """

    session: Session
    role_arn: str

    def load_credentials(self) -> Any:
        """Return credentials that assume the role when they are first used.

        Raises NoCredentialsError.
        """
        own = self.session.get_credentials()
        if own is None:
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(
            self.session.create_client, own, self.role_arn, {"RoleSessionName": _SESSION_NAME}
        )
        return DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
