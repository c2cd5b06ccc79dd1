"""Models that onnx, TensorFlow, Keras, PyTorch, XGBoost and MXNet made: read as these read them.

The files under models/ come from the scripts under make/; expected_*.json is what the libraries
themselves say about the inputs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inspection.archives import MODELS, codes, look, look_at

Expected = list[dict[str, Any]]


def _expected() -> dict[str, Expected]:
    found: dict[str, Expected] = {}
    for path in sorted(MODELS.glob("expected_*.json")):
        found |= json.loads(path.read_text())
    return found


@pytest.mark.parametrize(("name", "inputs"), _expected().items(), ids=_expected())
def test_inputs_are_those_that_the_library_tells(name: str, inputs: Expected) -> None:
    report = look_at(name)
    assert report.model is not None, report.findings
    got = [
        {
            "name": tensor.name,
            "shape": None if tensor.shape is None else list(tensor.shape),
            "dtype": tensor.dtype,
        }
        for tensor in report.model.inputs
    ]
    assert got == inputs


@pytest.mark.parametrize(
    ("names", "framework", "form"),
    [
        (["light_squeezenet.onnx"], "ONNX", "ONNX"),
        (["tflite_float.tflite"], "TFLITE", "TFLite"),
        (["saved_model"], "TENSORFLOW", "TensorFlow SavedModel"),
        (["frozen.pb"], "TENSORFLOW", "TensorFlow frozen graph"),
        (["frozen_text.pbtxt"], "TENSORFLOW", "TensorFlow frozen graph"),
        (["keras2_functional.h5"], "KERAS", "Keras HDF5"),
        (["traced.pth"], "PYTORCH", "TorchScript"),
        (["state_dict.pth"], "PYTORCH", "PyTorch pickle in a zip"),
        (["state_dict_before_1_6.pth"], "PYTORCH", "PyTorch pickle (before 1.6)"),
        (["exported.pt2"], "PYTORCH", "torch.export program"),
        (["xgboost_1_3_3.model"], "XGBOOST", "XGBoost binary"),
        (["xgboost_1_3_3.json"], "XGBOOST", "XGBoost JSON"),
        (["xgboost_3_2_0.ubj"], "XGBOOST", "XGBoost UBJSON"),
        (["xgboost_1_3_3_pickled"], "XGBOOST", "pickled Booster"),
        (["channels_first-symbol.json", "channels_first-0000.params"], "MXNET", "MXNet symbol"),
        (["tiny.cfg", "tiny.weights"], "DARKNET", "Darknet"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_framework_is_told_from_the_content(
    names: list[str], framework: str, form: str
) -> None:
    report = look_at(*names)
    assert report.framework == framework
    assert report.model is not None
    assert report.model.format == form


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("xgboost_1_3_3.model", "1.3"),
        ("xgboost_1_3_3.json", "1.3.3"),
        ("xgboost_1_7_6.model", "1.7"),
        ("xgboost_1_7_6.ubj", "1.7.6"),
        ("xgboost_3_2_0.ubj", "3.2.0"),
        ("xgboost_3_2_0.json", "3.2.0"),
    ],
)
def test_a_booster_tells_its_version_and_features(name: str, version: str) -> None:
    model = look_at(name).model
    assert model is not None
    assert model.version == version
    assert model.details["features"] == "5"
    assert model.inputs[0].shape == (None, 5)


def test_an_onnx_model_tells_its_opset_and_operators() -> None:
    model = look_at("light_squeezenet.onnx").model
    assert model is not None
    assert model.details["opset"] == "9"
    assert model.operators["Conv"] == 26
    assert [tensor.name for tensor in model.outputs] == ["softmaxout_1"]


def test_operators_in_the_branches_of_an_if_are_counted() -> None:
    model = look_at("branches.onnx").model
    assert model is not None
    assert model.operators == {"If": 1, "Neg": 1, "Abs": 1}


def test_weights_that_are_listed_as_inputs_are_no_inputs() -> None:
    report = look_at("dynamic.onnx")
    assert list(report.config.shapes()) == ["image"]


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["dynamic.onnx"], "NCHW"),
        (["channels_last.onnx"], "NHWC"),
        (["tflite_float.tflite"], "NHWC"),
        (["saved_model"], "NHWC"),
        (["keras2_functional.h5"], "NHWC"),
        (["traced.pth"], "NCHW"),
        (["channels_first-symbol.json", "channels_first-0000.params"], "NCHW"),
        (["channels_last-symbol.json", "channels_last-0000.params"], "NHWC"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else value,
)
def test_the_layout_is_what_the_first_operators_show(names: list[str], layout: str) -> None:
    model = look_at(*names).model
    assert model is not None
    assert model.inputs[0].layout == layout


@pytest.mark.parametrize(
    ("names", "config"),
    [
        (["dynamic.onnx"], {"image": [None, 3, None, None]}),
        (["light_zfnet512.onnx"], {"gpu_0/data_0": [1, 3, 224, 224]}),
        (["keras2_functional.h5"], {"image": [None, 3, 16, 16]}),
        (["keras2_two_inputs.h5"], {"left": [None, 1, 8, 8], "right": [None, 4]}),
        (["keras2_sequential.h5"], {"first_input": [None, 5]}),
        (["saved_model"], {"pixels": [None, 16, 16, 3]}),
        (["tflite_float.tflite"], {"serving_default_image:0": [None, 16, 16, 3]}),
        (["traced.pth"], {"image": [1, 3, 16, 16]}),
        (["traced_pair.pt"], {"input0": [1, 8], "input1": [1, 8]}),
        (["labelled-symbol.json", "labelled-0000.params"], {"data": [1, 784]}),
        (
            ["channels_first-symbol.json", "channels_first-0000.params"],
            {"data": [None, 3, None, None]},
        ),
        (["tiny.cfg", "tiny.weights"], {"data": [1, 3, 320, 416]}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_data_input_config_follows_the_framework_s_rules(
    names: list[str], config: dict[str, list[int | None]]
) -> None:
    assert look_at(*names).config.shapes() == config


def test_pytorch_inputs_whose_names_are_not_in_lexical_order_get_names_that_are() -> None:
    model = look_at("traced_pair.pt").model
    assert model is not None
    assert [tensor.name for tensor in model.inputs] == ["tokens", "mask"]


def test_an_mxnet_label_is_no_input_of_the_compiled_model() -> None:
    report = look_at("labelled-symbol.json", "labelled-0000.params")
    assert report.model is not None
    assert [t.name for t in report.model.inputs if t.optional] == ["softmax_label"]
    assert "softmax_label" not in report.config.shapes()


def test_a_darknet_network_tells_its_weights_version() -> None:
    model = look_at("tiny.cfg", "tiny.weights").model
    assert model is not None
    assert model.version == "0.2.0"
    assert model.operators == {"convolutional": 1, "maxpool": 1, "yolo": 1}


def test_good_models_have_nothing_to_complain_about() -> None:
    for names in (
        ["light_squeezenet.onnx"],
        ["dynamic.onnx"],
        ["frozen.pb"],
        ["tflite_float.tflite"],
        ["tflite_quantized.tflite"],
        ["traced.pth"],
        ["xgboost_1_3_3.model"],
        ["channels_first-symbol.json", "channels_first-0000.params"],
        ["labelled-symbol.json", "labelled-0000.params"],
        ["tiny.cfg", "tiny.weights"],
    ):
        assert codes(look_at(*names)) == [], names


@pytest.mark.long
def test_every_model_of_the_onnx_package_is_read_as_the_package_reads_it() -> None:
    onnx = pytest.importorskip("onnx")
    files = sorted((Path(onnx.__file__).parent / "backend/test/data").rglob("*.onnx"))
    assert len(files) > 90
    for path in files:
        model = onnx.load(path, load_external_data=False)
        known = {item.name for item in model.graph.initializer}
        known |= {item.values.name for item in model.graph.sparse_initializer}
        report = look(path.read_bytes(), name=str(path))
        assert report.model is not None, path
        wanted = [value.name for value in model.graph.input if value.name not in known]
        assert [tensor.name for tensor in report.model.inputs] == wanted, path


@pytest.mark.long
@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"track_order": True}])
@pytest.mark.parametrize("attributes", [0, 9, 24, 200])
@pytest.mark.parametrize("padding", [0, 70_000])
def test_attributes_are_read_however_h5py_writes_them(
    options: dict[str, Any], attributes: int, padding: int, tmp_path: Path
) -> None:
    h5py = pytest.importorskip("h5py")
    layer = {"class_name": "InputLayer", "config": {"batch_shape": [None, 7], "name": "given"}}
    config = {"class_name": "Model", "config": {"layers": [layer], "name": "x" * padding}}
    with h5py.File(tmp_path / "m.h5", "w", **options) as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        for index in range(attributes):
            file.attrs[f"note{index}"] = index
    report = look((tmp_path / "m.h5").read_bytes(), name="m.h5")
    if attributes == 200 and options:
        assert "NEO815" in codes(report)
    else:
        assert report.config.shapes() == {"given": [None, 7]}
