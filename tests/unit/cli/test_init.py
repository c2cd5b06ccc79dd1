"""`neoctl init`: the spec that it writes validates, and says what it could not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.specs.load import load_text
from tests.unit.inspection.archives import MODELS, pack, pack_model

TARGETS = ("ml_c5", "jetson_nano", "linux/arm64/nvidia", "ANDROID/ARM64", "coreml", "ml_inf1")
WITH_COMPANION = {
    name: [name, name.replace("-symbol.json", "-0000.params")]
    for name in ("channels_first-symbol.json", "channels_last-symbol.json", "labelled-symbol.json")
}


def models() -> list[str]:
    found = [
        path.name
        for path in sorted(MODELS.iterdir())
        if path.suffix in (".onnx", ".pth", ".pt", ".h5", ".pb", ".pbtxt", ".tflite", ".model")
        or path.name.endswith(("-symbol.json", "pickled"))
    ]
    return [*found, "saved_model"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resnet-18.tar.gz").write_bytes(pack_model("dynamic.onnx"))
    return tmp_path


@pytest.mark.parametrize("name", models())
def test_the_spec_of_every_model_for_every_kind_of_target_validates(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (folder / "m.tar.gz").write_bytes(pack_model(*WITH_COMPANION.get(name, [name])))
    targets = [word for target in TARGETS for word in ("--target", target)]
    code = run(["init", "m.tar.gz", *targets])
    assert code == int("error[NEO8" in capsys.readouterr().err)
    capsys.readouterr()
    assert run(["validate", "neo.yaml"]) == 0, capsys.readouterr().out


def test_the_spec_agrees_with_its_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "resnet-18.tar.gz", "--target", "ml_c5"]) == 0
    assert run(["inspect", "resnet-18.tar.gz", "--spec", "neo.yaml"]) == 0
    text = (folder / "neo.yaml").read_text()
    assert "  resnet-18:" in text
    assert "      image: [1, 3, 224, 224]  # NCHW; batch is open, 1 assumed; " in text
    assert "CHANGE THIS: height is open, 224 assumed" in text


def test_what_is_given_is_written_and_needs_no_change(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(
        [
            "init", "resnet-18.tar.gz", "--target", "ml_c5", "-o", "-",
            "--owner", "vision", "--name", "net", "--shape", "image=2,3,640,480",
            "--role", "arn:aws:iam::111122223333:role/Mine",
            "--s3-uri", "s3://mine/in/net.tar.gz", "--s3-output", "s3://mine/out/",
        ]
    )  # fmt: skip
    out = capsys.readouterr().out
    assert code == 0
    assert "CHANGE THIS" not in out
    jobs = load_text(out, "neo.yaml").jobs
    assert [job.name for job in jobs] == ["net/ml_c5"]
    assert jobs[0].owner == "vision"
    assert jobs[0].wire["InputConfig"] == {
        "S3Uri": "s3://mine/in/net.tar.gz",
        "Framework": "ONNX",
        "DataInputConfig": '{"image":[2,3,640,480]}',
    }


def test_core_ml_gets_its_own_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "t.tar.gz").write_bytes(pack_model("traced.pth"))
    run(["init", "t.tar.gz", "--target", "coreml", "--target", "ml_c5", "-o", "-"])
    jobs = load_text(capsys.readouterr().out, "neo.yaml").jobs
    configs = [dict(job.wire["InputConfig"])["DataInputConfig"] for job in jobs]  # type: ignore[call-overload]
    assert configs == ['{"image":{"shape":[1,3,16,16]}}', '{"image":[1,3,16,16]}']


def test_a_file_that_is_there_is_not_overwritten_without_force(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "neo.yaml").write_text("mine")
    assert run(["init", "resnet-18.tar.gz", "--target", "ml_c5"]) == 1
    assert "--force" in capsys.readouterr().err
    assert (folder / "neo.yaml").read_text() == "mine"
    assert run(["init", "resnet-18.tar.gz", "--target", "ml_c5", "--force"]) == 0
    assert (folder / "neo.yaml").read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["resnet-18.tar.gz"], "--target"),
        (["resnet-18.tar.gz", "--target", "ml_c55"], "Did you mean ml_c5"),
        (["resnet-18.tar.gz", "--target", "ml_c5", "--shape", "image"], "NAME=1,3,224,224"),
        (["resnet-18.tar.gz", "--target", "ml_c5", "--shape", "image=0,1"], "NAME=1,3,224,224"),
        (["resnet-18.tar.gz", "--target", "ml_c5", "--shape", "img=1,3"], "the model has image"),
        (["none.tar.gz", "--target", "ml_c5"], "no supported model"),
        (["missing.tar.gz", "--target", "ml_c5"], "No such file"),
    ],
)
def test_what_cannot_be_written_says_why(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (folder / "none.tar.gz").write_bytes(pack({"README": b"x"}))
    assert run(["init", *arguments]) != 0
    assert words in capsys.readouterr().err
    assert not (folder / "neo.yaml").exists()


def test_names_that_yaml_would_misread_survive(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "z.tar.gz").write_bytes(pack_model("light_zfnet512.onnx"))
    (folder / "t.tar.gz").write_bytes(pack_model("tflite_two_inputs.tflite"))
    for name, inputs in (
        ("z", {"gpu_0/data_0"}),
        ("t", {"serving_default_left:0", "serving_default_right:0"}),
    ):
        run(["init", f"{name}.tar.gz", "--target", "ml_c5", "-o", "-", "--name", "yes"])
        jobs = load_text(capsys.readouterr().out, "neo.yaml").jobs
        config = dict(jobs[0].wire["InputConfig"])["DataInputConfig"]  # type: ignore[call-overload]
        assert all(f'"{item}":[' in config for item in inputs)


def test_findings_about_the_archive_are_told_besides(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "s.tar.gz").write_bytes(pack_model("state_dict.pth"))
    assert run(["init", "s.tar.gz", "--target", "ml_c5"]) == 1
    assert "NEO821" in capsys.readouterr().err
    assert (folder / "neo.yaml").exists()


def test_a_shape_that_contradicts_the_model_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["init", "resnet-18.tar.gz", "--target", "ml_c5", "--shape", "image=1,1,224,224"]
    assert run(arguments) == 1
    assert "neo.yaml:17: error[NEO865 wrong-channels]" in capsys.readouterr().err
