# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ranges and probabilities of the random views of a training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

FixedCrop = Literal['none', 'kitti', 'nyu']
Vertical = Literal['random', 'bottom', 'top']

_CROP = (224, 704)

_PROBABILITIES = (
    'flip',
    'photometric_probability',
    'channel_permutation',
    'gray',
    'blur',
    'low_resolution',
    'degraded',
    'wide_zoom',
)
_SPREADS = ('brightness', 'contrast', 'saturation', 'channel_gain')
_RANGES: tuple[tuple[tuple[str, ...], str, Callable[[float], bool]], ...] = (
    (_PROBABILITIES, '[0, 1]', lambda value: 0 <= value <= 1),
    (_SPREADS, '[0, 1)', lambda value: 0 <= value < 1),
    (('gamma',), '[0, inf)', lambda value: 0 <= value < math.inf),
    (('rotation', 'pitch', 'yaw'), '[0, 45]', lambda value: 0 <= value <= 45),
    (('least_fill',), '[0, 1]', lambda value: 0 <= value <= 1),
)
_CHOICES = (('fixed_crop', FixedCrop), ('vertical', Vertical))


def _is_pair(value: Any, kind: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, kind) for v in value)


def _is_range(value: Any) -> bool:
    return _is_pair(value, (int, float)) and 0 < value[0] <= value[1] < math.inf


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """Ranges of the random view, in the order in which they act.

    The light of the paper (its "HSV") is brightness, contrast and saturation of 0.1, all else 0.
    LapDepth's is brightness, gamma and channel_gain of 0.1 (NYU: brightness 0.25) with
    photometric_probability and channel_permutation of 0.5, all else 0.

    Raises:
        ValueError: A range that no view can be drawn from.
    """

    fixed_crop: FixedCrop = 'none'
    """Cut every image first: 'kitti' to the KITTI depth benchmark's 352x1216 (lowest rows, middle
    columns), 'nyu' to the 565x427 inside the white border of NYU's 640x480."""
    rotation: float = 0.0
    """The camera rolls by up to this many degrees (LapDepth: KITTI 1, NYU 2.5)."""
    pitch: float = 0.0
    """The camera is tilted up or down by up to this many degrees."""
    yaw: float = 0.0
    """The camera looks up to this many degrees aside: the road then leads elsewhere than along
    the optical axis, as for a robot's side cameras."""
    focal_range: tuple[float, float] = (380.0, 690.0)
    """The view is scaled to a focal length drawn from this range [px]; true metres stay true, as
    the camera of the view knows its focal length."""
    scale_range: tuple[float, float] | None = None
    """Scale by a factor drawn from this range instead of to focal_range; (1, 1): never scaled,
    unless pixels are oblong."""
    crop: tuple[int, int] = _CROP
    """Height and width of the network's training input [px], cut from the scaled view."""
    wide_zoom: float = 0.0
    """Probability that the focal length is drawn from wide_focal_range instead of focal_range."""
    wide_focal_range: tuple[float, float] = (300.0, 900.0)
    """Of cameras far from the network's focal length [px]."""
    crops: tuple[tuple[int, int], ...] = ()
    """Sizes [height, width] that take the place of `crop`, one drawn for every step; another crop
    beside them is refused. Empty: crop alone. A network that only ever saw one size takes the
    distance to the borders for a clue and errs at others; what is listed twice is drawn twice as
    often."""
    least_fill: float = 0.0
    """Share of the crop's height and width that the image must fill: focal lengths for which it
    would not are left out, as far as the ranges above allow."""
    vertical: Vertical = 'random'
    """Which rows are cut: any ('random'), the lowest ('bottom'), or the uppermost ('top'). With
    'bottom' the road leaves every view at its lower edge; with 'top' and a crop as high as the
    scaled image, views are cut as whole images enter the network at prediction. Both let it learn
    depth from where in the picture something stands, which 'random' breaks. Where the scaled image
    is lower than the crop, 'bottom' continues it above and the others below."""
    flip: float = 0.5
    """Probability of a left-right flip."""
    photometric_probability: float = 1.0
    """Probability of each of brightness, channel_gain, contrast, saturation and gamma."""
    brightness: float = 0.25
    """Relative range of brightness: factor in [1 - b, 1 + b]."""
    channel_gain: float = 0.1
    """Relative range of each colour channel's gain (white balance)."""
    contrast: float = 0.25
    """Relative range of contrast."""
    saturation: float = 0.4
    """Relative range of saturation."""
    gamma: float = 0.25
    """Gamma is drawn from [1 / (1 + g), 1 + g]."""
    gray: float = 0.3
    """Probability that colour is dropped."""
    channel_permutation: float = 0.0
    """Probability that the colour channels change places (LapDepth; the paper does not)."""
    blur: float = 0.1
    """Probability of a slight Gaussian blur."""
    low_resolution: float = 0.0
    """Probability that detail is lost as in an image of a smaller camera, which is enlarged."""
    degraded: float = 0.0
    """Probability that the picture is as a lens out of focus, a shaken camera, night, fog, drops,
    compression or noise leave it (see degradations)."""

    def __post_init__(self) -> None:
        if not _is_pair(self.crop, int) or min(self.crop) < 1:
            raise ValueError(f'crop={self.crop!r} must be two sizes [height, width] above 0')
        if not all(_is_pair(size, int) and min(size) > 0 for size in self.crops):
            raise ValueError(f'crops={self.crops!r} must be sizes [height, width] above 0')
        if self.crops and self.crop not in (_CROP, *self.crops):
            raise ValueError(
                f'crop={self.crop!r} has no effect beside crops={self.crops!r}; list it there, or '
                'empty crops (data.augment.crops [])'
            )
        for name in ('focal_range', 'wide_focal_range'):
            if not _is_range(getattr(self, name)):
                raise ValueError(
                    f'{name}={getattr(self, name)!r} must be [low, high] pixels above 0'
                )
        if self.scale_range is not None and not _is_range(self.scale_range):
            raise ValueError(
                f'scale_range={self.scale_range!r} must be [low, high] factors above 0, or null'
            )
        for names, allowed, fits in _RANGES:
            for name in names:
                value = getattr(self, name)
                if not isinstance(value, (int, float)) or not fits(value):
                    raise ValueError(f'{name}={value!r} must lie in {allowed}')
        for name, choices in _CHOICES:
            if getattr(self, name) not in get_args(choices):
                raise ValueError(f'{name}={getattr(self, name)!r} is not in {get_args(choices)}')
