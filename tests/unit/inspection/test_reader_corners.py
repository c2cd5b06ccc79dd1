"""Forms that the real libraries' files at hand do not show, made by hand after their formats."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

import pytest

from reconciler.inspection.errors import Damaged, LimitReached
from reconciler.inspection.limits import Limits, ReadBudget
from reconciler.inspection.protobuf import Span, numbers, whole
from reconciler.inspection.source import ByteSource
from tests.unit.inspection.archives import MODELS, codes, look, look_at, pack


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["sklearn.joblib", "sklearn.pkl"])
def test_a_scikit_learn_pickle_is_recognised_and_stays_closed(name: str) -> None:
    report = look_at(name)
    assert report.framework == "SKLEARN"
    assert report.config.shapes() == {}


def test_a_pickle_of_nobody_known_is_no_model() -> None:
    assert codes(look(pack({"a.pkl": b"\x80\x04K\x01."}))) == ["NEO811"]


def test_a_pickle_under_pytorch_s_name_is_an_eager_model() -> None:
    report = look(pack({"model.pth": b"\x80\x04K\x01."}))
    assert report.framework == "PYTORCH"
    assert codes(report) == ["NEO821"]


def test_torchscript_before_1_4_is_named() -> None:
    report = look(pack({"m.pth": zipped({"m/model.json": b"{}"})}))
    assert codes(report) == ["NEO823"]


def test_a_zip_that_is_no_model_is_told() -> None:
    assert "NEO814" in codes(look(pack({"m.pth": zipped({"m/readme": b"x"})})))


def test_forward_with_defaults_and_structures_is_read() -> None:
    code = (
        b"class Net(Module):\n  __parameters__ = []\n  def forward(self: __torch__.Net,\n"
        b"    image: Tensor,\n    pairs: List[Tuple[Tensor, int]],\n"
        b"    scale: float=1.) -> Tensor:\n"
        b"    return image\n"
    )
    record = b"\x80\x02c__torch__\nNet\n)\x81}b."
    files = {"m/data.pkl": record, "m/code/__torch__.py": code, "m/version": b"3\n"}
    model = look(pack({"m.pth": zipped(files)})).model
    assert model is not None
    assert [tensor.name for tensor in model.inputs] == ["image", "pairs"]
    assert all(tensor.optional for tensor in model.inputs)


def test_a_large_model_that_was_not_packed_is_read_whole() -> None:
    data = (MODELS / "keras3_functional.h5").read_bytes()
    assert len(data) > io.DEFAULT_BUFFER_SIZE
    report = look(data, name="model.h5")
    assert report.framework == "KERAS"
    assert report.compressed == len(data)
    cut = look(data, Limits(expanded_bytes=10_000), name="model.h5")
    assert cut.model is None


def test_packed_numbers_are_read_as_single_ones_are() -> None:
    data = b"\x00\x03\x81\x01" + b"\xff" * 9 + b"\x01"
    source = ByteSource(io.BytesIO(data), len(data), ReadBudget())
    assert numbers(whole(source)) == [0, 3, 129, -1]
    assert numbers(7) == [7]


def test_fixed_width_fields_are_passed_over() -> None:
    data = b"\x09" + bytes(8) + b"\x15" + bytes(4) + b"\x18\x05"
    source = ByteSource(io.BytesIO(data), len(data), ReadBudget())
    found = [(number, isinstance(value, Span)) for number, value in whole(source).fields()]
    assert found == [(1, True), (2, True), (3, False)]


@pytest.mark.parametrize(
    "data", [b"\x0b", b"\x00\x01", b"\x0a\x05abc", b"\x08", b"\x08" + b"\x80" * 12]
)
def test_what_is_no_protobuf_is_damaged(data: bytes) -> None:
    source = ByteSource(io.BytesIO(data), len(data), ReadBudget())
    with pytest.raises(Damaged):
        list(whole(source).fields())


def test_one_value_larger_than_is_read_at_once_is_refused() -> None:
    source = ByteSource(io.BytesIO(), 1 << 30, ReadBudget())
    with pytest.raises(LimitReached):
        source.read(0, 1 << 29)
    with pytest.raises(Damaged):
        source.read(5, 16)


def test_a_text_graph_in_every_notation_is_read() -> None:
    text = b"""
        # a comment
        node: < name: 'x' op: "Place" "holder"
          attr { key: "dtype" value { type: DT_HALF } }
          attr { key: "shape" value { shape { dim [ { size: -1 }, { size: 4 } ]; } } }
          unknown_field: [1, 2.5e3, true] >
        node { name: "y" op: "Neg" input: ["x"], }
        versions { producer: 22 }
    """
    model = look(pack({"graph.pbtxt": text})).model
    assert model is not None
    assert [(t.name, t.shape, t.dtype) for t in model.inputs] == [("x", (None, 4), "float16")]
    assert [t.name for t in model.outputs] == ["y"]


def test_a_saved_model_as_text_is_read() -> None:
    text = b"""
        saved_model_schema_version: 1
        meta_graphs {
          meta_info_def { tensorflow_version: "2.9.1" }
          graph_def { node { name: "x" op: "Placeholder" } }
          signature_def { key: "predict" value {
            inputs { key: "in" value { name: "x:0" dtype: DT_FLOAT
              tensor_shape { dim { size: 1 } dim { size: 8 } } } } } }
        }
    """
    report = look(pack({"saved_model.pbtxt": text}))
    assert report.config.shapes() == {"in": [1, 8]}
    assert report.model is not None
    assert (report.model.version, report.model.details["signature"]) == ("2.9.1", "predict")
    assert codes(report) == []


def test_a_saved_model_without_signature_is_a_warning() -> None:
    text = b'meta_graphs { graph_def { node { name: "x" op: "Placeholder" } } }'
    assert "NEO842" in codes(look(pack({"saved_model.pbtxt": text})))


def params(mark: int | None) -> bytes:
    """Return one array of 2 by 3 float32 in an older form of MXNet's."""
    head = struct.pack("<QQQ", 0x112, 0, 1)
    old = struct.pack("<III", 2, 2, 3)
    shape = old if mark is None else struct.pack("<Iiqq", mark, 2, 2, 3)
    array = shape + struct.pack("<iii", 1, 0, 0) + bytes(24)
    return head + array + struct.pack("<QQ", 1, 5) + b"arg:w"


