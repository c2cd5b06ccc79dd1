"""Trains small boosters for the tests. Run by the Python that has XGBoost.

python make_xgboost.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

ROWS, FEATURES = 200, 6
OBJECTIVES = (
    *("binary:logistic", "binary:hinge", "binary:logitraw", "reg:squarederror", "reg:logistic"),
    *("count:poisson", "multi:softprob", "multi:softmax", "rank:pairwise"),
)


def table(objective: str, *, categories: bool = False) -> xgboost.DMatrix:
    random = np.random.default_rng(len(objective))
    rows = random.standard_normal((ROWS, FEATURES)).astype(np.float32)
    if categories:
        rows[:, 0] = random.integers(0, 20, ROWS)
    rows[random.random(rows.shape) < 0.1] = np.nan
    label = random.integers(0, 3 if "multi" in objective else 2, ROWS)
    kinds = ["c" if categories else "q", *["q"] * (FEATURES - 1)]
    return xgboost.DMatrix(rows, label=label, feature_types=kinds, enable_categorical=True)


def train(objective: str, **settings: Any) -> xgboost.Booster:
    data = table(objective, categories="max_cat_to_onehot" in settings)
    if objective.startswith("rank"):
        data.set_group([ROWS])
    classes = {"num_class": 3} if "multi" in objective else {}
    settings = {"objective": objective, "max_depth": 4, "nthread": 1, **classes, **settings}
    return xgboost.train(settings, data, num_boost_round=10)


def main(folder: Path) -> None:
    for objective in OBJECTIVES:
        name = objective.replace(":", "_")
        train(objective).save_model(folder / f"{name}.json")
        train(objective).save_model(folder / f"{name}.ubj")
    train("binary:logistic", booster="dart", rate_drop=0.3).save_model(folder / "dart.json")
    categories = {"tree_method": "hist", "max_cat_to_onehot": 1}
    train("binary:logistic", **categories).save_model(folder / "categories.json")
    train("binary:logistic", num_parallel_tree=4, subsample=0.5).save_model(folder / "forest.json")
    train("reg:squarederror", booster="gblinear").save_model(folder / "linear.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
