"""Model archives are hostile input."""

from __future__ import annotations

import dataclasses
import gzip
import io
import sys
import tarfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neo_local.compiler.archive import ArchiveLimits, unpack
from neo_local.compiler.failure import CompileFailure
from neo_local.compiler.layout import check_layout
from neo_local.compiler.targets import resolve
from neo_local.jobs.compilation import NeoCompiler, WorkerLimits
from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobFailed
from tests.unit.neo_local.compiling import Bench, FolderStorage, archive_of, make_job

LIMITS = ArchiveLimits(max_bytes=1 << 20, max_members=100)
BROKEN = (
    "ClientError: InputConfiguration: Unable to untar input model. "
    "Please confirm the model is a tar.gz file"
)


def special(name: str, kind: bytes, link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        tar.addfile(entry)
        inside = tarfile.TarInfo(f"{name}/model.onnx")
        inside.size = 4
        tar.addfile(inside, io.BytesIO(b"evil"))
    return buffer.getvalue()


def unpacked(folder: Path, archive: bytes) -> list[str]:
    (folder / "model.tar.gz").write_bytes(archive)
    inside = folder / "model"
    inside.mkdir(exist_ok=True)
    files = unpack(folder / "model.tar.gz", inside, LIMITS)
    return sorted(path.relative_to(inside).as_posix() for path in files)


def test_files_are_unpacked_and_hidden_ones_not_counted(tmp_path: Path) -> None:
    files = {"model.onnx": b"a", "deep/er/w.bin": b"bb", "._model.onnx": b"mac", ".DS_Store": b""}
    assert unpacked(tmp_path, archive_of(files)) == ["deep/er/w.bin", "model.onnx"]
    assert (tmp_path / "model/deep/er/w.bin").read_bytes() == b"bb"


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (archive_of({"../evil": b"x"}), "leads out of the archive"),
        (archive_of({"a/../../evil": b"x"}), "leads out of the archive"),
        (archive_of({"/etc/evil": b"x"}), "leads out of the archive"),
        (special("out", tarfile.SYMTYPE, "/tmp"), "is a link or a device"),
        (special("out", tarfile.LNKTYPE, "../model.tar.gz"), "is a link or a device"),
        (special("out", tarfile.CHRTYPE), "is a link or a device"),
        (special("out", tarfile.FIFOTYPE), "is a link or a device"),
        (archive_of({"/".join("d" * 40): b"x"}), "is nested deeper"),
        (archive_of({"bomb": bytes((1 << 20) + 1)}), "unpacks to more"),
        (archive_of({"one": bytes(1 << 19), "two": bytes(1 << 20)}), "unpacks to more"),
        (archive_of({str(number): b"" for number in range(101)}), "more than 100 members"),
    ],
)
def test_what_could_do_harm_is_refused(tmp_path: Path, archive: bytes, why: str) -> None:
    with pytest.raises(CompileFailure) as caught:
        unpacked(tmp_path, archive)
    assert str(caught.value).startswith(BROKEN)
    assert why in str(caught.value)
    outside = {path.name for path in tmp_path.iterdir()} - {"model", "model.tar.gz"}
    assert outside == set()
    assert not Path("/etc/evil").exists()


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"model",
        gzip.compress(b"no tar at all"),
        gzip.compress(b"\0" * 511),
        archive_of({"model.onnx": b"a" * 1000})[:-40],
        zlib.compress(b"not gzip"),
    ],
    ids=["empty", "text", "gzipped text", "half a block", "cut short", "zlib"],
)
def test_what_is_no_archive_fails_in_neos_words(tmp_path: Path, archive: bytes) -> None:
    with pytest.raises(CompileFailure) as caught:
        unpacked(tmp_path, archive)
    assert str(caught.value) == BROKEN


@pytest.mark.search
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_archive_is_unpacked_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(gzip.decompress(archive_of({"a/model.onnx": b"m" * 700, "w": b"w"})))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, 2047))
        raw[place] = data.draw(st.integers(0, 255))
    try:
        names = unpacked(tmp_path, gzip.compress(bytes(raw)))
    except CompileFailure:
        return
    assert all((tmp_path / "model" / name).is_file() for name in names)


