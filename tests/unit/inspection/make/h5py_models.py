"""Keras files in the ways in which h5py can write their attributes.

Not part of any test run: `pip install h5py`, then ``python h5py_models.py OUT_DIR``.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN003, ANN201

from __future__ import annotations

import json
import sys
from pathlib import Path

import h5py
import numpy as np

OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
LAYER = {
    "class_name": "InputLayer",
    "name": "input_1",
    "config": {"batch_input_shape": [None, 32, 32, 3], "dtype": "float32", "name": "input_1"},
}
CONFIG = json.dumps({"class_name": "Model", "config": {"name": "m", "layers": [LAYER]}})
EXPECTED = {}


def write(name, config, attributes=0, **options):
    with h5py.File(OUT / name, "w", **options) as file:
        file.attrs["keras_version"] = "2.2.4"
        for index in range(attributes):
            file.attrs[f"note{index}"] = index
        file.attrs["model_config"] = config
    EXPECTED[name] = [{"name": "input_1", "shape": [None, 32, 32, 3], "dtype": "float32"}]


write("h5py_text.h5", CONFIG)
write("h5py_fixed.h5", np.bytes_(CONFIG.encode()))
write("h5py_latest.h5", CONFIG.encode(), libver="latest")
write("h5py_ordered.h5", CONFIG, track_order=True)
write("h5py_dense.h5", np.bytes_(CONFIG.encode()), attributes=24, libver="latest")
write("h5py_user_block.h5", CONFIG, userblock_size=512)
(OUT / "expected_h5py.json").write_text(json.dumps(EXPECTED, indent=1) + "\n")
