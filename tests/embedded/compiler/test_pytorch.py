"""Traced PyTorch models, compiled for real and compared with what PyTorch answered."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from neo_local.environments import Environments
from tests.embedded.aws import LOCAL_PYTHON
from tests.embedded.optional import needs_environment
from tests.paths import ROOT
from tests.unit.neo_local.compiling import LINUX_X86_64, Artifact, Bench, archive_of

HERE = Path(__file__).parent
REAL_MODELS = ROOT / "tests/unit/inspection/models"
TORCH = {"Framework": "PYTORCH"}
LIMIT = "ClientError: Limit of the local engine (engine=neo_local), not of Amazon SageMaker Neo: "
LONG = pytest.mark.long
pytestmark = [pytest.mark.compiles, needs_environment("pytorch")]


def packed(name: str, folder: Path = HERE / "pytorch") -> bytes:
    return archive_of({"model.pth": (folder / name).read_bytes()})


def compiled(bench: Bench, name: str, config: Any = None) -> Artifact:
    source = TORCH | ({} if config is None else {"DataInputConfig": json.dumps(config)})
    return bench.compile(packed(f"{name}.pth"), source, LINUX_X86_64)


def apart(artifact: Artifact, name: str, folder: Path, rows: int = 1) -> dict[str, float]:
    """Return how far each answer is from PyTorch's, relative to the largest of them."""
    (folder / "artifact.tar.gz").write_bytes(artifact.content)
    given = [one["name"] for one in artifact.manifest()["Model"]["Inputs"]]
    code = """
import json, sys, pathlib, numpy
from neo_local.run_artifact import run
artifact, stored, rows, names = sys.argv[1:]
known = dict(numpy.load(stored))
twice = {key: numpy.concatenate([one] * int(rows)) for key, one in known.items()}
inputs = {name: twice[f"input{index}"] for index, name in enumerate(json.loads(names))}
made = run(pathlib.Path(artifact), inputs)
expected = {key: one for key, one in twice.items() if key.startswith("output")}
assert {key: (one.shape, one.dtype) for key, one in made.items()} == {
    key: (one.shape, one.dtype) for key, one in expected.items()
}
print(json.dumps({
    key: float(abs(one - expected[key]).max() / abs(expected[key]).max())
    for key, one in made.items()
}))
"""
    words: list[str | Path] = [
        folder / "artifact.tar.gz",
        HERE / "pytorch" / f"{name}.npz",
        str(rows),
        json.dumps(given),
    ]
    done = subprocess.run(
        [LOCAL_PYTHON, "-c", code, *words],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "unet" else LONG)
        for name in (
            *("resnet", "mobilenet_v2", "mobilenet_v3", "efficientnet", "vgg", "densenet"),
            *("squeezenet", "inception", "unet", "unet_bilinear"),
            *("activations", "shapes", "windows", "attention"),
        )
    ],
)
def test_networks_answer_as_pytorch(bench: Bench, tmp_path: Path, name: str) -> None:
    artifact = compiled(bench, name)
    shape = artifact.manifest()["Model"]["Inputs"][0]["shape"]
    assert json.loads(artifact.compiled.derived_inputs) == {"input0": shape}
    assert apart(artifact, name, tmp_path)["output0"] <= 1e-5


def test_inputs_keep_their_order_and_types(bench: Bench, tmp_path: Path) -> None:
    artifact = compiled(bench, "pair", {"words": [1, 8], "a mask": [1, 8]})
    assert artifact.manifest()["Model"]["Inputs"] == [
        {"name": "words", "dtype": "int64", "shape": [1, 8]},
        {"name": "a mask", "dtype": "float32", "shape": [1, 8]},
    ]
    assert apart(artifact, "pair", tmp_path) == {"output0": 0.0, "output1": 0.0}


