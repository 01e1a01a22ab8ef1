# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scales for 8-bit integers: first from what the convolutions read, then tuned by the depth."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable

import torch

from lacdepth_ros.core.preprocessing import image_to_tensor, input_camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.models.engines.engine import CPU, network_constants
from lacdepth_ros.models.first_levels import first_levels
from lacdepth_ros.models.inference import fold_batch_norm
from lacdepth_ros.models.lacdepth import PAD_MULTIPLE, LacDepth
from lacdepth_ros.models.quantization import Quantization
from lacdepth_ros.training.integers import TunedNetwork, View, tune

Load = Callable[[int], Sample]
"""A frame by its number."""
SEEN_FRAMES = 32
"""Whole frames whose inputs of convolutions give the first scales."""
CROP = (256, 512)
"""Of a view, at most; whole frames teach no better and take longer."""
ZOOMS = (0.85, 1.0, 1.0, 1.0, 1.15)


def quantize(
    model: LacDepth,
    load: Load,
    count: int,
    steps: int,
    progress: Callable[[int, int | None], None],
) -> Quantization:
    """Find the integers of a network.

    Args:
        model: In evaluation mode; it stays as it is.
        load: Of frames like those that the network will see; their depth does not count.
        count: Of them.
        steps: Of tuning, see `tune`; 0: none.
        progress: Told of steps done and of all.

    Raises:
        ValueError: There are no frames, or the network is in training mode.
    """
    if not count:
        raise ValueError('scales for integers need frames, and there are none')
    exact = copy.deepcopy(model)
    fold_batch_norm(exact)
    exact.requires_grad_(False)
    chance = random.Random(0)
    torch.manual_seed(0)
    few = min(SEEN_FRAMES, count)
    views = (whole_view(exact, load(i * count // few)) for i in range(few))
    network = TunedNetwork(exact, first_levels(exact, views))
    tune(
        network,
        exact,
        lambda: cut_view(exact, load(chance.randrange(count)), chance),
        steps,
        progress,
    )
    return Quantization(network.levels())


def whole_view(network: LacDepth, frame: Sample) -> View:
    """A frame as the network sees it."""
    camera = input_camera(frame.camera, network.config.focal_px)
    image = image_to_tensor(frame.image, CPU, (camera.height, camera.width), PAD_MULTIPLE)
    return (image, *network_constants(network.config, camera))


def cut_view(network: LacDepth, frame: Sample, chance: random.Random) -> View:
    """A part of a frame, seen at about the network's focal length, mirrored or not."""
    seen = input_camera(frame.camera, network.config.focal_px * chance.choice(ZOOMS))
    image = image_to_tensor(frame.image, CPU, (seen.height, seen.width))
    height, width = (
        min(most, max(side // PAD_MULTIPLE, 1) * PAD_MULTIPLE)
        for most, side in zip(CROP, (seen.height, seen.width), strict=True)
    )
    y, x = (
        chance.randint(0, max(0, a - b)) for a, b in ((seen.height, height), (seen.width, width))
    )
    camera = seen.cropped(x, y, min(width, seen.width), min(height, seen.height))
    image = image[..., y : y + height, x : x + width]
    if chance.random() < 0.5:
        image, camera = image.flip(3), camera.flipped()
    return (image, *network_constants(network.config, camera))
