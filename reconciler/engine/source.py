"""The declared version of a model, checked before a job is made of it.

Neo reads the current object under a key, whatever version a declaration means. So a declared
version or digest is compared with what is there, by one HeadObject, and another content is
refused instead of being compiled under the wrong identity.
"""

from __future__ import annotations

from typing import Final

from reconciler.core.declaration import Declaration
from reconciler.core.fields import S3_URI
from reconciler.core.ports import Artifacts
from reconciler.handler.answer import ResourceFailed

_CHECKED: Final = frozenset({"version", "sha256", "etag"})


def check_source(declaration: Declaration, artifacts: Artifacts) -> None:
    """Raises ResourceFailed if the model's present object is not the declared one.

    A revision ``version:ID``, ``sha256:HEX`` or ``etag:VALUE`` is checked; any other text only
    tells one content from another.
    """
    s3_uri, revision = declaration.request.text(S3_URI), declaration.revision or ""
    if s3_uri is None:
        return
    prefix, colon, wanted = revision.partition(":")
    if not colon or prefix not in _CHECKED:
        return
    head = artifacts.head(s3_uri, None, checksum=prefix == "sha256")
    if head is None:
        raise ResourceFailed(f"{s3_uri}: there is no such object. Upload the model first.")
    present = {"version": head.version_id, "sha256": head.sha256, "etag": head.etag}[prefix]
    if not present:
        raise ResourceFailed(
            f"{s3_uri}: S3 tells no {prefix} of it, so the declared {revision} cannot be "
            "checked. Version the bucket, upload with --checksum-algorithm SHA256, or declare "
            "an etag."
        )
    if not _same(prefix, present, wanted):
        raise ResourceFailed(
            f"{s3_uri}: the current object is {prefix}:{present}, declared is {revision}. "
            "Neo always reads the current object: upload the declared one again, or declare the "
            "current one."
        )


def _same(prefix: str, present: str, wanted: str) -> bool:
    if prefix == "version":
        return present == wanted
    return present.lower() == wanted.strip('"').lower()
