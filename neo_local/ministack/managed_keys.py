"""The keys that AWS manages: each is there from its first use on, as in an account."""

from __future__ import annotations

import json
import re
from importlib import import_module
from typing import Any

_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
            }
        ],
    }
)
"""Everybody of the account may use it, as AWS's own policies say."""
_MARK = "_neo_local_managed"
_MANAGED = re.compile(r"alias/aws/[a-z0-9-]+")


def make_managed_keys() -> None:
    """Have MiniStack's KMS make the key of an alias such as alias/aws/s3 when it is first named."""
    kms: Any = import_module("ministack.services.kms")
    resolve, describe = kms._resolve_key, kms._key_metadata

    def resolve_or_make(name: str) -> Any:  # noqa: ANN401 - MiniStack's record
        found = resolve(name)
        alias = str(name or "").rpartition(":")[2]
        if found is not None or not _MANAGED.fullmatch(alias):
            return found
        _, _, body = kms._create_key({"Policy": _POLICY, "Description": f"Default of {alias}"})
        key_id = json.loads(body)["KeyMetadata"]["KeyId"]
        kms._keys[key_id][_MARK] = True
        kms._aliases[kms._alias_arn(alias)] = key_id
        return resolve(name)

    def described(record: dict[str, Any]) -> dict[str, Any]:
        manager = {"KeyManager": "AWS"} if _MARK in record else {}
        return {**describe(record), **manager}

    kms._resolve_key, kms._key_metadata = resolve_or_make, described
