# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Memory, threads and descriptors of a process over time, and whether they grow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

MEBIBYTE = 2**20
SETTLED = 0.5
"""Share of a run after which nothing may grow any more: caches are full then."""
TOLERATED_GROWTH = 0.03
"""Share of its memory by which a process may grow over the settled part of a run."""


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """A process at one moment.

    Attributes:
        seconds: Since the run began.
        frames: Sent so far.
        resident_mb: Memory in use, MiB, without the pages of files: those come and go with what
            the rest of the machine needs.
        threads: Number of them.
        descriptors: Open files and sockets.
    """

    seconds: float
    frames: int
    resident_mb: float
    threads: int
    descriptors: int


def take(pid: int, seconds: float, frames: int) -> VitalSigns:
    """Read the vital signs of a process (Linux).

    Raises:
        OSError: The process is gone.
    """
    folder = Path(f'/proc/{pid}')
    lines = (folder / 'status').read_text().splitlines()
    fields = dict(line.split(':', 1) for line in lines if ':' in line)
    return VitalSigns(
        seconds,
        frames,
        sum(int(fields[name].split()[0]) for name in ('RssAnon', 'RssShmem')) / 1024,
        int(fields['Threads']),
        sum(1 for _ in (folder / 'fd').iterdir()),
    )


def problems(signs: list[VitalSigns]) -> list[str]:
    """What grew in the settled part of a run, in words; nothing when all is flat."""
    settled = signs[int(len(signs) * SETTLED) :]
    if len(settled) < 4:
        return ['the run was too short to see whether anything grows']
    found = []
    # Ends are medians of a quarter each: one large frame in flight is no growth.
    quarter = max(1, len(settled) // 4)
    for name, allowed in (('resident_mb', None), ('threads', 0.5), ('descriptors', 0.5)):
        values = np.array([getattr(sign, name) for sign in settled], float)
        before, after = np.median(values[:quarter]), np.median(values[-quarter:])
        limit = TOLERATED_GROWTH * before if allowed is None else allowed
        if after - before > limit:
            found.append(f'{name} grew from {before:.0f} to {after:.0f} in the second half')
    return found
