# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A miniature data set on disk and a recipe that trains a tiny network on it in seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from tiny_networks import TINY

from lacdepth_ros.data.files import write_depth_png, write_image

HEIGHT, WIDTH, FOCAL = 48, 96, 80.0


def write_frame(folder: Path, frame: str, seed: int) -> dict[str, Any]:
    """Write a scene that darkens with depth; return its line of the manifest."""
    rng = np.random.default_rng(seed)
    depth = np.linspace(40, 5, HEIGHT)[:, None] + rng.uniform(-3, 3, (1, WIDTH))
    pixels = np.clip(250 - 5 * depth[..., None] + rng.normal(0, 5, (HEIGHT, WIDTH, 3)), 0, 255)
    name = frame.replace('/', '_')
    write_image(folder / f'{name}.png', pixels.astype(np.uint8))
    write_depth_png(folder / f'{name}_depth.png', depth.astype(np.float32))
    return {
        'id': frame,
        'image': f'{name}.png',
        'depth': f'{name}_depth.png',
        'depth_scale': 256,
        'K': [FOCAL, FOCAL, WIDTH / 2, HEIGHT / 2],
        'width': WIDTH,
        'height': HEIGHT,
        'domain': 'driving' if frame.startswith('road') else 'indoor',
    }


def write_manifest(folder: Path, *frames: str) -> Path:
    """Write the frames and their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    records = [write_frame(folder, frame, seed) for seed, frame in enumerate(frames)]
    path = folder / 'manifest.jsonl'
    path.write_text(''.join(json.dumps(record) + '\n' for record in records))
    return path


def write_recipe(folder: Path, **changes: Any) -> Path:
    """Write a data set, and the recipe of a short training on it."""
    architecture = {n: list(v) if isinstance(v, tuple) else v for n, v in TINY.items()}
    recipe: dict[str, Any] = {
        'model': {
            'network': {
                'architecture': {**architecture, 'focal_px': 70.0},
                'encoder_weights': None,
            },
            'optimizer': {'encoder_lr': 2e-3, 'decoder_lr': 4e-3},
            'schedule': {'warmup': 2},
            'ema_decay': 0.5,
        },
        'data': {
            'train_manifest': str(write_manifest(folder / 'train', 'road/0', 'road/1', 'room/0')),
            'val_manifest': str(write_manifest(folder / 'val', 'road/8', 'room/9')),
            'batch_size': 2,
            'workers': 0,
            'augment': {'crop': [32, 64], 'focal_range': [60.0, 80.0]},
        },
        'trainer': {
            'accelerator': 'cpu',
            'precision': '32-true',
            'max_steps': 6,
            'val_check_interval': 3,
            'log_every_n_steps': 1,
        },
    }
    for name, value in changes.items():
        *sections, last = name.split('.')
        section = recipe
        for key in sections:
            section = section.setdefault(key, {})
        section[last] = value
    path = folder / 'recipe.yaml'
    path.write_text(yaml.safe_dump(recipe))
    return path
