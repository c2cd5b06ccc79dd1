"""KMS keys in permissions: by their ARN, or by an alias where nothing else is known of them.

A policy names keys by ARN; an alias in its place allows nothing ("Using aliases to control access
to KMS keys", KMS developer guide). A key that is known by its alias alone is therefore any key of
the account that bears the alias when it is used (kms:ResourceAliases).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import aws_kms as kms

from neo_constructs.iam.statements import Allow
from neo_constructs.synth.jsii_cache import key_arn, once, own_arn, through
from neo_constructs.synth.tokens import in_order, is_token

_BARE_ID: Final = re.compile(r"(mrk-)?[0-9a-f-]{32,36}", re.IGNORECASE)
_ENCRYPT: Final = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key as a policy names it.

    Attributes:
        arn: The key's ARN, or a pattern of all keys that could bear the alias.
        alias: The alias that the key must bear, or None if its ARN is known.
    """

    arn: str
    alias: str | None = None

    def decrypt(self) -> Allow:
        """Allow decrypting S3 objects with the key, and nothing else."""
        return self._through("s3", ("kms:Decrypt",))

    def encrypt(self) -> list[Allow]:
        """Allow encrypting an artifact; S3 decrypts to complete a multipart upload."""
        return [self._through("s3", _ENCRYPT), self._allow(("kms:DescribeKey",))]

    def decrypt_environment(self) -> Allow:
        """Allow Lambda to decrypt a function's environment variables, which it does as its role."""
        return self._allow(("kms:Decrypt",))

    def read_write(self, service: str = "s3") -> Allow:
        """Allow S3, SQS or SNS to use the key for a caller that reads and writes."""
        return self._through(service, ("kms:Decrypt", "kms:GenerateDataKey"))

    def _through(self, service: str, actions: tuple[str, ...]) -> Allow:
        return self._allow(actions, ("StringEquals", "kms:ViaService", through(service)))

    def _allow(self, actions: tuple[str, ...], *conditions: tuple[str, str, str]) -> Allow:
        if self.alias is not None:
            conditions += (("ForAnyValue:StringEquals", "kms:ResourceAliases", self.alias),)
        return Allow(actions, (self.arn,), conditions)


# By the text that requests have for a key.
_by_text: dict[str, KeyUse] = {}


@once
def key_use(key: kms.IKey) -> KeyUse:
    """Return how policies name a key: an alias of this app by the key behind it."""
    target = _target(key)
    use = named_key(key_arn(key)) if target is None else key_use(target)
    _by_text[key_arn(key)] = use
    return use


def named_key(text: str) -> KeyUse:
    """Return how policies name a request's KmsKeyId: an id, an ARN, an alias or its ARN."""
    if text in _by_text:
        return _by_text[text]
    place, colon, name = text.partition(":alias/")
    if colon:
        return KeyUse(f"{place}:key/*", f"alias/{name}")
    if text.startswith("alias/"):
        return KeyUse(_own_key("*"), text)
    return KeyUse(_own_key(text) if _BARE_ID.fullmatch(text) else text)


def made_key(key: kms.IKey) -> kms.Key | None:
    """Return the key that this app makes, also by its alias; None for an imported one."""
    if isinstance(key, kms.Key):
        return key
    target = _target(key)
    return None if target is None else made_key(target)


@once
def is_symmetric(key: kms.IKey) -> bool:
    """Return whether a key encrypts with one secret, as S3 needs it; true if that is not known."""
    made = made_key(key)
    resource = None if made is None else made.node.default_child
    if not isinstance(resource, kms.CfnKey):
        return True
    return resource.key_spec in (None, "SYMMETRIC_DEFAULT") or is_token(resource.key_spec)


def grouped(keys: Iterable[KeyUse]) -> Iterator[list[KeyUse]]:
    """Yield keys that one statement can name: all with a known ARN, and each alias alone."""
    by_alias: dict[str | None, dict[str, KeyUse]] = {}
    for key in keys:
        by_alias.setdefault(key.alias, {})[key.arn] = key
    for alias in sorted(by_alias, key=lambda alias: alias or ""):
        yield [by_alias[alias][arn] for arn in in_order(by_alias[alias])]


def _own_key(name: str) -> str:
    return own_arn("kms", f"key/{name}")


def _target(key: kms.IKey) -> kms.IKey | None:
    if not hasattr(key, "alias_name"):
        return None
    try:
        return cast(kms.IAlias, key).alias_target_key
    except RuntimeError:  # imported by its name alone
        return None
