"""XGBoost models, by Treelite, as Amazon SageMaker Neo compiles them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import treelite
from treelite import frontend

from neo_local.compiler.failure import CompileFailure, input_configuration, local_limit
from neo_local.compiler.inputs import input_shapes
from neo_local.compiler.layout import model_file
from neo_local.compiler.model import ModelSource, ReadModel, Tensor
from neo_local.compiler.options import parse_shapes
from neo_local.compiler.trees import TreeProgram, output_count

TreeliteModel = Any  # Treelite's own, which is not there where types are checked

_PICKLE, _TEXT = b"\x80", re.compile(rb'\{\s*["}]')
_SOURCE_LINE = re.compile(r"^\[[\d:]+\] \S+:\d+: ")  # where Treelite's C++ raised it


def read_model(source: ModelSource) -> ReadModel:
    """Read an XGBoost model. Raises CompileFailure."""
    model, data_input_config = _load(model_file("XGBOOST", source.files)), source.data_input_config
    features = Tensor(_input_name(data_input_config), "float32", ("batch", model.num_feature))
    config = data_input_config or f'{{"{features.name}": [1, {model.num_feature}]}}'
    given = input_shapes([features], config, "[batch, features]")
    (data,) = given.fixed([features])
    output = Tensor("output", "float32", (data.shape[0], output_count(model)))
    derived = config if data_input_config is None else ""
    return ReadModel(TreeProgram(model), (data,), (output,), derived)


def _input_name(config: str | None) -> str:
    """Return the one input's name, which the model leaves open."""
    names = list(parse_shapes(config)) if config is not None else []
    return names[0] if len(names) == 1 else "data"


def _load(path: Path) -> TreeliteModel:
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(_PICKLE):
        raise _ill_formed("it is a Python pickle; save the model with Booster.save_model")
    is_text, is_binary_json = _TEXT.match(head), head.startswith(b"{")
    try:
        if is_text or is_binary_json:
            return frontend.load_xgboost_model(path, format_choice="json" if is_text else "ubjson")
        return frontend.load_xgboost_model_legacy_binary(path)
    except treelite.TreeliteError as problem:
        said = _first_line(str(problem))
        if (is_text or is_binary_json) and b"gblinear" in path.read_bytes():
            raise local_limit(
                "the booster is gblinear, a linear model; Treelite, by which Amazon SageMaker Neo "
                "compiles XGBoost models too, reads trees only."
            ) from problem
        if is_text or is_binary_json:  # of boosters or versions that Treelite does not know
            raise local_limit(f"Treelite cannot read the XGBoost model: {said}.") from problem
        raise _ill_formed(f"Treelite says: {said}") from problem


def _first_line(problem: str) -> str:
    lines = problem.strip().splitlines() or ["nothing"]
    return _SOURCE_LINE.sub("", lines[0]).rstrip(".")[:200]


def _ill_formed(why: str) -> CompileFailure:
    return input_configuration(f"Ill-formed XGBoost model file: corrupted header: {why}.")
