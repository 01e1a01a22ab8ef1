# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The manifests of an extracted data set: all frames, those to train and those to validate on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lacdepth_ros.data.manifest import MANIFEST, write_manifest

TRAIN, VAL = 'train.jsonl', 'val.jsonl'


def check_share(val_share: float, frames: int) -> None:
    """Refuse a share that leaves no frame on a side, before the frames are written.

    Args:
        val_share: Share of the frames that validate, 0 = no split.
        frames: The most that can be written.

    Raises:
        ValueError: It does; the message names the shares that do not.
    """
    if val_share and not 0 < round(frames * val_share) < frames:
        raise ValueError(
            f'val_share = {val_share} of {frames} frames leaves no frame to train or to validate '
            f'on; give a share between {1 / frames:.2g} and {1 - 1 / frames:.2g}, or none'
        )


def write_manifests(output: Path, rows: list[dict[str, Any]], val_share: float) -> int:
    """Write the manifests; returns the number of frames that validate.

    Those are the last ones: neighbours in time are too alike to be split at random. Where fewer
    frames are left than the share was checked with, each side still gets one.

    Args:
        output: Folder of the data set.
        rows: Lines of the manifest.
        val_share: Share of the rows that validate; 0 writes only the manifest of all.

    Raises:
        ValueError: One frame is left, which cannot be split; it is in the manifest of all.
    """
    write_manifest(output / MANIFEST, rows)
    if not val_share:
        return 0
    if len(rows) < 2:
        raise ValueError(
            f'one frame is left, so there is none to validate on; {output / MANIFEST} holds it'
        )
    count = min(max(round(len(rows) * val_share), 1), len(rows) - 1)
    write_manifest(output / TRAIN, rows[:-count])
    write_manifest(output / VAL, rows[-count:])
    return count
