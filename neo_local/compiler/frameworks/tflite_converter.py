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
from tvm.relax.frontend.tflite.tflite_frontend import OperatorConverter

Operator = Any  # a table of the tflite package, which is not installed where types are checked
Array = Any
Fold = Callable[[Operator, Sequence[Array]], Array]


class FoldingConverter(OperatorConverter):  # type: ignore[misc]
    """Converts operators, and computes those of shapes."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - TVM's
        super().__init__(*arguments, **named)
        self._known: dict[int, Array] = {}
        for name, fold in _FOLDS.items():
            self.convert_map[name] = self._folding(fold, self.convert_map[name])
        self.convert_map["SHAPE"] = self._folding_shape(self.convert_map["SHAPE"])

    def get_tensor_value(self, tensor_wrapper: Any, is_sparse: bool = False) -> Array:  # noqa: ANN401
        """Return a constant's value, whether it is stored or was computed."""
        known = self._known.get(tensor_wrapper.tensor_idx)
        return super().get_tensor_value(tensor_wrapper, is_sparse) if known is None else known

    def get_tensor_shape(self, tensor_wrapper: Any) -> Array:  # noqa: ANN401
        """Return the shape that the tensor has here, which may be of another batch than stored."""
        sizes = self._sizes(tensor_wrapper)
        return super().get_tensor_shape(tensor_wrapper) if sizes is None else np.array(sizes)

    def _sizes(self, tensor: Any) -> list[int] | None:  # noqa: ANN401
        """Return the fixed sizes of a computed tensor; None if it is a constant or not fixed."""
        if not self.has_expr(tensor.tensor_idx):
            return None
        shape = self._infer_shape(self.get_expr(tensor.tensor_idx))
        fixed = isinstance(shape, relax.ShapeExpr) and all(hasattr(one, "value") for one in shape)
        return [int(one) for one in shape] if fixed else None

    def _folding_shape(self, convert: Callable[..., Any]) -> Callable[..., Any]:
        def shape(op: Operator) -> Any:  # noqa: ANN401
            sizes = self._sizes(self.get_input_tensors(op)[0])
            return convert(op=op) if sizes is None else self._keep(op, np.array(sizes))

        return shape

    def _folding(self, fold: Fold, convert: Callable[..., Any]) -> Callable[..., Any]:
        def folded(op: Operator) -> Any:  # noqa: ANN401
            inputs = self.get_input_tensors(op)
            if not any(one.tensor_idx in self._known for one in inputs):
                return convert(op=op)
            if any(self.has_expr(one.tensor_idx) for one in inputs):
                return convert(op=op)
            return self._keep(op, fold(op, [self.get_tensor_value(one) for one in inputs]))

        return folded

    def _keep(self, op: Operator, value: Array) -> None:
        output = self.get_output_tensors(op)[0]
        dtype = self.get_tensor_type_str(output.tensor.Type())
        self._known[output.tensor_idx] = np.asarray(value).astype(dtype)


def _options(op: Operator, kind: type) -> Any:  # noqa: ANN401
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
    "CAST": lambda _op, inputs: inputs[0],
    "ADD": lambda _op, inputs: inputs[0] + inputs[1],
    "SUB": lambda _op, inputs: inputs[0] - inputs[1],
    "MUL": lambda _op, inputs: inputs[0] * inputs[1],
    "REDUCE_PROD": _reduce_prod,
}
