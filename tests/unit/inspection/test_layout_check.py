"""What an archive has to hold per framework, and what is said when it does not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.inspection.checks.report import InspectionReport
from reconciler.rules.finding import Severity
from tests.unit.inspection.archives import MODELS, codes, look, look_at, pack, pack_model


def read(name: str) -> bytes:
    return (MODELS / name).read_bytes()


def only(report: InspectionReport, code: str) -> str:
    """Return the one finding of a code, as text."""
    found = [finding for finding in report.findings if finding.code == code]
    assert len(found) == 1, report.findings
    return f"{found[0].message} {found[0].got} {found[0].allowed} {found[0].hint}"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("keras2_functional.h5", "Multiple h5 files"),
        ("frozen.pb", "Exactly one .pb or .pbtxt"),
        ("light_zfnet512.onnx", "one .onnx"),
        ("traced.pth", "one .pth or .pt"),
        ("tflite_float.tflite", "one .tflite"),
        ("xgboost_1_3_3.model", "one .model"),
    ],
)
def test_two_models_where_neo_takes_one_are_an_error(name: str, answer: str) -> None:
    report = look(pack({f"a_{name}": read(name), f"b_{name}": read(name)}))
    assert answer in only(report, "NEO812")


def test_a_file_that_neo_does_not_look_for_is_no_second_model() -> None:
    files = {"model.pth": read("traced.pth"), "optimizer.bin": read("state_dict.pth")}
    assert "NEO812" not in codes(look(pack(files)))


def test_an_mxnet_symbol_needs_its_parameters_and_they_their_symbol() -> None:
    symbol, params = read("channels_first-symbol.json"), read("channels_first-0000.params")
    assert ".params" in only(look(pack({"m-symbol.json": symbol})), "NEO813")
    assert "symbol.json" in only(look(pack({"m-0000.params": params})), "NEO813")
    two = {"m-symbol.json": symbol, "m-0000.params": params, "m-0001.params": params}
    assert "Only one parameter file" in only(look(pack(two)), "NEO812")


def test_parameters_that_the_symbol_does_not_know_are_named() -> None:
    symbol, params = read("labelled-symbol.json"), read("channels_first-0000.params")
    report = look(pack({"m-symbol.json": symbol, "m-0000.params": params}))
    assert "conv0_weight" in only(report, "NEO852")


def test_a_darknet_network_needs_its_weights() -> None:
    assert ".weights" in only(look(pack({"tiny.cfg": read("tiny.cfg")})), "NEO813")


def test_a_darknet_network_without_size_is_named() -> None:
    report = look(pack({"t.cfg": b"[net]\nbatch=1\n[conv]\n", "t.weights": bytes(20)}))
    assert "width" in only(report, "NEO854")


def test_a_saved_model_needs_its_variables() -> None:
    report = look(pack({"1/saved_model.pb": read("saved_model/saved_model.pb")}))
    assert "variables/" in only(report, "NEO813")
    assert "NEO813" not in codes(look_at("saved_model"))


def test_files_of_tensorflow_s_own_bookkeeping_end_in_pb_and_are_named() -> None:
    assert "fingerprint.pb" in only(look_at("saved_model"), "NEO806")
    assert "NEO812" not in codes(look_at("saved_model"))


def test_a_label_map_is_no_graph_but_counts_for_neo() -> None:
    labels = b"item {\n  id: 1\n  name: 'cat'\n}\n"
    report = look(pack({"frozen.pb": read("frozen.pb"), "label_map.pbtxt": labels}))
    assert "label_map.pbtxt is not a model" in only(report, "NEO806")
    assert codes(report) == ["NEO806"]


def test_files_beside_the_model_are_left_alone() -> None:
    files = {
        "model.onnx": read("light_zfnet512.onnx"),
        "config.json": b"{'python': 'style'}",
        "template.json": b"{% if x %}",
        "labels.txt": b"cat",
        "setup.cfg": b"[metadata]\n",
        "tokenizer.model": b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02",
        "vocab.bin": bytes(64),
        "code/inference.py": b"import os",
    }
    assert codes(look(pack(files))) == []


def test_shadow_files_of_macos_are_named_and_are_no_second_model() -> None:
    report = look(pack({"._m.onnx": b"\0\5\x16\7", "m.onnx": read("light_zfnet512.onnx")}))
    assert "._m.onnx" in only(report, "NEO806")
    assert report.model is not None
    assert "NEO812" not in codes(report)


@pytest.mark.parametrize(
    ("name", "source", "what"),
    [
        ("model.pth", "light_zfnet512.onnx", "ONNX"),
        ("model.onnx", "traced.pth", "PyTorch"),
        ("model.pb", "keras2_functional.h5", "HDF5"),
        ("model.h5", "saved_model/saved_model.pb", "TensorFlow"),
        ("model.tflite", "frozen.pb", "TensorFlow"),
    ],
)
def test_a_name_that_promises_another_framework_is_an_error(
    name: str, source: str, what: str
) -> None:
    assert f"it is {what}" in only(look(pack({name: read(source)})), "NEO814")


@pytest.mark.parametrize("name", ["m.onnx", "m.h5", "m.tflite", "m.pth", "m.pb"])
@pytest.mark.parametrize("data", [b"", b"version https://git-lfs.github.com/spec/v1\noid 1\n"])
def test_an_empty_or_foreign_file_under_a_model_s_name_is_an_error(name: str, data: bytes) -> None:
    report = look(pack({name: data}))
    assert {"NEO814"} == {f.code for f in report.findings if f.severity is Severity.ERROR}


@pytest.mark.parametrize(
    "name", ["light_squeezenet.onnx", "tflite_float.tflite", "keras2_functional.h5", "traced.pth"]
)
def test_a_model_that_was_cut_off_is_an_error(name: str) -> None:
    data = read(name)
    report = look(pack({name: data[: len(data) // 2]}))
    assert "NEO814" in codes(report)


def test_an_archive_without_a_model_says_what_neo_takes() -> None:
    text = only(look(pack({"README.md": b"#", "data.csv": b"1"})), "NEO811")
    for ending in (".onnx", ".pth", ".h5", ".pb", ".tflite", "-symbol.json", ".cfg", ".model"):
        assert ending in text


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"model.safetensors": b"x"}, "safetensors"),
        ({"net.caffemodel": b"x"}, "Caffe"),
        ({"model.keras": b""}, "Keras 3"),
    ],
)
def test_formats_that_neo_does_not_take_are_named(files: Mapping[str, bytes], what: str) -> None:
    assert what in only(look(pack(files)), "NEO817")


def test_a_keras_3_archive_is_no_h5() -> None:
    assert ".h5" in only(look_at("model.keras"), "NEO817")


def test_models_of_several_frameworks_are_named() -> None:
    report = look(pack_model("light_zfnet512.onnx", "traced.pth"))
    assert "traced.pth (PYTORCH)" in only(report, "NEO816")


def test_a_model_that_was_not_packed_is_read_all_the_same() -> None:
    report = look(read("light_zfnet512.onnx"), name="dir/zf.onnx")
    assert "tar czf" in only(report, "NEO801")
    assert report.framework == "ONNX"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("state_dict.pth", "a state_dict"),
        ("checkpoint.pt", "checkpoint"),
        ("whole_module.pth", "a pickled Small"),
        ("state_dict_before_1_6.pth", "pickle"),
        ("exported.pt2", "torch.export"),
    ],
)
def test_pytorch_files_that_were_not_traced_are_an_error(name: str, words: str) -> None:
    assert words in only(look_at(name), "NEO821")


@pytest.mark.parametrize("name", ["scripted.pth", "scripted_branch.pth"])
def test_scripted_models_are_a_warning(name: str) -> None:
    assert "torch.jit.trace" in only(look_at(name), "NEO822")


def test_a_trace_with_integers_is_a_warning() -> None:
    assert "int64" in only(look_at("traced_pair.pt"), "NEO824")


def test_onnx_findings() -> None:
    assert "17" in only(look_at("newer_opset.onnx"), "NEO831")
    assert "not in the archive" in only(look_at("external.onnx"), "NEO832")
    assert "beside it" in only(look_at("external.onnx", "weights.bin"), "NEO832")
    assert "com.example.FusedConv" in only(look_at("custom_operator.onnx"), "NEO833")


def test_operators_that_jobs_have_failed_on_are_a_warning() -> None:
    assert "neo-ai/tvm#132" in only(look_at("scatter.onnx"), "NEO834")


def test_tensorflow_findings() -> None:
    assert "Switch" in only(look_at("loop.pb"), "NEO841")
    assert "anything" in only(look_at("unknown_rank.pb"), "NEO841")
    assert "2.21" in only(look_at("saved_model"), "NEO843")


def test_keras_findings() -> None:
    assert "sample_weight_mode" in only(look_at("keras2_compiled.h5"), "NEO844")
    assert "NEO844" not in codes(look_at("keras2_functional.h5"))
    assert "weights only" in only(look_at("keras2_weights_only.h5"), "NEO845")


def test_xgboost_findings() -> None:
    assert "pickle" in only(look_at("xgboost_1_3_3_pickled"), "NEO851")
    assert "UBJSON" in only(look_at("xgboost_3_2_0.ubj"), "NEO851")
    assert "3.2.0" in only(look_at("xgboost_3_2_0.ubj"), "NEO843")
    assert codes(look_at("xgboost_1_3_3.model")) == []


def test_a_sagemaker_training_job_s_own_name_for_a_booster_is_taken() -> None:
    report = look(pack({"xgboost-model": read("xgboost_1_3_3.model")}))
    assert report.framework == "XGBOOST"
    assert codes(report) == []


def test_channels_last_in_mxnet_are_a_warning() -> None:
    report = look_at("channels_last-symbol.json", "channels_last-0000.params")
    assert "NCHW" in only(report, "NEO853")


def test_a_large_booster_in_json_is_read_without_parsing_it() -> None:
    text = read("xgboost_3_2_0.json").decode()
    padding = ",".join(["0.123456"] * 400_000)
    large = text.replace('"gradient_booster":{', f'"gradient_booster":{{"padding":[{padding}],', 1)
    assert len(large) > len(text)
    model = look(pack({"m.json": large.encode()})).model
    assert model is not None
    assert (model.version, model.details["features"]) == ("3.2.0", "5")
