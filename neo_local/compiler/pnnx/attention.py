"""Attention, written as products of matrices."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from neo_local.compiler.pnnx.operator_call import Conversion, OperatorCall
from neo_local.compiler.pnnx.writer import Refused


def scaled_dot_product(call: OperatorCall) -> str:
    """Convert F.scaled_dot_product_attention."""
    call.only("dropout_p", 0, 0.0)
    call.only("is_causal", False)
    call.only("enable_gqa", False)
    query, key, value = call.inputs[:3]
    size = call.source.shape[-1]
    mask = call.argument("attn_mask")
    turned = _turned(call, key, len(call.source.shape))
    scale = call.number("scale", 1 / sqrt(size))
    return _attention(call, query, turned, value, scale, mask)


def multihead(call: OperatorCall) -> str:
    """Convert nn.MultiheadAttention, without its second output."""
    for key in ("add_bias_kv", "add_zero_attn"):
        call.only(key, False)
    if len(call.operator.outputs) > 1 or "in_proj_weight" not in call.operator.weights:
        raise Refused("nn.MultiheadAttention with weights as a result, or apart")
    mask = call.argument("attn_mask")
    given = [name for name in call.inputs if name != mask]
    query, key, value = given if len(given) == 3 else (*given, *[given[-1]] * (3 - len(given)))
    heads = [_heads(call, one, part) for part, one in enumerate((query, key, value))]
    width = call.integer("embed_dim") // call.integer("num_heads", 1)
    turned = _turned(call, heads[1], 4)
    mixed = _attention(call, heads[0], turned, heads[2], 1 / sqrt(width), mask)
    return _joined(call, mixed)


def _heads(call: OperatorCall, data: str, part: int) -> str:
    """Project by one third of the weights: batch, heads, length, width."""
    writer, size = call.writer, call.integer("embed_dim")
    heads = call.integer("num_heads", 1)
    of_part = slice(part * size, (part + 1) * size)
    weight = writer.graph.weight(call.operator, "in_proj_weight")[of_part].T
    projected = writer.emit("MatMul", data, writer.constant(weight))
    if "in_proj_bias" in call.operator.weights:
        bias = writer.graph.weight(call.operator, "in_proj_bias")[of_part]
        projected = writer.emit("Add", projected, writer.constant(bias))
    batch_first = call.value("batch_first") is True
    batch = call.source.shape[0 if batch_first else 1]
    first, order = (batch, [0, 2, 1, 3]) if batch_first else (-1, [1, 2, 0, 3])
    second = -1 if batch_first else batch
    apart = writer.reshape(projected, (first, second, heads, size // heads))
    return writer.emit("Transpose", apart, perm=order)


def _joined(call: OperatorCall, mixed: str) -> str:
    writer = call.writer
    order = [0, 2, 1, 3] if call.value("batch_first") is True else [2, 0, 1, 3]
    whole = writer.reshape(writer.emit("Transpose", mixed, perm=order), call.result.shape)
    weight = writer.emit("Transpose", call.weight("out_proj.weight"), perm=[1, 0])
    product = writer.emit("MatMul", whole, weight)
    bias = call.weight("out_proj.bias")
    return writer.emit("Add", product, bias) if bias else product


def _turned(call: OperatorCall, data: str, rank: int) -> str:
    order = [*range(rank - 2), rank - 1, rank - 2]
    return call.writer.emit("Transpose", data, perm=order)


def _attention(
    call: OperatorCall, query: str, key: str, value: str, scale: float, mask: str
) -> str:
    writer = call.writer
    factor = writer.number(scale, call.source.dtype)
    scores = writer.emit("MatMul", writer.emit("Mul", query, factor), key)
    if mask:
        scores = writer.emit("Add", scores, _added(call, mask))
    return writer.emit("MatMul", writer.emit("Softmax", scores, axis=-1), value)


def _added(call: OperatorCall, mask: str) -> str:
    """Return a mask that can be added, with an axis for the heads where it has one for each."""
    kind = call.writer.type(call.operator.arguments["attn_mask"])
    if kind.dtype == "bool":
        raise Refused(f"{call.operator.kind} with a mask of truth values")
    heads = call.integer("num_heads", 0)
    if not heads or len(kind.shape) != 3:
        return mask
    return call.writer.reshape(mask, (-1, heads, *kind.shape[1:]))


ATTENTION: Mapping[str, Conversion] = {
    "F.scaled_dot_product_attention": scaled_dot_product,
    "nn.MultiheadAttention": multihead,
}
