# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations as Kalibr, EuRoC, ROS 1 and Foxglove write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lacdepth_ros.data.camera_info import CameraInfoFile, read_camera_info

CAMCHAIN = """\
cam0:
  cam_overlaps: []
  camera_model: pinhole
  distortion_coeffs: [-0.28, 0.07, 0.0002, 1.76e-05]
  distortion_model: radtan
  intrinsics: [461.5, 460.25, 362.0, 246.5]
  resolution: [752, 480]
  rostopic: /cam0/image_raw
"""
EUROC = """\
# General sensor definitions.
sensor_type: camera
comment: VI-Sensor cam0 (MT9M034)
T_BS:
  cols: 4
  rows: 4
  data: [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
rate_hz: 20
resolution: [752, 480]
camera_model: pinhole
intrinsics: [461.5, 460.25, 362.0, 246.5] #fu, fv, cu, cv
distortion_model: radial-tangential
distortion_coefficients: [-0.28, 0.07, 0.0002, 1.76e-05]
"""
K = (461.5, 0.0, 362.0, 0.0, 460.25, 246.5, 0.0, 0.0, 1.0)
D = (-0.28, 0.07, 0.0002, 1.76e-05, 0.0)
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
P = (461.5, 0.0, 362.0, 0.0, 0.0, 460.25, 246.5, 0.0, 0.0, 0.0, 1.0, 0.0)
EXPECTED = CameraInfoFile(752, 480, K, D, IDENTITY, P)


def read(folder: Path, text: str) -> CameraInfoFile:
    path = folder / 'camera.yaml'
    path.write_text(text)
    return read_camera_info(path)


@pytest.mark.parametrize('text', [CAMCHAIN, '%YAML:1.0\n' + CAMCHAIN, EUROC])
def test_file_of_kalibr_or_euroc(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == EXPECTED


@pytest.mark.parametrize('name', ['equidistant', 'equi'])
def test_fisheye_of_kalibr(tmp_path: Path, name: str) -> None:
    info = read(tmp_path, CAMCHAIN.replace('radtan', name))
    assert (info.distortion_model, info.d, info.k) == ('equidistant', D[:4], K)


def test_lens_without_distortion(tmp_path: Path) -> None:
    straight = CAMCHAIN.replace('radtan', 'none')
    zeros = straight.replace('[-0.28, 0.07, 0.0002, 1.76e-05]', '[0, 0.0, 0, 0]')
    unsaid = '\n'.join(line for line in straight.splitlines() if 'coeffs' not in line)
    for text in (zeros, unsaid):
        info = read(tmp_path, text)
        assert (info.distortion_model, info.d) == ('plumb_bob', ())


def test_numbers_that_yaml_takes_for_words(tmp_path: Path) -> None:
    """C++ writes 6e-05, which YAML 1.1 knows as a number only with a point."""
    assert read(tmp_path, CAMCHAIN.replace('0.0002', '2e-04')) == EXPECTED


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (CAMCHAIN + CAMCHAIN.replace('cam0', 'cam1'), r'holds 2 cameras \(cam0, cam1\)'),
        (CAMCHAIN.replace('pinhole', 'omni'), "camera_model 'omni' is not 'pinhole'"),
        (CAMCHAIN.replace('radtan', 'fov'), "distortion_model 'fov' is none that CameraInfo has"),
        (CAMCHAIN.replace('  distortion_model: radtan\n', ''), 'distortion_model None is none'),
        (CAMCHAIN.replace('radtan', 'none'), r"'none' beside distortion_coeffs = \[-0\.28"),
        (CAMCHAIN.replace('_coeffs', ''), 'distortion_coeffs = None is not a list of 4 or 5'),
        (CAMCHAIN.replace('  camera_model: pinhole\n', ''), "camera_model None is not 'pinhole'"),
        (CAMCHAIN.replace('[461.5, ', '['), r'intrinsics = .* is not a list of 4 numbers'),
        (CAMCHAIN.replace('[752, ', '['), r'resolution = \[480\] is not a list of 2 numbers'),
        (CAMCHAIN.replace('[752,', '[752.5,'), r'width = 752.5 must be whole pixels'),
        (CAMCHAIN.replace('[-0.28,', '[left,'), r'distortion_coeffs = .*left.* 4 or 5 numbers'),
        (
            CAMCHAIN.replace('radtan', 'equi').replace('1.76e-05', '0, 0'),
            r'distortion_coeffs = .* is not a list of 4 numbers',
        ),
    ],
)
def test_what_is_no_camera_of_camera_info_is_named(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, text)


def test_message_of_ros_1(tmp_path: Path) -> None:
    """As `rostopic echo -n 1` prints it; its stamp has other names, too."""
    text = f"""\
header:
  seq: 7
  stamp:
    secs: 1
    nsecs: 2
  frame_id: "camera"
height: 480
width: 752
distortion_model: "plumb_bob"
D: {list(D)}
K: {list(K)}
R: {list(IDENTITY)}
P: {list(P)}
binning_x: 0
binning_y: 0
roi:
  x_offset: 0
  y_offset: 0
  height: 0
  width: 0
  do_rectify: False
---
"""
    assert read(tmp_path, text) == EXPECTED


def test_calibration_of_foxglove(tmp_path: Path) -> None:
    message = {'timestamp': {'sec': 1, 'nsec': 0}, 'frame_id': 'camera', 'width': 752}
    message |= {'height': 480, 'distortion_model': 'plumb_bob', 'D': D, 'K': K}
    assert read(tmp_path, json.dumps({**message, 'R': IDENTITY, 'P': P})) == EXPECTED


def test_two_matrices_that_differ_are_refused(tmp_path: Path) -> None:
    other = [9.0, *K[1:]]
    text = json.dumps({'width': 752, 'height': 480, 'k': K, 'K': K, 'D': D})
    assert read(tmp_path, text) == EXPECTED
    with pytest.raises(ValueError, match='holds both k and K, and they differ'):
        read(tmp_path, json.dumps({'width': 752, 'height': 480, 'k': other, 'K': K}))
