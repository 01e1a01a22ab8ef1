# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What weights descend from: the data and the licences that a checkpoint hands on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lacdepth_ros.models.checkpoint import (
    FOCAL_PER_WIDTH,
    checkpoint_hash,
    load_checkpoint,
)
from lacdepth_ros.models.shipped import checkpoint_path

UNTOLD = 'data that it does not name'
DESCENT = ('start', 'licence')
"""Keys that `inherited` hands on."""


def data_of(provenance: Mapping[str, str]) -> str | None:
    """What weights learned from: what their author says, else the manifests of their training."""
    if told := provenance.get('data'):
        return told
    try:
        named = json.loads(provenance['training'])['data']['train_manifest']
    except (KeyError, TypeError, ValueError):
        return None
    return ', '.join(map(str, named)) if isinstance(named, list) else str(named)


def origin(path: str | Path | None) -> str:
    """Name and hash of a checkpoint, as `checkpoint_path` takes it."""
    path = checkpoint_path(path)
    return f'{path.name} (sha256 {checkpoint_hash(path)})'


def inherited(path: str | Path | None) -> dict[str, str]:
    """Provenance that a training hands on from the checkpoint it starts from.

    Raises:
        FileNotFoundError, ValueError: As load_checkpoint.
    """
    _, provenance = load_checkpoint(path)
    earlier = provenance.get('start') or provenance.get('blend')
    data = data_of(provenance) or UNTOLD
    start = f'{origin(path)}, which learned from {data}'
    found = {'start': f'{start}; that from {earlier}' if earlier else start}
    if licence := provenance.get('licence'):
        found['licence'] = licence
    return found


def blended(
    paths: tuple[str | Path | None, str | Path | None],
    provenances: tuple[Mapping[str, str], Mapping[str, str]],
    share: str,
) -> dict[str, str]:
    """Provenance of a mean of two checkpoints' weights: no figure of either holds for it.

    Args:
        paths: Of both.
        provenances: Of both, in that order.
        share: How much of the second, in words.
    """
    first, second = (origin(path) for path in paths)
    found = {'blend': f'{first}, {share} of the way to {second}'}
    for key, texts in (
        ('data', [data_of(p) or UNTOLD for p in provenances]),
        ('licence', [p.get('licence') for p in provenances]),
        ('start', [p.get(key) for p in provenances for key in ('start', 'blend')]),
    ):
        told = dict.fromkeys(text for text in texts if text)
        if told:
            found[key] = '; and '.join(told)
    if focal := provenances[0].get(FOCAL_PER_WIDTH):
        found[FOCAL_PER_WIDTH] = focal
    return found
