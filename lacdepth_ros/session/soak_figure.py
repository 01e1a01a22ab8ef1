# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws the vital signs of a soak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lacdepth_ros.session.vital_signs import VitalSigns

_ROWS = {'resident_mb': 'memory [MiB]', 'threads': 'threads', 'descriptors': 'descriptors'}


def draw(path: Path, signs: Sequence[VitalSigns]) -> None:
    """Write a PNG of memory, threads and descriptors over the minutes of the run."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 6.0), layout='constrained')
    axes = figure.subplots(len(_ROWS), sharex=True)
    minutes = [sign.seconds / 60 for sign in signs]
    for axis, (name, label) in zip(axes, _ROWS.items(), strict=True):
        axis.plot(minutes, [getattr(sign, name) for sign in signs], color='#0f766e')
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.grid(color='#d8dee4', linewidth=0.6)
        axis.axvline(minutes[-1] / 2, color='#8b949e', linestyle=':')
    axes[-1].set_xlabel('time [min]; nothing may grow right of the dotted line')
    figure.savefig(path, dpi=110)
