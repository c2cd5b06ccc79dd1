"""NEO201 to NEO210: is the target offered, and does it support the framework and its version?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reconciler.rules.catalog.devices import DeviceKind
from reconciler.rules.catalog.evidence import Evidence
from reconciler.rules.catalog.frameworks import (
    LAYOUTS,
    SUPPORT,
    UNLISTED,
    VERSIONED,
    Support,
    frameworks_of,
)
from reconciler.rules.catalog.platforms import PLATFORMS
from reconciler.rules.finding import Finding
from reconciler.rules.job import Job, JobTarget
from reconciler.rules.rule import error, info, warning

RETIRED_DEVICE: Final = warning("NEO201", "retired-target-device")
UNVERIFIED_DEVICE: Final = info("NEO202", "undocumented-target-device")
FRAMEWORK: Final = warning("NEO203", "unsupported-framework")
VERSION: Final = warning("NEO204", "unsupported-framework-version")
VERSION_FRAMEWORK: Final = error("NEO205", "framework-without-version")
VERSION_TARGET: Final = warning("NEO206", "target-without-version")
REGION: Final = warning("NEO207", "target-not-in-region")
PLATFORM: Final = warning("NEO208", "unsupported-platform")
UNVERIFIED_ACCELERATOR: Final = info("NEO209", "undocumented-accelerator")
UNVERIFIED_FRAMEWORK: Final = info("NEO210", "undocumented-framework")

RULES: Final = (
    RETIRED_DEVICE, UNVERIFIED_DEVICE, FRAMEWORK, VERSION, VERSION_FRAMEWORK, VERSION_TARGET,
    REGION, PLATFORM, UNVERIFIED_ACCELERATOR, UNVERIFIED_FRAMEWORK,
)  # fmt: skip

_FRAMEWORK_PATH: Final = "InputConfig.Framework"
_VERSION_PATH: Final = "InputConfig.FrameworkVersion"
_NUMBER: Final = re.compile(r"\d+")


def check(job: Job) -> Iterator[Finding]:
    """Yield findings about the target, and about framework and version on it."""
    target = job.target
    framework = job.framework if job.framework in LAYOUTS else None
    if target is not None:
        yield from _device(target)
        yield from _region(target, job.region)
        if target.device is None:
            yield from _platform(target)
    if framework is not None and target is not None:
        yield from _framework(framework, target)
    if job.version is not None and framework is not None:
        yield from _version(job.version, framework, target)


def _device(target: JobTarget) -> Iterator[Finding]:
    device = target.device
    if device is None:
        return
    if device.evidence is Evidence.RETIRED:
        yield RETIRED_DEVICE.at(
            target.path, f"{device.name} is retired: {device.note}",
            got=device.name, hint="Choose a device that AWS still offers.",
        )  # fmt: skip
    elif device.evidence is Evidence.UNVERIFIED:
        yield UNVERIFIED_DEVICE.at(
            target.path, f"{device.name} is not in AWS's tables of devices; it may not work",
            got=device.name,
        )  # fmt: skip


def _region(target: JobTarget, region: str | None) -> Iterator[Finding]:
    device = target.device
    if device is None or not device.regions or region is None or region in device.regions:
        return
    yield REGION.at(
        target.path, f"{device.name} is documented for {', '.join(device.regions)} only",
        got=region, allowed=", ".join(device.regions),
        hint="Run the job in that region, with buckets of that region.",
    )  # fmt: skip


def _platform(target: JobTarget) -> Iterator[Finding]:
    row = PLATFORMS.get((target.os, target.accelerator))
    if row is None:
        if target.accelerator == "NNA":
            yield UNVERIFIED_ACCELERATOR.at(
                f"{target.path}.Accelerator",
                "NNA is not in AWS's tables of supported devices; it may not work", got="NNA",
            )  # fmt: skip
        return
    if target.arch in row.archs:
        return
    with_what = f"{target.os} with {target.accelerator}" if target.accelerator else target.os
    if row.archs:
        yield PLATFORM.at(
            f"{target.path}.Arch", f"{target.arch} is not documented for {with_what}",
            got=target.arch, allowed=", ".join(row.archs),
        )  # fmt: skip
        return
    allowed = sorted(
        name for os, name in PLATFORMS if os == target.os and name != target.accelerator
    )
    yield PLATFORM.at(
        f"{target.path}.Accelerator", f"{with_what} is not documented for any architecture",
        got=target.accelerator, allowed=", ".join(name or "none" for name in allowed),
    )  # fmt: skip


def _framework(framework: str, target: JobTarget) -> Iterator[Finding]:
    row = SUPPORT.get((target.kind, framework))
    known = () if _is_unverified(target) else frameworks_of(target.kind)
    if row is None and known:
        yield _not_taken(framework, target, known)
    elif row is not None and row.evidence is Evidence.OBSERVED and framework == "DARKNET":
        yield UNVERIFIED_FRAMEWORK.at(
            _FRAMEWORK_PATH, "AWS documents YOLO as not supported; recorded jobs have completed",
            got=framework,
        )  # fmt: skip


def _not_taken(framework: str, target: JobTarget, known: tuple[str, ...]) -> Finding:
    if framework in UNLISTED:
        return FRAMEWORK.at(
            _FRAMEWORK_PATH, f"{framework} is not in AWS's tables of frameworks; it may not work",
            got=framework, allowed=", ".join(known),
        )  # fmt: skip
    hint = "TFLITE models compile for edge targets only." if framework == "TFLITE" else ""
    return FRAMEWORK.at(
        _FRAMEWORK_PATH, f"{framework} is not documented for {target.name}",
        got=framework, allowed=", ".join(known), hint=hint,
    )  # fmt: skip


def _version(version: str, framework: str, target: JobTarget | None) -> Iterator[Finding]:
    if framework not in VERSIONED:
        yield VERSION_FRAMEWORK.at(
            _VERSION_PATH, f"FrameworkVersion is not supported with {framework}",
            got=version, allowed=f"with {', '.join(sorted(VERSIONED))} only",
            hint="Remove FrameworkVersion.",
        )  # fmt: skip
        return
    if target is None:
        return
    if _takes_no_version(target):
        yield VERSION_TARGET.at(
            _VERSION_PATH, f"FrameworkVersion is not known to be supported for {target.name}",
            got=version,
            hint="Remove it: Neo has refused it with 'Unsupported framework version field'.",
        )  # fmt: skip
        return
    row = None if _is_unverified(target) else SUPPORT.get((target.kind, framework))
    if row is not None and row.versions and not _is_listed(version, row):
        yield VERSION.at(
            _VERSION_PATH, f"{framework} {version} is not in AWS's list for {target.name}",
            got=version, allowed=", ".join(row.versions),
            hint=f"Export the model with one of these versions ({row.source}).",
        )  # fmt: skip


def _is_unverified(target: JobTarget) -> bool:
    return target.device is not None and target.device.evidence is Evidence.UNVERIFIED


def _takes_no_version(target: JobTarget) -> bool:
    if target.kind is DeviceKind.EIA:
        return True
    return target.device is not None and not target.device.takes_version


def _is_listed(version: str, row: Support) -> bool:
    short = _short(version)
    listed = [_short(item) for item in row.versions]
    return short in listed or (row.up_to and short < max(listed))


def _short(version: str) -> tuple[int, ...]:
    """Return major and minor version: what the SDK sends and AWS's lists mean."""
    return tuple(int(part[:6]) for part in _NUMBER.findall(version)[:2])
