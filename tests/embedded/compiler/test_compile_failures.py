"""Compilations that must fail or be ended, and their reasons."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from neo_local.jobs.compilation import WorkerLimits
from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobStopped, JobTimedOut
from tests.embedded.aws import LOCAL_PYTHON
from tests.unit.neo_local.compiling import LINUX_X86_64, Bench, Models

pytestmark = pytest.mark.compiles


@pytest.mark.parametrize(
    ("model", "config", "reason"),
    [
        (
            "dense",
            '{"data": [1, 8]}',
            "ClientError: InputConfiguration: Input data of DataInputConfig is not an input of "
            "the model. Its inputs are: x.",
        ),
        pytest.param(
            "two_inputs",
            '{"input.1": [3, 4]}',
            "ClientError: InputConfiguration: Model contains input layer (ids/0) not specified in "
            "data_shape. Please specify all input layers in data_shape.",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "dense",
            '{"x": [1, 9]}',
            "ClientError: InputConfiguration: Input x has wrong shape in Input Shape dictionary. "
            "Input shapes should be provided in NCHW format. For example, (1,8)",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "dense",
            '{"x": [8]}',
            "ClientError: InputConfiguration: Input x has wrong shape in Input Shape dictionary. "
            "Input shapes should be provided in NCHW format. For example, (1,8)",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "dynamic",
            None,
            "ClientError: InputConfiguration: We are unable to extract DataInputConfig from the "
            "model due to input_config_derivation_error. Please override by providing a "
            "DataInputConfig during compilation job creation.",
            marks=pytest.mark.long,
        ),
        (
            "unknown_operator",
            '{"x": [1]}',
            "ClientError: Limit of the local engine (engine=neo_local), not of Amazon SageMaker "
            "Neo: it does not implement these operators of the ONNX model: Frobnicate. Amazon "
            "SageMaker Neo, which has other compilers, may compile it.",
        ),
        pytest.param(
            "garbage",
            None,
            "ClientError: InputConfiguration: Framework cannot load ONNX model. ",
            marks=pytest.mark.long,
        ),
        pytest.param("empty", None, "ClientError: InputConfiguration: ", marks=pytest.mark.long),
        (
            "external_outside",
            None,
            "ClientError: InputConfiguration: Framework cannot load ONNX model. External data "
            "'../weights.bin' is not in the archive",
        ),
        pytest.param(
            "external_absolute",
            None,
            "ClientError: InputConfiguration: Framework cannot load",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "external_missing",
            None,
            "ClientError: InputConfiguration: Framework cannot load",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_model_that_does_not_fit_fails_with_its_reason(
    bench: Bench, packed: Models, model: str, config: str | None, reason: str
) -> None:
    source = {} if config is None else {"DataInputConfig": config}
    assert bench.reason(packed(model, at="sub/model.onnx"), source=source).startswith(reason)


@pytest.mark.parametrize(
    ("model", "config", "reason"),
    [
        (
            "expand",
            '{"x": [1, 3, 1], "shape": [3]}',
            "TVM computes output y with shape unknown; the model declares [3, 3, 3].",
        ),
        (
            "sequence_from_the_end",
            '{"a": [2], "b": [2]}',
            "SequenceInsert at 'at': only a position that is an initializer and not negative is "
            "compiled right.",
        ),
    ],
)
def test_a_model_that_would_compute_something_else_is_not_compiled(
    bench: Bench, packed: Models, model: str, config: str, reason: str
) -> None:
    told = bench.reason(packed(model), source={"DataInputConfig": config})
    assert told.startswith("ClientError: Limit of the local engine (engine=neo_local)")
    assert told.endswith(reason)


@pytest.mark.long
def test_a_model_that_wants_a_terabyte_fails_alone(tmp_path: Path, packed: Models) -> None:
    bench = Bench(tmp_path, str(LOCAL_PYTHON), WorkerLimits(memory_mb=3072))
    reason = bench.reason(packed("huge"))
    assert reason.startswith("ClientError: ")
    assert "memory" in reason or "allocate" in reason


def test_a_running_compilation_is_ended_when_it_is_stopped_or_out_of_time(
    bench: Bench, packed: Models
) -> None:
    control = Control(300)
    threading.Timer(1.5, control.stop).start()
    began = time.monotonic()
    with pytest.raises(JobStopped):
        bench.compile(packed("heavy"), {}, LINUX_X86_64, control)
    assert time.monotonic() - began < 5  # SIGTERM is enough
    with pytest.raises(JobTimedOut):
        bench.compile(packed("heavy"), {}, LINUX_X86_64, Control(1))
    assert list((bench.folder / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ('{"mcpu": "core-avx2"}', "mcpu 'core-avx2' is unknown for rasp3b"),
        ('{"mattr": ["neon"]}', "mattr 'neon' is neither +name nor -name for rasp3b"),
        ('{"mattr": ["+bogus"]}', "mattr '+bogus' is unknown or has no effect for rasp3b"),
        ("{mcpu}", "Cannot load CompilerOptions. Incorrect json format."),
    ],
)
@pytest.mark.long
def test_options_that_llvm_would_pass_over_fail_the_job(
    bench: Bench, packed: Models, options: str, reason: str
) -> None:
    output = {"TargetDevice": "rasp3b", "CompilerOptions": options}
    got = bench.reason(packed("dense"), output=output)
    assert got.startswith("ClientError: OutputConfiguration: ")
    assert reason in got
