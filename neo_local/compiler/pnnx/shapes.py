"""Operators that move numbers without computing with them; all shapes are fixed by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from neo_local.compiler.pnnx.operator_call import Conversion, OperatorCall
from neo_local.compiler.pnnx.writer import Refused

_PAD_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
_END = (1 << 31) - 1


def reshaped(call: OperatorCall) -> str:
    """Convert whatever gives the same numbers in another shape."""
    return call.writer.reshape(call.data, call.result.shape)


def concatenated(call: OperatorCall) -> str:
    return call.writer.emit("Concat", *call.inputs, axis=call.axis())


def stacked(call: OperatorCall) -> str:
    """Convert torch.stack, which makes a new axis."""
    axis = call.integer("dim") % len(call.result.shape)
    place = call.writer.integers(axis)
    apart = [call.writer.emit("Unsqueeze", one, place) for one in call.inputs]
    return call.writer.emit("Concat", *apart, axis=axis)


def permuted(call: OperatorCall) -> str:
    rank = len(call.source.shape)
    return call.writer.emit(
        "Transpose", call.data, perm=[axis % rank for axis in call.integers("dims")]
    )


def transposed(call: OperatorCall) -> str:
    """Convert the exchange of two axes."""
    axes = list(range(len(call.source.shape)))
    first, second = call.axis("dim0", 0), call.axis("dim1", 1)
    axes[first], axes[second] = axes[second], axes[first]
    return call.writer.emit("Transpose", call.data, perm=axes)


def sliced(call: OperatorCall) -> str:
    """Convert slices of several axes, and single places of others."""
    axes = call.integers("dims") or [call.integer("dim")]
    starts = call.integers("starts") or [call.integer("start")]
    ends = call.integers("ends") or [call.integer("end", _END)]
    steps = call.integers("steps") or [call.integer("step", 1)]
    chosen = call.integers("selects") or [_END] * len(axes)
    rank, taken = len(call.source.shape), call.data
    for axis, start, end, step, single in zip(axes, starts, ends, steps, chosen, strict=True):
        if single != _END:
            size = call.source.shape[axis % rank]
            start, end, step = single % size, single % size + 1, 1
        taken = _slice(call, taken, axis % rank, start, end, step)
    return call.writer.reshape(taken, call.result.shape)


def _slice(call: OperatorCall, data: str, axis: int, start: int, end: int, step: int = 1) -> str:
    bounds = (start, end, axis, step)
    return call.writer.emit("Slice", data, *(call.writer.integers(one) for one in bounds))


def selected(call: OperatorCall) -> str:
    """Convert one place of an axis, which is gone afterwards."""
    axis = call.axis()
    place = call.integer("index") % call.source.shape[axis]
    taken = _slice(call, call.data, axis, place, place + 1)
    return call.writer.reshape(taken, call.result.shape)


def split(call: OperatorCall) -> list[str]:
    """Convert torch.chunk, split and unbind: the parts' sizes are those of the results."""
    axis, gone = call.axis(), len(call.results[0].shape) < len(call.source.shape)
    sizes = [1 if gone else one.shape[axis] for one in call.results]
    ends = list(accumulate(sizes))
    parts = [
        _slice(call, call.data, axis, end - size, end)
        for size, end in zip(sizes, ends, strict=True)
    ]
    if not gone:
        return parts
    return [call.writer.reshape(part, call.results[0].shape) for part in parts]


def expanded(call: OperatorCall) -> str:
    return call.writer.emit("Expand", call.data, call.writer.integers(*call.result.shape))


def repeated(call: OperatorCall) -> str:
    """Convert Tensor.repeat, whose result may have more axes."""
    counts = call.integers("sizes")
    shape = [1] * (len(counts) - len(call.source.shape)) + list(call.source.shape)
    apart = call.writer.reshape(call.data, shape)
    return call.writer.emit("Tile", apart, call.writer.integers(*counts))


