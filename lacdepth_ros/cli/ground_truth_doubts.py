# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Doubts about the ground truth that a figure is going to rest on, said before it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lacdepth_ros.cli.console import warn

if TYPE_CHECKING:
    from lacdepth_ros.data.sources import Entry

_LOOKED_AT = 16  # frames, spread evenly
_KINDS = ('implausible depth', 'length of the ray', 'upside down', 'interpolated holes')


def warn_of_ground_truth(entries: Sequence[Entry]) -> None:
    """Look at a few frames as `lacdepth data check` does; warn where they hold no depth in metres.

    Frames of a KITTI raw drive are what they are; what cannot be read is told when its turn comes.
    """
    from lacdepth_ros.data.check import check_entries
    from lacdepth_ros.data.indexing import spread
    from lacdepth_ros.data.manifest import ManifestEntry

    some = spread([x for x in entries if isinstance(x, ManifestEntry)], _LOOKED_AT)
    report, _ = check_entries(some, lambda *_: None)
    for kind in _KINDS:
        if messages := report.problems.get(kind):
            warn(f"ground truth: {kind}: {messages[0]} (see 'lacdepth data check')")
