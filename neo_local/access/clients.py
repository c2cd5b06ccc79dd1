"""boto3's clients of MiniStack: the endpoint's own, and those of a role that it has assumed."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from neo_local.access.network import WayToS3

SOURCE_VPC, SOURCE_ENDPOINT = "x-neo-local-source-vpc", "x-neo-local-source-vpce"
"""Headers that say where a job's request comes from, which policies ask for."""
AS_SERVICE = "x-neo-local-as-service"
"""The header with which the endpoint assumes a role as SageMaker; it has judged its trust."""
_BY_TLS = {"X-Forwarded-Proto": "https"}  # bucket policies ask for TLS; loopback has none
_CONFIG = Config(s3={"addressing_style": "path"}, connect_timeout=5)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of an assumed role."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes clients. Safe for use by many threads.

    Attributes:
        endpoint_url: MiniStack's address; None: as boto3 finds each service.
    """

    endpoint_url: str | None
    _session: boto3.session.Session = field(default_factory=boto3.session.Session)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)

    def own(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3 types no clients
        """Return a client with the environment's credentials, which may do everything.

        It is made once: every create asks IAM, and clients take longer to make than to use.
        """
        with self._lock:
            if (service, region) not in self._made:
                client = self._session.client(
                    service, region_name=region, endpoint_url=self.endpoint_url, config=_CONFIG
                )
                client.meta.events.register(
                    "before-sign.sts.AssumeRole", functools.partial(_add, {AS_SERVICE: "yes"})
                )
                self._made[service, region] = client
            return self._made[service, region]

    def of_role(
        self, service: str, region: str, role: Credentials, way: WayToS3 | None = None
    ) -> Any:  # noqa: ANN401 - as above
        """Return a client that may do what the role may, from within a network if one is given."""
        with self._lock:
            client = self._session.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint_url,
                config=_CONFIG,
                aws_access_key_id=role.key_id,
                aws_secret_access_key=role.secret,
                aws_session_token=role.token,
            )
        headers = _BY_TLS | (_from_within(way) if way else {})
        client.meta.events.register("before-sign", functools.partial(_add, headers))
        return client


def _from_within(way: WayToS3) -> dict[str, str]:
    return {SOURCE_VPC: way.vpc, SOURCE_ENDPOINT: way.endpoint}


def _add(headers: Mapping[str, str], request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
    for name, value in headers.items():
        request.headers[name] = value
