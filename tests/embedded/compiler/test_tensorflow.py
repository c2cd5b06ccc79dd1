"""TensorFlow and Keras models, compiled for real and compared with what TensorFlow answers."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path

import pytest

from neo_local.environments import Environments
from tests.embedded.aws import LOCAL_PYTHON
from tests.embedded.optional import needs_environment
from tests.paths import ROOT
from tests.unit.neo_local.compiling import LINUX_X86_64, Artifact, Bench, packed_file

HERE = Path(__file__).parent
REAL_MODELS = ROOT / "tests/unit/inspection/models"
LIMIT = "ClientError: Limit of the local engine (engine=neo_local), not of Amazon SageMaker Neo: "
INPUT = "ClientError: InputConfiguration: "
pytestmark = pytest.mark.compiles
installed = [pytest.mark.long, needs_environment("tensorflow")]


def apart(artifact: Artifact, answers: Path, folder: Path) -> dict[str, float]:
    """Return how far each answer is from TensorFlow's, relative to the largest of them."""
    (folder / "artifact.tar.gz").write_bytes(artifact.content)
    code = """
import json, sys, pathlib, numpy
from neo_local.run_artifact import run
artifact, stored = map(pathlib.Path, sys.argv[1:])
known = dict(numpy.load(stored))
made = run(artifact, {key[3:]: one for key, one in known.items() if key.startswith("in ")})
expected = {key[4:]: one for key, one in known.items() if key.startswith("out ")}
assert {key: one.shape for key, one in made.items()} == {
    key: one.shape for key, one in expected.items()
}
print(json.dumps({
    key: float(abs(one - expected[key]).max() / abs(expected[key]).max())
    for key, one in made.items()
}))
"""
    words: list[str | Path] = ["-c", code, folder / "artifact.tar.gz", answers]
    done = subprocess.run(
        [LOCAL_PYTHON, *words],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return dict(json.loads(done.stdout))


class TestInstalled:
    """With the optional environment."""

    pytestmark = installed

    @pytest.mark.parametrize(
        ("framework", "name", "shapes"),
        [
            ("KERAS", "mobile2.h5", {"image": [2, 3, 24, 20]}),
            ("KERAS", "mobile3.h5", {"image": [2, 3, 24, 20]}),
            ("KERAS", "unet2.h5", {"pixels": [2, 3, 16, 16]}),
            ("KERAS", "mixed3.h5", {"facts": [2, 4], "picture": [2, 1, 8, 6]}),
            ("TENSORFLOW", "service", {"a_scale": [2, 4], "z_image": [2, 8, 8, 2]}),
            ("TENSORFLOW", "frozen.pb", {"pixels": [2, 16, 16, 3]}),
        ],
    )
    def test_models_answer_as_tensorflow(
        self,
        bench: Bench,
        tensorflow_models: Path,
        tmp_path: Path,
        framework: str,
        name: str,
        shapes: dict[str, list[int]],
    ) -> None:
        source = {"Framework": framework, "DataInputConfig": json.dumps(shapes)}
        artifact = bench.compile(packed_file(tensorflow_models / name), source, LINUX_X86_64)
        answers = tensorflow_models / f"{name.partition('.')[0]}.npz"
        assert max(apart(artifact, answers, tmp_path).values()) <= 1e-5

    @pytest.mark.parametrize(
        ("framework", "name", "config", "reason"),
        [
            ("KERAS", "keras2_weights_only.h5", '{"a": [1, 5]}',
             f"{INPUT}Unable to load provided Keras model. Error: No model config found"),
            ("KERAS", "h5py_text.h5", '{"a": [1, 5]}',
             f"{INPUT}Unable to load provided Keras model. Error: "),
            ("KERAS", "keras3_functional.h5", '{"image": [1, 16, 16, 3]}',
             f"{INPUT}Input image has wrong shape in Input Shape dictionary. Input shapes should "
             "be provided in NCHW format."),
            ("KERAS", "keras3_functional.h5", None,
             f"{INPUT}We are unable to extract DataInputConfig from the model"),
            ("TENSORFLOW", "loop.pb", '{"image_tensor": [1, 4, 4, 3]}',
             f"{LIMIT}TensorFlow cannot convert the model to TFLite"),
            ("TENSORFLOW", "unknown_rank.pb", '{"anything": [1]}',
             f"{INPUT}TVM cannot convert TensorFlow model."),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_says_whose_limit_it_is(
        self, bench: Bench, framework: str, name: str, config: str | None, reason: str
    ) -> None:
        source = {"Framework": framework} | ({"DataInputConfig": config} if config else {})
        assert bench.reason(packed_file(REAL_MODELS / name), source=source).startswith(reason)


@pytest.mark.parametrize(
    ("framework", "name"), [("KERAS", "keras2_functional.h5"), ("TENSORFLOW", "frozen.pb")]
)
def test_a_missing_environment_is_named_with_the_command_that_makes_it(
    bench: Bench, framework: str, name: str
) -> None:
    bare = dataclasses.replace(bench, environments=Environments())
    reason = bare.reason(packed_file(REAL_MODELS / name), source={"Framework": framework})
    assert reason == (
        f"{LIMIT}{framework} models are converted by TensorFlow, which is not installed here. "
        "Install it (2.2 GB): neoctl local start --with tensorflow."
    )


def test_a_model_that_may_hold_code_is_read_in_a_sandbox_only(bench: Bench) -> None:
    bare = dataclasses.replace(bench, sandboxed=False)
    archive = packed_file(REAL_MODELS / "frozen.pb")
    reason = bare.reason(archive, source={"Framework": "TENSORFLOW"})
    assert reason.startswith(f"{LIMIT}reading a TENSORFLOW model runs code that is in it")