@pytest.mark.parametrize("mark", [None, 0xF993FAC8])
def test_parameters_of_older_mxnet_are_read(mark: int | None) -> None:
    symbol = (
        b'{"nodes": [{"op": "null", "name": "data", "inputs": []},'
        b'{"op": "null", "name": "w", "param": {}, "inputs": [], "backward_source_id": -1},'
        b'{"op": "FullyConnected", "name": "fc", "inputs": [[0, 0], [1, 0]]}],'
        b'"arg_nodes": [0, 1], "heads": [[2, 0]]}'
    )
    model = look(pack({"m-symbol.json": symbol, "m-0000.params": params(mark)})).model
    assert model is not None
    assert [tensor.name for tensor in model.inputs] == ["data"]
    assert model.details["parameters"] == "1"


@pytest.mark.parametrize("cut", [30, 50, 60])
def test_parameters_that_break_off_are_damaged(cut: int) -> None:
    symbol = (MODELS / "labelled-symbol.json").read_bytes()
    report = look(pack({"m-symbol.json": symbol, "m-0000.params": params(0xF993FAC8)[:cut]}))
    assert "NEO814" in codes(report)


def test_a_symbol_alone_still_tells_its_inputs() -> None:
    report = look(pack({"m-symbol.json": (MODELS / "labelled-symbol.json").read_bytes()}))
    assert report.config.shapes() == {"data": [1, 784]}


def test_a_darknet_network_of_vectors_is_flat() -> None:
    report = look(pack({"a.cfg": b"[network]\ninputs=30\n[connected]\n", "a.weights": bytes(20)}))
    assert report.config.shapes() == {"data": [1, 30]}
