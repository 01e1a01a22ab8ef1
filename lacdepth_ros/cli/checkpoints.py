# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth checkpoints`: what is installed, and what files are, before depth is believed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import UsageError, error

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = 'list checkpoints: hash, data, licence, camera, figures'
DESCRIPTION = """\
List the checkpoints that came with the package and those of the paths given (files, or folders
that hold some): file and SHA-256 as /diagnostics shows it, the checkpoint it descends from, size,
training data and licence, the camera it answers for, the figures of its training, and whether its
standard deviation is calibrated.
"""
EPILOG = """\
examples:
  lacdepth checkpoints
  lacdepth checkpoints runs/ mine.safetensors --json
"""
SUFFIX = '.safetensors'
_OWN = (
    'val_abs_rel',
    'start_val_abs_rel',
    'data',
    'start',
    'blend',
    'licence',
    'focal_per_width',
)  # shown under names of their own


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'checkpoints', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        'paths',
        nargs='*',
        type=options.checkpoint,
        metavar='PATH',
        help='files or folders, besides',
    )
    parser.add_argument('--json', action='store_true', help='as JSON, a list of objects')


def run(args: argparse.Namespace) -> int:
    """List them; 1 when one of them cannot be used."""
    from lacdepth_ros.models.shipped import default_checkpoint

    found = [*_files(default_checkpoint().parent), *(f for p in args.paths for f in _files(p))]
    asked = dict.fromkeys(file.resolve() for file in found)
    listed = [facts for path in asked if (facts := _described(path)) is not None]
    print(json.dumps(listed, indent=2) if args.json else '\n\n'.join(map(_lines, listed)))
    return 0 if len(listed) == len(asked) else 1


def _described(path: Path) -> dict[str, Any] | None:
    """What `describe` says; None, and a line on stderr, where it is no checkpoint."""
    try:
        return describe(path)
    except (OSError, ValueError) as failure:
        error(str(failure))
        return None


def _files(path: Path) -> Sequence[Path]:
    """The file itself, or the checkpoints of a folder and the folders in it."""
    if path.is_dir():
        if found := sorted(path.rglob(f'*{SUFFIX}')):
            return found
        raise UsageError(f'{path} holds no checkpoint (*{SUFFIX})')
    if not path.is_file():
        raise UsageError(f'{path}: no such file or folder')
    return [path]


def describe(path: Path) -> dict[str, Any]:
    """All that a checkpoint says of itself.

    Raises:
        ValueError: It is none, or damaged.
    """
    from lacdepth_ros.models.checkpoint import FOCAL_PER_WIDTH, checkpoint_hash, load_checkpoint
    from lacdepth_ros.models.provenance import data_of

    model, provenance = load_checkpoint(path)
    config, calibration = model.config, model.calibration
    return {
        'name': config.name,
        'file': str(path),
        'sha256': checkpoint_hash(path),
        'megabytes': round(path.stat().st_size / 1e6, 1),
        'parameters': sum(p.numel() for p in model.parameters()),
        'encoder': config.encoder,
        'focal_px': config.focal_px,
        'camera_height_m': config.camera_height_m,
        'rays': config.rays,
        'depth_m': [config.min_depth, config.range_end],
        'focal_per_width': provenance.get(FOCAL_PER_WIDTH),
        'val_abs_rel': provenance.get('val_abs_rel'),
        'start_val_abs_rel': provenance.get('start_val_abs_rel'),
        'data': data_of(provenance),
        'start': provenance.get('start'),
        'blend': provenance.get('blend'),
        'licence': provenance.get('licence'),
        'std_calibrated_on_frames': calibration.frames if calibration else None,
        'usual_novelty': calibration.limit if calibration else None,
        'int8': model.quantization is not None,
        'provenance': {k: v for k, v in provenance.items() if k not in _OWN},
    }


def _lines(found: dict[str, Any]) -> str:
    """A checkpoint for people, under what tells it from others: networks share their names."""
    near, far = found['depth_m']
    anywhere = 'anywhere' if found['rays'] != 'none' else 'in the middle of the image'
    score, start = found['val_abs_rel'], found['start_val_abs_rel']
    before = f' (before training: {start})' if start else ''
    measured = f'{score}{before}, mean over the validation groups'
    frames, usual = found['std_calibrated_on_frames'], found['usual_novelty']
    descent = {key: found[key] for key in ('start', 'blend') if found[key]}
    rows = {
        **(descent or {'start': 'from no other checkpoint, as far as it says'}),
        'network': f'{found["name"]} with {found["encoder"]}, '
        f'{found["parameters"] / 1e6:.2f} M parameters, {found["megabytes"]} MB',
        'camera': f'images shrunk to a focal length of {found["focal_px"]:g} px, '
        f'{found["camera_height_m"]:g} m above the ground unless told; optical axis {anywhere}',
        'depth': f'{near:.3g} to {far:.3g} m for that camera',
        'abs_rel': measured if score else 'not measured',
        'std': f'calibrated on {frames} frames, novelty up to {usual:.2f} is usual'
        if frames
        else 'not calibrated (lacdepth calibrate-std)',
        'int8': 'has scales for it' if found['int8'] else 'no scales for it (lacdepth quantize)',
        'data': found['data'] or 'not said',
        'licence': found['licence'] or 'not said',
    }
    path = Path(found['file'])
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    title = f'{shown}, sha256 {found["sha256"]}'
    return '\n'.join([title, *(f'  {key:8} {text}' for key, text in rows.items())])
