# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's own sequence: a synthetic drive, rendered on all cores before anything is timed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from tqdm import tqdm

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.processes import map_in_processes
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.sources import PERIOD, START
from lacdepth_ros.session.frames import Frame, FrameSequence
from lacdepth_ros.session.inputs import sample_frame
from lacdepth_ros.synthetic.layout import street
from lacdepth_ros.synthetic.sample import KITTI_CAMERA, synthetic_sample

SEED = 1014
"""Street of the demo; the shipped checkpoint was trained on streets below 500."""
MAX_WORKERS = 8


def synthetic_drive(count: int, camera: Camera = KITTI_CAMERA) -> FrameSequence:
    """The first frames of a synthetic drive, with exact ground truth.

    All are rendered before the first is given out, so that nothing else runs beside the node.

    Args:
        count: Number of frames, 10 a second.
        camera: Camera of the images.
    """

    def frames() -> Iterator[Frame]:
        samples = tqdm(_render(count, camera), 'rendering', count, unit='frame', disable=None)
        for index, sample in enumerate(list(samples)):
            yield sample_frame(sample, index, START + PERIOD * index)

    height = street(SEED).drive.height
    return FrameSequence(
        'synthetic drive', count, count, frames(), 'of the input', camera_height=height
    )


def _render(count: int, camera: Camera) -> Iterator[Sample]:
    """Render in processes of their own: a frame is half a second of one core."""
    workers = min(count, os.cpu_count() or 1, MAX_WORKERS)
    return map_in_processes(partial(synthetic_sample, SEED, camera=camera), range(count), workers)
