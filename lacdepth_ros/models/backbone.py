# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Encoder: a torchvision trunk cut into five stages that end at strides 2, 4, 8, 16 and 32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
import torch.nn.functional as F  # noqa: N812
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lacdepth_ros.core.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from lacdepth_ros.models.efficientnet_lite import (
    MULTIPLIERS,
    EfficientNetLite,
    imagenet_classifier,
)

STRIDES = (2, 4, 8, 16, 32)
EXAMPLES = 3
"""Tensors of each kind that are named when a file of weights does not fit."""

# torchvision's models differ in their attributes, so the cuts take Any.
Cut = Callable[[Any], list[nn.Module]]


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """One usable trunk.

    Attributes:
        builder: Name of torchvision's constructor, or of an EfficientNet-Lite, which it lacks.
        channels: Channels at strides 2, 4, 8, 16, 32.
        cut: Slices the built classifier into five stages.
    """

    builder: str
    channels: tuple[int, int, int, int, int]
    cut: Cut


def _cut_features(*ends: int) -> Cut:
    """Cut `model.features` after the given indices (inclusive)."""

    def cut(model: Any) -> list[nn.Module]:
        starts = (0, *(end + 1 for end in ends))
        return [model.features[a : b + 1] for a, b in zip(starts, ends, strict=False)]

    return cut


def _cut_resnet(model: Any) -> list[nn.Module]:
    stem = nn.Sequential(model.conv1, model.bn1, model.relu)
    stage = nn.Sequential(model.maxpool, model.layer1)
    return [stem, stage, model.layer2, model.layer3, model.layer4]


def _cut_regnet(model: Any) -> list[nn.Module]:
    trunk = model.trunk_output
    return [model.stem, trunk.block1, trunk.block2, trunk.block3, trunk.block4]


