"""Where Neo writes a job's artifact.

Source: the developer guide, "Compile a model": ``<basename>-<TargetDevice>.tar.gz``, or
``<basename>-<OS>_<ARCH>[_<ACCELERATOR>].tar.gz`` for a platform, below S3OutputLocation.
"""

from __future__ import annotations

from reconciler.core.declaration import Declaration
from reconciler.core.request import InputConfig, TargetDevice, TargetPlatform

_ARCHIVE_SUFFIXES = (".tar.gz", ".tgz")


def target_label(target: TargetDevice | TargetPlatform) -> str:
    """A target as Neo writes it into an artifact's name."""
    match target:
        case TargetDevice(name):
            return name
        case TargetPlatform(os, arch, accelerator):
            return "_".join(part for part in (os, arch, accelerator) if part)


def artifact_name(s3_uri: str, target: TargetDevice | TargetPlatform) -> str:
    """The file name of the artifact that is compiled from the model at ``s3_uri``."""
    base = s3_uri.rstrip("/").rpartition("/")[2]
    for suffix in _ARCHIVE_SUFFIXES:
        base = base.removesuffix(suffix)
    return f"{base}-{target_label(target)}.tar.gz"


def output_object(declaration: Declaration) -> str | None:
    """The S3 URI of the artifact; None for a model package, whose file name is not known."""
    source = declaration.request.source
    if not isinstance(source, InputConfig):
        return None
    name = artifact_name(source.s3_uri, declaration.request.output_config.target)
    return f"{declaration.output_location.rstrip('/')}/{name}"
