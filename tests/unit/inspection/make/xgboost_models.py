"""Small boosters in every form that XGBoost and SageMaker's containers have written.

Not part of any test run: ``python xgboost_models.py OUT_DIR`` under xgboost 1.3.3, 1.7.6 and 3.2;
each writes what its version can, named by it.
"""
# mypy: ignore-errors

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import numpy as np
import xgboost

OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(7)
table = xgboost.DMatrix(random.random((40, 5)), label=random.integers(0, 2, 40))
settings = {"max_depth": 2, "objective": "binary:logistic"}
booster = xgboost.train(settings, table, num_boost_round=2)
version = xgboost.__version__.replace(".", "_")
booster.save_model(OUT / f"xgboost_{version}.json")
if xgboost.__version__ < "2":
    booster.save_model(OUT / f"xgboost_{version}.model")
    (OUT / f"xgboost_{version}_pickled").write_bytes(pickle.dumps(booster))
if xgboost.__version__ > "1.6":
    booster.save_model(OUT / f"xgboost_{version}.ubj")
