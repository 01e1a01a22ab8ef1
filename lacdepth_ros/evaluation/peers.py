# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Other networks for depth, as the library transformers has them, to be timed beside ours.

They are built as their authors configured them, with random weights: nothing is downloaded, and
time does not depend on the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lacdepth_ros.core.optional import load_library
from lacdepth_ros.models.engines.openvino import DEVICES, PRECISIONS, PURPOSE, translate
from lacdepth_ros.models.engines.openvino_core import openvino_core
from lacdepth_ros.models.inference import DTYPES

LIBRARY = 'transformers'
ENGINES = ('eager', 'openvino')
"""Engines that peers are run under."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One network.

    Attributes:
        multiple: Sides of its input are multiples of this many pixels.
        build: Makes it with random weights, given the library.
    """

    multiple: int
    build: Callable[[Any], nn.Module]

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """The size it can take that is nearest to the one wanted."""
        sides = (max(1, round(side / self.multiple)) * self.multiple for side in (height, width))
        return next(sides), next(sides)


class DepthOnly(nn.Module):
    """A network of transformers as a function of the image alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Map a normalised image (B, 3, H, W) to depth (B, H', W')."""
        depth: Tensor = self.network(image).predicted_depth
        return depth


def _dinov2_small(library: Any) -> Any:
    return library.Dinov2Config(
        hidden_size=384,
        num_attention_heads=6,
        num_hidden_layers=12,
        image_size=518,
        patch_size=14,
        out_indices=[3, 6, 9, 12],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )


def _depth_anything_v2_small(library: Any) -> Any:
    config = library.DepthAnythingConfig(backbone_config=_dinov2_small(library))
    return library.DepthAnythingForDepthEstimation(config)


def _dpt_dinov2_small(library: Any) -> Any:
    config = library.DPTConfig(
        backbone_config=_dinov2_small(library),
        neck_hidden_sizes=[48, 96, 192, 384],
        use_bias_in_fusion_residual=False,
        add_projection=True,
    )
    return library.DPTForDepthEstimation(config)


def _glpn_kitti(library: Any) -> Any:
    config = library.GLPNConfig(
        depths=[3, 8, 27, 3],
        hidden_sizes=[64, 128, 320, 512],
        num_attention_heads=[1, 2, 5, 8],
        decoder_hidden_size=64,
    )
    return library.GLPNForDepthEstimation(config)


def _zoedepth_nyu_kitti(library: Any) -> Any:
    return library.ZoeDepthForDepthEstimation(library.ZoeDepthConfig())


PEERS = {
    'depth-anything-v2-small': Peer(14, _depth_anything_v2_small),
    'glpn-kitti': Peer(32, _glpn_kitti),
    'dpt-dinov2-small': Peer(14, _dpt_dinov2_small),
    'zoedepth': Peer(32, _zoedepth_nyu_kitti),
}
"""By name; the last one is fifteen times as large as the first."""


def ways_of_peers(ways: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those engines and precisions that peers run in; for integers they have no scales."""
    return [(engine, kind) for engine, kind in ways if engine in ENGINES and kind != 'int8']


def build_peer(name: str, device: str = 'cpu') -> nn.Module:
    """Make a peer in evaluation mode.

    Args:
        name: One of PEERS.
        device: 'meta' makes it without weights, to be counted.

    Raises:
        ModuleNotFoundError: transformers is not installed.
    """
    library = load_library(LIBRARY, 'the networks that ours is compared with')
    with torch.device(device):
        return DepthOnly(PEERS[name].build(library)).eval().requires_grad_(False)


def peer_runner(
    network: nn.Module, height: int, width: int, *, engine: str, precision: str
) -> Callable[[], object]:
    """Return a function that runs a peer once on noise of this size, on the CPU.

    Args:
        network: Of `build_peer`; it is changed.
        height: Of its input.
        width: Of its input.
        engine: One of ENGINES, with the settings that our network gets.
        precision: 'fp32', 'bf16', or on Arm 'fp16'.
    """
    image = torch.rand(1, 3, height, width)
    if engine == 'eager':
        network.to(DTYPES[precision])
        image = image.to(DTYPES[precision])

        def run() -> object:
            with torch.inference_mode():
                return network(image)

        return run
    openvino = load_library('openvino', PURPOSE)
    options = {
        'PERFORMANCE_HINT': 'LATENCY',
        'INFERENCE_PRECISION_HINT': PRECISIONS[precision],
        'INFERENCE_NUM_THREADS': torch.get_num_threads(),
    }
    model = translate(openvino, network, [tuple(image.shape)])
    compiled = openvino_core(PURPOSE).compile_model(model, DEVICES['cpu'], options)
    request = compiled.create_infer_request()
    values = [image.numpy()]
    return lambda: request.infer(values, share_inputs=True)
