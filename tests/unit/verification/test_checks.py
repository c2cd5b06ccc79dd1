"""Artifacts that are what was ordered, and each way in which they are not."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from reconciler.inspection.model import Tensor
from reconciler.verification.expectation import DeviceProfile
from tests.unit.inspection.archives import MODELS, pack
from tests.unit.verification.artifacts import (
    REQUEST,
    codes,
    dlr_files,
    findings,
    library,
    meta,
    read,
    read_bytes,
    relay_files,
    sha256,
    weights,
)

MODEL = (MODELS / "dynamic.onnx").read_bytes()


def for_target(**output: Any) -> dict[str, Any]:
    return {**REQUEST, "OutputConfig": output}


@pytest.mark.parametrize("files", [dlr_files(), relay_files()])
def test_what_neo_packs_has_no_findings(files: dict[str, bytes]) -> None:
    artifact = read(files)
    assert codes(artifact) == []
    assert artifact.description is not None
    assert artifact.description.inputs == (Tensor("image", (1, 3, 8, 8), "float32"),)
    assert [one.shape for one in artifact.description.outputs] == [(1, 2)]


@pytest.mark.parametrize(
    "more",
    [
        {"compiled.meta": meta(), "manifest": b""},  # a detector for LINUX_X86_64_NVIDIA, 2021
        {"compiled.meta": meta(), "model-shapes.json": b'{"shapes": []}'},  # for ml_c5, 2019
        {"compiled.meta": meta(), "libdlr.so": library("x86_64.so"), "dlr.h": b""},  # dlr#232
        {"compiled.meta": meta(), "libdlr.so": library("x86_64.so"), "manifest": b"{}"},
        {"version.json": b"{}", "hyperparams.json": b"{}"},
    ],
)
def test_archives_that_neo_has_made_are_read(more: dict[str, bytes]) -> None:
    """File lists as users have shown them in public."""
    graph = {key: dlr_files()[key] for key in ("compiled_model.json", "compiled.params")}
    artifact = read({"compiled.so": library("x86_64.so"), **graph, **more})
    assert codes(artifact) == []
    assert list(artifact.libraries) == ["compiled.so"]
    assert list(artifact.runtimes) == (["libdlr.so"] if "libdlr.so" in more else [])


def test_treelites_artifact_is_a_library_alone() -> None:
    request = {**REQUEST, "InputConfig": {"Framework": "XGBOOST"}}
    assert codes(read({"model.so": library("x86_64.so")}), request) == []


@pytest.mark.parametrize("algorithm", ["blake2b", "blake2s"])
def test_the_bytes_are_compared_with_the_jobs_digest(algorithm: str) -> None:
    content = pack(dlr_files())
    digest = hashlib.new(algorithm, content).hexdigest()
    assert codes(read_bytes(content, digest=digest)) == []
    assert codes(read_bytes(content, digest=digest[::-1])) == ["NEO901"]
    assert codes(read_bytes(content + b"\0", digest=digest)) == ["NEO901"]


def test_a_digest_of_an_unknown_form_is_not_compared() -> None:
    assert codes(read(dlr_files(), digest="crc32:12")) == []


def test_the_input_model_in_place_of_an_artifact_is_no_artifact() -> None:
    artifact = read({"model.onnx": MODEL})
    assert codes(artifact) == ["NEO902"]
    assert "no compiled library in the archive, only a model" in findings(artifact)[0].message


def test_the_input_model_is_recognised_by_its_bytes_whatever_is_beside_it() -> None:
    """A PyTorch model for the cloud is loaded by PyTorch: only its bytes tell."""
    cloud = {**for_target(TargetDevice="ml_c5"), "InputConfig": {"Framework": "PYTORCH"}}
    traced = (MODELS / "traced.pth").read_bytes()
    artifact = read({"model.pth": traced, "code/inference.py": b""})
    assert codes(artifact, cloud) == []
    assert codes(artifact, cloud, model_files=frozenset({sha256(traced)})) == ["NEO902"]
    assert codes(artifact, cloud, model_files=frozenset({sha256(MODEL)})) == []


@pytest.mark.parametrize("device", ["coreml", "ml_inf1", "ml_trn1"])
def test_some_targets_have_no_library(device: str) -> None:
    assert codes(read({"model.mlmodel": b"x"}), for_target(TargetDevice=device)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"compiled_model.json": None}, "weights, but no graph"),
        ({"compiled.so": None}, "weights, but no library"),
        ({"second.so": "x86_64.so"}, "cannot choose between several libraries"),
        ({"code.ro": b"", "compiled.params": None}, "no description"),
    ],
)
def test_what_dlr_needs_has_to_be_there(change: dict[str, Any], words: str) -> None:
    files: dict[str, Any] = dlr_files()
    for name, content in change.items():
        files[name] = library(content) if isinstance(content, str) else content
    artifact = read({name: content for name, content in files.items() if content is not None})
    told = [one.message for one in findings(artifact) if one.code == "NEO903"]
    assert len(told) == 1
    assert words in told[0]


@pytest.mark.parametrize(
    ("built", "output", "wrong"),
    [
        ("x86_64.so", {"TargetDevice": "ml_c5"}, []),
        ("aarch64.so", {"TargetDevice": "ml_c6g"}, []),
        ("aarch64.so", {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64"}}, []),
        ("armhf.so", {"TargetDevice": "rasp3b"}, []),
        ("armel.so", {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM_EABI"}}, []),
        ("windows.dll", {"TargetDevice": "x86_win64"}, []),
        ("aarch64.so", {"TargetDevice": "ml_c5"}, ["NEO905"]),
        ("x86_64.so", {"TargetDevice": "rasp3b"}, ["NEO905"]),
        ("aarch64.so", {"TargetDevice": "rasp3b"}, ["NEO905"]),
        ("windows.dll", {"TargetDevice": "ml_c5"}, ["NEO905"]),
        ("x86_64.so", {"TargetDevice": "x86_win64"}, ["NEO905"]),
        ("armel.so", {"TargetDevice": "rasp3b"}, ["NEO906"]),
        (
            "armhf.so",
            {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM_EABI"}},
            ["NEO906"],
        ),
        ("x86_64.so", {"TargetDevice": "a_device_of_next_year"}, []),
    ],
)
def test_the_library_is_for_the_target(
    built: str, output: dict[str, Any], wrong: list[str]
) -> None:
    assert codes(read(relay_files(built)), for_target(**output)) == wrong


def test_without_a_request_the_artifacts_own_target_is_what_counts() -> None:
    described = {"Requirements": {"TargetDevice": "LINUX_ARM_EABIHF"}}
    assert codes(read(relay_files("armhf.so", **described)), {}) == []
    assert codes(read(relay_files("armel.so", **described)), {}) == ["NEO906"]
    assert codes(read(relay_files("x86_64.so", **described)), {}) == ["NEO905"]
    assert codes(read(relay_files(Requirements={"TargetDevice": "ML_C6G"})), {}) == ["NEO905"]
    assert codes(read(relay_files(Requirements={"TargetDevice": "nonsense"})), {}) == []


@pytest.mark.parametrize(
    ("device", "wrong"),
    [
        (DeviceProfile(), []),
        (DeviceProfile(glibc="2.31"), []),
        (DeviceProfile(glibc="2.29"), []),
        (DeviceProfile(glibc="2.28"), ["NEO908"]),
        (DeviceProfile(glibc="2.9"), ["NEO908"]),
    ],
)
def test_the_c_library_is_new_enough(device: DeviceProfile, wrong: list[str]) -> None:
    """The library calls powf, expf: GLIBC_2.27; and is compared by numbers, not by letters."""
    artifact = read(relay_files())
    newest = {one for some in artifact.libraries["compiled.so"].versions.values() for one in some}
    assert "GLIBC_2.27" in newest
    limits = {"2.29": "2.27", "2.28": "2.26"}
    profile = DeviceProfile(glibc=limits.get(device.glibc, device.glibc))
    assert codes(artifact, device=profile) == wrong


@pytest.mark.parametrize(
    ("needs", "has", "wrong"),
    [
        ("dlr-1.10", "dlr-1.10", []),
        ("dlr-1.9", "dlr-1.10", []),
        ("dlr-1.10", "dlr-1.9", ["NEO909"]),
        ("tvm-0.27", "dlr-1.10", ["NEO909"]),
        ("", "dlr-1.10", []),
        ("dlr", "dlr-1.10", []),
    ],
)
def test_the_runtime_is_the_one_that_it_needs(needs: str, has: str, wrong: list[str]) -> None:
    artifact = read(relay_files(Requirements={"Runtime": needs}))
    assert codes(artifact, device=DeviceProfile(runtime=has)) == wrong


@pytest.mark.parametrize(
    ("name", "shape", "config", "wrong"),
    [
        ("image", (1, 3, 8, 8), '{"image": [1, 3, 8, 8]}', []),
        ("image", (1, 3, 8, 8), "{'image': [1,3,8,8]}", []),
        ("input_1_image", (1, 3, 8, 8), '{"input.1/image": [1, 3, 8, 8]}', []),
        ("image", (1, 3, 8, 8), '{"image:0": [1, 3, 8, 8]}', []),
        ("image", (1, 3, 8, 8), '{"image": [2, 3, 8, 8]}', ["NEO911"]),
        ("image", (1, 3, 8, 8), '{"image": [1, 3, 8]}', ["NEO911"]),
        ("image", (1, 3, 8, 8), '{"other": [1, 3, 8, 8]}', ["NEO911", "NEO911"]),
        ("image", (-1, 3, 8, 8), '{"image": [5, 3, 8, 8]}', []),
        ("image", (1, 3, 8, 8), "[[1, 3, 8, 8]]", []),
        ("image", (1, 3, 8, 8), "[[1, 3, 8, 8], [1]]", ["NEO911"]),
        ("image", (1, 3, 8, 8), "not json at all", []),
        ("image", (1, 3, 8, 8), '{"image": "nonsense"}', []),
    ],
)
def test_inputs_are_those_that_were_declared(
    name: str, shape: tuple[int, ...], config: str, wrong: list[str]
) -> None:
    request = {**REQUEST, "InputConfig": {"Framework": "ONNX", "DataInputConfig": config}}
    assert codes(read(relay_files(name=name, shape=shape)), request) == wrong


def test_keras_declares_channels_first_whatever_the_model_has() -> None:
    config = '{"image": [1, 3, 16, 8]}'
    request = {**REQUEST, "InputConfig": {"Framework": "KERAS", "DataInputConfig": config}}
    assert codes(read(relay_files(shape=(1, 16, 8, 3))), request) == []
    assert codes(read(relay_files(shape=(1, 16, 9, 3))), request) == ["NEO911"]


def test_an_artifact_of_the_local_engine_says_so() -> None:
    artifact = read(relay_files(engine="neo_local", Requirements={"Runtime": "tvm-0.27"}))
    found = findings(artifact, device=DeviceProfile(runtime="dlr-1.10"))
    assert [(one.code, one.severity.value) for one in found] == [("NEO913", "info")]


def test_options_that_the_local_engine_ignored_are_named() -> None:
    compilation = {"IgnoredOptions": ["dtype", "gpu-code"]}
    artifact = read(relay_files(engine="neo_local", Compilation=compilation))
    warning, info = findings(artifact)
    assert (warning.code, warning.got) == ("NEO917", "dtype, gpu-code")
    assert info.code == "NEO913"
    assert codes(read(relay_files(engine="neo_local", Compilation={}))) == ["NEO913"]


@pytest.mark.parametrize(
    "broken",
    [
        {"compiled.meta": b"{"},
        {"compiled.meta": b"[" * 100_000},
        {"compiled.meta": b"[]"},
        {"compiled.meta": meta() + b"x"},
    ],
)
def test_a_description_that_cannot_be_read_is_said(broken: dict[str, bytes]) -> None:
    assert codes(read(relay_files() | broken)) == ["NEO912"]


def test_weights_with_absurd_names_are_not_read() -> None:
    many = weights("p0")[:16] + (1 << 60).to_bytes(8, "little")
    assert codes(read(dlr_files() | {"compiled.params": many})) == ["NEO912"]
