"""Libraries that a device has to have, as a library names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.verification.artifact import Artifact
from reconciler.verification.elf import SharedLibrary
from reconciler.verification.expectation import DeviceProfile
from tests.unit.verification.artifacts import codes, findings, read, relay_files


def needing(*names: str, versions: Mapping[str, tuple[str, ...]] | None = None) -> Artifact:
    artifact = read(relay_files())
    made = SharedLibrary("x86_64", 64, None, names, versions or {})
    return replace(artifact, libraries={"compiled.so": made})


PLAIN = ("libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-aarch64.so.1")


def test_a_plain_system_has_the_c_libraries() -> None:
    assert codes(needing(*PLAIN, "libc.so", "liblog.so")) == []


@pytest.mark.parametrize(
    ("name", "device", "wrong"),
    [
        ("libgomp.so.1", DeviceProfile(), ["NEO907"]),
        ("libgomp.so.1", DeviceProfile(libraries=("libgomp.so.1",)), []),
        ("libcustom.so", DeviceProfile(jetpack="4.6"), ["NEO907"]),
        ("libnvinfer.so.5", DeviceProfile(), ["NEO907"]),
        ("libnvinfer.so.5", DeviceProfile(jetpack="4.6"), ["NEO908"]),
        ("libnvinfer.so.8", DeviceProfile(jetpack="4.6"), []),
        ("libnvinfer.so.8", DeviceProfile(jetpack="4.6.1"), []),
        ("libnvinfer.so.7", DeviceProfile(jetpack="4.4"), []),
        ("libcudart.so.10.2", DeviceProfile(jetpack="4.6"), []),
        ("libcudart.so.10.0", DeviceProfile(jetpack="4.6"), ["NEO908"]),
        ("libcuda.so.1", DeviceProfile(jetpack="4.6"), []),
        ("libnvinfer.so.5", DeviceProfile(jetpack="99"), []),
    ],
)
def test_other_libraries_are_the_devices_to_bring(
    name: str, device: DeviceProfile, wrong: list[str]
) -> None:
    assert codes(needing(*PLAIN, name), device=device) == wrong


def test_the_dlr_that_is_packed_is_loaded_and_so_its_needs_count() -> None:
    """neo-ai-dlr#232, #450: the model could be loaded, the libdlr.so beside it could not."""
    packed = SharedLibrary("aarch64", 64, None, (*PLAIN, "libnvinfer.so.7"), {})
    artifact = replace(read(relay_files()), runtimes={"libdlr.so": packed})
    [found] = findings(artifact, device=DeviceProfile(jetpack="4.6"))
    assert found.code == "NEO908"
    assert found.message.startswith("libdlr.so needs libnvinfer.so.7; JetPack 4.6 brings")
    assert "use_default_dlr=True" in found.hint
    assert codes(artifact, device=DeviceProfile(jetpack="4.4")) == []


def test_a_library_in_the_archive_is_there() -> None:
    artifact = read(relay_files() | {"libextra.so": b"\x7fELF"})
    made = SharedLibrary("x86_64", 64, None, ("libextra.so",), {})
    artifact = replace(artifact, libraries={"compiled.so": made}, findings=())
    assert codes(artifact) == []


def test_the_standard_librarys_version_is_compared() -> None:
    artifact = needing(versions={"libstdc++.so.6": ("GLIBCXX_3.4", "GLIBCXX_3.4.29", "CXXABI_1.3")})
    assert codes(artifact, device=DeviceProfile(libstdcxx="3.4.30")) == []
    assert codes(artifact, device=DeviceProfile(libstdcxx="3.4.9")) == ["NEO908"]
    (found,) = findings(artifact, device=DeviceProfile(libstdcxx="3.4.28"))
    assert found.path == "device.libstdcxx"
    assert found.message == "compiled.so needs GLIBCXX_3.4.29; the device has libstdc++ 3.4.28"
