# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run leaves to be resumed from, and which settings must then stay as they were."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from lacdepth_ros.training.config import TrainingConfig

FIXED = (
    'preset',
    'model',
    'encoder_weights',
    'checkpoint',
    'renewed',
    'frozen',
    'encoder_lr',
    'decoder_lr',
    'weight_decay',
)
"""Settings that live in the saved state: another value would be ignored without a word."""


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Save a state; the file appears whole or not at all."""
    partial = path.with_name(path.name + '.partial')
    torch.save(state, partial)
    partial.replace(path)


def read_state(path: Path) -> dict[str, Any]:
    """Read a state of tensors and plain values.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Damaged, or no state of a run.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist; there is no run to resume')
    try:
        state = torch.load(path, map_location='cpu', weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise ValueError(f'{path} is damaged or no state of a run ({error})') from error
    if not isinstance(state, dict):
        raise ValueError(f'{path} holds {type(state).__name__}, not the state of a run')
    return state


def check_fixed_settings(path: Path, config: TrainingConfig) -> None:
    """Refuse to resume the run whose config.json is at path with other FIXED settings.

    Raises:
        FileNotFoundError: No such file.
        ValueError: A setting differs; the message names all of them.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist; there is no run to resume')
    before = json.loads(path.read_text())
    now = json.loads(json.dumps(config.to_dict()))
    if changed := [f'{n}: {before[n]!r} -> {now[n]!r}' for n in FIXED if before[n] != now[n]]:
        raise ValueError(
            f'the run of {path.parent} cannot be resumed with other settings ({"; ".join(changed)}'
            '); keep them, or start a new run with checkpoint: best.safetensors of this one'
        )
