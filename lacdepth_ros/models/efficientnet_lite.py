# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite0: EfficientNet-B0 with ReLU6 and without squeeze-and-excitation.

torchvision lacks it. Its operators are MobileNetV2's, which convolution libraries fuse; tensor
names follow torchvision's EfficientNet. Published weights come from timm.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from torch import Tensor, nn
from torchvision.ops import Conv2dNormActivation, StochasticDepth

from lacdepth_ros.core.optional import load_library

_Conv = partial(Conv2dNormActivation, activation_layer=nn.ReLU6)
STEM = 32
HEAD = 1280
MAX_DROP = 0.2
"""A training step skips the last block with this probability, earlier ones the less."""


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


class InvertedResidual(nn.Module):
    """Expand (1x1), filter each channel, project (1x1); with a shortcut where sizes agree."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int, drop: float
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [_Conv(inputs, hidden, 1)] if expansion > 1 else []
        self.block = nn.Sequential(
            *expand,
            _Conv(hidden, hidden, kernel, stride, groups=hidden),
            Conv2dNormActivation(hidden, outputs, 1, activation_layer=None),
        )
        self.shortcut = stride == 1 and inputs == outputs
        self.drop = StochasticDepth(drop, 'row')

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, ceil(H/stride), ceil(W/stride))."""
        return x + self.drop(self.block(x)) if self.shortcut else self.block(x)


class EfficientNetLite0(nn.Module):
    """The classifier, so that whole published state dicts fit.

    Args:
        num_classes: Outputs.
    """

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [_Conv(3, STEM, 3, 2)]
        inputs, built, total = STEM, 0, sum(stage.blocks for stage in STAGES)
        for stage in STAGES:
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
        layers.append(_Conv(inputs, HEAD, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(HEAD, num_classes))

    def forward(self, image: Tensor) -> Tensor:
        """Map an image (B, 3, H, W) to class scores (B, num_classes)."""
        return self.classifier(self.features(image).mean((2, 3)))


_OUTER = {
    'conv_stem': 'features.0.0',
    'bn1': 'features.0.1',
    'conv_head': 'features.8.0',
    'bn2': 'features.8.1',
    'classifier': 'classifier.1',
}
_FIRST_BLOCK = {'conv_dw': '0.0', 'bn1': '0.1', 'conv_pw': '1.0', 'bn2': '1.1'}
_BLOCK = {
    'conv_pw': '0.0',
    'bn1': '0.1',
    'conv_dw': '1.0',
    'bn2': '1.1',
    'conv_pwl': '2.0',
    'bn3': '2.1',
}


def names_of_timm(state: dict[str, Any]) -> dict[str, Any]:
    """Give the tensors of timm's efficientnet_lite0 the names they have here."""

    def renamed(name: str) -> str:
        parts = name.split('.')
        if parts[0] != 'blocks':
            return '.'.join([_OUTER[parts[0]], *parts[1:]])
        stage, block, layer, tensor = int(parts[1]), parts[2], parts[3], parts[4]
        place = (_BLOCK if stage else _FIRST_BLOCK)[layer]
        return f'features.{stage + 1}.{block}.block.{place}.{tensor}'

    return {renamed(name): value for name, value in state.items()}


def imagenet_classifier() -> EfficientNetLite0:
    """Download timm's weights for images of ImageNet mean and standard deviation.

    Raises:
        ModuleNotFoundError: timm is not installed.
        OSError: The download failed.
    """
    timm = load_library('timm', 'the ImageNet weights of efficientnet_lite0')
    model = EfficientNetLite0()
    published = timm.create_model('efficientnet_lite0', pretrained=True)
    model.load_state_dict(names_of_timm(published.state_dict()))
    return model
