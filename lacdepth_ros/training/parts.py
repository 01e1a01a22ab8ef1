# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run starts from, and the parts of the network that it leaves alone or begins anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args, get_type_hints

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.config import ModelConfig, preset
from lacdepth_ros.models.lacdepth import LacDepth

PARTS = ('encoder', 'fusion', 'pyramid', 'bins', 'distribution', 'upsampling')
ENCODER_STAGES = 5
BatchNormScope = Literal['none', 'encoder', 'all']
if TYPE_CHECKING:
    Architecture = dict[str, Any]
else:
    # The fields of ModelConfig with their types, each of which may be left out: by them
    # jsonargparse checks names and values of a recipe.
    Architecture = TypedDict('Architecture', get_type_hints(ModelConfig), total=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The network that is trained: its architecture, its first weights, what stays frozen.

    Raises:
        ValueError: A value lies outside its allowed set.
    """

    preset: str | None = 'lacdepth-lite'
    """Named architecture to start from; null: the checkpoint's own."""
    architecture: Architecture = field(default_factory=dict)
    """Fields of ModelConfig to change in the preset, such as widths or num_bins."""
    encoder_weights: str | None = 'imagenet'
    """'imagenet' (torchvision downloads them), a safetensors file, or null for random."""
    checkpoint: str | None = None
    """Start from this checkpoint's weights instead of encoder_weights; 'shipped' is the package's
    own."""
    renewed: tuple[str, ...] = ()
    """Parts (encoder, fusion, pyramid, bins, distribution, upsampling) that start with random
    weights although a checkpoint is given."""
    frozen: tuple[str, ...] = ()
    """Parts that keep their weights and BatchNorm statistics."""
    frozen_stages: int = 0
    """The encoder's first stages (of 5, ending at strides 2, 4, 8, 16, 32) that stay frozen."""
    frozen_batch_norm: BatchNormScope = 'none'
    """BatchNorms that keep their statistics although their part is trained."""

    def __post_init__(self) -> None:
        if self.frozen_batch_norm not in get_args(BatchNormScope):
            raise ValueError(
                f'frozen_batch_norm={self.frozen_batch_norm!r} is not one of '
                f'{list(get_args(BatchNormScope))}'
            )
        if not 0 <= self.frozen_stages <= ENCODER_STAGES:
            raise ValueError(
                f'frozen_stages={self.frozen_stages} must lie in 0 .. {ENCODER_STAGES}'
            )
        if self.preset is None and (self.checkpoint is None or self.architecture):
            raise ValueError(
                "preset=None means the checkpoint's own architecture: name a checkpoint, and "
                'leave architecture empty'
            )
        self.model_config()

    @property
    def trained(self) -> bool:
        """Whether the start is a trained network, whose errors mean something."""
        return self.checkpoint is not None and not self.renewed

    def model_config(self) -> ModelConfig | None:
        """The architecture asked for; None where it is the checkpoint's own."""
        if self.preset is None:
            return None
        return ModelConfig.from_dict({**preset(self.preset).to_dict(), **self.architecture})


def build_network(config: NetworkConfig) -> LacDepth:
    """Build the network with its first weights, and freeze what stays frozen.

    Raises:
        FileNotFoundError: A file of weights is missing.
        ValueError: It is unreadable or of another architecture, or a part does not exist.
    """
    wanted = config.model_config()
    if config.checkpoint is None:
        assert wanted is not None
        model = LacDepth(wanted, config.encoder_weights)
    else:
        model, _ = load_checkpoint(config.checkpoint)
        if wanted is not None and model.config != wanted:
            raise ValueError(
                f'checkpoint {config.checkpoint} holds another architecture ({model.config}) than '
                f'the configuration asks for ({wanted}); make preset and architecture agree, or '
                'set preset: null'
            )
        renew(model, config.renewed)
        model.calibration = model.quantization = None  # of the weights that were
    freeze(model, config)
    return model


def part(model: LacDepth, name: str) -> nn.Module:
    """Look up a part; ValueError when this network has none of that name."""
    module = getattr(model, name, None) if name in PARTS else None
    if not isinstance(module, nn.Module):
        present = [p for p in PARTS if hasattr(model, p)]
        raise ValueError(f'the network has no part {name!r}; its parts are {present}')
    return module


def renew(model: LacDepth, names: Sequence[str]) -> None:
    """Give these parts random weights again, in place."""
    fresh = LacDepth(model.config)
    for name in names:
        part(model, name).load_state_dict(part(fresh, name).state_dict())


def freeze(model: LacDepth, config: NetworkConfig) -> None:
    """Take the frozen parts out of the training."""
    for module in _frozen_modules(model, config):
        module.requires_grad_(False)


def training_mode(model: LacDepth, config: NetworkConfig) -> None:
    """Put the network into training mode; what is frozen keeps its BatchNorm statistics."""
    model.train()
    for module in (*_frozen_modules(model, config), *_frozen_norms(model, config)):
        module.eval()


def _frozen_modules(model: LacDepth, config: NetworkConfig) -> list[nn.Module]:
    stages = list(model.encoder.stages)[: config.frozen_stages]
    return [*(part(model, name) for name in config.frozen), *stages]


def _frozen_norms(model: LacDepth, config: NetworkConfig) -> Iterator[nn.Module]:
    if config.frozen_batch_norm == 'none':
        return
    scope = model if config.frozen_batch_norm == 'all' else model.encoder
    yield from (module for module in scope.modules() if isinstance(module, _BatchNorm))
