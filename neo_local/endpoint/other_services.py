"""The Tagging API of MiniStack, for everything but SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from neo_local.endpoint.errors import ServiceError
from neo_local.guard.relay import DIRECT


@dataclass(frozen=True, slots=True)
class MiniStackTagging:
    """Implements OtherServices."""

    client: Any

    def call(self, operation: str, request: Mapping[str, Any], /) -> dict[str, Any]:
        """Return the answer. Raises ServiceError for a refusal."""
        try:
            answer = dict(getattr(self.client, xform_name(operation))(**request))
        except ClientError as refusal:
            error = refusal.response["Error"]
            raise ServiceError(error["Code"], error["Message"]) from refusal
        except BotoCoreError as problem:
            message = f"MiniStack's Tagging API did not answer: {problem}"
            raise ServiceError("InternalServiceException", message, 500) from problem
        answer.pop("ResponseMetadata")
        return answer


def connect(endpoint_url: str, region: str) -> MiniStackTagging:
    """Return a client with the environment's credentials, whose calls are not relayed here."""
    client = boto3.session.Session(region_name=region).client(
        "resourcegroupstaggingapi", endpoint_url=endpoint_url
    )
    client.meta.events.register("before-sign", _mark)
    return MiniStackTagging(client)


def _mark(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's request
    request.headers[DIRECT] = "yes"
