"""The endpoint's own S3 and KMS calls; the process that compiles makes none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from neo_local import ENGINE
from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobFailed

_CHUNK = 1 << 20
_HOST_STYLE = re.compile(r"(?P<bucket>.+)\.s3[.-][^.]*\.?.*amazonaws\.com(\.cn)?")
_CONFIGURATION = "ClientError: InputConfiguration: "


@dataclass(frozen=True, slots=True)
class Location:
    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def parse_uri(uri: str) -> Location:
    """Read ``s3://bucket/key``, and both https forms that the API's pattern allows."""
    parts = urlsplit(uri)
    path = unquote(parts.path) if parts.scheme == "https" else uri.split("://", 1)[1]
    if parts.scheme == "https":
        host_style = _HOST_STYLE.fullmatch(parts.netloc)
        path = f"{host_style['bucket']}{path}" if host_style else path.lstrip("/")
    bucket, _, key = path.partition("/")
    return Location(bucket, key)


@dataclass(frozen=True, slots=True)
class Objects:
    """Fetches models and stores artifacts. Every AWS refusal becomes the job's failure."""

    s3: Any
    kms: Any
    region: str
    max_bytes: int

    def fetch(self, where: Location, to: Path, control: Control) -> None:
        """Download a model. Raises JobFailed with Neo's message, or as `control.check` does."""
        self._check_region(where.bucket)
        if not where.key:
            raise _missing(where)
        try:
            body = self.s3.get_object(Bucket=where.bucket, Key=where.key)["Body"]
            with to.open("wb") as file:
                for chunk in body.iter_chunks(_CHUNK):
                    file.write(chunk)
                    control.check()
                    if file.tell() > self.max_bytes:
                        raise JobFailed(
                            f"{_CONFIGURATION}Input model is larger than the {self.max_bytes} "
                            f"bytes that the local engine takes (engine={ENGINE})."
                        )
        except ClientError as refusal:
            raise _failure(refusal, where) from refusal
        except BotoCoreError as problem:
            raise _unreachable(problem) from problem

    def exists(self, uri: str) -> bool:
        """Return whether there is an object at this address that can be read."""
        where = parse_uri(uri)
        try:
            self.s3.head_object(Bucket=where.bucket, Key=where.key)
        except (ClientError, BotoCoreError):
            return False
        return True

    def _check_region(self, bucket: str) -> None:
        try:
            answer = self.s3.get_bucket_location(Bucket=bucket)
        except ClientError as refusal:
            raise _failure(refusal, Location(bucket, "")) from refusal
        except BotoCoreError as problem:
            raise _unreachable(problem) from problem
        region = answer.get("LocationConstraint") or "us-east-1"
        if region != self.region:
            raise JobFailed(
                f"{_CONFIGURATION}Bucket {bucket} is in region {region} which is different from "
                f"AWS Sagemaker service region {self.region}"
            )

    def _usable_key(self, key_id: str) -> str:
        """Return the key's ARN. Raises JobFailed if it does not exist or cannot encrypt."""
        try:
            key = self.kms.describe_key(KeyId=key_id)["KeyMetadata"]
        except ClientError as refusal:
            raise _failure(refusal, None) from refusal
        except BotoCoreError as problem:
            raise _unreachable(problem) from problem
        if key.get("KeyState", "Enabled") != "Enabled":
            raise JobFailed(f"ClientError: KMS key {key['Arn']} is {key['KeyState']}.")
        return str(key["Arn"])

    def store(self, artifact: Path, where: Location, key_id: str | None, job: str) -> None:
        """Upload, marked as ours, encrypted with the key asked for. Raises JobFailed."""
        extra: dict[str, Any] = {
            "Metadata": {"engine": ENGINE, "compilation-job": job},
            "Tagging": f"engine={ENGINE}",
            "ContentType": "application/gzip",
        }
        if key_id:
            key = self._usable_key(key_id)
            extra |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
        try:
            with artifact.open("rb") as body:
                self.s3.put_object(Bucket=where.bucket, Key=where.key, Body=body, **extra)
        except ClientError as refusal:
            raise _failure(refusal, None) from refusal
        except BotoCoreError as problem:
            raise _unreachable(problem) from problem


def _failure(refusal: ClientError, where: Location | None) -> JobFailed:
    code = str(refusal.response.get("Error", {}).get("Code", ""))
    if where is not None and code in ("NoSuchKey", "404"):
        return _missing(where)
    return JobFailed(f"ClientError: {refusal}")


def _missing(where: Location) -> JobFailed:
    return JobFailed(
        f"{_CONFIGURATION}S3 object does not exist. Bucket: {where.bucket}, Key: {where.key}"
    )


def _unreachable(problem: BotoCoreError) -> JobFailed:
    if isinstance(problem, ParamValidationError):  # a bucket's name, say, that cannot be one
        return JobFailed(f"ClientError: {problem}")
    return JobFailed(f"ServerError: {problem} (engine={ENGINE}: is the embedded S3 running?)")


def connect(endpoint_url: str | None, region: str, max_bytes: int) -> Objects:
    """Return clients with the environment's credentials."""
    session = boto3.session.Session(region_name=region)
    config = Config(s3={"addressing_style": "path"}, connect_timeout=5)
    return Objects(
        session.client("s3", endpoint_url=endpoint_url, config=config),
        session.client("kms", endpoint_url=endpoint_url, config=config),
        region,
        max_bytes,
    )
