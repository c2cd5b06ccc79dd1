"""TVM's conversion of TFLite operators, with the arithmetic of shapes done beforehand.

Converters write a reshape to "the same batch" as SHAPE, STRIDED_SLICE, PACK, RESHAPE. All shapes
are fixed when a model is compiled, so what is computed from them is a number, and TVM, which
takes constant shapes alone, is given the number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from tflite import ConcatenationOptions, PackOptions, ReducerOptions, StridedSliceOptions
from tvm import relax
from tvm.error import OpNotImplemented
from tvm.relax.frontend.tflite.tflite_frontend import OperatorConverter

from neo_local.compiler.frameworks.tflite_blocks import batch_to_space, space_to_batch

_MOVES = frozenset(
    {
        *("TRANSPOSE", "EXPAND_DIMS", "SQUEEZE", "STRIDED_SLICE", "SLICE", "PAD", "PADV2", "TILE"),
        *("SPLIT", "SPLIT_V", "UNPACK", "DEPTH_TO_SPACE", "SPACE_TO_DEPTH", "REVERSE_V2"),
        *("SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "RESIZE_NEAREST_NEIGHBOR"),
    }
)
Operator = Any  # a table of the tflite package, which is not installed where types are checked
Array = Any
Fold = Callable[[Operator, Sequence[Array]], Array]


class FoldingConverter(OperatorConverter):  # type: ignore[misc]  # TVM is untyped
    """Converts operators, and computes those of shapes.

    Operators that move numbers without computing with them are taken for quantised numbers, too,
    which TVM does not do although its conversions are right.
    """

    _SUPPORTED_QUANTIZED_OPS = OperatorConverter._SUPPORTED_QUANTIZED_OPS | {"SHAPE"} | _MOVES

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - TVM's
        super().__init__(*arguments, **named)
        self._known: dict[int, Array] = {}
        for name, fold in _FOLDS.items():
            self.convert_map[name] = self._folding(fold, self.convert_map[name])
        self.convert_map["SHAPE"] = self._folding_shape(self.convert_map["SHAPE"])
        self.convert_map["EXPAND_DIMS"] = self._expand_dims
        self.convert_map["SPACE_TO_BATCH_ND"] = self._space_to_batch
        self.convert_map["BATCH_TO_SPACE_ND"] = self._batch_to_space
        for name in _MOVES:
            self.convert_map[name] = self._moving(self.convert_map[name], name)

    def get_tensor_value(self, tensor_wrapper: Any, is_sparse: bool = False) -> Array:  # noqa: ANN401 - TVM's
        """Return a constant's value, whether it is stored or was computed."""
        known = self._known.get(tensor_wrapper.tensor_idx)
        return super().get_tensor_value(tensor_wrapper, is_sparse) if known is None else known

    def get_tensor_shape(self, tensor_wrapper: Any) -> Array:  # noqa: ANN401 - TVM's
        """Return the shape that the tensor has here, which may be of another batch than stored."""
        sizes = self._sizes(tensor_wrapper)
        return super().get_tensor_shape(tensor_wrapper) if sizes is None else np.array(sizes)

    def _sizes(self, tensor: Any) -> list[int] | None:  # noqa: ANN401 - TVM's
        """Return the fixed sizes of a computed tensor; None if it is a constant or not fixed."""
        if not self.has_expr(tensor.tensor_idx):
            return None
        shape = self._infer_shape(self.get_expr(tensor.tensor_idx))
        fixed = isinstance(shape, relax.ShapeExpr) and all(hasattr(one, "value") for one in shape)
        return [int(one) for one in shape] if fixed else None

    def _folding_shape(self, convert: Callable[..., Any]) -> Callable[..., Any]:
        def shape(op: Operator) -> Any:  # noqa: ANN401 - TVM's
            sizes = self._sizes(self.get_input_tensors(op)[0])
            return convert(op=op) if sizes is None else self._keep(op, np.array(sizes))

        return shape

    def _folding(self, fold: Fold, convert: Callable[..., Any]) -> Callable[..., Any]:
        def folded(op: Operator) -> Any:  # noqa: ANN401 - TVM's
            inputs = self.get_input_tensors(op)
            if not any(one.tensor_idx in self._known for one in inputs):
                return convert(op=op)
            if any(self.has_expr(one.tensor_idx) for one in inputs):
                return convert(op=op)
            return self._keep(op, fold(op, [self.get_tensor_value(one) for one in inputs]))

        return folded

    def _expand_dims(self, op: Operator) -> Any:  # noqa: ANN401 - TVM's
        """Convert EXPAND_DIMS, which TVM 0.27 calls with an argument too many."""
        data, axis = self.get_input_tensors(op)
        (place,) = np.ravel(self.get_tensor_value(axis))
        return relax.op.expand_dims(self.get_tensor_expr(data), int(place))

    def _space_to_batch(self, op: Operator) -> Any:  # noqa: ANN401 - TVM's
        data, block, pads = self.get_input_tensors(op)
        zero = float(data.qnn_params["zero_point"].value.numpy()) if data.qnn_params else 0.0
        sides, widths = (self.get_tensor_value(one).tolist() for one in (block, pads))
        return space_to_batch(self.get_tensor_expr(data), self._fixed(data), sides, widths, zero)

    def _batch_to_space(self, op: Operator) -> Any:  # noqa: ANN401 - TVM's
        data, block, crops = self.get_input_tensors(op)
        sides, widths = (self.get_tensor_value(one).tolist() for one in (block, crops))
        return batch_to_space(self.get_tensor_expr(data), self._fixed(data), sides, widths)

    def _fixed(self, tensor: Any) -> list[int]:  # noqa: ANN401 - TVM's
        sizes = self._sizes(tensor)
        if sizes is None:
            raise OpNotImplemented("blocks of a tensor whose shape is not fixed")
        return sizes

    def _moving(self, convert: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a conversion that is right where input and output have the same scale."""

        def moved(op: Operator) -> Any:  # noqa: ANN401 - TVM's
            source = self.get_input_tensors(op)[0]
            results = self.get_output_tensors(op)
            if source.qnn_params and not all(
                one.qnn_params and self.has_same_qnn_params(source, one) for one in results
            ):
                raise OpNotImplemented(f"{name} from one scale of quantised numbers to another")
            return convert(op=op)

        return moved

    def _keep(self, op: Operator, value: Array) -> None:
        output = self.get_output_tensors(op)[0]
        dtype = self.get_tensor_type_str(output.tensor.Type())
        self._known[output.tensor_idx] = np.asarray(value).astype(dtype)


def _options(op: Operator, kind: type) -> Any:  # noqa: ANN401 - TVM's
    table, options = op.BuiltinOptions(), kind()
    options.Init(table.Bytes, table.Pos)
    return options


def _strided_slice(op: Operator, inputs: Sequence[Array]) -> Array:
    values, begin, end, stride = inputs
    options = _options(op, StridedSliceOptions)
    if options.EllipsisMask() or options.NewAxisMask() or len(begin) != 1:
        raise NotImplementedError("STRIDED_SLICE of a shape with an ellipsis or a new axis")
    if options.ShrinkAxisMask():
        return values[begin[0]]
    first = None if options.BeginMask() else begin[0]
    return values[first : None if options.EndMask() else end[0] : stride[0]]


def _pack(op: Operator, inputs: Sequence[Array]) -> Array:
    return np.stack(inputs, axis=_options(op, PackOptions).Axis())


def _concatenation(op: Operator, inputs: Sequence[Array]) -> Array:
    return np.concatenate(inputs, axis=_options(op, ConcatenationOptions).Axis())


def _reduce_prod(op: Operator, inputs: Sequence[Array]) -> Array:
    axes = tuple(np.ravel(inputs[1]))
    return np.prod(inputs[0], axis=axes, keepdims=bool(_options(op, ReducerOptions).KeepDims()))


_FOLDS: Mapping[str, Fold] = {
    "STRIDED_SLICE": _strided_slice,
    "PACK": _pack,
    "CONCATENATION": _concatenation,
    "GATHER": lambda _op, inputs: np.take(inputs[0], inputs[1]),
    "CAST": lambda _op, inputs: inputs[0],
    "ADD": lambda _op, inputs: inputs[0] + inputs[1],
    "SUB": lambda _op, inputs: inputs[0] - inputs[1],
    "MUL": lambda _op, inputs: inputs[0] * inputs[1],
    "REDUCE_PROD": _reduce_prod,
}
