"""Target: the device or platform that a model is compiled for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neo_constructs.synth.typed import check_fields, typed
from reconciler.core.fields import TARGET_DEVICE, TARGET_PLATFORM


@dataclass(frozen=True, slots=True)
class TargetPlatform:
    """An operating system, an architecture and, if there is one, an accelerator.

    Names are the API's; NVIDIA needs compiler options (``CompilerOptions.nvidia``).
    """

    os: str
    arch: str
    accelerator: str | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    LINUX_X86_64: ClassVar[TargetPlatform]
    LINUX_ARM64: ClassVar[TargetPlatform]
    LINUX_ARM_EABIHF: ClassVar[TargetPlatform]
    LINUX_ARM_EABI: ClassVar[TargetPlatform]
    LINUX_X86_64_NVIDIA: ClassVar[TargetPlatform]
    LINUX_ARM64_NVIDIA: ClassVar[TargetPlatform]
    LINUX_X86_64_INTEL_GRAPHICS: ClassVar[TargetPlatform]
    LINUX_ARM64_MALI: ClassVar[TargetPlatform]
    LINUX_ARM_EABIHF_MALI: ClassVar[TargetPlatform]
    LINUX_ARM_EABI_MALI: ClassVar[TargetPlatform]
    ANDROID_X86_64: ClassVar[TargetPlatform]
    ANDROID_X86: ClassVar[TargetPlatform]
    ANDROID_ARM64: ClassVar[TargetPlatform]
    ANDROID_ARM_EABI: ClassVar[TargetPlatform]
    ANDROID_X86_64_INTEL_GRAPHICS: ClassVar[TargetPlatform]
    ANDROID_X86_INTEL_GRAPHICS: ClassVar[TargetPlatform]
    ANDROID_ARM64_MALI: ClassVar[TargetPlatform]
    ANDROID_ARM_EABI_MALI: ClassVar[TargetPlatform]

    @property
    def label(self) -> str:
        """How Neo names the platform in an artifact: ``LINUX_ARM64`` or ``LINUX_ARM64_NVIDIA``."""
        return "_".join(part for part in (self.os, self.arch, self.accelerator) if part)


@dataclass(frozen=True, slots=True)
class Target:
    """What to compile for: one device, or one platform.

    Use the constants for devices, ``Target.platform`` for platforms, and ``Target.device`` for a
    device that this library does not know yet.
    """

    device_name: str | None = None
    target_platform: TargetPlatform | None = None

    AISAGE: ClassVar[Target]
    AMBA_CV2: ClassVar[Target]
    AMBA_CV22: ClassVar[Target]
    AMBA_CV25: ClassVar[Target]
    COREML: ClassVar[Target]
    DEEPLENS: ClassVar[Target]
    IMX8MPLUS: ClassVar[Target]
    IMX8QM: ClassVar[Target]
    JACINTO_TDA4VM: ClassVar[Target]
    JETSON_NANO: ClassVar[Target]
    JETSON_TX1: ClassVar[Target]
    JETSON_TX2: ClassVar[Target]
    JETSON_XAVIER: ClassVar[Target]
    LAMBDA: ClassVar[Target]
    ML_C4: ClassVar[Target]
    ML_C5: ClassVar[Target]
    ML_C6G: ClassVar[Target]
    ML_EIA2: ClassVar[Target]
    ML_G4DN: ClassVar[Target]
    ML_INF1: ClassVar[Target]
    ML_INF2: ClassVar[Target]
    ML_M4: ClassVar[Target]
    ML_M5: ClassVar[Target]
    ML_M6G: ClassVar[Target]
    ML_P2: ClassVar[Target]
    ML_P3: ClassVar[Target]
    ML_TRN1: ClassVar[Target]
    QCS603: ClassVar[Target]
    QCS605: ClassVar[Target]
    RASP3B: ClassVar[Target]
    RASP4B: ClassVar[Target]
    RK3288: ClassVar[Target]
    RK3399: ClassVar[Target]
    SBE_C: ClassVar[Target]
    SITARA_AM57X: ClassVar[Target]
    X86_WIN32: ClassVar[Target]
    X86_WIN64: ClassVar[Target]

    LINUX_X86_64: ClassVar[Target]
    LINUX_ARM64: ClassVar[Target]
    LINUX_ARM_EABIHF: ClassVar[Target]
    LINUX_ARM_EABI: ClassVar[Target]
    LINUX_X86_64_NVIDIA: ClassVar[Target]
    LINUX_ARM64_NVIDIA: ClassVar[Target]
    LINUX_X86_64_INTEL_GRAPHICS: ClassVar[Target]
    LINUX_ARM64_MALI: ClassVar[Target]
    LINUX_ARM_EABIHF_MALI: ClassVar[Target]
    LINUX_ARM_EABI_MALI: ClassVar[Target]
    ANDROID_X86_64: ClassVar[Target]
    ANDROID_X86: ClassVar[Target]
    ANDROID_ARM64: ClassVar[Target]
    ANDROID_ARM_EABI: ClassVar[Target]
    ANDROID_X86_64_INTEL_GRAPHICS: ClassVar[Target]
    ANDROID_X86_INTEL_GRAPHICS: ClassVar[Target]
    ANDROID_ARM64_MALI: ClassVar[Target]
    ANDROID_ARM_EABI_MALI: ClassVar[Target]

    @staticmethod
    @typed
    def device(name: str) -> Target:
        """Return a target device by the API's name; may be a token."""
        return Target(device_name=name)

    @staticmethod
    @typed
    def platform(os: str, arch: str, accelerator: str | None = None) -> Target:
        """Return a platform by the API's names: `Target.platform("LINUX", "ARM64", "NVIDIA")`."""
        return Target(target_platform=TargetPlatform(os, arch, accelerator))

    @staticmethod
    @typed
    def parse(text: str) -> Target:
        """Return the target of a label, as in an artifact's name or on a command line.

        ``ml_c5`` is a device; ``OS_ARCH`` and ``OS_ARCH_ACCELERATOR`` are platforms, recognised by
        their operating system. Raises ValueError for a platform without an architecture.
        """
        os, _, rest = text.partition("_")
        if os not in ("LINUX", "ANDROID"):
            return Target.device(text)
        for arch in sorted(_ARCHITECTURES, key=len, reverse=True):
            if rest == arch or rest.startswith(arch + "_"):
                return Target.platform(os, arch, rest[len(arch) + 1 :] or None)
        raise ValueError(
            f"target {text!r}: no architecture follows {os}; "
            f"allowed are {', '.join(sorted(_ARCHITECTURES))}, as in LINUX_ARM64"
        )

    @property
    def label(self) -> str:
        """The device's name, or the platform as OS_ARCH_ACCELERATOR, as artifacts are named."""
        if self.target_platform is not None:
            return self.target_platform.label
        return self.device_name or ""

    @property
    def is_cloud(self) -> bool:
        """Whether it is a SageMaker instance family, so that Neo names an inference image."""
        return (self.device_name or "").startswith("ml_")

    def fields(self) -> dict[str, object]:
        """Return the fields of a request for this target."""
        platform = self.target_platform
        if platform is None:
            return {TARGET_DEVICE: self.device_name}
        return {
            f"{TARGET_PLATFORM}.Os": platform.os,
            f"{TARGET_PLATFORM}.Arch": platform.arch,
            f"{TARGET_PLATFORM}.Accelerator": platform.accelerator,
        }


_ARCHITECTURES = ("X86_64", "X86", "ARM64", "ARM_EABI", "ARM_EABIHF")

for _name in filter(str.isupper, TargetPlatform.__annotations__):
    setattr(Target, _name, Target.parse(_name))
    setattr(TargetPlatform, _name, getattr(Target, _name).target_platform)
for _name in filter(str.isupper, Target.__annotations__.keys() - TargetPlatform.__annotations__):
    setattr(Target, _name, Target.device(_name.lower()))
