"""Where Neo writes a job's artifact.

Source: the developer guide, "Compile a model": ``<basename>-<TargetDevice>.tar.gz``, or
``<basename>-<OS>_<ARCH>[_<ACCELERATOR>].tar.gz`` for a platform, below S3OutputLocation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.core.fields import S3_URI, TARGET_DEVICE, TARGET_PLATFORM

if TYPE_CHECKING:
    from reconciler.core.declaration import Declaration
    from reconciler.core.request import JobRequest

_ARCHIVE_SUFFIXES: Final = (".tar.gz", ".tgz")
_PLATFORM: Final = tuple(f"{TARGET_PLATFORM}.{part}" for part in ("Os", "Arch", "Accelerator"))


def target_label(request: JobRequest) -> str:
    """Return a request's target as Neo writes it into an artifact's name."""
    device = request.text(TARGET_DEVICE)
    return device or "_".join(part for path in _PLATFORM if (part := request.text(path)))


def artifact_name(s3_uri: str, target: str) -> str:
    """Return the file name of the artifact that is compiled from the model at ``s3_uri``."""
    base = s3_uri.rstrip("/").rpartition("/")[2]
    for suffix in _ARCHIVE_SUFFIXES:
        base = base.removesuffix(suffix)
    return f"{base}-{target}.tar.gz"


def output_object(declaration: Declaration) -> str | None:
    """Return the artifact's S3 URI; None for a model package, whose file name is not known."""
    s3_uri = declaration.request.text(S3_URI)
    if s3_uri is None:
        return None
    name = artifact_name(s3_uri, target_label(declaration.request))
    return f"{declaration.output_location.rstrip('/')}/{name}"
