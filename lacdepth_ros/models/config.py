# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ModelConfig: every choice that rebuilds a LacDepth network, and the named presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lacdepth_ros.core.text import clean

EncoderName = Literal[
    'resnet101',
    'mobilenet_v2',
    'vgg19',
    'inception_v3',
    'mobilenet_v3_large',
    'efficientnet_b0',
    'efficientnet_b1',
    'efficientnet_lite0',
    'efficientnet_lite1',
    'efficientnet_lite2',
    'regnet_y_800mf',
]
Lateral = Literal['reduce', 'double']
Fusion = Literal['dense', 'residual', 'none']
BinStrategy = Literal['attractor', 'splitter', 'naive']
BinType = Literal['normed', 'softplus']
AttractorKind = Literal['exp', 'inv']
Aggregation = Literal['mean', 'sum']
Distribution = Literal['logbinomial', 'gaussian', 'softmax']
Coefficients = Literal['exact', 'stirling']
Upsampling = Literal['guided', 'bilinear']
Rays = Literal['none', 'decoder']

LEVELS = (0, 3, 4, 6, 7)

CHOICES: dict[str, tuple[Any, ...]] = {
    'encoder': get_args(EncoderName),
    'lateral': get_args(Lateral),
    'levels': LEVELS,
    'fusion': get_args(Fusion),
    'bin_strategy': get_args(BinStrategy),
    'bin_type': get_args(BinType),
    'attractor_kind': get_args(AttractorKind),
    'attractor_aggregation': get_args(Aggregation),
    'distribution': get_args(Distribution),
    'coefficients': get_args(Coefficients),
    'upsampling': get_args(Upsampling),
    'rays': get_args(Rays),
    'head_stride': (2, 4),
    'pyramid_stride': (1, 2, 4),
}


# Far above what networks have: they keep a damaged or hostile checkpoint from taking the memory.
_RANGE_SHARE = 0.95
_MAX_COUNTS = {'num_bins': 1024, 'embedding': 1024, 'attractor_gamma': 16}
_MAX_CHANNELS = {'widths': 4096, 'attractors': 256}
_MAX_NUMBERS = {
    'attractor_alpha': 1e6,
    'min_temperature': 1e4,
    'max_temperature': 1e4,
    'min_depth': 1e4,
    'max_depth': 1e4,
    'focal_px': 1e4,
    'camera_height_m': 1e3,
}


def _is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most


