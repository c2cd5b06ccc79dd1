"""The endpoint's own S3 and KMS calls; the process that compiles makes none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from neo_local import ENGINE
from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobFailed

_CHUNK = 1 << 20
_HOST_STYLE = re.compile(r"(?P<bucket>.+)\.s3[.-][^.]*\.?.*amazonaws\.com(\.cn)?")
_CONFIGURATION = "ClientError: InputConfiguration: "
_UPLOAD = "OutputConfiguration: Unable to upload compiled model: "


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
    """Fetches models and stores artifacts. Every AWS refusal becomes the job's failure.

    Attributes:
        s3, kms: Clients with the job's role.
        own_s3, own_kms: Clients that may do everything, for what the service does by itself.
    """

    s3: Any
    kms: Any
    own_s3: Any
    own_kms: Any
    region: str
    max_bytes: int

    def fetch(self, where: Location, to: Path, control: Control) -> None:
        """Download a model. Raises JobFailed with Neo's message, or as `control.check` does."""
        self._check_region(where.bucket)
        if not where.key:
            raise _missing(where)
        try:
            answer = self.s3.get_object(Bucket=where.bucket, Key=where.key)
            self._check_decryption(answer.get("SSEKMSKeyId"))
            with to.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(_CHUNK):
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
            raise unreachable(problem) from problem

    def _check_region(self, bucket: str) -> None:
        try:
            answer = self.own_s3.get_bucket_location(Bucket=bucket)
        except ClientError as refusal:
            raise _failure(refusal, Location(bucket, "")) from refusal
        except BotoCoreError as problem:
            raise unreachable(problem) from problem
        region = answer.get("LocationConstraint") or "us-east-1"
        if region != self.region:
            raise JobFailed(
                f"{_CONFIGURATION}Bucket {bucket} is in region {region} which is different from "
                f"AWS Sagemaker service region {self.region}"
            )

    def _check_decryption(self, key_id: str | None) -> None:
        """Decrypt something of a key's with the role, as S3 does for whoever reads an object."""
        if key_id:
            probe = self.own_kms.encrypt(KeyId=key_id, Plaintext=b"probe")["CiphertextBlob"]
            self.kms.decrypt(CiphertextBlob=probe, KeyId=key_id)

    def store(self, artifact: Path, where: Location, key_id: str | None, job: str) -> None:
        """Upload, marked as ours, encrypted with the key asked for. Raises JobFailed."""
        extra: dict[str, Any] = {
            "Metadata": {"engine": ENGINE, "compilation-job": job},
            "ContentType": "application/gzip",
        }
        try:
            if key_id:
                key = self._usable_key(key_id)
                extra |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
            with artifact.open("rb") as body:
                stored = self.s3.put_object(Bucket=where.bucket, Key=where.key, Body=body, **extra)
            self._tag(where, stored.get("VersionId"))
        except ClientError as refusal:
            raise _failure(refusal, None, _UPLOAD) from refusal
        except BotoCoreError as problem:
            raise unreachable(problem) from problem

    def _usable_key(self, key_id: str) -> str:
        """Return the key's ARN, once the role has encrypted with it, as S3 does for it."""
        key = self.own_kms.describe_key(KeyId=key_id)["KeyMetadata"]
        if key.get("KeyState", "Enabled") != "Enabled":
            raise JobFailed(f"ClientError: KMS key {key['Arn']} is {key['KeyState']}.")
        self.kms.generate_data_key(KeyId=key["Arn"], KeySpec="AES_256")
        return str(key["Arn"])

    def _tag(self, where: Location, version: str | None) -> None:
        """Tag the artifact with its engine, which takes no permission of the role's."""
        self.own_s3.put_object_tagging(
            Bucket=where.bucket,
            Key=where.key,
            Tagging={"TagSet": [{"Key": "engine", "Value": ENGINE}]},
            **({"VersionId": version} if version else {}),
        )


def exists(s3: Any, uri: str) -> bool:  # noqa: ANN401 - boto3 types no clients
    """Return whether there is an object at an address that can be read."""
    where = parse_uri(uri)
    try:
        s3.head_object(Bucket=where.bucket, Key=where.key)
    except (ClientError, BotoCoreError):
        return False
    return True


def _failure(refusal: ClientError, where: Location | None, prefix: str = "") -> JobFailed:
    """Return a refusal as a failure; of what was read, if there is a place."""
    code = str(refusal.response.get("Error", {}).get("Code", ""))
    if where is not None and code in ("NoSuchKey", "404"):
        return _missing(where)
    return JobFailed(f"ClientError: {prefix}{refusal}")


def _missing(where: Location) -> JobFailed:
    return JobFailed(
        f"{_CONFIGURATION}S3 object does not exist. Bucket: {where.bucket}, Key: {where.key}"
    )


def unreachable(problem: BotoCoreError) -> JobFailed:
    """Return the failure of a call that AWS did not answer."""
    if isinstance(problem, ParamValidationError):  # a bucket's name, say, that cannot be one
        return JobFailed(f"ClientError: {problem}")
    return JobFailed(f"ServerError: {problem} (engine={ENGINE}: is the embedded S3 running?)")