@pytest.mark.parametrize(
    ("framework", "files", "reason"),
    [
        ("ONNX", [], "No .onnx file found for ONNX model."),
        ("ONNX", ["a.onnx", "b/c.onnx"], "Exactly one .onnx file is allowed for ONNX models."),
        ("TENSORFLOW", ["m.h5"], "No valid TensorFlow model found in input files."),
        ("TENSORFLOW", ["a.pb", "b.pbtxt"], "Exactly one .pb or .pbtxt file is allowed for Ten"),
        ("KERAS", ["saved_model.pb"], "No h5 file provided in ['saved_model.pb']"),
        ("KERAS", ["a.h5", "b.h5"], "Multiple h5 files provided, ['a.h5', 'b.h5'], when only one"),
        ("MXNET", ["a.params", "b.params"], "Only one parameter file is allowed for MXNet model"),
        ("MXNET", ["a.params"], "No valid Mxnet model file -symbol.json found."),
        ("MXNET", ["a-symbol.json"], "No valid Mxnet model file .params found."),
        ("TFLITE", ["a.onnx"], "No valid TFLite model found in input file."),
        ("TFLITE", ["a.tflite", "b.tflite"], "Exactly one .tflite file is allowed for TFLite"),
        ("PYTORCH", ["a.onnx"], "Exactly one .pth or .pt file is needed for PyTorch models."),
        ("DARKNET", ["a.cfg"], "Exactly one .weights file is needed for DarkNet models."),
    ],
)
def test_a_wrong_layout_fails_in_neos_words(
    tmp_path: Path, framework: str, files: list[str], reason: str
) -> None:
    paths = [tmp_path / name for name in [*files, "README.txt"]]
    with pytest.raises(CompileFailure) as caught:
        check_layout(framework, paths, tmp_path)
    expected = reason.replace("['saved_model.pb']", "['saved_model.pb', 'README.txt']")
    assert str(caught.value).startswith(f"ClientError: InputConfiguration: {expected}")


@pytest.mark.parametrize(
    ("framework", "file"),
    [
        ("SKLEARN", "model.joblib"),
    ],
)
def test_a_framework_that_is_not_read_here_is_called_a_limit_of_the_local_engine(
    tmp_path: Path, framework: str, file: str
) -> None:
    bench = Bench(tmp_path, sys.executable)
    reason = bench.reason(archive_of({file: b"x"}), source={"Framework": framework})
    assert reason.startswith("ClientError: Limit of the local engine (engine=neo_local), not of ")
    assert framework in reason
    assert "KERAS, ONNX, PYTORCH, TENSORFLOW, TFLITE, XGBOOST can" in reason


@pytest.mark.parametrize(
    ("framework", "file", "package"),
    [("TFLITE", "model.tflite", "tflite"), ("XGBOOST", "xgboost-model", "treelite")],
)
def test_a_package_that_is_not_installed_is_named_with_what_installs_it(
    tmp_path: Path, framework: str, file: str, package: str
) -> None:
    bench = Bench(tmp_path, sys.executable)  # a Python without the compiler
    reason = bench.reason(archive_of({file: b"x"}), source={"Framework": framework})
    assert reason.startswith("ClientError: Limit of the local engine (engine=neo_local), not of ")
    assert f"{framework} models need the Python package {package}, which is not installed" in reason
    assert "pip install 'neo-as-code[local]'" in reason


@pytest.mark.parametrize(
    "output",
    [
        {"TargetDevice": "ml_p3"},
        {"TargetDevice": "jetson_nano"},
        {"TargetDevice": "ml_inf1"},
        {"TargetDevice": "coreml"},
        {"TargetDevice": "x86_win32"},
        {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64", "Accelerator": "MALI"}},
    ],
)
def test_an_accelerator_is_beyond_the_local_engine(output: dict[str, str]) -> None:
    assert resolve(output, {}).limit


def test_an_accelerator_is_called_a_limit_of_the_local_engine(tmp_path: Path) -> None:
    bench = Bench(tmp_path, sys.executable)
    output = {"TargetDevice": "jetson_nano"}
    reason = bench.reason(archive_of({"model.onnx": b"x"}), output=output)
    assert reason.startswith("ClientError: Limit of the local engine (engine=neo_local), not of ")


def test_a_model_package_is_called_a_limit_of_the_local_engine(tmp_path: Path) -> None:
    job = make_job()
    package = "arn:aws:sagemaker:us-east-1:000000000000:model-package/m/1"
    request = {**job.request, "ModelPackageVersionArn": package}
    del request["InputConfig"]
    job = dataclasses.replace(job, request=request)
    compiler = NeoCompiler(lambda _: FolderStorage(b""), tmp_path, WorkerLimits(), "000000000000")
    with pytest.raises(JobFailed, match="Limit of the local engine"):
        compiler.compile(job, Control(30))


def test_a_runtime_beyond_all_measure_and_a_relative_folder_are_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    limit = {"MaxRuntimeInSeconds": 10**30}
    job = make_job()
    job = dataclasses.replace(job, request={**job.request, "StoppingCondition": limit})
    compiler = NeoCompiler(
        lambda _: FolderStorage(b"no archive"), Path("data"), WorkerLimits(), "000000000000"
    )
    with pytest.raises(JobFailed) as caught:
        compiler.compile(job, Control(float(10**30)))
    assert str(caught.value) == BROKEN


def test_a_bad_archive_fails_the_job_in_its_own_process(tmp_path: Path) -> None:
    assert Bench(tmp_path, sys.executable).reason(b"no archive") == BROKEN
    assert "CompileFailure" in (tmp_path / "logs" / "us-east-1" / "job.log").read_text()
