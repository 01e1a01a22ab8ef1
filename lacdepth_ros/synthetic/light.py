# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sun, sky, haze and the camera's exposure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.synthetic.noise import Floats, fractal
from lacdepth_ros.synthetic.solids import F64, Color


@dataclass(frozen=True, slots=True)
class Light:
    """Weather and exposure of a street.

    Attributes:
        azimuth: Direction to the sun, from +z towards +x [rad].
        elevation: Height of the sun [rad].
        sun: Linear colour of direct light.
        ambient: Linear colour of the light from the sky.
        zenith: Colour of the sky overhead.
        horizon: Colour of the sky at the horizon, and of haze.
        clouds: Cloud cover 0..1.
        visibility: Depth at which haze has taken 63 % of the contrast [m].
        brightness: Wanted mean of the displayed picture below the sky, 0..1.
        noise: Standard deviation of sensor noise in 8-bit steps.
        phase: Whole number of the clouds.
    """

    azimuth: float = 0.8
    elevation: float = 0.7
    sun: Color = (5.0, 4.7, 4.1)
    ambient: Color = (0.60, 0.68, 0.85)
    zenith: Color = (0.55, 0.95, 1.9)
    horizon: Color = (2.2, 2.3, 2.4)
    clouds: float = 0.3
    visibility: float = 900.0
    brightness: float = 0.36
    noise: float = 1.5
    phase: int = 0

    @property
    def to_sun(self) -> F64:
        """(3,) unit vector to the sun, street frame."""
        flat = math.cos(self.elevation)
        return np.array(
            [
                flat * math.sin(self.azimuth),
                -math.sin(self.elevation),
                flat * math.cos(self.azimuth),
            ]
        )


def sky_color(light: Light, direction: Floats) -> Floats:
    """(N, 3) linear radiance of the clear sky and its clouds along (N, 3) unit directions."""
    up = np.maximum(-direction[:, 1], 0.0)
    blend = np.sqrt(np.clip(1.25 * up, 0.0, 1.0))[:, None]
    zenith, horizon = np.asarray(light.zenith, np.float32), np.asarray(light.horizon, np.float32)
    color = horizon + blend * (zenith - horizon)
    toward = np.clip(direction @ light.to_sun.astype(np.float32), 0.0, 1.0)
    glow = 0.25 * toward**6 + 0.8 * toward**80
    color += glow[:, None] * np.asarray(light.sun, np.float32) * (1.0 - 0.8 * light.clouds)
    plane = 1.0 / (up + 0.06)
    u = direction[:, 0] * plane + np.float32(light.phase % 50)
    v = direction[:, 2] * plane
    octaves = ((2.6, 0.6), (1.1, 0.45), (0.45, 0.3), (0.2, 0.16), (0.09, 0.08))
    puffs = fractal(u, v, 0.004 * plane * plane, octaves) + 1.3 * light.clouds - 0.65
    share = np.clip(2.2 * puffs, 0.0, 1.0) * np.clip(8.0 * up, 0.0, 1.0)
    white = float(np.mean(light.horizon)) * (1.15 - 0.35 * np.clip(puffs, 0.0, 1.0))
    return color + share[:, None] * (white[:, None] - color)


def hills(light: Light, direction: Floats, color: Floats) -> Floats:
    """Sky with far wooded hills drawn along the horizon (beyond all ground truth)."""
    azimuth = np.arctan2(direction[:, 0], direction[:, 2]).astype(np.float32)
    flat = np.zeros_like(azimuth)
    shift = azimuth + np.float32(light.phase % 31)
    outline = fractal(shift, flat, flat, ((0.9, 0.022), (0.25, 0.010), (0.03, 0.004)))
    slope = -direction[:, 1]
    wooded = np.clip((0.012 + outline - slope) * 900.0 + 0.5, 0.0, 1.0)
    haze = np.asarray(light.horizon, np.float32)
    forest = 0.35 * haze + 0.65 * np.array([0.16, 0.22, 0.14], np.float32)
    return color + wooded[:, None] * (forest - color)


def add_haze(light: Light, color: Floats, depth: Floats) -> Floats:
    """Mix the horizon's colour into (N, 3) radiances seen at (N,) depths."""
    share = 1.0 - np.exp(depth * np.float32(-1.0 / light.visibility))
    return color + share[:, None] * (np.asarray(light.horizon, np.float32) - color)


def develop(
    light: Light, radiance: Floats, metered: npt.NDArray[np.bool_], seed: npt.ArrayLike
) -> npt.NDArray[np.uint8]:
    """Expose, tone-map and add sensor noise: (H, W, 3) radiance to an 8-bit RGB image.

    Args:
        light: Gives the wanted brightness and the noise.
        radiance: (H, W, 3) linear radiance.
        metered: (H, W) pixels that the exposure goes by.
        seed: Seed of the noise.
    """
    sample = radiance[::4, ::4].mean(axis=2)[metered[::4, ::4]]
    level = float(np.mean(np.minimum(sample, 4 * np.median(sample)))) if sample.size else 1.0
    gain = light.brightness**2.2 / max(level, 1e-3)
    linear = np.clip(radiance * np.float32(gain), 0.0, None)
    linear = np.where(linear < 0.6, linear, 0.6 + 0.4 * np.tanh((linear - 0.6) / 0.5))
    shown = np.power(linear, np.float32(1 / 2.2))
    shown += 0.45 * (shown * shown * (3.0 - 2.0 * shown) - shown)  # a contrasty camera
    shown *= 255.0
    generator = np.random.default_rng(np.asarray(seed))
    grain = generator.standard_normal(shown.shape, dtype=np.float32)
    return np.clip(shown + np.float32(light.noise) * grain + 0.5, 0, 255).astype(np.uint8)


def random_light(rng: np.random.Generator) -> Light:
    """Draw the weather of a street."""
    sunny = rng.random() < 0.7
    warm = float(rng.uniform(0.0, 1.0))
    power = float(rng.uniform(3.5, 7.0)) if sunny else float(rng.uniform(0.0, 0.4))
    sky = (0.58, 0.68, 0.88) if sunny else (1.45, 1.5, 1.55)
    white = float(rng.uniform(1.8, 3.4))
    return Light(
        azimuth=float(rng.uniform(0, 2 * math.pi)),
        elevation=math.radians(float(rng.uniform(18.0, 62.0))),
        sun=(power, power * (0.96 - 0.08 * warm), power * (0.88 - 0.22 * warm)),
        ambient=sky,
        zenith=(0.55, 0.95, 1.9) if sunny else (1.5, 1.6, 1.7),
        horizon=(white, 1.02 * white, 1.05 * white),
        clouds=float(rng.uniform(0.1, 0.65)) if sunny else float(rng.uniform(0.7, 1.0)),
        visibility=float(np.exp(rng.uniform(math.log(700.0), math.log(5000.0)))),
        brightness=float(rng.uniform(0.36, 0.48)),
        noise=float(rng.uniform(0.8, 3.0)),
        phase=int(rng.integers(1 << 16)),
    )
