# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast a training goes, and how much of its time it waits for data."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speed:
    """What a stretch of training took.

    Attributes:
        steps: Optimiser steps.
        images: Views, of all processes.
        seconds: Time in steps and waiting for data; validations are left out.
        waiting: Seconds of it that passed before the next batch was there.
    """

    steps: int
    images: int
    seconds: float
    waiting: float

    @property
    def images_per_s(self) -> float:
        """Views a second."""
        return self.images / self.seconds if self.seconds > 0 else 0.0

    @property
    def steps_per_s(self) -> float:
        """Optimiser steps a second."""
        return self.steps / self.seconds if self.seconds > 0 else 0.0

    @property
    def data_wait_share(self) -> float:
        """Share of the time spent waiting for data, in [0, 1]."""
        return self.waiting / self.seconds if self.seconds > 0 else 0.0

    def __sub__(self, earlier: Speed) -> Speed:
        """The stretch since an earlier reading."""
        return Speed(
            self.steps - earlier.steps,
            self.images - earlier.images,
            self.seconds - earlier.seconds,
            self.waiting - earlier.waiting,
        )


class StepClock:
    """Stops the time of batches and of the waits between them.

    Args:
        now: Seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self._now = now
        self._steps = self._images = 0
        self._busy = self._waiting = 0.0
        self._waits_since: float | None = None
        self._busy_since = 0.0

    def wait(self) -> None:
        """From here on the training waits for its next batch."""
        self._waits_since = self._now()

    def pause(self) -> None:
        """What follows is neither waiting nor training, such as a validation."""
        if self._waits_since is not None:
            self._waiting += self._now() - self._waits_since
            self._waits_since = None

    def begin_batch(self) -> None:
        """A batch is there."""
        self.pause()
        self._busy_since = self._now()

    def end_batch(self, *, steps: int, images: int) -> None:
        """The batch is done; what follows until `wait` counts as neither."""
        self._busy += self._now() - self._busy_since
        self._steps += steps
        self._images += images

    def read(self) -> Speed:
        """All since the beginning."""
        return Speed(self._steps, self._images, self._busy + self._waiting, self._waiting)