@pytest.mark.parametrize(
    "config",
    [{"input0": [2, 3, 40, 48]}, pytest.param([[2, 3, 40, 48]], marks=LONG)],
)
def test_other_sizes_than_those_of_the_trace(bench: Bench, tmp_path: Path, config: Any) -> None:
    artifact = compiled(bench, "squeezenet", config)
    assert apart(artifact, "squeezenet", tmp_path, rows=2)["output0"] <= 1e-5


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("lstm", "aten::lstm"),
        pytest.param("encoder", "aten::_transformer_encoder_layer_fwd", marks=LONG),
    ],
)
def test_operators_that_are_not_known_are_named(bench: Bench, name: str, operator: str) -> None:
    reason = bench.reason(packed(f"{name}.pth"), source=TORCH)
    assert reason.startswith(
        f"{LIMIT}it does not implement these operators of the PyTorch model: {operator}."
    )


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        ("traced.pth", '{"a": [1, 4, 16, 16]}', "to have 3 channels, but got 4 channels instead"),
        pytest.param(
            "traced_pair.pt", '{"a": [1, 8]}', "It takes 2 inputs; 1 are given.", marks=LONG
        ),
        ("state_dict.pth", '{"a": [1, 3, 16, 16]}', "It is no TorchScript"),
        pytest.param("frozen.pb", None, "It is no TorchScript", marks=LONG),
        pytest.param(
            "traced_without_inputs.pth", None, "due to input_config_derivation_error", marks=LONG
        ),
    ],
)
def test_what_is_no_trace_for_these_inputs_fails_in_neos_words(
    bench: Bench, name: str, config: str | None, reason: str
) -> None:
    source = TORCH | ({"DataInputConfig": config} if config else {})
    failure = bench.reason(packed(name, REAL_MODELS), source=source)
    assert failure.startswith(
        ("ClientError: InputConfiguration: Invalid PyTorch model or input-shape mismatch.",
         "ClientError: InputConfiguration: We are unable to extract DataInputConfig")
    )  # fmt: skip
    assert reason in failure


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        ("scripted.pth", '{"a": [1, 3, 16, 16]}', "If this is one, trace it"),
        pytest.param(
            "scripted_branch.pth", '{"a": [1, 3, 8, 8], "b": [1]}', "prim::If", marks=LONG
        ),
    ],
)
def test_a_scripted_model_does_not_take_the_engine_with_it(
    bench: Bench, name: str, config: str, reason: str
) -> None:
    archive = packed(name, REAL_MODELS)
    failure = bench.reason(archive, source=TORCH | {"DataInputConfig": config})
    assert failure.startswith(LIMIT)
    assert reason in failure


def test_a_missing_environment_is_named_with_the_command_that_makes_it(bench: Bench) -> None:
    bare = dataclasses.replace(bench, environments=Environments())
    assert bare.reason(packed("unet.pth"), source=TORCH) == (
        f"{LIMIT}PYTORCH models are read by pnnx, which is not installed here. Install it (29 MB): "
        "neoctl local start --with pytorch."
    )


def test_a_damaged_file_is_told_as_such(bench: Bench) -> None:
    content = (REAL_MODELS / "traced.pth").read_bytes()
    archive = archive_of({"model.pth": content.replace(b"PK\x03\x04", b"PK\x03\x05")})
    failure = bench.reason(archive, source=TORCH | {"DataInputConfig": '{"a": [1, 3, 16, 16]}'})
    assert failure.startswith("ClientError: ")
    assert "Traceback" not in failure


def test_without_the_environment_a_run_says_what_installs_it(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "artifact.tar.gz").write_bytes(compiled(bench, "squeezenet").content)
    (tmp_path / "model.tar.gz").write_bytes(packed("squeezenet.pth"))
    program = "neo_local.rehearsal.run_comparison"
    done = subprocess.run(
        [LOCAL_PYTHON, "-m", program, tmp_path / "artifact.tar.gz", tmp_path / "model.tar.gz"],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    reason = json.loads(done.stdout)["reason"]
    assert reason.endswith(
        "not installed here. Install it (29 MB): neoctl local start --with pytorch."
    )
