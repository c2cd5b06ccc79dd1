"""An artifact against what was ordered: each check yields what is wrong, in the order of pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.inspection.checks.layout import is_bookkeeping
from reconciler.rules.catalog.devices import DEVICES, DeviceKind
from reconciler.rules.finding import Finding, Severity
from reconciler.verification import codes
from reconciler.verification.artifact import Artifact
from reconciler.verification.device_check import check_device
from reconciler.verification.digests import DigestVerdict
from reconciler.verification.expectation import Expectation, expectation_of
from reconciler.verification.input_check import check_inputs

_STOPPED: Final = frozenset({"NEO801", "NEO802", "NEO803"})
_FRAMEWORK_FILES: Final = frozenset({"PYTORCH", "TENSORFLOW"})
_WITHOUT_LIBRARY: Final = frozenset(
    {DeviceKind.COREML, DeviceKind.INF1, DeviceKind.INF2, DeviceKind.EIA}
)


def check_artifact(artifact: Artifact, expected: Expectation) -> tuple[Finding, ...]:
    """Return everything that is wrong with an artifact, the most severe first."""
    ordered = _completed(artifact, expected)
    found = list(artifact.findings)
    if not any(finding.code in _STOPPED for finding in found):
        found += _not_compiled(artifact, ordered)
        found += _incomplete(artifact)
    found += _digest(artifact)
    found += _architecture(artifact, ordered)
    found += check_device(artifact, ordered)
    found += check_inputs(artifact, ordered)
    found += _engine(artifact)
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def _completed(artifact: Artifact, expected: Expectation) -> Expectation:
    """Return the expectation; its target is the artifact's own if none was given."""
    own = artifact.description.target if artifact.description else ""
    if expected.target or not own:
        return expected
    device = own.lower()
    parts = dict(zip(("Os", "Arch", "Accelerator"), _platform(own), strict=False))
    output = {"TargetDevice": device} if device in DEVICES else {"TargetPlatform": parts}
    implied = expectation_of({"OutputConfig": output})
    return Expectation(
        target=own, os=implied.os, arch=implied.arch, accelerator=implied.accelerator,
        framework=expected.framework, inputs=expected.inputs, device=expected.device,
        model_files=expected.model_files,
    )  # fmt: skip


def _platform(label: str) -> Iterator[str]:
    """Yield operating system, architecture and accelerator of ``LINUX_ARM_EABIHF_MALI``."""
    os, _, rest = label.partition("_")
    yield os
    for arch in ("ARM_EABIHF", "ARM_EABI", "ARM64", "X86_64", "X86"):
        if rest.startswith(arch):
            yield arch
            yield rest.removeprefix(arch).lstrip("_")
            return


def _digest(artifact: Artifact) -> Iterator[Finding]:
    check = artifact.digest
    if check is not None and check.verdict() is DigestVerdict.DIFFERS:
        yield codes.DIGEST.at(
            codes.ARTIFACT,
            "the archive is not the one that the job wrote: its digest differs from the job's "
            "ArtifactDigest",
            got=" or ".join(check.found()),
            allowed=check.expected,
            hint="It was replaced, or damaged on the way. Fetch it again from "
            "ModelArtifacts.S3ModelArtifacts.",
        )


def _not_compiled(artifact: Artifact, expected: Expectation) -> Iterator[Finding]:
    same = [
        path
        for path in artifact.models
        if artifact.contents.get(path) in expected.model_files
    ]  # fmt: skip
    if same:
        yield codes.NOT_COMPILED.at(
            codes.ARTIFACT,
            f"{same[0]} is the input model, byte for byte: it was passed through, not compiled",
            hint="Neo can report COMPLETED for a model that it could not compile. Look at the "
            "job's log, and compile for another target or framework version.",
        )
    elif not artifact.libraries and _needs_library(artifact, expected):
        held = ", ".join(f"{path} ({name})" for path, name in artifact.models.items())
        yield codes.NOT_COMPILED.at(
            codes.ARTIFACT,
            "there is no compiled library in the archive"
            + (f", only a model: {held}" if held else ""),
            got=", ".join(entry.path for entry in artifact.files[:6]) or "an empty archive",
            allowed="compiled.so, with what belongs to it",
            hint="The archive cannot be loaded by DLR. Look at the job's log.",
        )


