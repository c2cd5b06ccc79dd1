"""Layers with weights: convolutions, products of matrices, normalisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy

from neo_local.compiler.pnnx.graph import ATTRIBUTE
from neo_local.compiler.pnnx.operator_call import Conversion, OperatorCall
from neo_local.compiler.pnnx.shapes import padded
from neo_local.compiler.pnnx.writer import Refused


def convolution(call: OperatorCall) -> str:
    """Convert a convolution, whose padding may be a mode of its own."""
    weight = call.weight("weight")
    kernel = _kernel(call)
    rank = len(kernel)
    stride, dilation = (_each(call.integers(key, (1,)), rank) for key in ("stride", "dilation"))
    before, after = _paddings(call, kernel, dilation)
    data = call.data
    mode = call.value("padding_mode") or "zeros"
    if mode != "zeros" and any((*before, *after)):
        data = padded(call, data, [0, 0, *before], [0, 0, *after], str(mode))
        before, after = [0] * rank, [0] * rank
    return call.writer.emit(
        "Conv", data, weight, *_present(call.weight("bias")),
        strides=stride, dilations=dilation, pads=[*before, *after],
        group=call.integer("groups", 1), kernel_shape=kernel,
    )  # fmt: skip


def _kernel(call: OperatorCall) -> list[int]:
    given = call.integers("kernel_size")
    if given:
        return given
    name = call.operator.arguments.get("weight", "")
    return list(call.writer.type(name).shape[2:])


def _paddings(
    call: OperatorCall, kernel: Sequence[int], dilation: Sequence[int]
) -> tuple[list[int], list[int]]:
    match call.value("padding"):
        case "same":
            totals = [step * (size - 1) for size, step in zip(kernel, dilation, strict=True)]
            return [total // 2 for total in totals], [total - total // 2 for total in totals]
        case "valid":
            return [0] * len(kernel), [0] * len(kernel)
        case _:
            sides = _each(call.integers("padding", (0,)), len(kernel))
            return sides, sides


def transposed_convolution(call: OperatorCall) -> str:
    """Convert a transposed convolution."""
    call.only("padding_mode", "zeros")
    weight, kernel = call.weight("weight"), _kernel(call)
    rank = len(kernel)
    sides = _each(call.integers("padding", (0,)), rank)
    return call.writer.emit(
        "ConvTranspose", call.data, weight, *_present(call.weight("bias")),
        strides=_each(call.integers("stride", (1,)), rank),
        dilations=_each(call.integers("dilation", (1,)), rank),
        output_padding=_each(call.integers("output_padding", (0,)), rank),
        pads=[*sides, *sides], group=call.integer("groups", 1), kernel_shape=kernel,
    )  # fmt: skip


def linear(call: OperatorCall) -> str:
    """Convert a product with the transposed weights, and a bias added."""
    weight = call.writer.emit("Transpose", call.weight("weight"), perm=[1, 0])
    product = call.writer.emit("MatMul", call.data, weight)
    bias = call.weight("bias")
    return call.writer.emit("Add", product, bias) if bias else product


def matrix_product(call: OperatorCall) -> str:
    return call.writer.emit("MatMul", *call.inputs)


def batch_normalization(call: OperatorCall) -> str:
    """Convert the normalisation by means and variances that were learnt."""
    channels = call.source.shape[1]
    scale, bias = _affine(call, channels)
    mean, variance = call.weight("running_mean"), call.weight("running_var")
    if not mean or not variance:
        raise Refused(f"{call.operator.kind} without running statistics")
    epsilon = call.number("eps", 1e-5)
    return call.writer.emit(
        "BatchNormalization", call.data, scale, bias, mean, variance, epsilon=epsilon
    )


def _affine(call: OperatorCall, channels: int) -> tuple[str, str]:
    dtype = call.source.dtype
    scale = call.weight("weight") or call.writer.constant(numpy.ones(channels, dtype))
    return scale, call.weight("bias") or call.writer.constant(numpy.zeros(channels, dtype))


def layer_normalization(call: OperatorCall) -> str:
    """Convert the normalisation over the last axes."""
    sizes = call.integers("normalized_shape")
    dtype, writer = call.source.dtype, call.writer
    scale = call.weight("weight") or writer.constant(numpy.ones(sizes, dtype))
    bias = call.weight("bias") or writer.constant(numpy.zeros(sizes, dtype))
    epsilon = call.number("eps", 1e-5)
    return writer.emit(
        "LayerNormalization", call.data, scale, bias, axis=-len(sizes), epsilon=epsilon
    )


def group_normalization(call: OperatorCall) -> str:
    """Convert the normalisation over groups of channels: over a last axis that is a group."""
    return _normalized_by_groups(call, call.integer("num_groups", 1))


def instance_normalization(call: OperatorCall) -> str:
    """Convert the normalisation of each channel of each instance."""
    if "running_mean" in call.operator.weights:
        raise Refused(f"{call.operator.kind} with running statistics")
    return _normalized_by_groups(call, call.source.shape[1])


def _normalized_by_groups(call: OperatorCall, groups: int) -> str:
    writer, shape, dtype = call.writer, call.source.shape, call.source.dtype
    size = prod(shape[1:]) // groups
    apart = writer.reshape(call.data, (shape[0], groups, size))
    neutral = (numpy.ones(size, dtype), numpy.zeros(size, dtype))
    scale, bias = (writer.constant(array) for array in neutral)
    epsilon = call.number("eps", 1e-5)
    even = writer.emit("LayerNormalization", apart, scale, bias, axis=-1, epsilon=epsilon)
    whole = writer.reshape(even, shape)
    spread = (1, shape[1], *[1] * (len(shape) - 2))
    factors, terms = (writer.reshape(one, spread) for one in _affine(call, shape[1]))
    return writer.emit("Add", writer.emit("Mul", whole, factors), terms)


def embedding(call: OperatorCall) -> str:
    return call.writer.emit("Gather", call.weight("weight"), call.data, axis=0)


def attribute(call: OperatorCall) -> str:
    """Convert a constant of the model."""
    return call.writer.weight(call.operator, "data")


def _each(values: Sequence[int], rank: int) -> list[int]:
    """Return a value for each axis; one alone is meant for all."""
    return list(values) * rank if len(values) == 1 else list(values)


def _present(*names: str) -> list[str]:
    return [name for name in names if name]


LAYERS: Mapping[str, Conversion] = {
    **{f"nn.Conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"F.conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"nn.ConvTranspose{rank}d": transposed_convolution for rank in (1, 2, 3)},
    **{f"F.conv_transpose{rank}d": transposed_convolution for rank in (1, 2, 3)},
    "nn.Linear": linear,
    "F.linear": linear,
    "torch.matmul": matrix_product,
    "torch.bmm": matrix_product,
    "torch.mm": matrix_product,
    **{f"nn.BatchNorm{rank}d": batch_normalization for rank in (1, 2, 3)},
    "F.batch_norm": batch_normalization,
    "nn.LayerNorm": layer_normalization,
    "F.layer_norm": layer_normalization,
    "nn.GroupNorm": group_normalization,
    "F.group_norm": group_normalization,
    **{f"nn.InstanceNorm{rank}d": instance_normalization for rank in (1, 2, 3)},
    "nn.Embedding": embedding,
    "F.embedding": embedding,
    ATTRIBUTE: attribute,
}
