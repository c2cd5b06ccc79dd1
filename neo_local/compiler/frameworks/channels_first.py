"""Transposed convolutions with their channels first, the only ones that TVM generates code for."""

from __future__ import annotations

from typing import Any

from tvm import ir, relax
from tvm.relax.expr_functor import PyExprMutator, mutator

from neo_local.compiler.codegen import IRModule

_TRANSPOSED = ir.Op.get("relax.nn.conv2d_transpose")


def with_channels_first(module: IRModule) -> IRModule:
    """Return the module with axes moved around each transposed convolution that has them last."""
    writer = _Writer(module)
    writer.builder_.update_func(module.get_global_var("main"), writer.visit_expr(module["main"]))
    return writer.builder_.get()


@mutator
class _Writer(PyExprMutator):  # type: ignore[misc]  # TVM is untyped
    """Rewrites the calls of a function."""

    def visit_call_(self, call: Any) -> Any:  # noqa: ANN401 - TVM's
        """Return a call, rewritten if it is such a convolution."""
        call = self.visit_expr_post_order(call)
        if call.op != _TRANSPOSED or call.attrs.data_layout != "NHWC":
            return call
        data, weight = call.args
        given = call.attrs
        made = relax.op.nn.conv2d_transpose(
            self.builder_.emit(relax.op.permute_dims(data, [0, 3, 1, 2])),
            weight,
            strides=given.strides,
            padding=given.padding,
            output_padding=given.output_padding,
            dilation=given.dilation,
            groups=given.groups,
            data_layout="NCHW",
            kernel_layout=given.kernel_layout,
            out_dtype=given.out_dtype,
        )
        return relax.op.permute_dims(self.builder_.emit(made), [0, 2, 3, 1])
