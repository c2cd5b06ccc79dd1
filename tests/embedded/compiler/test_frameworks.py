"""XGBoost and TFLite models, compiled for real and compared with their own runtimes' answers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.aws import LOCAL_PYTHON
from tests.paths import ROOT
from tests.unit.inspection.archives import look
from tests.unit.neo_local.compiling import LINUX_X86_64, Artifact, Bench, archive_of

pytestmark = pytest.mark.compiles
REAL_MODELS = ROOT / "tests/unit/inspection/models"
HERE = Path(__file__).parent
LONG = pytest.mark.long


def fast(name: str, *, of: set[str]) -> Any:
    return pytest.param(name, marks=() if name in of else LONG)


@pytest.fixture(scope="session")
def boosters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("boosters")
    subprocess.run([LOCAL_PYTHON, "-W", "ignore", HERE / "make_xgboost.py", folder], check=True)
    return folder


def compiled(
    bench: Bench, framework: str, model: Path, config: str | None, output: Any = LINUX_X86_64
) -> Artifact:
    source = {"Framework": framework} | ({"DataInputConfig": config} if config else {})
    return bench.compile(archive_of({model.name: model.read_bytes()}), source, output)


def difference(artifact: Artifact, model: Path, folder: Path) -> float:
    """Return how far the artifact's answers are from those of the framework's own runtime."""
    packed = (folder / "artifact.tar.gz", folder / "model.tar.gz")
    packed[0].write_bytes(artifact.content)
    packed[1].write_bytes(archive_of({model.name: model.read_bytes()}))
    command: list[str | Path] = [
        LOCAL_PYTHON,
        "-W",
        "ignore",
        "-m",
        "neo_local.rehearsal.run_comparison",
    ]
    done = subprocess.run(
        [*command, *packed],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    result = json.loads(done.stdout)
    assert "reason" not in result, result
    return max(float(one["difference"]) for one in result["outputs"])


@pytest.mark.parametrize(
    "name",
    [
        fast(name, of={"binary_logistic.json", "multi_softprob.ubj", "categories.json"})
        for name in (
            *("binary_logistic.json", "binary_logistic.ubj", "binary_hinge.json"),
            *("binary_logitraw.json", "reg_squarederror.json", "reg_logistic.ubj"),
            *("count_poisson.json", "multi_softprob.ubj", "multi_softmax.json"),
            *("rank_pairwise.json", "dart.json", "categories.json", "forest.json"),
        )
    ],
)
def test_trees_answer_as_xgboost_to_the_last_bit(
    bench: Bench, boosters: Path, tmp_path: Path, name: str
) -> None:
    model = boosters / name
    artifact = compiled(bench, "XGBOOST", model, '{"data": [50, 6]}')
    assert difference(artifact, model, tmp_path) == 0.0


@pytest.mark.parametrize(
    "name",
    [
        fast(name, of={"xgboost_1_3_3.model"})
        for name in (
            *("xgboost_1_3_3.model", "xgboost_1_3_3.json", "xgboost_1_7_6.model"),
            *("xgboost_1_7_6.json", "xgboost_1_7_6.ubj", "xgboost_3_2_0.json", "xgboost_3_2_0.ubj"),
        )
    ],
)
def test_every_version_of_xgboost_is_compiled(bench: Bench, tmp_path: Path, name: str) -> None:
    model = REAL_MODELS / name
    artifact = compiled(bench, "XGBOOST", model, None)
    assert artifact.compiled.derived_inputs == '{"data": [1, 5]}'
    assert artifact.manifest()["Model"]["Inputs"] == [
        {"name": "data", "dtype": "float32", "shape": [1, 5]}
    ]
    assert difference(artifact, model, tmp_path) <= 1e-7  # Treelite's of old ones


@LONG
@pytest.mark.parametrize(
    ("output", "architecture"),
    [
        ({"TargetDevice": "ml_c6g"}, "aarch64"),
        ({"TargetDevice": "rasp3b"}, "arm"),
        ({"TargetDevice": "x86_win64"}, "x86_64 (Windows)"),
        ({"TargetPlatform": {"Os": "LINUX", "Arch": "ARM_EABI"}}, "arm"),
        ({"TargetPlatform": {"Os": "ANDROID", "Arch": "ARM64"}}, "aarch64"),
        ({"TargetPlatform": {"Os": "ANDROID", "Arch": "X86"}}, "x86"),
        ({"TargetPlatform": {"Os": "ANDROID", "Arch": "ARM_EABI"}}, "arm"),
    ],
)
def test_trees_are_compiled_for_every_architecture(
    bench: Bench, output: dict[str, Any], architecture: str
) -> None:
    model = REAL_MODELS / "xgboost_1_3_3.model"
    assert compiled(bench, "XGBOOST", model, None, output).architecture() == architecture


@pytest.mark.parametrize(
    ("name", "config", "reason"),
    [
        pytest.param(
            "xgboost_1_3_3_pickled", None,
            "ClientError: InputConfiguration: Ill-formed XGBoost model file: corrupted header: it "
            "is a Python pickle; save the model with Booster.save_model.",
        ),
        pytest.param(
            "xgboost_1_3_3.model", '{"data": [1, 6]}',
            "ClientError: InputConfiguration: Input data has wrong shape in Input Shape "
            "dictionary. Input shapes should be provided in [batch, features] format. For "
            "example, (batch,5)", marks=LONG,
        ),
        pytest.param(
            "tflite_float.tflite", None,
            "ClientError: InputConfiguration: Ill-formed XGBoost model file: corrupted header",
            marks=LONG,
        ),
    ],
)  # fmt: skip
def test_a_booster_that_is_not_one_fails_in_neos_words(
    bench: Bench, name: str, config: str | None, reason: str
) -> None:
    source = {"Framework": "XGBOOST"} | ({"DataInputConfig": config} if config else {})
    archive = archive_of({"xgboost-model": (REAL_MODELS / name).read_bytes()})
    assert bench.reason(archive, source=source).startswith(reason)


@LONG
def test_a_linear_booster_is_a_limit_of_the_engine(bench: Bench, boosters: Path) -> None:
    archive = archive_of({"linear.json": (boosters / "linear.json").read_bytes()})
    reason = bench.reason(archive, source={"Framework": "XGBOOST"})
    assert reason.startswith("ClientError: Limit of the local engine (engine=neo_local)")
    assert "the booster is gblinear" in reason


@pytest.mark.parametrize(
    ("name", "config", "most"),
    [
        ("tflite_float.tflite", '{"serving_default_image:0": [2, 16, 16, 3]}', 1e-5),
        pytest.param("tflite_float.tflite", None, 1e-5, marks=LONG),
        ("tflite_quantized.tflite", None, 0.0003),  # the step of its output
        pytest.param("tflite_two_inputs.tflite", None, 1e-5, marks=LONG),
    ],
)
def test_tflite_models_answer_as_their_interpreter(
    bench: Bench, tmp_path: Path, name: str, config: str | None, most: float
) -> None:
    model = REAL_MODELS / name
    artifact = compiled(bench, "TFLITE", model, config)
    assert difference(artifact, model, tmp_path) <= most


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("pool_uint8", 1),
        ("pad_float", 1e-5),
        pytest.param("pad_int8", 1, marks=LONG),
        pytest.param("reshape_float", 1e-5, marks=LONG),
        pytest.param("conv1d_int8", 1, marks=LONG),
        pytest.param("attention_float", 1e-5, marks=LONG),
    ],
)
@pytest.mark.parametrize("batch", [pytest.param(1, marks=LONG), 3])
def test_tflite_operators_answer_as_their_interpreter_whatever_the_batch(
    bench: Bench, tmp_path: Path, name: str, most: float, batch: int
) -> None:
    model = HERE / "tflite" / f"{name}.tflite"
    declared = tflite_input(model)
    config = json.dumps({declared["name"]: [batch, *declared["shape"][1:]]})
    artifact = compiled(bench, "TFLITE", model, config)
    assert difference(artifact, model, tmp_path) <= most


def tflite_input(model: Path) -> Any:
    """Return the input of a model, as inspection reads it."""
    (found,) = look(archive_of({model.name: model.read_bytes()})).model.inputs  # type: ignore[union-attr]
    return {"name": found.name, "shape": list(found.shape or ())}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no flatbuffer at all", "It lacks the mark 'TFL3' at byte 4."),
        (b"\xff\xff\xff\x7fTFL3" + bytes(40), "It is damaged"),
    ],
)
def test_a_file_that_is_not_tflite_fails_in_neos_words(
    bench: Bench, content: bytes, reason: str
) -> None:
    told = bench.reason(archive_of({"m.tflite": content}), source={"Framework": "TFLITE"})
    assert told.startswith("ClientError: InputConfiguration: Framework cannot load TFLite model.")
    assert reason in told
