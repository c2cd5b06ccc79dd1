"""Writes the committed PyTorch models: small ones of the networks that people compile.

Each is a .pth file, as torch.jit.save writes it, and a .npz file with inputs and what PyTorch
answers to them. Not part of any test run: ``python make_torch.py pytorch`` under torch 2.13 and
torchvision 0.28.
"""
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN201, ANN204

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import nn
from torchvision import models
from torchvision.models import densenet, efficientnet, inception, mobilenetv3, resnet
from torchvision.models.googlenet import Inception as Branches

OUT = Path(sys.argv[1])
torch.manual_seed(11)


class UNet(nn.Module):
    """Two levels, as the usual one: bilinear or transposed upsampling, skips that are padded."""

    def __init__(self, up):
        super().__init__()
        self.down, self.deep = self.double(3, 4), self.double(4, 8)
        self.up, self.out = up, nn.Conv2d(4, 2, 1)
        self.join = self.double(4 + (4 if isinstance(up, nn.ConvTranspose2d) else 8), 4)

    def double(self, a, b):
        return nn.Sequential(
            nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(True),
            nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(True),
        )  # fmt: skip

    def forward(self, image):
        skip = self.down(image)
        raised = self.up(self.deep(F.max_pool2d(skip, 2)))
        rows, columns = skip.size(2) - raised.size(2), skip.size(3) - raised.size(3)
        sides = [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2]
        return self.out(self.join(torch.cat([skip, F.pad(raised, sides)], 1)))


class Attentive(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, sequence):
        return self.heads(sequence, sequence, sequence, need_weights=False)[0]