class _InceptionInput(nn.Module):
    """From ImageNet mean/std to the (x - 0.5) / 0.5 that Inception's weights expect.

    Smaller images are enlarged to the least side its unpadded convolutions leave a pixel of.
    """

    LEAST_SIDE = 75

    scale: Tensor
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        with torch.device('cpu'):  # constants: a network built without memory has them, too
            mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (IMAGENET_MEAN, IMAGENET_STD))
        self.register_buffer('scale', std / 0.5, persistent=False)
        self.register_buffer('shift', (mean - 0.5) / 0.5, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        size = [max(side, self.LEAST_SIDE) for side in x.shape[-2:]]
        x = x if list(x.shape[-2:]) == size else F.interpolate(x, size, mode='bilinear')
        return x * self.scale + self.shift


def _cut_inception(model: Any) -> list[nn.Module]:
    def stage(*names: str) -> nn.Sequential:
        return nn.Sequential(*(getattr(model, name) for name in names))

    return [
        nn.Sequential(
            _InceptionInput(), *stage('Conv2d_1a_3x3', 'Conv2d_2a_3x3', 'Conv2d_2b_3x3')
        ),
        stage('maxpool1', 'Conv2d_3b_1x1', 'Conv2d_4a_3x3'),
        stage('maxpool2', 'Mixed_5b', 'Mixed_5c', 'Mixed_5d'),
        stage('Mixed_6a', 'Mixed_6b', 'Mixed_6c', 'Mixed_6d', 'Mixed_6e'),
        stage('Mixed_7a', 'Mixed_7b', 'Mixed_7c'),
    ]


_EFFICIENTNET = _cut_features(1, 2, 3, 5, 7)

ENCODERS: dict[str, EncoderSpec] = {
    'resnet101': EncoderSpec('resnet101', (64, 256, 512, 1024, 2048), _cut_resnet),
    'mobilenet_v2': EncoderSpec(
        'mobilenet_v2', (16, 24, 32, 96, 320), _cut_features(1, 3, 6, 13, 17)
    ),
    'vgg19': EncoderSpec('vgg19', (64, 128, 256, 512, 512), _cut_features(4, 9, 18, 27, 36)),
    'inception_v3': EncoderSpec('inception_v3', (64, 192, 288, 768, 2048), _cut_inception),
    'mobilenet_v3_large': EncoderSpec(
        'mobilenet_v3_large', (16, 24, 40, 112, 160), _cut_features(1, 3, 6, 12, 15)
    ),
    'efficientnet_b0': EncoderSpec('efficientnet_b0', (16, 24, 40, 112, 320), _EFFICIENTNET),
    'efficientnet_b1': EncoderSpec('efficientnet_b1', (16, 24, 40, 112, 320), _EFFICIENTNET),
    'efficientnet_lite0': EncoderSpec('efficientnet_lite0', (16, 24, 40, 112, 320), _EFFICIENTNET),
    'efficientnet_lite1': EncoderSpec('efficientnet_lite1', (16, 24, 40, 112, 320), _EFFICIENTNET),
    'efficientnet_lite2': EncoderSpec('efficientnet_lite2', (16, 24, 48, 120, 352), _EFFICIENTNET),
    'regnet_y_800mf': EncoderSpec('regnet_y_800mf', (32, 64, 144, 320, 784), _cut_regnet),
}


class Encoder(nn.Module):
    """Five feature maps of an image.

    Args:
        name: One of ENCODERS.
        weights: None (random), 'imagenet' (torchvision's download; for an EfficientNet-Lite the
            package of its weights) or a safetensors file with torchvision's own state dict of
            that classifier (EfficientNet-Lite: with names as in torchvision's efficientnet_b0).

    Raises:
        ValueError: Unknown name, or the file is unreadable or does not fit.
        FileNotFoundError: The weights file does not exist.
        ModuleNotFoundError: The package with the weights is not installed.
    """

    def __init__(self, name: str, weights: str | Path | None = None) -> None:
        super().__init__()
        spec = encoder_spec(name)
        self.channels = spec.channels
        self.stages = nn.ModuleList(spec.cut(_build_classifier(spec.builder, weights)))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Map a normalised image (B, 3, H, W) to features (B, C_s, ceil(H/s), ceil(W/s))."""
        height, width = image.shape[-2:]
        features, x = [], image
        for stride, stage in zip(STRIDES, self.stages, strict=True):
            x = stage(x.to(_dtype(stage)))
            size = (-(-height // stride), -(-width // stride))
            # Inception's convolutions are unpadded: bring its maps to the grid of the others.
            tap = x if x.shape[-2:] == size else F.interpolate(x, size, mode='bilinear')
            features.append(tap.to(_dtype(self.stages[-1])))
        return features


def _dtype(stage: nn.Module) -> torch.dtype:
    """Type of a stage's weights: the first one's may differ, see LacDepth.exact_parts."""
    return next(stage.parameters()).dtype


def encoder_spec(name: str) -> EncoderSpec:
    """Look up an encoder; ValueError names the allowed ones."""
    if name not in ENCODERS:
        raise ValueError(f'unknown encoder {name!r}; the encoders are {sorted(ENCODERS)}')
    return ENCODERS[name]


def _build_classifier(builder: str, weights: str | Path | None) -> nn.Module:
    options = {'init_weights': weights is None} if builder in ('inception_v3', 'vgg19') else {}
    if weights == 'imagenet':
        try:
            if builder in MULTIPLIERS:
                return imagenet_classifier(builder)
            return _torchvision_classifier(builder, weights='DEFAULT')
        except OSError as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise ValueError(
                f'the ImageNet weights of {builder} cannot be downloaded ({reason}); give '
                "encoder_weights a safetensors file of that classifier's state dict, or null"
            ) from error
    model: nn.Module
    if builder in MULTIPLIERS:
        model = EfficientNetLite(builder)
    else:
        model = _torchvision_classifier(builder, weights=None, **options)
    if weights is None:
        return model
    path = Path(weights)
    if not path.is_file():
        raise FileNotFoundError(
            f'encoder weights {path} do not exist; give a safetensors file of the state dict of '
            f"{builder}, 'imagenet' to download them, or null for random weights"
        )
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise ValueError(f'{path} is not a readable safetensors file ({error})') from error
    if differences := _load(model, state):
        raise ValueError(
            f'encoder weights {path} do not fit {builder}: {"; ".join(differences)}. Expected is '
            f'a safetensors file of the whole {builder}, as save_file({_published(builder)}'
            '.state_dict(), PATH) writes it; a checkpoint of this package belongs in '
            'model.network.checkpoint instead'
        )
    return model


def _torchvision_classifier(builder: str, **options: Any) -> nn.Module:
    from torchvision.models import get_model  # as slow an import as PyTorch's: only where needed

    model: nn.Module
    if not builder.startswith('regnet'):
        model = get_model(builder, **options)
        return model
    device = torch.empty(0).device
    with torch.device('cpu'):  # it works out its own sizes by tensors, which need values
        model = get_model(builder, **options)
    return model.to(device)


def _published(builder: str) -> str:
    """Python that makes the classifier with its published weights."""
    if builder in MULTIPLIERS:
        return f"lacdepth_ros.models.efficientnet_lite.imagenet_classifier('{builder}')"
    return f"torchvision.models.get_model('{builder}', weights='DEFAULT')"


def _load(model: nn.Module, state: dict[str, Tensor]) -> list[str]:
    """Load weights in place; returns in what they differ from the model's, none when they fit."""
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    reshaped = [n for n, value in state.items() if n in shapes and value.shape != shapes[n]]
    fitting = {name: value for name, value in state.items() if name not in reshaped}
    missing, unexpected = model.load_state_dict(fitting, strict=False)
    missing = [name for name in missing if name not in reshaped]
    kinds = (('missing', missing), ('unexpected', unexpected), ('of another shape', reshaped))
    return [
        f'{len(names)} of {total} tensors {kind}, such as {", ".join(names[:EXAMPLES])}'
        for (kind, names), total in zip(kinds, (len(shapes), len(state), len(state)), strict=True)
        if names
    ]
