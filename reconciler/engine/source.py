"""The declared version of a model, checked before a job is created from it.

Neo reads the current object under a key, whatever version a declaration means. So a declared
version or digest is compared with the object by one HeadObject, and other content is rejected
instead of being compiled under the wrong identity.
"""

from __future__ import annotations

from typing import Final

from reconciler.core.declaration import Declaration
from reconciler.core.fields import S3_URI
from reconciler.core.ports import Artifacts
from reconciler.engine.errors import RequestRejected


class OtherSource(RequestRejected):
    """The model in S3 is not the declared one."""


_CHECKED: Final = frozenset({"version", "sha256", "etag"})


def check_source(declaration: Declaration, artifacts: Artifacts) -> None:
    """Compare the model's current object with the declared revision.

    A revision ``version:ID``, ``sha256:HEX`` or ``etag:VALUE`` is checked; any other text only
    distinguishes one content from another.

    Raises OtherSource if it is another object, RequestRejected if that cannot be known.
    """
    s3_uri, revision = declaration.request.text(S3_URI), declaration.revision or ""
    prefix, colon, wanted = revision.partition(":")
    if s3_uri is None or not colon or prefix not in _CHECKED:
        return
    head = artifacts.head(s3_uri, None, checksum=prefix == "sha256")
    if head is None:
        raise RequestRejected(f"{s3_uri} does not exist. Upload the model first.")
    current = {"version": head.version_id, "sha256": head.sha256, "etag": head.etag}[prefix]
    if not current:
        raise RequestRejected(
            f"{s3_uri}: the declared {revision} cannot be checked: S3 keeps no {prefix} of it. "
            "Enable versioning, upload with --checksum-algorithm SHA256, or declare an etag."
        )
    if not _same(prefix, current, wanted):
        raise OtherSource(
            f"{s3_uri}: the current object is {prefix}:{current}, declared is {revision}. "
            "Neo always reads the current object: upload the declared one again, or declare the "
            "current one."
        )


def _same(prefix: str, current: str, wanted: str) -> bool:
    if prefix == "version":
        return current == wanted
    return current.lower() == wanted.strip('"').lower()
