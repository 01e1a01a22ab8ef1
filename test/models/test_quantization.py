# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Convolutions in 8-bit integers: what is rounded, how, and what a checkpoint keeps of it."""

from __future__ import annotations

import copy
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny_networks import random_image, tiny_network
from torch import nn

from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint, write_quantized
from lacdepth_ros.models.engines.devices import computes_int8
from lacdepth_ros.models.engines.openvino_core import openvino_core
from lacdepth_ros.models.export import export, verify
from lacdepth_ros.models.first_levels import first_levels
from lacdepth_ros.models.inference import fold_batch_norm
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantization import (
    Levels,
    Quantization,
    round_input,
    round_kernel,
)
from lacdepth_ros.models.quantized_network import QuantizedNetwork, convolutions

in_integers = pytest.mark.skipif(not computes_int8(), reason='the processor gains nothing by int8')
INPUTS = (random_image(64, 96), torch.tensor([[60.0, 61.0, 47.0, 30.0]]))


def folded(seed: int = 0) -> LacDepth:
    model = tiny_network(seed=seed, rays='decoder').requires_grad_(False)
    fold_batch_norm(model)
    return model


def quantized(seed: int = 0) -> LacDepth:
    """A network, not folded, with first scales."""
    model = tiny_network(seed=seed, rays='decoder')
    model.quantization = Quantization(first_levels(folded(seed), [INPUTS]))
    return model


def kernel_scales(kernel: torch.Tensor) -> np.ndarray:
    """Of each output channel, (out, 1, 1, 1): two neighbors among its inputs are 127 at most."""
    sizes = np.abs(kernel.detach().numpy())
    rows = [
        max(
            float((channel[i] + (channel[i + 1] if i + 1 < len(channel) else 0)).max())
            for i in range(0, len(channel), 2)
        )
        for channel in sizes
    ]
    return np.array(rows, np.float32).reshape(-1, 1, 1, 1) / 127


def test_rounding_is_that_of_the_definition() -> None:
    values = torch.linspace(-3, 3, 1001).view(1, 1, 7, 143)
    for signed, low, high in ((True, -128, 127), (False, 0, 255)):
        found = round_input(values, Levels(0.01, signed, None)).numpy()
        steps = np.clip(np.rint(values.numpy() / np.float32(0.01)), low, high)
        np.testing.assert_allclose(found, steps * 0.01, atol=1e-6)
    kernel = torch.randn(5, 3, 3, 3)
    kernel[2] = 0
    scales = kernel_scales(kernel)
    expected = np.rint(kernel.numpy() / np.maximum(scales, 1e-9)) * scales
    np.testing.assert_allclose(round_kernel(kernel).numpy(), expected, atol=1e-6)
    assert np.abs(round_kernel(kernel).numpy() - kernel.numpy()).max() <= 0.51 * scales.max()


def test_all_that_becomes_no_metres_is_in_integers() -> None:
    network = folded()
    levels = first_levels(network, [INPUTS])
    exact = tuple(f'{name}.' for name in network.exact_parts())
    whole = {name for name in levels if '[' not in name}
    reduced = {n for n in convolutions(network) if not f'{n}.'.startswith(exact)}
    assert whole == reduced
    assert not any(name.startswith(('bins', 'distribution')) for name in levels)
    parts = {name for name in levels if '[' in name}
    joined = {name.partition('[')[0] for name in parts}
    assert joined and all('reduce' in n or 'join' in n for n in joined), 'no rays among them'
    assert all(levels[name].bias is None for name in parts), 'a bias is added once'
    after_relu = levels['pyramid.steps.0.refine.0']
    assert after_relu.signed, 'it reads the residuals of the image, too'


def test_one_convolution_in_integers_against_numpy() -> None:
    network = folded()
    name = 'fusion.merges.0.0'
    bias = torch.linspace(-1, 1, len(convolutions(network)[name].bias))
    network.quantization = Quantization({name: Levels(0.03, False, bias)})
    read: list[torch.Tensor] = []
    given: list[torch.Tensor] = []
    module = convolutions(network)[name]

    def look(_: nn.Module, inputs: tuple[torch.Tensor, ...], result: torch.Tensor) -> None:
        given.append(inputs[0].clone())
        read.append(result.clone())

    module.register_forward_hook(look)
    QuantizedNetwork(network)(*INPUTS)
    kernel = module.weight.numpy()
    scales = kernel_scales(module.weight)
    rounded = torch.from_numpy(np.rint(kernel / scales) * scales).float()
    steps = np.clip(np.rint(given[0].numpy() / np.float32(0.03)), 0, 255) * np.float32(0.03)
    expected = F.conv2d(torch.from_numpy(steps), rounded, bias, padding=1)
    torch.testing.assert_close(read[0], expected, rtol=1e-5, atol=1e-5)
    unrounded = F.conv2d(given[0], module.weight, bias, padding=1)
    assert (unrounded - expected).abs().max() > 1e-3, 'rounding shows'


