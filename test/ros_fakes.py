# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A fake predictor, its factory, and messages of a small camera."""

from __future__ import annotations

import math
import threading
from array import array
from types import SimpleNamespace

import numpy as np
from sensor_msgs.msg import CameraInfo, Image

from lacdepth_ros.core.stamps import set_stamp

HEIGHT, WIDTH = 48, 64


class FakePredictor:
    """Depth is 1 m + 0.1 m per red level, std a tenth of it; can be held or made to fail."""

    def __init__(self) -> None:
        self.config = SimpleNamespace(
            name='fake', min_depth=1e-3, max_depth=80.0, range_end=92.4, camera_height_m=1.65
        )
        self.device = 'cpu'
        self.checkpoint_hash = '0123456789abcdef'
        self.focal_scaling = True
        self.provenance = {'source': 'test'}
        self.timings = {'network': 1.0}
        self.release = threading.Event()
        self.release.set()
        self.started = threading.Event()
        self.calls = 0
        self.closed = False
        self.choice = 'fake fp32'
        self.failure: Exception | None = None
        self.cameras = []
        self.heights = []
        self.doubts = {}
        self.preparations = {}
        self.prepared = []
        self.preparing = threading.Event()
        self.preparing.set()
        self.calibration = None
        self.novelty = math.nan
        self.height_seen = math.nan
        self.farthest = 92.4
        self.threads = {threading.get_ident()}

    def warm_up(self, height, width):
        self.threads.add(threading.get_ident())
        self.warmed_up = (height, width)

    def doubt(self, camera):
        return self.doubts.get(camera.width, '')

    def preparation(self, camera):
        return self.preparations.pop(camera.width, '')

    def prepare(self, camera):
        self.prepared.append(camera)
        assert self.preparing.wait(60)

    def close(self):
        self.closed = True

    def predict(self, image, camera, *, flip_average=False, camera_height=None):
        self.calls += 1
        self.threads.add(threading.get_ident())
        self.started.set()
        self.release.wait()
        if self.failure is not None:
            raise self.failure
        self.cameras.append(camera)
        self.heights.append(camera_height)
        depth = 1.0 + 0.1 * image[..., 0].astype(np.float32)
        return SimpleNamespace(
            depth=depth,
            std=0.1 * depth,
            novelty=self.novelty,
            height_seen=self.height_seen,
            farthest=self.farthest,
        )


class FakeFactory:
    """Stands for DepthPredictor.from_checkpoint; keeps what it was asked for and made."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.calibration = None
        self.requests = []
        self.predictors = []

    def __call__(self, checkpoint=None, **options):
        self.requests.append((checkpoint, options))
        if self.failure is not None:
            raise self.failure
        self.predictors.append(FakePredictor())
        self.predictors[-1].calibration = self.calibration
        return self.predictors[-1]


def image_message(stamp_ns, *, red=50, height=HEIGHT, width=WIDTH):
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0] = red
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width)
    message.data = array('B')
    message.data.frombytes(pixels.tobytes())
    return stamped(message, stamp_ns)


def info_message(stamp_ns, *, height=HEIGHT, width=WIDTH, d=()):
    fx, fy = 70.0 * width / WIDTH, 60.0 * width / WIDTH  # one field of view at any size
    cx, cy = width / 2 - 3.0, height / 2 + 2.0
    message = CameraInfo(height=height, width=width, distortion_model='plumb_bob', d=d)
    message.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return stamped(message, stamp_ns)


def stamped(message, stamp_ns):
    message.header.frame_id = 'camera_optical_frame'
    set_stamp(message.header.stamp, stamp_ns)
    return message


def stamp_of(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
