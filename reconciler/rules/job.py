"""One request as the rules see it: its values by name, its texts read, its target looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.rules.catalog.devices import DEVICES, Device, DeviceKind
from reconciler.rules.catalog.platforms import ARM_32_BIT
from reconciler.rules.json_text import Text, read

IsDeployTime: TypeAlias = Callable[[object], bool]
"""Tells deploy-time values (CDK tokens): unknown yet, so not checked now."""

INPUTS: Final = "InputConfig.DataInputConfig"
OPTIONS: Final = "OutputConfig.CompilerOptions"


def never_deploy_time(_value: object) -> bool:
    """Return False: the predicate of a request without deploy-time values."""
    return False


@dataclass(frozen=True, slots=True)
class JobTarget:
    """What a job is compiled for, by TargetDevice or TargetPlatform.

    Attributes:
        name: As it is written in an artifact's name: ``ml_c5``, ``LINUX_ARM64_NVIDIA``.
        path: Where in the request it stands.
        device: None for a platform.
    """

    name: str
    path: str
    kind: DeviceKind
    os: str
    arch: str
    accelerator: str
    device: Device | None = None

    @property
    def is_arm_32_bit(self) -> bool:
        return self.arch in ARM_32_BIT


@dataclass(frozen=True, slots=True)
class Job:
    """A request with what the rules ask of it; None for deploy-time values and wrong types.

    Attributes:
        target: None if it is unknown: missing, a deploy-time value, doubled, or not in the catalog.
        options: CompilerOptions, read.
        region: Where the job will run, if that is known.
    """

    wire: Mapping[str, object]
    input: Mapping[str, object]
    output: Mapping[str, object]
    framework: str | None
    version: str | None
    target: JobTarget | None
    options: Text | None
    region: str | None
    is_deploy_time: IsDeployTime

    def text(self, node: Mapping[str, object], key: str) -> str | None:
        """Return a text; None for another type, a deploy-time value, or nothing."""
        return _text(node, key, self.is_deploy_time)

    def node(self, key: str) -> Mapping[str, object]:
        """Return a map of the request; empty if it is absent or a deploy-time value."""
        return _node(self.wire, key, self.is_deploy_time)

    def items(self, node: Mapping[str, object], key: str) -> list[object]:
        """Return a list's items; empty for another type, a deploy-time value, or nothing."""
        value = node.get(key)
        if self.is_deploy_time(value) or not isinstance(value, (list, tuple)):
            return []
        return list(value)


def job_of(
    wire: Mapping[str, object], region: str | None, is_deploy_time: IsDeployTime = never_deploy_time
) -> Job:
    """Read a wire request. Never raises; ``families/api_model`` reports what is malformed."""
    source, output = (
        _node(wire, "InputConfig", is_deploy_time),
        _node(wire, "OutputConfig", is_deploy_time),
    )
    options = _text(output, "CompilerOptions", is_deploy_time)
    return Job(
        wire=wire,
        input=source,
        output=output,
        framework=_text(source, "Framework", is_deploy_time),
        version=_text(source, "FrameworkVersion", is_deploy_time),
        target=_target(output, is_deploy_time),
        options=None if options is None else read(options),
        region=region,
        is_deploy_time=is_deploy_time,
    )


def _text(node: Mapping[str, object], key: str, is_deploy_time: IsDeployTime) -> str | None:
    value = node.get(key)
    return value if isinstance(value, str) and not is_deploy_time(value) else None


def _node(
    node: Mapping[str, object], key: str, is_deploy_time: IsDeployTime
) -> Mapping[str, object]:
    value = node.get(key)
    return value if isinstance(value, dict | Mapping) and not is_deploy_time(value) else {}


def _target(output: Mapping[str, object], is_deploy_time: IsDeployTime) -> JobTarget | None:
    name, platform = output.get("TargetDevice"), output.get("TargetPlatform")
    if name is not None and platform is not None:
        return None
    if platform is not None:
        return _platform(platform, is_deploy_time)
    device = DEVICES.get(name) if isinstance(name, str) else None
    if device is None:
        return None
    return JobTarget(
        device.name, "OutputConfig.TargetDevice", device.kind, device.os, device.arch,
        device.accelerator, device,
    )  # fmt: skip


def _platform(platform: object, is_deploy_time: IsDeployTime) -> JobTarget | None:
    if not isinstance(platform, Mapping):
        return None
    os, arch = _text(platform, "Os", is_deploy_time), _text(platform, "Arch", is_deploy_time)
    given = platform.get("Accelerator")
    accelerator = "" if given is None else _text(platform, "Accelerator", is_deploy_time)
    if os is None or arch is None or accelerator is None:
        return None
    name = "_".join(part for part in (os, arch, accelerator) if part)
    return JobTarget(name, "OutputConfig.TargetPlatform", DeviceKind.EDGE, os, arch, accelerator)