@pytest.mark.slow
def test_a_checkpoint_keeps_them(tmp_path: Path) -> None:
    path, copied = tmp_path / 'a.safetensors', tmp_path / 'b.safetensors'
    model = quantized()
    save_checkpoint(path, model, {'data': 'none'})
    loaded, _ = load_checkpoint(path)
    assert_same(loaded.quantization, model.quantization)
    plain = tmp_path / 'plain.safetensors'
    save_checkpoint(plain, without(model), {'data': 'none'}, dtype=torch.float16)
    assert load_checkpoint(plain)[0].quantization is None
    write_quantized(plain, copied, model.quantization)
    before, after = load_file(plain), load_file(copied)
    assert all(torch.equal(before[name], after[name]) for name in before), 'weights as stored'
    again, told = load_checkpoint(copied)
    assert told['data'] == 'none'
    assert_same(again.quantization, model.quantization)
    other = quantized(seed=1).quantization
    write_quantized(copied, copied, other)
    assert_same(load_checkpoint(copied)[0].quantization, other)


def without(model: LacDepth) -> LacDepth:
    """The same network without integers."""
    plain = copy.deepcopy(model)
    plain.quantization = None
    return plain


def assert_same(found: Quantization | None, expected: Quantization | None) -> None:
    assert found is not None and expected is not None
    assert list(found.levels) == list(expected.levels)
    for name, level in expected.levels.items():
        other = found.levels[name]
        assert (other.scale, other.signed) == (level.scale, level.signed)
        assert (other.bias is None) == (level.bias is None)
        assert level.bias is None or torch.equal(other.bias, level.bias)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda plain, biases: plain['fusion.merges.0.0'].__setitem__(0, 0.0), 'scale 0.0 of'),
        (
            lambda plain, biases: plain['fusion.merges.0.0'].__setitem__(0, 'x'),
            'sign of fusion.* damaged',
        ),
        (lambda plain, biases: plain.__setitem__('fusion.merges.0.0', 3), 'damaged: 3'),
        (lambda plain, biases: plain.__setitem__('fusion.merges.0.0', []), r'damaged: \[\]'),
        (lambda plain, biases: plain['fusion.merges.0.0'].__setitem__(1, 'false'), "'false'"),
        (lambda plain, biases: plain.__setitem__('fusion.merges.0.0[3:]', [1.0, True]), 'is no'),
        (
            lambda plain, biases: plain.__setitem__('fusion.merges.1.reduce.0[x:]', [1.0, True]),
            'no part',
        ),
        (
            lambda plain, biases: biases.__setitem__(
                'fusion.merges.1.reduce.0[16:]', torch.zeros(8)
            ),
            'is unknown',
        ),
        (
            lambda plain, biases: plain.__setitem__('\x1b[31m' + 'x' * 999, [1.0, True]),
            r'\?\[31mx{5,300}|u001b|x1b\[31m',
        ),
        (
            lambda plain, biases: biases.__setitem__(
                'fusion.merges.0.0', torch.zeros(8, dtype=torch.complex64)
            ),
            'is C64',
        ),
        (lambda plain, biases: plain.__setitem__('nowhere', [1.0, True]), 'nowhere is no conv'),
        (lambda plain, biases: plain.__setitem__('distribution.mlp.0', [1.0, True]), 'is no conv'),
        (lambda plain, biases: plain.__setitem__('upsampling.weights[72:]', [1.0, True]), 'is no'),
        (
            lambda plain, biases: biases.__setitem__('fusion.merges.0.0', torch.zeros(3)),
            r'is F32 \[3\], not F32 \[8\]',
        ),
        (
            lambda plain, biases: biases['fusion.merges.0.0'].fill_(float('nan')),
            'bias of fusion.merges.0.0 holds NaN',
        ),
        (lambda plain, biases: plain.pop('fusion.merges.0.0'), 'fusion.merges.0.0.* is unknown'),
    ],
)
def test_a_damaged_checkpoint_is_refused(change, message: str, tmp_path: Path) -> None:
    path = tmp_path / 'a.safetensors'
    save_checkpoint(path, quantized(), {})
    with safe_open(path, framework='pt') as file:
        metadata = file.metadata()
    weights = load_file(path)
    plain = json.loads(metadata['int8'])
    biases = {n[5:]: x for n, x in weights.items() if n.startswith('int8.')}
    change(plain, biases)
    weights |= {f'int8.{name}': x for name, x in biases.items()}
    save_file(weights, path, metadata={**metadata, 'int8': json.dumps(plain)})
    with pytest.raises(ValueError, match=message) as caught:
        load_checkpoint(path)
    assert 'a.safetensors' in str(caught.value) and '\x1b' not in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.slow
