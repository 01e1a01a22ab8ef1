# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node with a fake predictor that is slow or ends the process, as the environment says."""

from __future__ import annotations

import os
import time

from ros_fakes import FakeFactory, FakePredictor

from lacdepth_ros.node.main import main

SECONDS = float(os.environ.get('FAKE_SECONDS', '0'))
"""Time a prediction takes."""
LAST = int(os.environ.get('FAKE_LAST', '0'))
"""Prediction in which the process ends itself; 0 = never."""


class Predictor(FakePredictor):
    def predict(self, image, camera, *, flip_average=False, camera_height=None):
        if LAST and self.calls + 1 == LAST:
            os._exit(3)
        time.sleep(SECONDS)
        return super().predict(image, camera, flip_average=flip_average)


class Factory(FakeFactory):
    def __call__(self, checkpoint=None, **options):
        return Predictor()


if __name__ == '__main__':
    raise SystemExit(main(predictor_factory=Factory()))
