"""Recorded compilation jobs that failed for what was in the archive: inspection says so before.

Each case is a public report of a failed job; its archive is remade from the report's words with the
real library, its request is the recorded one.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.inspection.checks.request import check_request
from reconciler.rules.finding import Finding, Severity
from tests.unit.inspection.archives import MODELS, look, pack


def read(name: str) -> bytes:
    return (MODELS / name).read_bytes()


def judged(files: Mapping[str, bytes], framework: str, inputs: str) -> list[Finding]:
    """Return everything that inspect says about an archive and a request for it."""
    report = look(pack(files))
    request = {
        "InputConfig": {
            "S3Uri": "s3://example-bucket/model/model.tar.gz",
            "DataInputConfig": inputs,
            "Framework": framework,
        },
        "OutputConfig": {
            "S3OutputLocation": "s3://example-bucket/output/",
            "TargetDevice": "ml_c5",
        },
    }
    return [*report.findings, *check_request(request, report)]


_CASES: list[tuple[str, Mapping[str, bytes], str, str, str]] = [
    (
        "treelite: ill-formed XGBoost model file, corrupted header",
        {"xgboost-model": read("xgboost_1_3_3_pickled")},
        "XGBOOST",
        '{"data": [1, 69]}',
        "NEO851",
    ),
    (
        "Keras: input_1 has wrong shape in Input Shape dictionary",
        {"model.h5": read("keras2_functional.h5")},
        "KERAS",
        '{ "image" : [1,1,16,16] }',
        "NEO865",
    ),
    (
        "Keras: shapes written as NHWC",
        {"model.h5": read("keras2_functional.h5")},
        "KERAS",
        '{ "image" : [1,16,16,3] }',
        "NEO866",
    ),
    (
        "invalid PyTorch model: upgrade and use torch.jit.trace",
        {"model.pth": read("state_dict_before_1_6.pth")},
        "PYTORCH",
        '{"input0":[1,3,224,224]}',
        "NEO821",
    ),
    (
        "an ONNX file submitted as PyTorch",
        {"model.onnx": read("light_zfnet512.onnx")},
        "PYTORCH",
        '{"actual_input_1": [1, 3, 224, 224]}',
        "NEO861",
    ),
    (
        "an ONNX file named and submitted as PyTorch",
        {"model.pth": read("light_zfnet512.onnx")},
        "PYTORCH",
        '{"actual_input_1": [1, 3, 224, 224]}',
        "NEO814",
    ),
    (
        "a TorchScript file submitted as ONNX: incompatible ONNX model",
        {"model.pth": read("traced.pth")},
        "ONNX",
        '{"input0":[1,3,224,224]}',
        "NEO861",
    ),
    (
        "no module named __torch__: a scripted detection model",
        {"model.pth": read("scripted.pth")},
        "PYTORCH",
        '{"input0":[1,3,1680,2190]}',
        "NEO822",
    ),
    (
        "no implementation for prim::If: scripted, not traced",
        {"model.pth": read("scripted_branch.pth")},
        "PYTORCH",
        '{"image": [1, 128], "mask": [1, 128]}',
        "NEO822",
    ),
    (
        "as_list() is not defined on an unknown TensorShape: a detection graph",
        {"frozen_inference_graph.pb": read("loop.pb")},
        "TENSORFLOW",
        '{"image_tensor":[1,600,600,3]}',
        "NEO841",
    ),
    (
        "MXNet: exported with preprocessing, channels last",
        {
            "m-symbol.json": read("channels_last-symbol.json"),
            "m-0000.params": read("channels_last-0000.params"),
        },
        "MXNET",
        '{"data":[1,3,224,224]}',
        "NEO853",
    ),
    (
        "no valid TensorFlow model found: a Keras .h5",
        {"mobilenet_v2.h5": read("keras2_functional.h5")},
        "TENSORFLOW",
        '{"input_1":[1,224,224,3]}',
        "NEO861",
    ),
    (
        "no h5 file provided: a SavedModel",
        {"saved_model.pb": read("saved_model/saved_model.pb")},
        "KERAS",
        '{"input_1":[1,3,224,224]}',
        "NEO861",
    ),
    (
        "unable to load provided Keras model: 'sample_weight_mode'",
        {"model.h5": read("keras2_compiled.h5")},
        "KERAS",
        '{"image":[1,3,16,16]}',
        "NEO844",
    ),
    (
        "two .pb files",
        {"a.pb": read("frozen.pb"), "b.pb": read("loop.pb")},
        "TENSORFLOW",
        '{"pixels":[1,16,16,3]}',
        "NEO812",
    ),
]


@pytest.mark.parametrize(
    ("files", "framework", "inputs", "code"),
    [case[1:] for case in _CASES],
    ids=[case[0] for case in _CASES],
)
def test_the_cause_is_told(
    files: Mapping[str, bytes], framework: str, inputs: str, code: str
) -> None:
    found = [
        finding
        for finding in judged(files, framework, inputs)
        if finding.severity is not Severity.INFO
    ]
    assert code in [finding.code for finding in found]