def test_a_file_in_integers_has_what_the_network_has(tmp_path: Path) -> None:
    pytest.importorskip('openvino')
    path = tmp_path / 'depth.xml'
    model = quantized()
    export(model, path, height=64, width=96, precision='int8')
    read = openvino_core('this test').read_model(path)
    assert [x.get_any_name() for x in read.inputs] == ['image', 'intrinsics']
    assert read.get_rt_info('lacdepth_precision').value == 'int8'
    kinds = ('Convolution', 'GroupConvolution')
    found = [op for op in read.get_ops() if op.get_type_name() in kinds]
    sources = [[i.get_node().get_type_name() for i in op.input_values()] for op in found]
    assert sum('FakeQuantize' in source[0] for source in sources) == len(model.quantization.levels)
    with pytest.raises(ValueError, match="'int8' needs a checkpoint that holds scales"):
        export(without(model), path, height=64, width=96, precision='int8')


@pytest.mark.slow
@in_integers
def test_the_shipped_network_in_integers_is_a_file(tmp_path: Path) -> None:
    """Its std is calibrated: deviations count as in engines, which have the spread before that."""
    pytest.importorskip('openvino')
    path = tmp_path / 'depth.xml'
    model, _ = load_checkpoint()
    export(model, path, height=160, width=512, precision='int8')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of processors that need an option for it
        parity = verify(path, model)
    assert parity.median < 0.01 and parity.p99 < 0.05


@pytest.mark.parametrize('shape', [(6, 1, 3, 3), (4, 2, 1, 1), (8, 7, 3, 3), (16, 64, 1, 1)])
@pytest.mark.parametrize('same', [False, True])
def test_two_products_find_room_in_16_bits(shape: tuple[int, ...], same: bool) -> None:
    kernel = torch.full(shape, 0.3) if same else torch.randn(shape)
    steps = round_kernel(kernel).numpy() / kernel_scales(kernel)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    brightest = np.rint(np.abs(steps)).astype(np.int64) * 255
    sums = brightest[:, ::2]
    sums[:, : shape[1] // 2] += brightest[:, 1::2]
    assert sums.max() <= np.iinfo(np.int16).max
    assert sums.max() >= 126 * 255, 'nothing is given away'


@in_integers
@pytest.mark.parametrize('signed', [False, True])
@pytest.mark.parametrize('size', [1, 3])
def test_openvino_adds_the_brightest_without_overflow(signed: bool, size: int) -> None:
    openvino = pytest.importorskip('openvino')
    from lacdepth_ros.models.engines.openvino import translate

    level = Levels(0.02, signed, None)

    class Rounded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            pair = torch.tensor([0.74, 0.53]).view(1, 2, 1, 1)  # 74 and 53 of 127
            self.kernel = nn.Parameter(pair.repeat(16, 16, size, size))

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            rounded = round_input(given.relu() - given.neg().relu(), level)
            return F.conv2d(rounded, round_kernel(self.kernel)).relu()

    network = Rounded().eval()
    model = translate(openvino, network, [(1, 32, 16, 24)])
    compiled = openvino_core('this test').compile_model(
        model, 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'}
    )
    computed = compiled.get_runtime_model().get_ops()
    kinds = [getattr(op.get_rt_info()['runtimePrecision'], 'value', '') for op in computed]
    assert {'u8', 'i8'} & set(kinds)
    given = torch.full((1, 32, 16, 24), level.scale * level.highest)
    found = compiled(given.numpy())[0]
    expected = 16 * size**2 * (0.74 + 0.53) * level.scale * level.highest
    np.testing.assert_allclose(found, expected, rtol=1e-3)


@pytest.mark.slow
@in_integers
def test_openvino_computes_in_integers_what_pytorch_simulates() -> None:
    pytest.importorskip('openvino')
    from lacdepth_ros.models.engines.openvino import OpenVinoEngine

    model = quantized()
    plain = folded()
    plain.quantization = model.quantization
    expected = QuantizedNetwork(plain)(*INPUTS).depth
    engine = OpenVinoEngine(copy.deepcopy(model), torch.device('cpu'), 'int8')
    depth, _, _ = engine.run(*INPUTS)
    deviation = ((depth - expected) / expected).abs()
    assert deviation.median() < 2e-3, 'ties of rounding fall to either side'
    compiled = engine._compile(tuple(tuple(x.shape) for x in INPUTS)).get_runtime_model()
    kinds = [op.get_rt_info()['runtimePrecision'] for op in compiled.get_ops()]
    in_integers = sum(str(getattr(kind, 'value', kind)) in ('u8', 'i8') for kind in kinds)
    assert in_integers >= len(model.quantization.levels)
    engine.close()
    with pytest.raises(ValueError, match="'int8' needs a checkpoint that holds scales"):
        OpenVinoEngine(without(model), torch.device('cpu'), 'int8')
