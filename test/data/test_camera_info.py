# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration files: both formats give one CameraInfo, everything wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.camera_info import CameraInfoFile, RegionOfInterest, read_camera_info
from lacdepth_ros.messages.cameras import camera_from_info

CALIBRATION = """\
image_width: 640
image_height: 480
camera_name: front
camera_matrix:
  rows: 3
  cols: 3
  data: [500.5, 0., 320.25, 0., 510, 240, 0., 0., 1.]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.2, 1e-2, 0., 0., 0.]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [450., 0., 318., -45., 0., 460., 239., 0., 0., 0., 1., 0.]
"""
K = (500.5, 0.0, 320.25, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0)
P = (450.0, 0.0, 318.0, -45.0, 0.0, 460.0, 239.0, 0.0, 0.0, 0.0, 1.0, 0.0)
P_OF_K = (500.5, 0.0, 320.25, 0.0, 0.0, 510.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0)
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def write(folder: Path, text: str, name: str = 'camera.yaml') -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_camera_calibration_yaml(tmp_path: Path) -> None:
    info = read_camera_info(write(tmp_path, CALIBRATION))
    assert info == CameraInfoFile(640, 480, K, (-0.2, 0.01, 0.0, 0.0, 0.0), IDENTITY, P)


def test_url_of_a_driver(tmp_path: Path) -> None:
    path = write(tmp_path, CALIBRATION)
    expected = read_camera_info(path)
    for url in (f'file://{path}', Path(f'file://{path}')):
        assert read_camera_info(url) == expected
    with pytest.raises(FileNotFoundError, match=r'^/none\.yaml: no such camera-info file$'):
        read_camera_info('file:///none.yaml')
    with pytest.raises(FileNotFoundError, match=r'package:.*; give the path of the file itself'):
        read_camera_info('package://mine/front.yaml')


def test_binning_and_region_of_a_calibration(tmp_path: Path) -> None:
    """camera_info_manager writes them below the matrices, which are those of the full sensor."""
    text = """\
binning_x: 2
binning_y: 4
roi:
  x_offset: 100
  y_offset: 40
  height: 400
  width: 480
  do_rectify: false
"""
    info = read_camera_info(write(tmp_path, CALIBRATION + text))
    assert (info.width, info.height, info.k, info.p) == (640, 480, K, P)
    assert (info.binning_x, info.binning_y) == (2, 4)
    assert info.roi == RegionOfInterest(100, 40, 480, 400)
    # Half-pixel exact: (c - offset + 1/2) / binning - 1/2.
    expected = Camera(250.25, 127.5, (220.25 + 0.5) / 2 - 0.5, (200 + 0.5) / 4 - 0.5, 240, 100)
    assert camera_from_info(info, rectified=False) == expected


OPENCV = """%YAML:1.0
---
calibration_time: "Mon 02 Feb 2026"
image_width: 640
image_height: 480
fisheye_model: {fisheye}
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 5.005e+02, 0., 3.2025e+02, 0., 510., 240., 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: {count}
   cols: 1
   dt: d
   data: {d}
"""


@pytest.mark.parametrize(
    ('d', 'fisheye', 'model'),
    [
        ((-0.2, 0.01, 0.0, 0.0, 0.0), 0, 'plumb_bob'),
        ((0.1, 0.2, 0.0, 0.0, 0.3, 0.4, 0.5, 0.6), 0, 'rational_polynomial'),
        ((0.1, 0.2, 0.3, 0.4), 1, 'equidistant'),
    ],
)
def test_files_of_opencv(tmp_path: Path, d: tuple[float, ...], fisheye: int, model: str) -> None:
    text = OPENCV.format(d=list(d), count=len(d), fisheye=fisheye)
    for mark in ('', '\ufeff'):
        info = read_camera_info(write(tmp_path, mark + text))
        assert info == CameraInfoFile(640, 480, K, d, IDENTITY, P_OF_K, model)


def test_camera_info_of_ros2_topic_echo(tmp_path: Path) -> None:
    text = f"""\
header:
  stamp: {{sec: 1, nanosec: 2}}
  frame_id: camera
height: 480
width: 640
distortion_model: rational_polynomial
d: [0.1, 0, 0, 0, 0, 0, 0, 0]
k:
{''.join(f'- {value}' + chr(10) for value in K)}
r: {list(IDENTITY)}
p: {list(P)}
binning_x: 2
binning_y: 2
roi: {{x_offset: 10, y_offset: 20, height: 200, width: 300, do_rectify: false}}
---
"""
    info = read_camera_info(write(tmp_path, text))
    assert (info.width, info.height, info.k, info.p) == (640, 480, K, P)
    assert (info.distortion_model, info.d) == ('rational_polynomial', (0.1, *[0.0] * 7))
    assert (info.binning_x, info.binning_y) == (2, 2)
    assert info.roi == RegionOfInterest(10, 20, 300, 200)


