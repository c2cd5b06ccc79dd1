"""The data folder, closed to other users, and the secret in it with which callers sign."""

from __future__ import annotations

import os
import secrets

from neo_local.supervisor.settings import Places, SupervisorError

SECRET_BYTES = 30


def prepare_data(places: Places) -> None:
    """Make the data folder, readable by this user alone, and its secret, which it keeps.

    Raises:
        SupervisorError: the folder belongs to another user.
    """
    places.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if places.data.stat().st_uid != os.getuid():
        raise SupervisorError(
            f"the data folder {places.data} belongs to another user; choose another with --data"
        )
    places.data.chmod(0o700)
    if not places.secret.exists():
        draft = places.secret.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(SECRET_BYTES))
        draft.replace(places.secret)
