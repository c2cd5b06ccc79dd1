"""A scikit-learn model as joblib and as pickle write it.

Not part of any test run: `pip install scikit-learn`, then ``python sklearn_models.py OUT_DIR``.
"""
# mypy: ignore-errors

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import joblib
from sklearn.linear_model import LogisticRegression

OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
joblib.dump(model, OUT / "sklearn.joblib")
(OUT / "sklearn.pkl").write_bytes(pickle.dumps(model))
