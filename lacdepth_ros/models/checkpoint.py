# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A checkpoint: one safetensors file with weights, their ModelConfig and their provenance."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from lacdepth_ros.core.whole_file import whole_file
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import LacDepth

FORMAT = 'lacdepth/1'
_KEYS = ('model_config', 'provenance')
FOCAL_PER_WIDTH = 'focal_per_width'
"""Key of the provenance: focal length over width of the training images, their field of view."""
DEFAULT_CHECKPOINT = 'lacdepth_lite.safetensors'


def default_checkpoint() -> Path:
    """Path of the checkpoint shipped with the package.

    Raises:
        FileNotFoundError: This installation carries none.
    """
    path = Path(str(files('lacdepth_ros') / 'checkpoints' / DEFAULT_CHECKPOINT))
    if not path.is_file():
        raise FileNotFoundError(
            f'the shipped checkpoint {path} is missing; reinstall the package or name a checkpoint'
        )
    return path


def save_checkpoint(
    path: str | Path,
    model: LacDepth,
    provenance: dict[str, str],
    *,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write weights, configuration and provenance; the file appears whole or not at all.

    Args:
        path: Target, `.safetensors`.
        model: The network.
        provenance: What a reader wants to know: data, licence, code version, measured errors; and
            FOCAL_PER_WIDTH, for images of an unknown camera.
        dtype: Storage type of the floating-point weights.
    """
    path = Path(path)
    weights = {
        name: (value.to(dtype) if value.is_floating_point() else value).contiguous().cpu()
        for name, value in model.state_dict().items()
    }
    metadata = {
        'format': FORMAT,
        'model_config': json.dumps(model.config.to_dict()),
        'provenance': json.dumps(provenance),
    }
    with whole_file(path) as draft:
        save_file(weights, draft, metadata=metadata)
        draft.chmod(0o644)  # safetensors writes files that only their owner can read


def load_checkpoint(path: str | Path | None = None) -> tuple[LacDepth, dict[str, str]]:
    """Rebuild a network in evaluation mode, on the CPU in float32, with strictly loaded weights.

    Args:
        path: Checkpoint file; None means the one shipped with the package.

    Returns:
        The network and its provenance.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not a LacDepth checkpoint, damaged, or its weights do not fit its own config.
    """
    path = default_checkpoint() if path is None else Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint {path} does not exist (or is no file)')
    try:
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f'checkpoint {path} is not a readable safetensors file ({error}); '
            'is it complete, and was it written by `lacdepth train`?'
        ) from error
    if metadata.get('format') != FORMAT:
        raise ValueError(
            f'checkpoint {path} has format {metadata.get("format")!r}, not {FORMAT!r}; '
            'only checkpoints written by `lacdepth train` load here'
        )
    settings, provenance = (_read_json(path, metadata, key) for key in _KEYS)
    try:
        model = LacDepth(ModelConfig.from_dict(settings))
    except ValueError as error:
        raise ValueError(f'checkpoint {path}: {error}') from error
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise ValueError(f'weights of {path} do not fit its own configuration: {error}') from error
    return model.eval(), provenance


def _read_json(path: Path, metadata: dict[str, str], key: str) -> dict[str, Any]:
    """Decode one entry of a checkpoint's metadata, a JSON object."""
    try:
        value = json.loads(metadata.get(key, ''))
    except json.JSONDecodeError as error:
        raise ValueError(
            f'checkpoint {path}: its {key} is missing or damaged ({error})'
        ) from error
    if not isinstance(value, dict):
        raise ValueError(f'checkpoint {path}: its {key} is {value!r}, not a JSON object')
    return value
