# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bad input leaves the node alive, with a diagnostic that says why."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from ros_fakes import image_message, info_message

pytestmark = pytest.mark.ros
STAMP = 7_000_000_000
NAN = float('nan')


def image(**changes):
    message = image_message(STAMP)
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def info(**changes):
    message = info_message(STAMP)
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def truncated():
    message = image_message(STAMP)
    message.data = message.data[:-100]
    return message


CASES = {
    'truncated data': (truncated, info, 'truncated'),
    'step shorter than a row': (lambda: image(step=17), info, 'step 17'),
    'unknown encoding': (lambda: image(encoding='rainbow9'), info, 'rainbow9'),
    'zero-sized image': (lambda: image(height=0, width=0, data=array('B')), info, '0x0'),
    'K of zeros': (image, lambda: info(k=np.zeros(9)), 'focal'),
    'NaN in K': (image, lambda: info(k=np.array([NAN, 0, 32, 0, 60, 24, 0, 0, 1.0])), 'NaN'),
    'camera_info of another size': (image, lambda: info_message(STAMP, width=32), '32x48'),
    'D of NaN': (image, lambda: info(d=[NAN, 0.0, 0.0, 0.0, 0.0]), 'NaN'),
    'unknown distortion': (image, lambda: info(d=[0.1], distortion_model='odd'), "'odd'"),
}


@pytest.mark.parametrize(('bad_image', 'bad_info', 'reason'), CASES.values(), ids=CASES.keys())
def test_bad_frame_is_refused_and_the_next_one_answered(bench, bad_image, bad_info, reason):
    bench.activate('depth/image_rect')
    bench.send(STAMP, image=bad_image(), info=bad_info())
    status = bench.status_with(reason)
    assert status.level == DiagnosticStatus.ERROR
    assert bench.received['depth/image_rect'] == []
    depth = bench.answer('depth/image_rect', STAMP + 1)
    assert depth.header.stamp.nanosec == 1
    assert bench.state() == 'active'
    bench.diagnostics.clear()
    assert bench.spin_until(
        lambda: bench.diagnostics and bench.diagnostics[-1].level == DiagnosticStatus.OK
    ), 'a frame that failed once must not stay an error'
    values = {item.key: item.value for item in bench.diagnostics[-1].values}
    assert values['frames failed'] == '1' and reason in values['last error']


def test_failure_inside_the_network_is_logged_with_its_traceback(bench):
    bench.activate('depth/image_rect')
    bench.predictor.failure = RuntimeError('device lost')
    bench.send(STAMP)
    bench.status_with('device lost')
    assert bench.logged('Traceback')
    bench.predictor.failure = None
    bench.answer('depth/image_rect', STAMP + 1)


def test_bad_frame_log_is_throttled(bench, monkeypatch):
    monkeypatch.setattr('lacdepth_ros.node.notices.LOG_PERIOD', 600.0)  # on a slow machine, too
    bench.activate('depth/image_rect')
    for stamp in range(20):
        bench.send(stamp, image=image_message(stamp), info=info_message(stamp, width=32))
        bench.took(stamp + 1)
    bench.status_with('32x48')
    assert sum('frame refused' in entry.msg for entry in bench.log) <= 1
