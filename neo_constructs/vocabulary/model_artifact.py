"""ModelArtifact: where a trained model comes from."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from neo_constructs.iam import statements
from neo_constructs.iam.keys import KeyUse, key_use
from neo_constructs.iam.statements import Allow
from neo_constructs.synth.asset_synthesizer import asset_synthesizer
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import BucketFacts, bucket_arn, bucket_facts, reference
from neo_constructs.synth.tokens import is_token, without_tokens
from neo_constructs.synth.typed import typed
from reconciler.rules.s3_uri import is_iam_pattern

_COMPARED: Final = ("version:", "sha256:", "etag:")
_SHA256: Final = re.compile(r"sha256:[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class CheckedObject:
    """An object that the reconciler looks up; `encryption` is needed for its SHA-256."""

    bucket_arn: str
    key: str
    encryption: KeyUse | None = None


@dataclass(frozen=True, slots=True)
class BoundModel:
    """A model as one job's request names it.

    Attributes:
        s3_uri: The archive, or None for a model package.
        model_package_arn: The model package version, or None for an archive.
        revision: Identifies the content under the same name, if it is known.
        grants: The statements that a role needs to read it, made when they are asked for.
        checked: The object that the reconciler compares with the revision before it creates.
        archive: Returns the object itself, for what reads it; None for a model package.
        place: The properties of the bucket, unless it is that of the deployment's assets.
        key: What the archive is encrypted with, if that is known.
    """

    grants: Callable[[], Sequence[Allow]]
    s3_uri: str | None = None
    model_package_arn: str | None = None
    revision: str | None = None
    checked: CheckedObject | None = None
    archive: Callable[[], CheckedObject] | None = None
    place: BucketFacts | None = None
    key: kms.IKey | None = None


class ModelArtifact(ABC):
    """A trained model: an archive in S3, a local file or folder, or a model package version."""

    @staticmethod
    @typed
    def from_bucket(
        bucket: s3.IBucket,
        key: str,
        *,
        object_version: str | None = None,
        digest: str | None = None,
    ) -> ModelArtifact:
        """Take an archive that is in S3 already.

        Args:
            bucket: Where; it must be in the job's region.
            key: The object, one .tar.gz.
            object_version: The version that is meant, in a versioned bucket.
            digest: `sha256:` and 64 hexadecimal digits (of an object uploaded with
                --checksum-algorithm SHA256), `etag:VALUE`, or any text of your own that changes
                with the content.

        Neo always reads the current object. A version or digest is no pointer but a statement:
        another one is another job, so that a changed model under the same key recompiles. Before
        a job is created, a version, SHA-256 or ETag is compared with the object's, and another
        content is refused; a text of your own is not compared with anything.

        Raises ValueError if both are given, for a digest that no object could have, for a key
        that policies would take for a pattern, and for a bucket's name in place of a bucket.
        """
        if isinstance(bucket, str):
            raise ValueError(
                f"bucket is {bucket!r} (str); allowed is an s3.IBucket, as "
                's3.Bucket.from_bucket_name(self, "Models", "name")'
            )
        _refuse_pattern("key", key)
        return _BucketModel(bucket, key, declared_revision(object_version, digest))

    @staticmethod
    @typed
    def from_asset(
        path: str | os.PathLike[str], *, encryption_key: kms.IKey | None = None
    ) -> ModelArtifact:
        """Pack a local file or folder and upload it with the deployment.

        Args:
            path: The file or folder.
            encryption_key: The bootstrap stack's key for assets, if it has one of your own
                (``cdk bootstrap --bootstrap-customer-key``): the role may then decrypt with it.

        A .tar.gz is taken as it is; anything else is packed, files at the archive's top. The
        content's hash is part of the object's name and of the job's identity: a changed model
        recompiles by itself, an unchanged one never does.
        """
        return _AssetModel(Path(path), encryption_key)

    @staticmethod
    @typed
    def from_model_package(model_package_version_arn: str) -> ModelArtifact:
        """Take a model package version; Neo reads framework and inputs from it.

        Args:
            model_package_version_arn: The ARN of one version, of the job's region.
        """
        _refuse_pattern("model_package_version_arn", model_package_version_arn)
        return _PackageModel(model_package_version_arn)

    @abstractmethod
    def bind(self, scope: Construct, path: str, /) -> BoundModel:
        """Bind the model to the stack of this scope, for the construct of this path."""


def _refuse_pattern(argument: str, name: str) -> None:
    if isinstance(name, str) and is_iam_pattern(without_tokens(name)):
        raise ValueError(
            f"{argument} is {name!r}; *, ? and ${{ are patterns in IAM policies, which would allow "
            "other objects too; name a single one"
        )


def declared_revision(object_version: str | None, digest: str | None) -> str | None:
    """Return what identifies the content under a key.

    Raises ValueError if both are given, or one that no object could have.
    """
    if object_version is not None and digest is not None:
        raise ValueError("object_version and digest are both given; one says which content")
    if object_version == "" or digest in ("", "etag:"):
        raise ValueError("object_version or digest is empty; leave it out to declare no content")
    if object_version is not None:
        return f"version:{object_version}"
    if digest is not None and not is_token(digest):
        _check_digest(digest)
    return digest


def _check_digest(digest: str) -> None:
    if digest.startswith("version:"):
        raise ValueError(f"digest is {digest!r}; give the version as object_version")
    if digest.startswith("sha256:") and not _SHA256.fullmatch(digest):
        raise ValueError(
            f"digest is {digest!r}; allowed is sha256: and 64 hexadecimal digits. S3 shows "
            "checksums in base64: python3 -c "
            "'import base64, sys; print(base64.b64decode(sys.argv[1]).hex())' CHECKSUM"
        )


@dataclass(frozen=True)
class _BucketModel(ModelArtifact):
    bucket: s3.IBucket
    key: str
    revision: str | None

    def bind(self, _scope: Construct, _path: str, /) -> BoundModel:
        place = bucket_facts(self.bucket)
        return BoundModel(
            self._grants, s3_uri=f"s3://{place.name}/{self.key}", revision=self.revision,
            checked=self._checked(), archive=self._archive, place=place, key=place.key,
        )  # fmt: skip

    def _archive(self) -> CheckedObject:
        place = bucket_facts(self.bucket)
        return CheckedObject(place.arn, self.key, key_use(place.key) if place.key else None)

    def _checked(self) -> CheckedObject | None:
        revision = self.revision or ""
        if not is_token(revision) and not revision.startswith(_COMPARED):
            return None
        place = bucket_facts(self.bucket)
        key = None if revision.startswith(("version:", "etag:")) else place.key
        return CheckedObject(place.arn, self.key, key_use(key) if key else None)

    def _grants(self) -> list[Allow]:
        place = bucket_facts(self.bucket)
        found = statements.read_object(place.arn, self.key)
        return [*found, key_use(place.key).decrypt()] if place.key else found


@dataclass(frozen=True)
class _AssetModel(ModelArtifact):
    path: Path
    key: kms.IKey | None
    _bound: dict[str, BoundModel] = field(default_factory=dict, compare=False, repr=False)

    def bind(self, scope: Construct, path: str, /) -> BoundModel:
        stack = cdk.Stack.of(scope)
        known = reference(stack)
        if known not in self._bound:
            self._bound[known] = self._staged(stack, path)
        return self._bound[known]

    def _staged(self, stack: cdk.Stack, path: str) -> BoundModel:
        stage = cdk.Stage.of(stack)
        assert stage is not None  # every stack is in a stage, the app at least
        from neo_constructs.vocabulary.packing import (  # not for models in S3
            PackingError,
            pack_model,
        )

        try:
            packed = pack_model(self.path, Path(stage.asset_outdir))
        except PackingError as error:
            raise ConstructError(path, str(error)) from error
        # The synthesizer keeps only the last extension of a file's name, so ".tar" has to be in
        # the hash for the object to end in ".tar.gz", which Neo insists on.
        location = asset_synthesizer(stack).add_file_asset(
            source_hash=f"{packed.stem}-{packed.content_hash}.tar",
            packaging=cdk.FileAssetPackaging.FILE,
            file_name=os.path.relpath(packed.path, stage.outdir),
            display_name=f"Model {packed.stem}",
        )
        bucket = bucket_arn(location.bucket_name)
        decrypted = [] if self.key is None else [key_use(self.key).decrypt()]
        return BoundModel(
            lambda: [*statements.read_object(bucket, location.object_key), *decrypted],
            s3_uri=f"s3://{location.bucket_name}/{location.object_key}",
            revision=packed.content_hash, key=self.key,
            archive=lambda: CheckedObject(
                bucket, location.object_key, key_use(self.key) if self.key else None
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class _PackageModel(ModelArtifact):
    arn: str

    def bind(self, _scope: Construct, _path: str, /) -> BoundModel:
        return BoundModel(
            lambda: [statements.describe_model_package(self.arn)], model_package_arn=self.arn
        )
