# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scores of the validation frames, put together over processes without counting one twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat
from typing_extensions import override

from lacdepth_ros.evaluation.metrics import METRICS


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """Mean over the measured frames.

    Attributes:
        score: Mean abs_rel over the groups; chooses the best checkpoint.
        frames: Number of measured frames.
        skipped: Number of frames that could not be measured.
        overall: Mean over all measured frames, by metric.
        groups: By name of the group: 'frames' and the mean of every metric over its frames.
    """

    score: float
    frames: int
    skipped: int
    overall: dict[str, float]
    groups: dict[str, dict[str, float]]

    def curves(self) -> dict[str, float]:
        """What TensorBoard draws over the steps."""
        return {'val/score': self.score, **{f'val/{k}': v for k, v in self.overall.items()}}

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON holds it."""
        return asdict(self)


class FrameScores(Metric):
    """The metrics of every frame, under the frame's number.

    A frame that several processes measured counts once, and the order of the sums is that of the
    numbers, so the means do not depend on how the frames were shared out.

    Args:
        groups: Name of the group of every frame, by the frame's number.
    """

    rows: list[Tensor]
    missing: list[Tensor]

    def __init__(self, groups: Sequence[str]) -> None:
        super().__init__()
        self._groups = list(groups)
        self.add_state('rows', default=[], dist_reduce_fx='cat')
        self.add_state('missing', default=[], dist_reduce_fx='cat')

    @override
    def update(self, number: int, metrics: dict[str, float] | None) -> None:
        """Add a frame by its number; None where it could not be measured."""
        if metrics is None:
            self.missing.append(torch.tensor([number], device=self.device))
            return
        values = [float(number), *(metrics[name] for name in METRICS)]
        self.rows.append(torch.tensor([values], dtype=torch.float64, device=self.device))

    def result(self) -> ValidationResult:
        """Mean over all frames of all processes.

        Raises:
            ValueError: No frame could be measured.
        """
        # A process without rows would join the others' with an empty tensor of torchmetrics' own
        # type, and processes that exchange tensors of unlike types and sizes fail or hang.
        columns = 1 + len(METRICS)
        self.rows.append(torch.empty(0, columns, dtype=torch.float64, device=self.device))
        self.missing.append(torch.empty(0, dtype=torch.int64, device=self.device))
        return ValidationResult(**self.compute())

    @override
    def compute(self) -> dict[str, Any]:
        """Fields of the result: torchmetrics would take a frozen dataclass apart."""
        rows = dim_zero_cat(self.rows).cpu().tolist()
        missing = dim_zero_cat(self.missing).cpu().tolist()
        by_number = {int(number): values for number, *values in rows}
        if not by_number:
            raise ValueError(
                'no validation frame could be measured; the log names the reason of each, and '
                '`lacdepth data check` looks through a manifest'
            )
        frames = [
            (self._groups[number], dict(zip(METRICS, by_number[number], strict=True)))
            for number in sorted(by_number)
        ]
        groups = {
            name: {'frames': float(len(members)), **_mean(members)}
            for name in sorted({group for group, _ in frames})
            if (members := [metrics for group, metrics in frames if group == name])
        }
        return {
            'score': sum(group['abs_rel'] for group in groups.values()) / len(groups),
            'frames': len(frames),
            'skipped': len(set(missing)),
            'overall': _mean([metrics for _, metrics in frames]),
            'groups': groups,
        }


def _mean(frames: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: sum(frame[name] for frame in frames) / len(frames) for name in METRICS}
