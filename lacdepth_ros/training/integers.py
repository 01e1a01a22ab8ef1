# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A network in 8-bit integers, taught by itself in float32.

Scales, and biases for what rounding shifts on average, follow the gradient of their difference;
kernels stay as they are. Scales as in LSQ (Esser et al., ICLR 2020).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantization import Levels, round_kernel
from lacdepth_ros.models.quantized_network import Convolutions, convolutions

View = tuple[Tensor, ...]
"""Image (1, 3, H, W) and the network's constants."""
VIEWS = 4
"""A step."""
BIAS_RATE, SCALE_RATE = 3e-4, 6e-4
"""Learning rates; of the logarithm of a scale."""
WARM_UP = 0.1
"""Share of the steps."""
LARGE = 10.0
"""Weight of squared deviations: a few pixels that err by much count more than many by little."""
WORST = 0.5
"""Deviations count no further."""
STD_WEIGHT, SUMMARY_WEIGHT = 0.5, 0.05
MEAN_DECAY = 0.98


class TunedNetwork(nn.Module):
    """A network in integers, whose scales and biases have gradients.

    Args:
        exact: In float32; it stays as it is.
        levels: To begin with.
    """

    def __init__(self, exact: LacDepth, levels: dict[str, Levels]) -> None:
        super().__init__()
        self.network = copy.deepcopy(exact)
        self.begun = levels
        self.names = {name: i for i, name in enumerate(levels)}
        scales = [math.log(level.scale) for level in levels.values()]
        self.log_scales = nn.ParameterList(nn.Parameter(torch.tensor(x)) for x in scales)
        found = convolutions(self.network)
        self.biases: dict[str, Tensor] = {}
        for name, module in found.items():
            if name in levels and module.bias is not None:
                module.bias.requires_grad_(True)
                self.biases[name] = module.bias

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Depth, std and summary, see NetworkOutput."""

        def round_both(name: str, given: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
            if name not in self.names:
                return given, kernel
            level = self.begun[name]
            scale = self.log_scales[self.names[name]].exp()
            return _round(given, scale, level.lowest, level.highest), round_kernel(kernel)

        with Convolutions(self.network, round_both):
            output = self.network(*inputs)
        return output.depth, output.std, output.summary

    def levels(self) -> dict[str, Levels]:
        """What has become of them."""
        return {
            name: Levels(
                float(self.log_scales[i].detach().exp()),
                self.begun[name].signed,
                self.biases[name].detach().clone() if name in self.biases else None,
            )
            for name, i in self.names.items()
        }


def _round(given: Tensor, scale: Tensor, lowest: int, highest: int) -> Tensor:
    """Round as `round_input` does; rounding itself passes gradients as if it were not there."""
    damping = 1 / math.sqrt(given.numel() * highest)  # of the scale's gradient, as in LSQ
    scale = scale * damping + (scale - scale * damping).detach()
    steps = (given / scale).clamp(lowest, highest)
    return (steps + (steps.round() - steps).detach()) * scale


def tune(
    network: TunedNetwork,
    exact: LacDepth,
    view: Callable[[], View],
    steps: int,
    progress: Callable[[int, int | None], None],
) -> None:
    """Bring a network in integers closer to the exact one, in place.

    What remains is the mean of its parameters over the last steps.

    Args:
        network: To tune.
        exact: In float32.
        view: Gives any of what it shall see.
        steps: Of VIEWS views each.
        progress: Told of steps done and of all.
    """
    groups = (list(network.biases.values()), BIAS_RATE), (list(network.log_scales), SCALE_RATE)
    optimizer = torch.optim.AdamW(
        [{'params': params, 'lr': rate} for params, rate in groups],
        betas=(0.9, 0.99),
        weight_decay=0.0,
    )
    pace = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, steps))
    parameters = [p for params, _ in groups for p in params]
    means = [p.detach().clone() for p in parameters]
    for step in range(steps):
        for _ in range(VIEWS):
            (difference(network, exact, view()) / VIEWS).backward()
        optimizer.step()
        pace.step()
        optimizer.zero_grad(set_to_none=True)
        decay = min(MEAN_DECAY, (step + 1) / (step + 11))
        for mean, parameter in zip(means, parameters, strict=True):
            mean.lerp_(parameter.detach(), 1 - decay)
        progress(step + 1, steps)
    with torch.no_grad():
        for mean, parameter in zip(means, parameters, strict=True):
            parameter.copy_(mean)


def _pace(step: int, steps: int) -> float:
    """Share of the learning rates: it rises quickly and falls to nothing as a cosine."""
    warm = min(1.0, (step + 1) / (WARM_UP * steps + 1))
    return warm * 0.5 * (1 + math.cos(math.pi * step / max(steps, 1)))


def difference(network: TunedNetwork, exact: LacDepth, view: View) -> Tensor:
    """How far a network in integers is from the exact one, for the gradient."""
    with torch.no_grad():
        wanted = exact(*view)
    depth, std, summary = network(*view)
    of_depth = (depth.log() - wanted.depth.log()).abs()
    of_std = ((std - wanted.std) / wanted.depth).abs()
    if not torch.isfinite(of_std).all():  # networks without a distribution have no std
        of_std = torch.zeros_like(of_depth)
    of_summary = (summary - wanted.summary).abs().mean()
    return _mean(of_depth) + STD_WEIGHT * _mean(of_std) + SUMMARY_WEIGHT * of_summary


def _mean(deviations: Tensor) -> Tensor:
    counted = deviations.clamp_max(WORST)
    return (counted + LARGE * counted.square()).mean()
