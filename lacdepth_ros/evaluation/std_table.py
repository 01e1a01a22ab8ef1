# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a calibration of the std changes, group by group, on frames that took no part in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import torch

from lacdepth_ros.core.text import markdown_cell
from lacdepth_ros.evaluation.calibration import COVERAGE
from lacdepth_ros.evaluation.std_fit import MIN_FRAMES, calibrated_std, fit_std, novelty_of
from lacdepth_ros.evaluation.std_frames import CLEAN, KnownPictures, SpreadFrame
from lacdepth_ros.models.std_calibration import StdCalibration

Array = npt.NDArray[np.float64]

FOLDS = 5
_GAUSSIAN = {share: NormalDist().inv_cdf((1 + share) / 2) for share in COVERAGE}
_HEADER = (
    *('frames', 'n', 'novelty', 'height seen [m]', 'std / depth', ''),
    *(f'{100 * s:.0f} %' for s in COVERAGE),
)


@dataclass(frozen=True, slots=True)
class StdTable:
    """Rows of text below a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Aligned for a terminal."""
        lines = (self.header, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        cells = (
            [
                line[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)),
            ]
            for line in lines
        )
        return '\n'.join('  '.join(line) for line in cells)

    def markdown(self) -> str:
        """As a table of Markdown."""
        rule = ('---', *['---:'] * (len(self.header) - 1))
        lines = (self.header, rule, *self.rows)
        return ''.join('| ' + ' | '.join(map(markdown_cell, line)) + ' |\n' for line in lines)


def std_table(
    known: KnownPictures,
    frames: Sequence[SpreadFrame],
    fitted: Sequence[SpreadFrame],
    calibration: StdCalibration,
) -> StdTable:
    """Measure a calibration before and after.

    Args:
        known: What it was fitted with, see `fit_std`.
        frames: All frames.
        fitted: Those of them that the calibration was fitted to.
        calibration: The fit.

    Returns:
        A row a group of frames as they are, and a kind of corruption: median novelty and height
        seen, mean std over depth, share of errors within the intervals that should hold COVERAGE
        of them, before (of a Gaussian) and after. Frames of `fitted` are judged by a calibration
        that did not see them: one of FOLDS, by their ids.
    """
    folds = _folds(known, fitted)
    rows = []
    for name, members in _sets(frames).items():
        novelty = float(np.median([novelty_of(calibration, frame) for frame in members]))
        before = [_covered(f, f.spread, _GAUSSIAN) for f in members]
        judges = [folds.get(f.id, calibration) for f in members]
        after = [
            _covered(f, calibrated_std(judge, f), judge.intervals)
            for f, judge in zip(members, judges, strict=True)
        ]
        head = (name, str(len(members)), f'{novelty:.2f}', _height(calibration, members))
        rows.append((*head, *_cells(np.mean(before, axis=0), 'before')))
        rows.append(('', '', '', '', *_cells(np.mean(after, axis=0), 'after')))
    return StdTable(_HEADER, tuple(rows))


def _cells(values: Array, when: str) -> tuple[str, ...]:
    shares = ('-' if np.isnan(x) else f'{100 * x:.1f}' for x in values[1:])
    return f'{values[0]:.3g}', when, *shares


def _height(calibration: StdCalibration, frames: Sequence[SpreadFrame]) -> str:
    """Median height seen [m], and between which 80 % lie."""
    if calibration.height is None:
        return '-'
    seen = [calibration.height.height(torch.from_numpy(frame.summary)) for frame in frames]
    low, middle, high = np.quantile(seen, (0.1, 0.5, 0.9))
    return f'{middle:.2f} ({low:.2f}-{high:.2f})'


def _folds(known: KnownPictures, fitted: Sequence[SpreadFrame]) -> dict[str, StdCalibration]:
    """For the id of each fitted frame a calibration that saw neither it nor its corruptions."""
    ids = sorted({frame.id for frame in fitted if frame.kind == CLEAN})
    if len(ids) * (FOLDS - 1) // FOLDS < MIN_FRAMES:
        return {}
    judges: dict[str, StdCalibration] = {}
    for fold in range(FOLDS):
        held = set(ids[fold::FOLDS])
        judge = fit_std(known, [frame for frame in fitted if frame.id not in held])
        judges |= dict.fromkeys(held, judge)
    return judges


def _sets(frames: Sequence[SpreadFrame]) -> dict[str, list[SpreadFrame]]:
    """Frames as they are by group, then corrupted ones by kind."""
    sets: dict[str, list[SpreadFrame]] = {}
    for frame in frames:
        name = frame.group if frame.kind in (CLEAN, frame.group) else f'({frame.kind})'
        sets.setdefault(name, []).append(frame)
    return dict(sorted(sets.items(), key=lambda item: item[0].startswith('(')))


def _covered(frame: SpreadFrame, std: Array, widths: Mapping[float, float]) -> list[float]:
    """Mean std / depth, and the share of errors within each interval."""
    error = np.abs(frame.depth - frame.true)
    measured = np.isfinite(error)
    shares = [
        float((error[measured] <= widths[share] * std[measured]).mean())
        if measured.any()
        else np.nan
        for share in COVERAGE
    ]
    return [float((std / frame.depth).mean()), *shares]
