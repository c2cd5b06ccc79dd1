"""botocore clients on the project's own trimmed service models.

The models hold just the operations that are called. They load in a millisecond, where SageMaker's
own takes 25 ms and 9 MB, and an older botocore, as in a Lambda runtime, speaks the API as this
release knows it. The API version is pinned: otherwise a newer folder in the runtime would win.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

MODELS: Final = Path(__file__).parent / "models"
ENDPOINTS: Final = Path(__file__).parent / "endpoints"
"""Holds botocore's table of endpoints cut down to API_VERSIONS: the whole one is 1.2 MB."""

API_VERSIONS: Final = {
    "sagemaker": "2017-07-24",
    "s3": "2006-03-01",
    "cloudformation": "2010-05-15",
    "events": "2015-10-07",
    "sns": "2010-03-31",
}


class _TrimmedLoader(Loader):  # type: ignore[misc]  # botocore is untyped
    """A loader that lists no folders to find the services of API_VERSIONS."""

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        """Return a file of a service; of other services as botocore does."""
        version = API_VERSIONS.get(service_name)
        if version is None:
            return super().load_service_model(service_name, type_name, api_version)
        return self.load_data(f"{service_name}/{version}/{type_name}")


def new_session(
    profile: str | None = None, region: str | None = None, *, complete: bool = False
) -> Session:
    """Return a session of the usual credentials, environment and configuration.

    Args:
        profile: A profile of the configuration; by default the environment's.
        region: The region; by default the profile's.
        complete: Whether services have all their operations, and not only those of MODELS.
    """
    session = Session(profile=profile)
    if region:
        session.set_config_variable("region", region)
    if not complete:
        session.register_component("data_loader", _TrimmedLoader(extra_search_paths=[str(MODELS)]))
    return session


def lambda_session() -> Session:
    """Return a session for the services of API_VERSIONS alone, which starts quickly."""
    session = Session()
    folders = [str(MODELS), str(ENDPOINTS)]
    session.register_component("data_loader", _TrimmedLoader(extra_search_paths=folders))
    return session


def factory(*, max_attempts: int, session: Session | None = None) -> Callable[..., Any]:
    """Return a function that makes a client of any service of API_VERSIONS.

    With ``retries=False`` that client sends each request once.

    Args:
        max_attempts: How often a request is sent at most, by botocore's standard retries.
        session: By default one for a Lambda.
    """
    session = session or lambda_session()
    config = Config(
        connect_timeout=3,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": max_attempts},
    )

    once = config.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))

    def client(service: str, endpoint_url: str | None = None, *, retries: bool = True) -> Any:
        return session.create_client(
            service, api_version=API_VERSIONS.get(service), endpoint_url=endpoint_url,
            config=config if retries else once,
        )  # fmt: skip

    return client