def test_tabs_between_values(tmp_path: Path) -> None:
    """YAML 1.2 and JSON allow them, and yaml-cpp reads them."""
    text = (
        CALIBRATION.replace(', ', ',\t').replace(': 640', ':\t640').replace('bob', 'bob\t# Brown')
    )
    assert text.count('\t') > 20
    expected = CameraInfoFile(640, 480, K, (-0.2, 0.01, 0.0, 0.0, 0.0), IDENTITY, P)
    assert read_camera_info(write(tmp_path, text)) == expected
    record = {'width': 640, 'height': 480, 'k': list(K)}
    info = read_camera_info(write(tmp_path, json.dumps(record, indent='\t'), 'info.json'))
    assert info == CameraInfoFile(640, 480, K, (), IDENTITY, P_OF_K)


@pytest.mark.parametrize('p', [None, [0.0] * 12])
def test_json_with_the_least_there_may_be(tmp_path: Path, p: list[float] | None) -> None:
    record: dict[str, object] = {'width': 640, 'height': 480, 'k': list(K)}
    text = json.dumps(record if p is None else {**record, 'p': p})
    info = read_camera_info(write(tmp_path, text, 'info.json'))
    assert info == CameraInfoFile(640, 480, K, (), IDENTITY, P_OF_K)


INI = """\
# oST version 5.0 parameters


[image]

width
640

; of the sensor
height
480

[{name}]

camera matrix
500.500000 0.000000 320.250000
0.000000 510.000000 240.000000
0.000000 0.000000 1.000000

distortion
{d}

rectification
1.000000 0.000000 0.000000
0.000000 1.000000 0.000000
0.000000 0.000000 1.000000

projection
450.000000 0.000000 318.000000 -45.000000
0.000000 460.000000 239.000000 0.000000
0.000000 0.000000 1.000000 0.000000
"""


@pytest.mark.parametrize(
    ('d', 'model'),
    [
        ((-0.2, 0.01, 0.0, 0.0, 0.0), 'plumb_bob'),
        ((0.1, 0.2, 0.0, 0.0, 0.3, 0.4, 0.5, 0.6), 'rational_polynomial'),
    ],
)
@pytest.mark.parametrize('file', ['ost.txt', 'front.ini'])
def test_ini_of_camera_calibration(
    tmp_path: Path, d: tuple[float, ...], model: str, file: str
) -> None:
    text = INI.format(name='narrow_stereo/left', d=' '.join(f'{value:8f}' for value in d))
    externals = '[externals]\ntranslation\n0 0 0\nrotation\n0 0 0\n'
    for text_ in (text, '\ufeff' + text.replace('\n', '\r\n'), externals + text):
        path = tmp_path / file
        path.write_bytes(text_.encode())
        assert read_camera_info(path) == CameraInfoFile(640, 480, K, d, IDENTITY, P, model)


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('width\n640', 'size\n640', "'width' is missing"),
        ('width\n640', 'width\nwide', "width = 'wide' must be whole pixels"),
        ('[image]', '[front]', r'holds 2 cameras \(front, left\)'),
        ('[left]', '[externals]', 'holds 0 cameras; a file of one'),
        ('-0.2 0 0 0 0', '0.1 0.2 0.3 0.4', r'distortion has 4 numbers.*fisheye.*ost\.yaml'),
        ('-0.2 0 0 0 0', '-0.2 0 0 0 zero', "'-0.2 0 0 0 zero' is not a row of numbers"),
        ('0.000000 510.000000 240.000000', '0 510', "'camera matrix' is not of 3 lines with 3"),
        ('0.000000 0.000000 1.000000 0.000000\n', '', "'projection' is missing or cut short"),
    ],
)
def test_damaged_ini_files_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = INI.format(name='left', d='-0.2 0 0 0 0')
    assert old in text
    with pytest.raises(ValueError, match=rf'camera\.yaml: {message}'):
        read_camera_info(write(tmp_path, text.replace(old, new)))


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'neither'),
        ('just words', 'neither'),
        ('{k: [1, 2', 'neither YAML, JSON nor INI'),
        ('a: 1', r'missing width, height, k \(or image_width, image_height, camera_matrix\)'),
        ('{width: 4, height: 3, k: [1, 2]}', 'k has 2 numbers; 9'),
        ('{width: 4, height: 3, k: [a, 0, 0, 0, 0, 0, 0, 0, 0]}', 'k = .* not a list of numbers'),
        ('{width: 4, height: 3, k: 7}', 'k = 7 is not a list of numbers'),
        ('{width: 4, height: 3, k: []}', 'k has 0 numbers'),
        (f'{{width: 4, height: 3, k: {list(K)}, roi: 7}}', 'roi = 7'),
        ('{width: 4.5, height: 3, k: [1, 0, 1, 0, 1, 1, 0, 0, 1]}', 'width = 4.5'),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=rf'camera\.yaml: {message}'):
        read_camera_info(write(tmp_path, text))


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no such camera-info file'):
        read_camera_info(tmp_path / 'none.yaml')
    path = tmp_path / 'camera.yaml'
    path.write_bytes(b'\xff\xfe\x00\x80')
    with pytest.raises(ValueError, match=r'camera\.yaml: neither'):
        read_camera_info(path)
