# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where checkpoints lie: the package's own has a name wherever a file can be named."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

SHIPPED = 'shipped'
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


def checkpoint_path(name: str | Path | None) -> Path:
    """The file that a name of a checkpoint stands for; it need not exist.

    Args:
        name: A path, or SHIPPED or None for the one shipped with the package.

    Raises:
        FileNotFoundError: This installation carries none.
        ValueError: A file has that name.
    """
    if name is None:
        return default_checkpoint()
    path = Path(name).expanduser()
    if path != Path(SHIPPED):
        return path
    if path.exists():
        raise ValueError(
            f"{path.absolute()}: '{SHIPPED}' is the package's own checkpoint; give the whole path "
            'of this file or folder, or rename it'
        )
    return default_checkpoint()
