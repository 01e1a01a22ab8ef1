# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's own sequence: a synthetic drive, rendered on all cores before anything is timed."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.child_process import prepare_worker
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.session.demo.frames import Frame, Frames, FrameSequence, pinhole_info
from lacdepth_ros.session.demo.inputs import PERIOD, START
from lacdepth_ros.synthetic.sample import KITTI_CAMERA, synthetic_sample

SEED = 1014
"""Street of the demo; the shipped checkpoint was trained on streets below 500."""
MAX_WORKERS = 8


def synthetic_drive(
    count: int,
    show: Callable[[Iterable[Sample], int], Iterable[Sample]],
    camera: Camera = KITTI_CAMERA,
) -> FrameSequence:
    """The first frames of a synthetic drive, with exact ground truth.

    Args:
        count: Number of frames, 10 a second.
        show: Wraps the samples and their number to show progress while they are rendered.
        camera: Camera of the images.
    """

    def frames() -> Frames:
        for index, sample in enumerate(list(show(_render(count, camera), count))):
            stamp = START + PERIOD * index
            yield Frame(sample.id, stamp, sample.image, pinhole_info(camera), sample.depth)

    return FrameSequence('synthetic drive', count, count, frames(), 'of the input')


def _render(count: int, camera: Camera) -> Iterator[Sample]:
    """Render in processes of their own: a frame is half a second of one core."""
    pool = ProcessPoolExecutor(
        max_workers=min(count, os.cpu_count() or 1, MAX_WORKERS),
        mp_context=multiprocessing.get_context('spawn'),
        initializer=prepare_worker,
    )
    try:
        yield from pool.map(partial(synthetic_sample, SEED, camera=camera), range(count))
    finally:
        pool.shutdown(cancel_futures=True)
