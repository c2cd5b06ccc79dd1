"""Small MXNet models as Gluon exports them.

Not part of any test run: `pip install mxnet==1.9.1 numpy==1.23.5`, then
``python mxnet_models.py OUT_DIR``.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN204

from __future__ import annotations

import sys
from pathlib import Path

import mxnet
from mxnet.gluon import nn

OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
mxnet.random.seed(7)


class Preprocessed(nn.HybridBlock):
    """Takes pixels as a camera gives them, as GluonCV's preprocess=True exports do."""

    def __init__(self):
        super().__init__()
        self.body = body()

    def hybrid_forward(self, space, pixels):
        return self.body(space.transpose(pixels, axes=(0, 3, 1, 2)))


def body():
    network = nn.HybridSequential()
    network.add(nn.Conv2D(2, 3, in_channels=3), nn.GlobalAvgPool2D(), nn.Dense(2, in_units=2))
    return network


def export(network, name, shape):
    network.initialize()
    network.hybridize()
    network(mxnet.nd.ones(shape))
    network.export(str(OUT / name), epoch=0)


export(body(), "channels_first", (1, 3, 8, 8))
export(Preprocessed(), "channels_last", (1, 8, 8, 3))
data = mxnet.sym.Variable("data", shape=(1, 784))
labelled = mxnet.sym.SoftmaxOutput(mxnet.sym.FullyConnected(data, num_hidden=10), name="softmax")
labelled.save(str(OUT / "labelled-symbol.json"))
mxnet.nd.save(
    str(OUT / "labelled-0000.params"),
    {
        "arg:fullyconnected0_weight": mxnet.nd.ones((10, 784)),
        "arg:fullyconnected0_bias": mxnet.nd.ones((10,)),
    },
)
