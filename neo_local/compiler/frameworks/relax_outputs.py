"""The outputs of a converted model, as TVM's type of its ``main`` says them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neo_local.compiler.codegen import IRModule
from neo_local.compiler.failure import local_limit
from neo_local.compiler.model import Tensor


def outputs_of(module: IRModule, names: Sequence[str]) -> tuple[Tensor, ...]:
    """Return the outputs; a dimension that depends on the input stays an expression.

    Raises CompileFailure if there are more or fewer than the model declares.
    """
    result = module["main"].ret_ty
    types = list(result.fields) if hasattr(result, "fields") else [result]
    if len(types) != len(names):
        raise local_limit(
            f"TVM computes {len(types)} outputs; the model declares {len(names)}: "
            f"{', '.join(names)[:200]}."
        )
    return tuple(
        Tensor(name, str(one.dtype), _dimensions(one))
        for name, one in zip(names, types, strict=True)
    )


def _dimensions(tensor_type: Any) -> tuple[int | str, ...]:  # noqa: ANN401 - TVM's
    shape = tensor_type.shape if tensor_type.shape is not None else ()
    return tuple(int(dim) if hasattr(dim, "value") else str(dim) for dim in shape)