def _needs_library(artifact: Artifact, expected: Expectation) -> bool:
    """Return whether an artifact without a library cannot be right for this target."""
    if any(finding.code == codes.DAMAGED_LIBRARY.code for finding in artifact.findings):
        return False
    device = DEVICES.get(expected.target)
    if device is None or device.kind is DeviceKind.EDGE:
        return True
    if device.kind in _WITHOUT_LIBRARY:
        return False
    return expected.framework not in _FRAMEWORK_FILES  # whose own runtime loads the model


def _incomplete(artifact: Artifact) -> Iterator[Finding]:
    """Yield what DLR needs, or refuses to choose from (src/dlr_common.cc, InitModelPath)."""
    if len(artifact.libraries) > 1:
        yield _part("DLR cannot choose between several libraries", ", ".join(artifact.libraries))
    if artifact.ending(".params"):
        graphs = [one for one in artifact.ending(".json") if not is_bookkeeping(one)]
        if not graphs and not artifact.models:
            yield _part("there are weights, but no graph", "no .json beside the .params")
        if not artifact.libraries and not artifact.models:
            yield _part("there are weights, but no library", "no .so beside the .params")
    if artifact.ending(".ro") and not artifact.ending(".meta"):
        yield _part("there is a Relay VM program, but no description", "no .meta beside the .ro")


def _part(what: str, got: str) -> Finding:
    return codes.INCOMPLETE.at(
        codes.ARTIFACT, what, got=got,
        hint="Unpack the whole archive into a folder of its own; compile again if it is like this.",
    )  # fmt: skip


def _architecture(artifact: Artifact, expected: Expectation) -> Iterator[Finding]:
    if expected.machine is None:
        return
    machine, bits = expected.machine
    for path, library in artifact.libraries.items():
        windows = expected.os == "WINDOWS"
        if (library.machine, library.bits, library.windows) != (machine, bits, windows):
            yield codes.ARCHITECTURE.at(
                codes.TARGET,
                f"{path} cannot be loaded on {expected.target}",
                got=_kind(library.machine, library.bits, library.windows),
                allowed=_kind(machine, bits, windows),
                hint="The artifact is of another target, or of another job.",
            )
        elif machine == "arm" and library.float_abi is not None:
            # Android passes them in integer registers whatever its ABI is called.
            hard = expected.arch == "ARM_EABIHF" and expected.os != "ANDROID"
            wanted = "hard" if hard else "soft"
            if library.float_abi != wanted:
                yield codes.FLOAT_ABI.at(
                    codes.TARGET,
                    f"{path} passes floating-point numbers in another way than {expected.target}",
                    got=f"{library.float_abi} float ABI",
                    allowed=f"{wanted} float ABI",
                    hint="A 32-bit ARM system is built for one of them. Use ARM_EABIHF for hard, "
                    "ARM_EABI for soft.",
                )


def _kind(machine: str, bits: int, windows: bool) -> str:
    return f"{bits}-bit {machine} {'DLL' if windows else 'ELF library'}"


def _engine(artifact: Artifact) -> Iterator[Finding]:
    if artifact.description and artifact.description.engine:
        yield codes.LOCAL_ENGINE.at(
            codes.ARTIFACT,
            f"made by the local engine (engine={artifact.description.engine}), not by Amazon "
            "SageMaker Neo",
            hint="A rehearsal: DLR does not load it, and Neo's artifact may differ.",
        )
        if artifact.description.ignored:
            yield codes.IGNORED_OPTION.at(
                "OutputConfig.CompilerOptions",
                "compiled without options that the local engine does not honour",
                got=", ".join(artifact.description.ignored),
                allowed="mcpu, mattr",
                hint="Amazon SageMaker Neo may honour them: this artifact is no rehearsal of them.",
            )