def pad(call: OperatorCall) -> str:
    """Convert F.pad, which counts from the last axis."""
    widths, rank = call.integers("pad"), len(call.source.shape)
    before, after = [0] * rank, [0] * rank
    for place in range(len(widths) // 2):
        before[rank - 1 - place], after[rank - 1 - place] = widths[2 * place : 2 * place + 2]
    return padded(call, call.data, before, after, str(call.value("mode") or "constant"))


def padding_layer(mode: str) -> Conversion:
    """Return the conversion of a layer that pads."""

    def convert(call: OperatorCall) -> str:
        widths = call.integers("padding")
        rank = len(call.source.shape)
        if len(widths) == 1:
            widths = widths * 2 * (rank - 2)
        before, after = [0] * rank, [0] * rank
        for place in range(len(widths) // 2):
            before[rank - 1 - place], after[rank - 1 - place] = widths[2 * place : 2 * place + 2]
        return padded(call, call.data, before, after, mode)

    return convert


def padded(
    call: OperatorCall, data: str, before: Sequence[int], after: Sequence[int], mode: str
) -> str:
    """Write a padding; negative widths crop."""
    if mode not in _PAD_MODES:
        raise Refused(f"{call.operator.kind} with mode {mode}")
    writer, shape = call.writer, call.source.shape
    for axis, (first, last) in enumerate(zip(before, after, strict=True)):
        if min(first, last) < 0:
            data = _slice(call, data, axis, max(-first, 0), shape[axis] - max(-last, 0))
    widths = writer.integers(*(max(one, 0) for one in (*before, *after)))
    if mode != "constant":
        return writer.emit("Pad", data, widths, mode=_PAD_MODES[mode])
    value = writer.number(call.number("value", 0.0), call.source.dtype)
    return writer.emit("Pad", data, widths, value, mode="constant")


def rolled(call: OperatorCall) -> str:
    """Convert torch.roll: each axis is cut in two parts, which change places."""
    data = call.data
    axes = call.integers("dims")
    if not axes:
        raise Refused("torch.roll of all axes at once")
    for axis, shift in zip(axes, call.integers("shifts"), strict=True):
        place = axis % len(call.source.shape)
        size = call.source.shape[place]
        cut = -shift % size
        if cut:
            parts = (_slice(call, data, place, cut, size), _slice(call, data, place, 0, cut))
            data = call.writer.emit("Concat", *parts, axis=place)
    return data


def channels_shuffled(call: OperatorCall) -> str:
    """Convert the exchange of channels between groups."""
    groups, shape = call.integer("groups", 1), call.source.shape
    apart = call.writer.reshape(call.data, (shape[0], groups, shape[1] // groups, -1))
    turned = call.writer.emit("Transpose", apart, perm=[0, 2, 1, 3])
    return call.writer.reshape(turned, shape)


def pixels_shuffled(call: OperatorCall) -> str:
    return call.writer.emit(
        "DepthToSpace", call.data, blocksize=call.integer("upscale_factor", 1), mode="CRD"
    )


def pixels_gathered(call: OperatorCall) -> str:
    """Convert the opposite of a pixel shuffle."""
    factor, (batch, channels, height, width) = (
        call.integer("downscale_factor", 1),
        call.source.shape,
    )
    rows, columns = height // factor, width // factor
    apart = call.writer.reshape(call.data, (batch, channels, rows, factor, columns, factor))
    turned = call.writer.emit("Transpose", apart, perm=[0, 1, 3, 5, 2, 4])
    return call.writer.reshape(turned, call.result.shape)


SHAPES: Mapping[str, Conversion] = {
    **dict.fromkeys(
        (
            *("Tensor.reshape", "Tensor.view", "torch.flatten", "nn.Flatten", "torch.squeeze"),
            *("torch.unsqueeze", "torch.unflatten", "nn.Unflatten", "Tensor.reshape_as"),
            *("Tensor.view_as", "Tensor.squeeze", "Tensor.unsqueeze", "Tensor.flatten"),
        ),
        reshaped,
    ),
    "torch.cat": concatenated,
    "torch.stack": stacked,
    "Tensor.permute": permuted,
    "torch.permute": permuted,
    "torch.transpose": transposed,
    "Tensor.transpose": transposed,
    "torch.t": transposed,
    "Tensor.t": transposed,
    "Tensor.slice": sliced,
    "Tensor.select": selected,
    **dict.fromkeys(
        ("torch.chunk", "torch.split", "torch.tensor_split", "torch.unbind", "Tensor.unbind"), split
    ),
    "Tensor.expand": expanded,
    "Tensor.expand_as": expanded,
    "torch.broadcast_to": expanded,
    "Tensor.repeat": repeated,
    "F.pad": pad,
    **{f"nn.ZeroPad{rank}d": padding_layer("constant") for rank in (1, 2, 3)},
    **{f"nn.ConstantPad{rank}d": padding_layer("constant") for rank in (1, 2, 3)},
    **{f"nn.ReflectionPad{rank}d": padding_layer("reflect") for rank in (1, 2, 3)},
    **{f"nn.ReplicationPad{rank}d": padding_layer("replicate") for rank in (1, 2, 3)},
    "torch.roll": rolled,
    "nn.ChannelShuffle": channels_shuffled,
    "nn.PixelShuffle": pixels_shuffled,
    "F.pixel_shuffle": pixels_shuffled,
    "nn.PixelUnshuffle": pixels_gathered,
    "F.pixel_unshuffle": pixels_gathered,
}
