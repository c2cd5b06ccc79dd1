"""Pooling, resizing and reductions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy

from neo_local.compiler.pnnx.graph import Array
from neo_local.compiler.pnnx.operator_call import Conversion, OperatorCall
from neo_local.compiler.pnnx.writer import Refused

_RESIZE_MODES = {"nearest": "nearest", "bicubic": "cubic"} | dict.fromkeys(
    ("linear", "bilinear", "trilinear"), "linear"
)


def maximum_pool(call: OperatorCall) -> str:
    """Convert the largest of each window."""
    _one_result(call)
    return call.writer.emit("MaxPool", call.data, **_windows(call, "dilation"))


def average_pool(call: OperatorCall) -> str:
    """Convert the mean of each window."""
    call.only("divisor_override")
    included = call.value("count_include_pad") is not False
    if call.value("ceil_mode") and any(call.integers("padding", (0,))) and included:
        raise Refused(f"{call.operator.kind} with ceil_mode and padding that is counted")
    return call.writer.emit(
        "AveragePool", call.data, **_windows(call), count_include_pad=int(included)
    )


def _one_result(call: OperatorCall) -> None:
    if len(call.operator.outputs) > 1:
        raise Refused(f"{call.operator.kind} with indices")


def _windows(call: OperatorCall, *more: str) -> dict[str, object]:
    kernel = call.integers("kernel_size")
    rank = len(call.source.shape) - 2

    def each(values: Sequence[int]) -> list[int]:
        return list(values) * rank if len(values) == 1 else list(values)

    sides = each(call.integers("padding", (0,)))
    fields: dict[str, object] = {
        "kernel_shape": each(kernel),
        "strides": each(call.integers("stride") or kernel),
        "pads": [*sides, *sides],
        "ceil_mode": int(bool(call.value("ceil_mode"))),
    }
    return fields | ({"dilations": each(call.integers("dilation", (1,)))} if more else {})


def adaptive_average_pool(call: OperatorCall) -> str:
    """Convert means of windows that share out each axis, by a product with a matrix for each."""
    result, rank = call.data, len(call.source.shape)
    sizes = list(zip(call.source.shape, call.result.shape, strict=True))
    spatial = range(2, rank)
    if all(sizes[axis][1] == 1 for axis in spatial):
        return call.writer.emit("GlobalAveragePool", result)
    for axis in spatial:
        taken, given = sizes[axis]
        if taken == given:
            continue
        shares = call.writer.constant(_shares(taken, given).astype(call.source.dtype))
        result = _along(call, result, axis, shares)
    return result


def _along(call: OperatorCall, data: str, axis: int, shares: str) -> str:
    """Multiply one axis, moved to the end and back."""
    rank = len(call.source.shape)
    moved = [*(other for other in range(rank) if other != axis), axis]
    back = [moved.index(place) for place in range(rank)]
    turned = call.writer.emit("Transpose", data, perm=moved)
    return call.writer.emit("Transpose", call.writer.emit("MatMul", turned, shares), perm=back)


def _shares(taken: int, given: int) -> Array:
    shares = numpy.zeros((taken, given))
    for place in range(given):
        window = slice(place * taken // given, -(-(place + 1) * taken // given))
        shares[window, place] = 1 / (window.stop - window.start)
    return shares


def adaptive_maximum_pool(call: OperatorCall) -> str:
    """Convert the largest of windows that share out each axis evenly."""
    _one_result(call)
    pairs = list(zip(call.source.shape[2:], call.result.shape[2:], strict=True))
    if any(taken % given for taken, given in pairs):
        raise Refused(f"{call.operator.kind} of {call.source.shape} to {call.result.shape}")
    kernel = [taken // given for taken, given in pairs]
    return call.writer.emit("MaxPool", call.data, kernel_shape=kernel, strides=kernel)


def resize(call: OperatorCall) -> str:
    """Convert an interpolation to a fixed size."""
    call.only("antialias", False)
    bilinear = "ilinear" in call.operator.kind  # PyTorch's old names, which align corners
    mode = "linear" if bilinear else _RESIZE_MODES.get(str(call.value("mode") or "nearest"))
    if mode is None or len(call.source.shape) < 3:
        raise Refused(f"{call.operator.kind} with mode={call.value('mode')}")
    _check_scale(call)
    corners = bilinear or bool(call.value("align_corners"))
    if mode == "nearest":
        how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        how = {"coordinate_transformation_mode": "align_corners" if corners else "half_pixel"}
    sizes = call.writer.integers(*call.result.shape)
    return call.writer.emit("Resize", call.data, "", "", sizes, mode=mode, **how)


def _check_scale(call: OperatorCall) -> None:
    """Refuse a factor that gives no whole size: positions are then counted by the factor."""
    factors = call.value("scale_factor")
    if factors is None:
        return
    listed = factors if isinstance(factors, tuple) else (factors,)
    sizes = zip(call.source.shape[2:], call.result.shape[2:], strict=True)
    scales = listed * (len(call.source.shape) - 2) if len(listed) == 1 else listed
    for (taken, given), factor in zip(sizes, scales, strict=True):
        if not isinstance(factor, int | float) or taken * factor != given:
            raise Refused(f"{call.operator.kind} by {factor} of {taken}")


def reduction(kind: str) -> Conversion:
    """Return the conversion of a sum, mean, maximum or minimum over axes."""

    def convert(call: OperatorCall) -> str:
        rank = len(call.source.shape)
        axes = call.integers("dim") or range(rank)
        _one_result(call)
        keep = int(call.value("keepdim") is True)
        return call.writer.emit(
            kind, call.data, call.writer.integers(*(axis % rank for axis in axes)), keepdims=keep
        )

    return convert


def argument_of_maximum(call: OperatorCall) -> str:
    """Convert torch.argmax over one axis."""
    if call.value("dim") is None:
        raise Refused("torch.argmax over all axes")
    keep = int(call.value("keepdim") is True)
    return call.writer.emit("ArgMax", call.data, axis=call.axis(), keepdims=keep)


POOLING: Mapping[str, Conversion] = {
    **{f"nn.MaxPool{rank}d": maximum_pool for rank in (1, 2, 3)},
    **{f"F.max_pool{rank}d": maximum_pool for rank in (1, 2, 3)},
    **{f"nn.AvgPool{rank}d": average_pool for rank in (1, 2, 3)},
    **{f"F.avg_pool{rank}d": average_pool for rank in (1, 2, 3)},
    **{f"nn.AdaptiveAvgPool{rank}d": adaptive_average_pool for rank in (1, 2, 3)},
    **{f"F.adaptive_avg_pool{rank}d": adaptive_average_pool for rank in (1, 2, 3)},
    **{f"nn.AdaptiveMaxPool{rank}d": adaptive_maximum_pool for rank in (1, 2, 3)},
    **{f"F.adaptive_max_pool{rank}d": adaptive_maximum_pool for rank in (1, 2, 3)},
    **dict.fromkeys(
        (
            *("nn.Upsample", "F.upsample", "F.interpolate"),
            *("nn.UpsamplingBilinear2d", "nn.UpsamplingNearest2d"),
            *("F.upsample_bilinear", "F.upsample_nearest"),
        ),
        resize,
    ),
    "torch.mean": reduction("ReduceMean"),
    "torch.sum": reduction("ReduceSum"),
    "torch.amax": reduction("ReduceMax"),
    "torch.amin": reduction("ReduceMin"),
    "torch.argmax": argument_of_maximum,
}
