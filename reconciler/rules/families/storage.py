"""NEO501 to NEO509: where the model is read from and the artifact is written to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from reconciler.rules.catalog.regions import is_region
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.job import Job
from reconciler.rules.rule import error, warning
from reconciler.rules.s3_uri import S3Location, is_iam_pattern, s3_location

ARCHIVE: Final = warning("NEO501", "not-an-archive-uri")
NOT_S3: Final = warning("NEO503", "not-an-s3-uri")
BUCKET: Final = warning("NEO504", "invalid-bucket-name")
PLAIN_KEY: Final = warning("NEO505", "irregular-key")
OUTPUT_OBJECT: Final = warning("NEO506", "output-not-a-prefix")
KMS_FORM: Final = warning("NEO507", "invalid-kms-key-id")
KMS_REGION: Final = warning("NEO508", "kms-key-region")
PATTERN: Final = error("NEO509", "iam-pattern")

RULES: Final = (ARCHIVE, NOT_S3, BUCKET, PLAIN_KEY, OUTPUT_OBJECT, KMS_FORM, KMS_REGION, PATTERN)

_SOURCE: Final = "InputConfig.S3Uri"
_OUTPUT: Final = "OutputConfig.S3OutputLocation"
_KMS: Final = "OutputConfig.KmsKeyId"
_PACKAGE: Final = "ModelPackageVersionArn"
_ARCHIVES: Final = (".tar.gz", ".tgz")
_BUCKET: Final = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ACCESS_POINT: Final = "arn:"
_KEY_ID: Final = r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_ALIAS: Final = r"alias/[a-zA-Z0-9/_-]{1,250}"
_KMS_ARN: Final = rf"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):\d{{12}}:(key/{_KEY_ID}|{_ALIAS})"
_KMS_FORMS: Final = re.compile(rf"{_KEY_ID}|{_ALIAS}|{_KMS_ARN}", re.IGNORECASE)


def check(job: Job) -> Iterator[Finding]:
    """Yield findings about S3 locations and the KMS key."""
    source = job.text(job.input, "S3Uri")
    if source is not None:
        yield from _source_findings(source)
    output = job.text(job.output, "S3OutputLocation")
    if output is not None:
        yield from _output_findings(output)
    key = job.text(job.output, "KmsKeyId")
    if key:
        yield from _kms(key, job.region)
    package = job.text(job.wire, "ModelPackageVersionArn")
    for path, name in ((_SOURCE, source), (_OUTPUT, output), (_PACKAGE, package)):
        if name is not None and is_iam_pattern(name):
            yield _pattern(path, name)


def _pattern(path: str, name: str) -> Finding:
    return PATTERN.at(
        path, f"{path.rpartition('.')[2]} contains *, ? or ${{, which IAM policies take for a "
        "pattern", got=name, hint="Name a single object, prefix or package.",
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _source_findings(uri: str) -> tuple[Finding, ...]:
    return tuple(_source(uri))


@lru_cache(maxsize=1024)
def _output_findings(uri: str) -> tuple[Finding, ...]:
    return tuple(_output(uri))


def _source(uri: str) -> Iterator[Finding]:
    location = s3_location(uri)
    if location is None:
        yield from _not_s3(_SOURCE, uri)
        return
    yield from _location(_SOURCE, location)
    if not location.key:
        yield ARCHIVE.at(
            _SOURCE, "S3Uri names a bucket without an object",
            got=uri, allowed="s3://bucket/path/model.tar.gz",
        )  # fmt: skip
    elif not location.key.lower().endswith(_ARCHIVES):
        yield ARCHIVE.at(
            _SOURCE, "S3Uri must name a .tar.gz archive",
            got=uri, allowed="s3://bucket/path/model.tar.gz",
            hint="Neo fails after the download: 'Unable to untar input model'.",
        )  # fmt: skip


def _output(uri: str) -> Iterator[Finding]:
    location = s3_location(uri)
    if location is None:
        yield from _not_s3(_OUTPUT, uri)
        return
    yield from _location(_OUTPUT, location)
    if location.key.lower().endswith(_ARCHIVES):
        yield OUTPUT_OBJECT.at(
            _OUTPUT, "S3OutputLocation must be a prefix, not an object", got=uri,
            allowed="s3://bucket/prefix/", hint="Neo writes <model>-<target>.tar.gz below it.",
        )  # fmt: skip


def _not_s3(path: str, uri: str) -> Iterator[Finding]:
    if uri.startswith("https://"):
        yield NOT_S3.at(
            path, "not an S3 URI", got=uri, allowed="s3://bucket/key",
            hint="Neo reads and writes S3 only.",
        )  # fmt: skip


def _location(path: str, location: S3Location) -> Iterator[Finding]:
    bucket = location.bucket
    if not bucket.startswith(_ACCESS_POINT) and not _BUCKET.fullmatch(bucket):
        yield BUCKET.at(
            path, f"invalid S3 bucket name {quoted(bucket)}", got=bucket,
            allowed="3 to 63 lower-case letters, digits, dots and hyphens",
            hint="Check the name of the bucket.",
        )  # fmt: skip
    if not location.is_regular:
        yield PLAIN_KEY.at(
            path, "the key contains '..', '.', '//', '\\' or '%', which S3 takes literally",
            got=location.key, allowed=location.normal_key,
            hint="Write the key as it is in S3.",
        )  # fmt: skip


def _kms(key: str, region: str | None) -> Iterator[Finding]:
    match = _KMS_FORMS.fullmatch(key)
    if match is None:
        yield KMS_FORM.at(
            _KMS, "KmsKeyId is not a key id, a key ARN, an alias or an alias ARN", got=key,
            allowed="1234abcd-12ab-34cd-56ef-1234567890ab, its ARN, alias/name, or the alias's ARN",
        )  # fmt: skip
        return
    its = match["region"]
    if its and region and is_region(region) and its != region:
        yield KMS_REGION.at(
            _KMS, "the KMS key is in another region than the job", got=its, allowed=region,
            hint="Use a key, or a replica of a multi-Region key, of the job's region.",
        )  # fmt: skip
