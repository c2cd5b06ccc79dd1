"""Small PyTorch files of every kind that users pack, made by PyTorch.

Not part of any test run: `pip install torch`, then ``python torch_models.py OUT_DIR``.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from torch import nn

OUT = Path(sys.argv[1])


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.scores = nn.Linear(4, 2)

    def forward(self, image):
        return self.scores(self.conv(image).mean((2, 3)))


class Pair(nn.Module):
    def forward(self, tokens, mask):
        return tokens.float() * mask


class Branching(nn.Module):
    def forward(self, image: torch.Tensor, factor: torch.Tensor):
        if bool(factor.sum() > 0):
            image = image * 2
        return image


OUT.mkdir(parents=True, exist_ok=True)
torch.manual_seed(7)
small = Small().eval()
torch.jit.save(torch.jit.trace(small, torch.rand(1, 3, 16, 16)), OUT / "traced.pth")
pair = (torch.ones(1, 8, dtype=torch.int64), torch.rand(1, 8))
torch.jit.save(torch.jit.trace(Pair(), pair), OUT / "traced_pair.pt")
ids = torch.ones(1, 8, dtype=torch.float32)
torch.jit.save(torch.jit.trace(Pair(), (ids, ids)), OUT / "traced_shared.pt")
old = torch.jit.trace(small, torch.rand(1, 3, 16, 16), _store_inputs=False)
torch.jit.save(old, OUT / "traced_without_inputs.pth")
torch.jit.save(torch.jit.script(small), OUT / "scripted.pth")
torch.jit.save(torch.jit.script(Branching()), OUT / "scripted_branch.pth")
torch.save(small.state_dict(), OUT / "state_dict.pth")
torch.save(small, OUT / "whole_module.pth")
torch.save({"epoch": 3, "model": small.state_dict()}, OUT / "checkpoint.pt")
torch.save(
    small.state_dict(), OUT / "state_dict_before_1_6.pth", _use_new_zipfile_serialization=False
)
torch.export.save(torch.export.export(small, (torch.rand(1, 3, 16, 16),)), OUT / "exported.pt2")
expected = {
    "traced.pth": [{"name": "image", "shape": [1, 3, 16, 16], "dtype": "float32"}],
    "traced_pair.pt": [
        {"name": "tokens", "shape": [1, 8], "dtype": "int64"},
        {"name": "mask", "shape": [1, 8], "dtype": "float32"},
    ],
    "traced_shared.pt": [
        {"name": "tokens", "shape": [1, 8], "dtype": "float32"},
        {"name": "mask", "shape": [1, 8], "dtype": "float32"},
    ],
    "traced_without_inputs.pth": [{"name": "image", "shape": [None, 3, None, None], "dtype": ""}],
}
(OUT / "expected_torch.json").write_text(json.dumps(expected, indent=1) + "\n")
