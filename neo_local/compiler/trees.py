"""Ensembles of decision trees: Treelite's model, written out as tables in C, compiled and linked.

The tables are read by trees.c. Nested conditions instead, as Treelite's own generator writes them,
would take a compiler minutes for a large ensemble, and give the same answers.
"""

from __future__ import annotations

import math
import shutil
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path
from typing import Any

from neo_local.compiler.clang import compile_c
from neo_local.compiler.codegen import checked_target
from neo_local.compiler.failure import local_limit
from neo_local.compiler.link import link
from neo_local.compiler.targets import Target

TreeliteModel = Any  # Treelite's own, which is not there where types are checked
Tree = Any

_CODE = Path(__file__).with_name("trees.c")
_POSTPROCESSORS = frozenset({"identity", "sigmoid", "exponential", "hinge", "softmax"})
_LESS_THAN = 2  # Treelite's number of the operator
_NODE_FIELDS = (
    *("node_type", "default_left", "category_list_right_child", "split_index", "cleft", "cright"),
    *("threshold", "leaf_value", "category_list_begin", "category_list_end", "cmp"),
)


@dataclass(frozen=True, slots=True)
class TreeProgram:
    """A Treelite model. Its library has ``predict``, for one row of single-precision features."""

    model: TreeliteModel
    compiler: str = "Treelite"

    def build(self, target: Target, library: Path) -> None:
        """Compile for the target and link into `library`. Raises CompileFailure."""
        if target.cpu or target.features:
            checked_target(target)
        folder = library.parent / "trees"
        folder.mkdir()
        (folder / "model.h").write_text("\n".join(_tables(self.model)))
        code = Path(shutil.copy(_CODE, folder))
        link([compile_c(code, target)], library, target.triple)


def output_count(model: TreeliteModel) -> int:
    """Return how many numbers the model answers for a row."""
    header = model.get_header_accessor()
    return int(header.get_field("num_target")[0]) * max(map(int, header.get_field("num_class")))


def _tables(model: TreeliteModel) -> Iterator[str]:
    """Yield the lines of model.h, which trees.c describes. Raises CompileFailure."""
    header = model.get_header_accessor()
    postprocessor = header.get_field("postprocessor")
    if postprocessor not in _POSTPROCESSORS:
        raise local_limit(f"the objective's postprocessing, {postprocessor}, is not implemented.")
    trees = [model.get_tree_accessor(index) for index in range(model.num_tree)]
    yield f"#define FEATURES {model.num_feature}"
    yield f"#define OUTPUTS {output_count(model)}"
    yield f"#define TREES {len(trees)}"
    yield f"#define POSTPROCESS {postprocessor}"
    yield from _array("float BASE", map(_float, _base_scores(header, postprocessor)))
    yield from _array("int32_t OUTPUT", map(str, _outputs(header)))
    yield from _node_tables(trees)


def _outputs(header: TreeliteModel) -> Iterator[int]:
    """Yield the output that each tree adds to."""
    classes = max(map(int, header.get_field("num_class")))
    placed = zip(header.get_field("target_id"), header.get_field("class_id"), strict=True)
    return (int(target) * classes + int(kind) for target, kind in placed)


def _node_tables(trees: Sequence[Tree]) -> Iterator[str]:
    """Yield the nodes of all trees, one tree after the other, and where each begins."""
    sizes = (int(tree.get_field("num_nodes")[0]) for tree in trees)
    roots = list(accumulate(sizes, initial=0))[:-1]
    lists = [tree.get_field("category_list") for tree in trees]
    starts = list(accumulate(map(len, lists), initial=0))[:-1]
    nodes = (_nodes(*one) for one in zip(trees, roots, starts, strict=True))
    yield from _array("int32_t ROOT", map(str, roots))
    yield from _array("int32_t CATEGORIES", (str(int(one)) for some in lists for one in some))
    yield from _array("struct node NODES", chain.from_iterable(nodes))


def _base_scores(header: TreeliteModel, postprocessor: str) -> list[float]:
    """Return the scores before the first tree, a probability's as XGBoost computes it.

    Treelite takes its logarithm in double precision, XGBoost in single, where it differs.
    """
    scores = [float(score) for score in header.get_field("base_scores")]
    return [_logit(score) for score in scores] if postprocessor == "sigmoid" else scores


def _logit(score: float) -> float:
    probability = _single(1 / (1 + math.exp(-score)))
    odds = _single(_single(1 / probability) - 1) if probability else 0.0
    return -math.log(odds) if odds > 0 else score


def _single(value: float) -> float:
    (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    return float(rounded)


def _array(declaration: str, items: Iterable[str]) -> Iterator[str]:
    """Yield a table, which has an item even where the model has none."""
    yield f"static const {declaration}[] = {{"
    empty = True
    for item in items:
        empty = False
        yield f"{item},"
    yield "0};" if empty else "};"


def _nodes(tree: Tree, root: int, categories: int) -> Iterator[str]:
    """Yield a tree's nodes as initialisers of ``struct node``. Raises CompileFailure."""
    if len(tree.get_field("leaf_vector")):
        raise local_limit("trees whose leaves hold several values are not implemented.")
    for row in zip(*(tree.get_field(name).tolist() for name in _NODE_FIELDS), strict=True):
        kind, missing, right_list, feature, left, right, threshold, leaf, first, last, less = row
        if kind == 0:
            yield f"{{.value = {_float(leaf)}}}"
            continue
        if kind == 1 and less != _LESS_THAN:
            raise local_limit("splits other than 'less than' are not implemented.")
        children = f"{kind}, {missing}, {1 - right_list}, {feature}, {root + left}, {root + right}"
        yield f"{{{children}, {_float(threshold)}, {categories + first}, {last - first}}}"


def _float(value: float) -> str:
    """Write a number of single precision exactly."""
    if math.isfinite(value):
        return f"{float(value).hex()}f"
    return "NAN" if math.isnan(value) else f"{'-' if value < 0 else ''}INFINITY"