def _is_positive(value: Any, most: float) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 < value <= most


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The architecture; stored in every checkpoint, so weights never meet the wrong network.

    Raises:
        ValueError: A value lies outside its allowed set; the message names both.
    """

    name: str = 'custom'
    """Name shown to people."""
    encoder: EncoderName = 'efficientnet_lite0'
    """Trunk (see backbone.ENCODERS)."""
    widths: tuple[int, int, int, int, int] = (16, 32, 64, 128, 192)
    """Decoder channels at strides 2, 4, 8, 16, 32."""
    rays: Rays = 'none'
    """decoder: its laterals also see the direction of every pixel's ray, so the network need not
    guess from the image's borders where its optical axis is (the paper: none)."""
    lateral: Lateral = 'reduce'
    """1x1 laterals to `widths`, or the paper's literal doubling of the encoder's channels."""
    levels: int = 4
    """Laplacian residuals of the pyramid (paper Table 5); the base lies at stride 2**levels."""
    fusion: Fusion = 'dense'
    """How the levels' residuals become relative depth (paper Table 6, eq. 4)."""
    pyramid_stride: int = 4
    """Stride of the finest pyramid level (the paper: 1)."""
    head_stride: int = 4
    """Stride at which bins and distribution are computed (the paper: 2)."""
    upsampling: Upsampling = 'guided'
    """From head_stride to the image: by weights read from the Laplacian residuals, or bilinear."""
    bin_strategy: BinStrategy = 'attractor'
    """Where bin centers come from (paper Table 7); naive = max_depth * relative, no stage 2."""
    bin_type: BinType = 'normed'
    """Seed bins: normalised widths of [min_depth, max_depth], or unbounded metres."""
    num_bins: int = 64
    """Bins of the depth distribution."""
    attractors: tuple[int, ...] = (16, 8, 4, 1)
    """Attractor points at strides 16, 8, 4, 2, as many as lie above head_stride."""
    attractor_kind: AttractorKind = 'exp'
    """Eq. 5 (exp), or ZoeDepth's inverse attractor."""
    attractor_alpha: float = 300.0
    """Strength of the attraction."""
    attractor_gamma: int = 2
    """Reach of the attraction."""
    attractor_aggregation: Aggregation = 'mean'
    """mean keeps the bins in order and in range; sum is ZoeDepth's constructor default."""
    embedding: int = 64
    """Channels of the bin embedding."""
    distribution: Distribution = 'logbinomial'
    """Conditional distribution over the bins (paper Table 7)."""
    coefficients: Coefficients = 'exact'
    """Binomial coefficients: exact, or Stirling's formula as ZoeDepth's code has it."""
    min_temperature: float = 0.0212
    """Smallest softmax temperature of the distribution."""
    max_temperature: float = 50.0
    """Largest softmax temperature of the distribution."""
    min_depth: float = 1e-3
    """Nearest depth [m] at focal_px."""
    max_depth: float = 100.0
    """Farthest depth [m] at focal_px."""
    focal_px: float = 535.0
    """Focal length [px of the network's input] at which its output is metres. For another focal
    length f, metres are output * f / focal_px."""
    camera_height_m: float = 1.65
    """Height [m] of the camera above the ground at which its output is metres. For another height
    h, metres are output * h / camera_height_m."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or self.name != clean(self.name, 100):
            raise ValueError(
                f'name={_shown(self.name)} must be text of at most 100 printable characters'
            )
        for field, allowed in CHOICES.items():
            value = getattr(self, field)
            if value not in allowed or type(value) is not type(allowed[0]):
                raise ValueError(f'{field}={_shown(value)} is not one of {list(allowed)}')
        for field, most in _MAX_COUNTS.items():
            if not _is_count(value := getattr(self, field), most):
                raise ValueError(f'{field}={_shown(value)} must be a whole number, 1 .. {most}')
        for field, highest in _MAX_NUMBERS.items():
            if not _is_positive(value := getattr(self, field), highest):
                raise ValueError(
                    f'{field}={_shown(value)} must be a number above 0, at most {highest:g}'
                )
        for low, high in (('min_depth', 'max_depth'), ('min_temperature', 'max_temperature')):
            if getattr(self, low) >= getattr(self, high):
                raise ValueError(
                    f'{low}={getattr(self, low)} must lie below {high}={getattr(self, high)}'
                )
        self._check_lists()
        self._check_combinations()

    def _check_lists(self) -> None:
        for field, lowest in (('widths', 8), ('attractors', 1)):
            value, most = getattr(self, field), _MAX_CHANNELS[field]
            if not isinstance(value, tuple) or not all(_is_count(v, most) for v in value):
                raise ValueError(
                    f'{field}={_shown(value)} must be a list of whole numbers, 1 .. {most}'
                )
            if min(value, default=lowest) < lowest:
                raise ValueError(f'{field}={value} must not hold numbers below {lowest}')
        if len(self.widths) != 5:
            raise ValueError(
                f'widths={self.widths} must be five channel counts, of strides 2, 4, 8, 16, 32'
            )
        if len(self.attractors) < self.num_refinements:
            raise ValueError(
                f'attractors={self.attractors} must name a count for each of the '
                f'{self.num_refinements} scales above head_stride={self.head_stride}'
            )

    def _check_combinations(self) -> None:
        if self.pyramid_stride > self.head_stride:
            raise ValueError(
                f'pyramid_stride={self.pyramid_stride} must not exceed '
                f'head_stride={self.head_stride}: the head reads the pyramid at its stride'
            )
        if self.levels == 0 and self.fusion != 'none':
            raise ValueError("levels=0 has no residuals to fuse; set fusion='none'")
        if self.bin_strategy == 'splitter' and self.num_bins % 2**self.num_refinements:
            raise ValueError(
                f'num_bins={self.num_bins} must be divisible by {2**self.num_refinements}: '
                'the splitter halves every bin at each scale'
            )
        if self.bin_type == 'softplus' and self.attractor_kind == 'exp':
            raise ValueError(
                "bin_type='softplus' keeps bins in metres, where attractor_kind='exp' reaches "
                "nothing (its gradient is 0 one metre away); set attractor_kind='inv'"
            )

    @property
    def num_refinements(self) -> int:
        """Scales at which the seed bins are refined: strides 16 down to head_stride."""
        return {2: 4, 4: 3}[self.head_stride]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelConfig:
        """Rebuild from plain values; lists become tuples.

        Raises:
            ValueError: An unknown key, or a value outside its allowed set.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := set(values) - known:
            raise ValueError(
                f'unknown model settings {_shown(sorted(unknown))}; the known ones are '
                f'{sorted(known)}'
            )
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**plain)

    @property
    def range_end(self) -> float:
        """Answers from here on [m] only say "no nearer": training puts the sky there."""
        return _RANGE_SHARE * self.max_depth


def _shown(value: Any) -> str:
    """A value of a file as messages show it."""
    return clean(repr(value), 200)


PRESETS: dict[str, ModelConfig] = {
    'lacdepth-lite': ModelConfig(name='lacdepth-lite'),
    'lacdepth-r101': ModelConfig(
        name='lacdepth-r101',
        encoder='resnet101',
        widths=(64, 128, 256, 512, 512),
        pyramid_stride=1,
        head_stride=2,
        upsampling='bilinear',
        embedding=128,
        max_depth=80.0,
        focal_px=721.5377,
    ),
}


def preset(name: str, **changes: Any) -> ModelConfig:
    """Look up a named configuration, with fields replaced.

    Raises:
        ValueError: No preset has that name.
    """
    if name not in PRESETS:
        raise ValueError(f'unknown preset {name!r}; the presets are {sorted(PRESETS)}')
    return dataclasses.replace(PRESETS[name], **changes)
