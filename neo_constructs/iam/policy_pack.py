"""Managed policies that split many exact ARNs to stay within IAM's size limit.

One inline policy holds some 60 role ARNs and one stack up to 158 jobs with roles of their own, so
the shared handler's permissions are spread over managed policies: at most 6,144 characters each,
at most 10 on a role. Naming each role beats a wildcard over a path: a handler can pass the roles
of its stack's jobs and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.iam.keys import KeyUse, grouped
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.jsii_cache import role_name
from neo_constructs.synth.tokens import is_token

# IAM's limit is 6,144 characters without white space; the rest is for the statements' frame.
_CAPACITY: Final = 5_600
_MOST_POLICIES: Final = 10  # on a role, unless AWS raises an account's quota
# What tokens become at most: the ARNs of a role and of a bucket, in the longest partition's name.
_ROLE_ARN_LENGTH: Final = 105
_BUCKET_ARN_LENGTH: Final = 83
_KEY_ARN_LENGTH: Final = 96
_ALIAS_STATEMENT_LENGTH: Final = 620  # a statement of its own, and an alias of 256 characters


@dataclass(slots=True)
class _Sheet:
    """The content of one managed policy."""

    roles: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    buckets: list[str] = field(default_factory=list)
    keys: list[KeyUse] = field(default_factory=list)
    size: int = 0

    def document(self) -> dict[str, object]:
        """Return the policy document, empty statements left out."""
        statements: list[dict[str, object]] = []
        if self.roles:
            statements.append({
                "Sid": "PassJobRoles", "Effect": "Allow", "Action": "iam:PassRole",
                "Resource": self.roles,
                "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            })  # fmt: skip
        if self.objects:
            statements.append({
                "Sid": "LookForObjects", "Effect": "Allow", "Action": "s3:GetObject",
                "Resource": self.objects,
            })  # fmt: skip
        statements += _decrypting(self.keys)
        if self.buckets:
            # Without it S3 answers 403 for an object that is not there. A condition on s3:prefix
            # may not hold for HeadObject, which has no prefix (unverified), so it is left out here.
            statements.append({
                "Sid": "MissingOrDenied", "Effect": "Allow", "Action": "s3:ListBucket",
                "Resource": self.buckets,
            })  # fmt: skip
        return {"Version": "2012-10-17", "Statement": statements}


def _decrypting(keys: Sequence[KeyUse]) -> Iterator[dict[str, object]]:
    """Yield one statement for keys known by ARN, and one for each alias."""
    for number, alike in enumerate(grouped(keys)):
        yield {
            "Sid": f"ReadChecksums{number or ''}", "Effect": "Allow", "Action": "kms:Decrypt",
            "Resource": [key.arn for key in alike],
            "Condition": alike[0].decrypt().condition_block(),
        }  # fmt: skip


@jsii.implements(cdk.IAnyProducer)
class _PolicyDocument:
    def __init__(self, sheet: _Sheet) -> None:
        self._sheet = sheet

    def produce(self, _context: cdk.IResolveContext) -> Mapping[str, object]:
        """Return the document as of this rendering of the template."""
        return self._sheet.document()


class PolicyPack(Construct):
    """The part of a role's permissions that grows with the jobs of a stack.

    Attributes:
        others: How many other managed policies the role has.
    """

    def __init__(self, scope: Construct, id: str, *, role: iam.IRole) -> None:
        super().__init__(scope, id)
        self._role_name = role_name(role)
        self.others = 1
        self._known: set[tuple[str, ...]] = set()
        self._sheets: list[_Sheet] = []

    def pass_role(self, role_arn: str) -> None:
        """Allow passing this role to SageMaker."""
        if self._is_new("role", role_arn):
            size = _ROLE_ARN_LENGTH if is_token(role_arn) else len(role_arn) + 3
            self._sheet(size).roles.append(role_arn)

    def find_objects(self, bucket_arn: str, pattern: str) -> None:
        """Allow looking for objects of these keys: one key, or a beginning with a star."""
        if not self._is_new("objects", bucket_arn, pattern):
            return
        bucket = _BUCKET_ARN_LENGTH if is_token(bucket_arn) else len(bucket_arn)
        sheet = self._sheet(2 * bucket + len(pattern) + 7)
        sheet.objects.append(f"{bucket_arn}/{pattern}")
        if bucket_arn not in sheet.buckets:
            sheet.buckets.append(bucket_arn)

    def decrypt(self, key: KeyUse) -> None:
        """Allow decrypting through S3, which the bytes of an encrypted object need, and their
        checksum.
        """
        if self._is_new("key", key.arn, key.alias or ""):
            size = _KEY_ARN_LENGTH if key.alias is None else _ALIAS_STATEMENT_LENGTH
            self._sheet(size).keys.append(key)

    def _is_new(self, *key: str) -> bool:
        if key in self._known:
            return False
        self._known.add(key)
        return True

    def _sheet(self, size: int) -> _Sheet:
        if not self._sheets or self._sheets[-1].size + size > _CAPACITY:
            self._sheets.append(self._new_sheet(len(self._sheets) + 1))
        sheet = self._sheets[-1]
        sheet.size += size
        return sheet

    def _new_sheet(self, number: int) -> _Sheet:
        if number > _MOST_POLICIES - self.others:
            raise ConstructError(
                self.node.path,
                "the jobs of this stack have more roles and output prefixes than IAM allows one "
                "function to be given; let jobs share a role (role=...) or an output_prefix, or "
                "put some of them into another stack",
            )
        sheet = _Sheet()
        document: Any = cdk.Lazy.uncached_any(_PolicyDocument(sheet))
        iam.CfnManagedPolicy(
            self, f"Jobs{number}", policy_document=document, roles=[self._role_name],
            description="Roles and outputs of the compilation jobs of this stack",
        )  # fmt: skip
        return sheet
