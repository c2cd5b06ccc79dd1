"""The permissions of a fleet's jobs, gathered job by job and written once.

Few objects are named each; many are covered by the folders that hold them, so that the policy of
ten thousand models fits into IAM's 6,144 characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.iam.keys import KeyUse, grouped
from neo_constructs.iam.policy_size import fitting
from neo_constructs.iam.statements import VPC_ACTIONS, Allow, write_logs
from neo_constructs.synth import jsii_cache
from neo_constructs.synth.tokens import in_order

MOST_PATTERNS: Final = 12


@dataclass(slots=True)
class RoleGrants:
    """The permissions of one role.

    Attributes:
        read: Keys that are read, by bucket ARN.
        written: Beginnings of keys that are written, with the prefix to list, by bucket ARN.
        decrypted: Keys of KMS that decrypt what is read.
        encrypted: Keys of KMS for what is written.
        packages: ARNs of model package versions.
        uses_vpc: Whether jobs run in a VPC.
    """

    read: dict[str, set[str]] = field(default_factory=dict)
    written: dict[str, dict[str, str]] = field(default_factory=dict)
    decrypted: set[KeyUse] = field(default_factory=set)
    encrypted: set[KeyUse] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    uses_vpc: bool = False

    def document(self) -> dict[str, object]:
        """Return the policy document of the jobs' role."""
        return {"Version": "2012-10-17", "Statement": [*self.objects(), *self._others()]}

    def objects(self) -> Iterable[dict[str, object]]:
        """Yield statements for objects and for the keys that encrypt them."""
        for bucket in in_order(self.read):
            patterns = covering(self.read[bucket])
            yield _allow(["s3:GetObject"], [f"{bucket}/{pattern}" for pattern in patterns])
            yield _listing(bucket, patterns)
        for bucket in in_order(self.written):
            prefixes = self.written[bucket]
            patterns = covering(f"{written}*" for written in prefixes)
            yield _allow(
                ["s3:AbortMultipartUpload", "s3:PutObject"],
                [f"{bucket}/{pattern}" for pattern in patterns],
            )
            yield _listing(bucket, covering(f"{listed}*" for listed in prefixes.values()))
        for alike in grouped(self.decrypted):
            yield _with_keys(alike, alike[0].decrypt())

    def _others(self) -> Iterable[dict[str, object]]:
        buckets = in_order({*self.read, *self.written})
        if buckets:
            yield _allow(["s3:GetBucketLocation"], buckets)
        for alike in grouped(self.encrypted):
            for right in alike[0].encrypt():
                yield _with_keys(alike, right)
        if self.packages:
            yield _allow(["sagemaker:DescribeModelPackage"], covering(self.packages, ":"))
        if self.uses_vpc:
            yield _allow(list(VPC_ACTIONS), ["*"])
        logs = write_logs()
        yield _allow(list(logs.actions), list(logs.resources))


@jsii.implements(cdk.IStableAnyProducer)
class _Document:
    def __init__(self, path: str, make: Callable[[], Mapping[str, Any]]) -> None:
        self._path, self._make = path, make

    def produce(self) -> Mapping[str, object]:
        """Return the document as of the first rendering of the template."""
        return fitting(self._path, self._make()["Statement"])


def attach(
    scope: Construct,
    id: str,
    role: iam.IRole,
    make: Callable[[], Mapping[str, object]],
    *,
    path: str,
) -> iam.CfnManagedPolicy:
    """Attach a managed policy whose document is made once, when the template is rendered.

    That raises ConstructError for one that does not fit into IAM's limit.
    """
    document: Any = cdk.Lazy.any(_Document(f"{path}/{id}", make))
    return iam.CfnManagedPolicy(
        scope, id, policy_document=document, roles=[jsii_cache.role_name(role)],
        description="What the jobs of a fleet need, whatever their number",
    )  # fmt: skip


def covering(keys: Iterable[str], separator: str = "/") -> list[str]:
    """Return at most 12 patterns that cover these keys: the keys, or the folders above them."""
    patterns = set(keys)
    while len(patterns) > MOST_PATTERNS:
        depth = max(pattern.rstrip("*").rstrip(separator).count(separator) for pattern in patterns)
        if depth == 0:
            return ["*"]
        patterns = {_above(pattern, depth, separator) for pattern in patterns}
    return in_order(patterns)


def _above(pattern: str, depth: int, separator: str) -> str:
    bare = pattern.rstrip("*").rstrip(separator)
    if bare.count(separator) < depth:
        return pattern
    return bare.rpartition(separator)[0] + separator + "*"


def _allow(
    actions: list[str], resources: list[str], conditions: Mapping[str, object] | None = None
) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": conditions} if conditions else statement


def _listing(bucket: str, patterns: list[str]) -> dict[str, object]:
    prefixes = [pattern if pattern.endswith("*") else f"{pattern}*" for pattern in patterns]
    return _allow(["s3:ListBucket"], [bucket], {"StringLike": {"s3:prefix": prefixes}})


def _with_keys(keys: Sequence[KeyUse], right: Allow) -> dict[str, object]:
    """Return a permission for one of these keys as a statement for all of them."""
    return _allow(list(right.actions), [key.arn for key in keys], right.condition_block())