class Inception(nn.Module):
    """Its branches and its convolutions of rows and columns, on few channels."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(
            Branches(8, 4, 4, 6, 2, 4, 4),
            inception.BasicConv2d(18, 6, kernel_size=(1, 7), padding=(0, 3)),
            inception.BasicConv2d(6, 6, kernel_size=(7, 1), padding=(3, 0)),
        )
        self.head = nn.Linear(6, 5)

    def forward(self, image):
        body = F.avg_pool2d(self.blocks(image), 3, 1, 1)
        return self.head(torch.flatten(F.adaptive_avg_pool2d(body, (1, 1)), 1))


class Every(nn.Module):
    """Calls each of some functions, and joins the answers."""

    def __init__(self, calls, *layers):
        super().__init__()
        self.calls, self.layers = calls, nn.ModuleList(layers)

    def forward(self, *inputs):
        answers = [one(*inputs) for one in self.calls]
        answers += [layer(inputs[0]) for layer in self.layers]
        return torch.cat([one.reshape(inputs[0].shape[0], -1) for one in answers], 1)


class Pair(nn.Module):
    def forward(self, tokens, mask):
        return tokens.float() * mask, (mask > 0).float()


def mobilenet_v3():
    block = partial(mobilenetv3.InvertedResidualConfig, width_mult=0.25)
    settings = [
        block(16, 3, 32, 16, True, "RE", 2, 1),
        block(16, 5, 64, 24, True, "HS", 2, 1),
        block(24, 5, 64, 24, True, "HS", 1, 1),
    ]
    return models.MobileNetV3(settings, 32, num_classes=5)


def efficientnet_b():
    block = partial(efficientnet.MBConvConfig, width_mult=0.25, depth_mult=1.0)
    return models.EfficientNet(
        [block(1, 3, 1, 32, 16, 1), block(6, 3, 2, 16, 24, 2), block(6, 5, 2, 24, 40, 1)],
        dropout=0.1, num_classes=5, last_channel=32,
    )  # fmt: skip


def resnet_small():
    model = resnet.ResNet(resnet.Bottleneck, [1, 1, 1, 1], num_classes=5, width_per_group=4)
    return nn.Sequential(model.conv1, model.bn1, model.relu, model.maxpool, model.layer1)


def vgg():
    body = models.vgg.make_layers([4, "M", 8, 8, "M"], batch_norm=True)
    head = nn.Sequential(nn.Flatten(), nn.Linear(8 * 49, 6), nn.ReLU(True), nn.Linear(6, 5))
    return nn.Sequential(body, nn.AdaptiveAvgPool2d((7, 7)), head)


def squeezenet():
    fire = models.squeezenet.Fire
    return nn.Sequential(
        nn.Conv2d(3, 8, 7, stride=2), nn.ReLU(True), nn.MaxPool2d(3, 2, ceil_mode=True),
        fire(8, 4, 6, 6), nn.MaxPool2d(3, 2, ceil_mode=True), fire(12, 4, 8, 8),
        nn.Dropout(), nn.Conv2d(16, 5, 1), nn.ReLU(True), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip


ACTIVATIONS = Every(
    [
        lambda x: F.relu6(x * 9), lambda x: F.hardtanh(x, -0.3, 0.7),
        lambda x: torch.clamp(x, min=0.1), F.mish, F.gelu,
        lambda x: F.gelu(x, approximate="tanh"), lambda x: F.leaky_relu(x, 0.2),
        lambda x: F.elu(x, 0.7), F.selu, F.softsign, lambda x: F.softmax(x, 1),
        lambda x: F.log_softmax(x, -1), torch.tanh, torch.sigmoid,
        lambda x: (x + 2 * x.abs() - 3) / (x * x + 1) + torch.rsqrt(x**2 + 1) - torch.exp(-x),
        lambda x: torch.maximum(x, -x) + torch.minimum(x, 2 - x) + torch.square(x),
    ],
    nn.PReLU(4), nn.PReLU(),
)  # fmt: skip
SHAPES = Every(
    [
        lambda x: x.permute(0, 2, 3, 1) * 2, lambda x: x.transpose(1, -1) + 1,
        lambda x: x[:, 1:3], lambda x: x[:, ::2, 1:-1], lambda x: x[:, -1], lambda x: x[..., 0],
        lambda x: torch.cat(x.chunk(2, 1)[::-1], 1), lambda x: torch.cat(x.split([1, 3], 1), 1),
        lambda x: torch.stack(x.unbind(3)[::-1], 1), lambda x: x.unsqueeze(2),
        lambda x: x.repeat(1, 2, 1, 1), lambda x: x[:, :1].expand(-1, 3, -1, -1),
        lambda x: torch.roll(x, (1, -2), (2, 3)), lambda x: F.pixel_shuffle(x, 2),
        lambda x: F.pixel_unshuffle(x, 2), lambda x: F.pad(x, (-1, 2, 1, -1), value=2.5),
        lambda x: F.pad(x, (1, 2, 2, 1), mode="reflect"),
        lambda x: F.pad(x, (1, 2, 2, 1), mode="replicate"),
    ],
    nn.ChannelShuffle(2), nn.ZeroPad2d((1, 2, 3, 4)),
)  # fmt: skip
WINDOWS = Every(
    [
        lambda x: F.avg_pool2d(x, 3, 2, 1), lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True),
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        lambda x: F.avg_pool2d(x, 3, 2, ceil_mode=True), lambda x: F.max_pool2d(x, 2, 1, 0, 2),
        lambda x: F.adaptive_avg_pool2d(x, (3, 4)), lambda x: F.adaptive_avg_pool2d(x, (12, 15)),
        lambda x: x.mean((2, 3)), lambda x: x.sum(-1, keepdim=True), lambda x: x.amax(2),
        lambda x: F.interpolate(x, scale_factor=2), lambda x: F.interpolate(x, size=(9, 7)),
        lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
        lambda x: F.interpolate(x, size=(11, 3), mode="bilinear", align_corners=True),
    ],
    nn.UpsamplingBilinear2d(scale_factor=2), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True),
    nn.LayerNorm(13), nn.Conv2d(4, 6, 3, 2, 1, groups=2, bias=False),
    nn.Conv2d(4, 4, 4, padding="same"), nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
    nn.ConvTranspose2d(4, 4, 3, 2, 1, 1), nn.ConvTranspose2d(4, 6, 3, 2, groups=2, bias=False),
)  # fmt: skip
ATTENTION = Every(
    [
        lambda x: F.scaled_dot_product_attention(x, x * 2, x + 1),
        lambda x: torch.bmm(x, x.permute(0, 2, 1)),
    ],
    Attentive(),
    nn.Linear(8, 3),
)
IMAGE = torch.randn(1, 3, 40, 48)
MODELS = {
    "resnet": (resnet_small(), IMAGE),
    "mobilenet_v2": (
        models.MobileNetV2(
            num_classes=5,
            width_mult=0.25,
            inverted_residual_setting=[[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 1, 2]],
        ).features[:5],
        IMAGE,
    ),
    "mobilenet_v3": (mobilenet_v3(), IMAGE),
    "efficientnet": (efficientnet_b(), IMAGE),
    "vgg": (vgg(), IMAGE),
    "densenet": (densenet.DenseNet(4, (2, 2), 8, num_classes=5), IMAGE),
    "squeezenet": (squeezenet(), IMAGE),
    "inception": (nn.Sequential(nn.Conv2d(3, 8, 3, 2), Inception()), IMAGE[..., :20, :20]),
    "unet": (UNet(nn.ConvTranspose2d(8, 4, 2, stride=2)), IMAGE[..., :21, :26]),
    "unet_bilinear": (UNet(nn.Upsample(scale_factor=2, mode="bilinear")), IMAGE[..., :20, :24]),
    "activations": (ACTIVATIONS, torch.randn(1, 4, 5, 6)),
    "shapes": (SHAPES, torch.randn(1, 4, 6, 6)),
    "windows": (WINDOWS, torch.randn(1, 4, 11, 13)),
    "attention": (ATTENTION, torch.randn(1, 5, 8)),
    "pair": (Pair(), (torch.randint(0, 9, (1, 8)), torch.randn(1, 8))),
    "encoder": (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), torch.randn(1, 5, 8)),
    "lstm": (nn.LSTM(4, 3), torch.randn(2, 1, 4)),
}


def shaken(model):
    """Give normalisations statistics of their own, as training does."""
    for layer in model.eval().modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.2)
            layer.running_var.uniform_(0.5, 2.0)
        if getattr(layer, "affine", False):
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.2)
    return model


OUT.mkdir(exist_ok=True)
for name, (model, given) in MODELS.items():
    inputs = given if isinstance(given, tuple) else (given,)
    with torch.no_grad():
        torch.jit.save(torch.jit.trace(shaken(model), inputs), OUT / f"{name}.pth")
        answers = model(*inputs)
    outputs = answers if isinstance(answers, tuple) else (answers,)
    if name not in ("encoder", "lstm"):
        arrays = {f"input{index}": one.numpy() for index, one in enumerate(inputs)}
        arrays |= {f"output{index}": one.numpy() for index, one in enumerate(outputs)}
        np.savez_compressed(OUT / f"{name}.npz", **arrays)
