"""The nodes of an ONNX graph: operators, and what they show of the inputs' layouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from reconciler.inspection.errors import Damaged
from reconciler.inspection.model import Tensor
from reconciler.inspection.protobuf import Span, message, numbers, text_of
from reconciler.inspection.words import words

_STANDARD = frozenset({"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"})
_KEEPS_AXES = frozenset(
    words("Cast Identity Sub Add Mul Div Clip Pad Relu QuantizeLinear DequantizeLinear")
)
_CHANNELS_FIRST = frozenset(
    words(
        "Conv ConvTranspose MaxPool AveragePool BatchNormalization InstanceNormalization "
        "GlobalAveragePool GlobalMaxPool QLinearConv ConvInteger LRN"
    )
)
_DEEPEST = 8


def survey(
    nodes: Iterable[Span], inputs: Iterable[Tensor]
) -> tuple[dict[str, int], dict[str, str]]:
    """Return how often each operator occurs, branches and bodies included, and the inputs' layouts.

    A layout is what the first operator behind an input shows: a convolution NCHW, a transposition
    to it NHWC.
    """
    count: Counter[str] = Counter()
    origin = {tensor.name: tensor.name for tensor in inputs if len(tensor.shape or ()) == 4}
    layouts: dict[str, str] = {}
    for node in nodes:
        operator, domain, takes, gives, attributes = _node(node)
        count[f"{domain}.{operator}" if domain not in _STANDARD else operator] += 1
        for attribute in attributes:
            _count_subgraphs(attribute, count, 0)
        root = origin.get(takes[0]) if takes else None
        if root is None:
            continue
        if operator in _KEEPS_AXES and gives:
            origin[gives[0]] = root
        elif operator in _CHANNELS_FIRST:
            layouts.setdefault(root, "NCHW")
        elif operator == "Transpose" and _permutation(attributes) == [0, 3, 1, 2]:
            layouts.setdefault(root, "NHWC")
    return dict(count), layouts


def _node(span: Span) -> tuple[str, str, list[str], list[str], list[Span]]:
    operator = domain = ""
    takes: list[str] = []
    gives: list[str] = []
    attributes: list[Span] = []
    for number, value in span.fields():
        match number:
            case 1:
                takes.append(message(value).text())
            case 2:
                gives.append(message(value).text())
            case 4:
                operator = message(value).text()
            case 5:
                attributes.append(message(value))
            case 7:
                domain = message(value).text()
    return operator, domain, takes, gives, attributes


def _count_subgraphs(attribute: Span, count: Counter[str], depth: int) -> None:
    """Return operators of the branches and bodies that an attribute holds."""
    if depth > _DEEPEST:
        raise Damaged(f"graphs nested more than {_DEEPEST} deep")
    for number, value in attribute.fields():
        if number not in (6, 11):
            continue
        for part, node in message(value).fields():
            if part != 1:
                continue
            operator, domain, _, _, attributes = _node(message(node))
            count[f"{domain}.{operator}" if domain not in _STANDARD else operator] += 1
            for inner in attributes:
                _count_subgraphs(inner, count, depth + 1)


def _permutation(attributes: Sequence[Span]) -> list[int]:
    for attribute in attributes:
        if text_of(attribute, 1) == "perm":
            return [
                item
                for number, value in attribute.fields()
                if number == 8
                for item in numbers(value)
            ]
    return []
