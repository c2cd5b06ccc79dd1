"""Operators that treat each element by itself, and pnnx's expressions of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import sqrt

from neo_local.compiler.pnnx.operator_call import Conversion, OperatorCall
from neo_local.compiler.pnnx.writer import Refused, Writer, element_type

_TOKEN = re.compile(r"@\d+|[A-Za-z_]\w*|[-+]?\d[\d.]*(?:e[-+]?\d+)?|[(),]")
_WITH_OPERATOR = ("add", "sub", "mul", "div", "pow")
_COMPARISONS: Mapping[str, str] = {
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "lt": "Less",
    "le": "LessOrEqual",
    "eq": "Equal",
}
_ONE_FOR_ONE: Mapping[str, str] = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "pow": "Pow",
    "maximum": "Max",
    "minimum": "Min",
    "max": "Max",
    "min": "Min",
    "neg": "Neg",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "abs": "Abs",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "tanh": "Tanh",
    "erf": "Erf",
    "floor": "Floor",
    "ceil": "Ceil",
    "sign": "Sign",
    "reciprocal": "Reciprocal",
}


def plain(kind: str, **attributes: float) -> Conversion:
    """Return the conversion of an operator that ONNX has, too."""
    return lambda call: call.writer.emit(kind, call.data, **attributes)


def expression(call: OperatorCall) -> str:
    """Convert an expression such as ``add(mul(@0,@1),2.0)``."""
    text = str(call.value("expr"))
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise Refused(f"the expression {text[:80]}")
    stream = iter([*tokens, ""])
    return _Parser(call, stream).expression(next(stream))[0]


class _Parser:
    """Writes the nodes of an expression as it reads it."""

    def __init__(self, call: OperatorCall, tokens: Iterator[str]) -> None:
        self._call, self._tokens = call, tokens
        self._dtype = call.result.dtype

    def expression(self, token: str) -> tuple[str, str]:
        """Return what an expression is written as, and the token after it."""
        if token.startswith("@"):
            return self._operand(int(token[1:])), next(self._tokens)
        if not token[:1].isalpha():
            return self._call.writer.number(float(token), self._dtype), next(self._tokens)
        arguments = []
        following = next(self._tokens)
        while following in ("(", ","):
            argument, following = self.expression(next(self._tokens))
            arguments.append(argument)
        return self._function(token, arguments), next(self._tokens)

    def _operand(self, index: int) -> str:
        """Return an input, as the element type that the expression has."""
        call = self._call
        name, kind = call.inputs[index], call.writer.type(call.operator.inputs[index])
        return name if kind.dtype == self._dtype else _cast(call.writer, name, self._dtype)

    def _function(self, name: str, arguments: list[str]) -> str:
        writer = self._call.writer
        match name:
            case "rsqrt":
                return writer.emit("Reciprocal", writer.emit("Sqrt", *arguments))
            case "square":
                return writer.emit("Mul", *arguments, *arguments)
            case _ if name in _ONE_FOR_ONE:
                return writer.emit(_ONE_FOR_ONE[name], *arguments)
        raise Refused(f"{name} in an expression")


def _cast(writer: Writer, data: str, dtype: str) -> str:
    return writer.emit("Cast", data, to=element_type(dtype))


def cast(call: OperatorCall) -> str:
    """Convert to the element type of the result."""
    return _cast(call.writer, call.data, call.result.dtype)


def binary(kind: str) -> Conversion:
    """Return the conversion of an operator on two tensors, or a tensor and a number."""

    def convert(call: OperatorCall) -> str:
        call.only("alpha", 1)
        return call.writer.emit(kind, *_operands(call, call.result.dtype))

    return convert


def comparison(name: str) -> Conversion:
    """Return the conversion of a comparison with a tensor or a number."""

    def convert(call: OperatorCall) -> str:
        types = {call.writer.type(one).dtype for one in call.operator.inputs}
        whole = isinstance(call.value("other"), int | None)
        dtype = types.pop() if len(types) == 1 and whole else "float32"
        return call.writer.emit(_COMPARISONS[name], *_operands(call, dtype))

    return convert


def _operands(call: OperatorCall, dtype: str) -> list[str]:
    """Return two operands of one element type; the second may be a number."""
    types = [call.writer.type(name).dtype for name in call.operator.inputs]
    pairs = zip(call.inputs, types, strict=True)
    operands = [name if of == dtype else _cast(call.writer, name, dtype) for name, of in pairs]
    if len(operands) == 1:
        operands.append(call.writer.number(call.number("other", 0.0), dtype))
    return operands


def relu6(call: OperatorCall) -> str:
    return _clip(call, 0.0, 6.0)


def hardtanh(call: OperatorCall) -> str:
    return _clip(call, call.number("min_val", -1.0), call.number("max_val", 1.0))


def clamp(call: OperatorCall) -> str:
    """Convert torch.clamp, either bound of which may be missing."""
    dtype, result = call.source.dtype, call.data
    for key, kind in (("min", "Max"), ("max", "Min")):
        if call.value(key) is not None:
            bound = call.writer.number(call.number(key, 0.0), dtype)
            result = call.writer.emit(kind, result, bound)
    return result


def _clip(call: OperatorCall, low: float, high: float) -> str:
    writer, dtype = call.writer, call.source.dtype
    return writer.emit("Clip", call.data, writer.number(low, dtype), writer.number(high, dtype))


def silu(call: OperatorCall) -> str:
    return call.writer.emit("Mul", call.data, call.writer.emit("Sigmoid", call.data))


def mish(call: OperatorCall) -> str:
    softened = call.writer.emit("Tanh", call.writer.emit("Softplus", call.data))
    return call.writer.emit("Mul", call.data, softened)


def gelu(call: OperatorCall) -> str:
    """Convert GELU by the error function, or by its approximation with tanh."""
    writer, dtype = call.writer, call.source.dtype

    def times(data: str, factor: float) -> str:
        return writer.emit("Mul", data, writer.number(factor, dtype))

    if call.value("approximate") == "tanh":
        cube = writer.emit("Mul", call.data, writer.emit("Mul", call.data, call.data))
        inner = writer.emit("Add", call.data, times(cube, 0.044715))
        bent = writer.emit("Tanh", times(inner, sqrt(2 / 3.141592653589793)))
    else:
        bent = writer.emit("Erf", times(call.data, 1 / sqrt(2)))
    raised = writer.emit("Add", bent, writer.number(1.0, dtype))
    return writer.emit("Mul", times(call.data, 0.5), raised)


def leaky_relu(call: OperatorCall) -> str:
    return call.writer.emit("LeakyRelu", call.data, alpha=call.number("negative_slope", 0.01))


def elu(call: OperatorCall) -> str:
    return call.writer.emit("Elu", call.data, alpha=call.number("alpha", 1.0))


def prelu(call: OperatorCall) -> str:
    """Convert PReLU: what is positive, and a share of what is negative."""
    writer, rank = call.writer, len(call.source.shape)
    weight = call.weight("weight")
    shares = writer.reshape(weight, (1, -1, *[1] * (rank - 2)) if rank > 1 else (-1,))
    below = writer.emit("Relu", writer.emit("Neg", call.data))
    return writer.emit("Sub", writer.emit("Relu", call.data), writer.emit("Mul", shares, below))


def softmax(kind: str) -> Conversion:
    """Return the conversion of Softmax or LogSoftmax."""
    return lambda call: call.writer.emit(kind, call.data, axis=call.axis(default=-1))


def _names(convert: Conversion, *names: str) -> Iterator[tuple[str, Conversion]]:
    yield from ((name, convert) for name in names)


def _binary_names(name: str) -> Iterator[tuple[str, Conversion]]:
    yield from _names(binary(_ONE_FOR_ONE[name]), *_both(name))


def _both(name: str) -> tuple[str, str]:
    return f"torch.{name}", f"Tensor.{name}"


IDENTITY: Conversion = plain("Identity")
ELEMENTWISE: Mapping[str, Conversion] = dict(
    (
        ("pnnx.Expression", expression),
        *_names(plain("Relu"), "nn.ReLU", "F.relu", "torch.relu"),
        *_names(relu6, "nn.ReLU6", "F.relu6"),
        *_names(hardtanh, "nn.Hardtanh", "F.hardtanh"),
        *_names(clamp, "torch.clamp", "Tensor.clamp"),
        *_names(plain("Sigmoid"), "nn.Sigmoid", "F.sigmoid", "torch.sigmoid"),
        *_names(plain("Tanh"), "nn.Tanh", "F.tanh", "torch.tanh"),
        *_names(silu, "nn.SiLU", "F.silu"),
        *_names(mish, "nn.Mish", "F.mish"),
        *_names(gelu, "nn.GELU", "F.gelu"),
        *_names(plain("HardSwish"), "nn.Hardswish", "F.hardswish"),
        *_names(plain("HardSigmoid", alpha=1 / 6, beta=0.5), "nn.Hardsigmoid", "F.hardsigmoid"),
        *_names(leaky_relu, "nn.LeakyReLU", "F.leaky_relu"),
        *_names(elu, "nn.ELU", "F.elu"),
        *_names(plain("Selu"), "nn.SELU", "F.selu"),
        *_names(prelu, "nn.PReLU", "F.prelu"),
        *_names(plain("Softsign"), "nn.Softsign", "F.softsign"),
        *_names(softmax("Softmax"), "nn.Softmax", "F.softmax", "torch.softmax"),
        *_names(softmax("LogSoftmax"), "nn.LogSoftmax", "F.log_softmax", "torch.log_softmax"),
        *_names(cast, "Tensor.to", "Tensor.type_as", "Tensor.float"),
        *_names(IDENTITY, "nn.Identity", "nn.Dropout", "nn.Dropout2d", "F.dropout"),
        *_names(IDENTITY, "Tensor.contiguous", "Tensor.clone", "torch.clone", "Tensor.detach"),
        *(pair for name in _WITH_OPERATOR for pair in _binary_names(name)),
        *(pair for name in _COMPARISONS for pair in _names(comparison(name), *_both(name))),
    )
)
