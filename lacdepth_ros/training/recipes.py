# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the recipes of trainings lie: YAML files with the sections model, data and trainer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import lacdepth_ros

RECIPES = Path('config') / 'training'
SHARE = Path('share') / 'lacdepth_ros'


def find_recipe(name: str) -> Path:
    """The recipe's file: a path, or the bare name of one that the package ships.

    Raises:
        FileNotFoundError: There is none; the message names the shipped ones.
    """
    return _find(name, list(_recipe_folders()), '--config', 'recipes')


def find_sweep(name: str) -> Path:
    """The sweep's file: a path, or the bare name of one that the package ships.

    Raises:
        FileNotFoundError: There is none; the message names the shipped ones.
    """
    return _find(name, [folder / 'sweeps' for folder in _recipe_folders()], '--sweep', 'sweeps')


def _find(name: str, folders: list[Path], option: str, kind: str) -> Path:
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.name == name:
        for folder in folders:
            for candidate in (folder / name, folder / f'{name}.yaml'):
                if candidate.is_file():
                    return candidate
    shipped = sorted({file.name for folder in folders for file in folder.glob('*.yaml')})
    raise FileNotFoundError(f'{option}: {name} does not exist; the shipped {kind} are {shipped}')


def _recipe_folders() -> Iterator[Path]:
    """Where recipes lie: in the source checkout, in ROS 2 workspaces, and beside Python."""
    yield Path(lacdepth_ros.__path__[0]).parent / RECIPES
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix) / SHARE / RECIPES
    yield Path(sys.prefix) / SHARE / RECIPES
