"""Checks of what jobs read and write: buckets, models, keys."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from reconciler.cli.diagnosis.check import Check, checked, failed, passed
from reconciler.cli.diagnosis.needs import Needs
from reconciler.cli.options.outside import AccountView
from reconciler.core.account_facts import AccountFacts


def storage_checks(account: AccountView, facts: AccountFacts, needs: Needs) -> Iterator[Check]:
    """Yield the checks of buckets, models and keys."""
    for bucket in needs.buckets:
        yield from checked(
            "bucket", bucket, "s3:ListBucket",
            partial(_bucket, account, facts, bucket),
        )  # fmt: skip
    for model in needs.models:
        yield from checked("model", model, "s3:GetObject", partial(_model, account, model))
    for key in needs.keys:
        yield from checked("key", key, "kms:DescribeKey", partial(_key, account, facts, key))


def _bucket(account: AccountView, facts: AccountFacts, bucket: str) -> Iterator[Check]:
    region = facts.bucket_region(bucket)
    if region is None:
        yield failed("bucket", bucket, "does not exist", "Create it, or correct the URI.")
    elif region and region != account.region:
        yield failed(
            "bucket", bucket, f"is in {region}, and jobs run in {account.region}",
            "Neo refuses buckets of other regions: use one of the job's own.",
        )  # fmt: skip
    else:
        yield passed("bucket", bucket, f"exists in {region or account.region}, the caller may read")


def _model(account: AccountView, uri: str) -> Iterator[Check]:
    head = account.artifacts.head(uri, None)
    if head is None:
        yield failed("model", uri, "does not exist", "Upload the model, or correct S3Uri.")
    else:
        yield passed("model", uri, "exists")


def _key(account: AccountView, facts: AccountFacts, key: str) -> Iterator[Check]:
    found = facts.key(key)
    if found is None:
        yield failed("key", key, "does not exist", "Create it, or correct KmsKeyId.")
        return
    region = found.arn.split(":")[3]
    if found.state != "Enabled":
        yield failed("key", key, f"is {found.state}", "Enable the key, or use another one.")
    elif found.usage not in {"", "ENCRYPT_DECRYPT"}:
        yield failed("key", key, f"is for {found.usage}", "Use a key for ENCRYPT_DECRYPT.")
    elif region != account.region:
        yield failed(
            "key", key, f"is in {region}, and jobs run in {account.region}",
            "Use a key of the job's own region.",
        )  # fmt: skip
    else:
        yield passed("key", key, "is enabled; its policy must allow the job's role")
