# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations of Kalibr (camchain.yaml) and of EuRoC's data sets (sensor.yaml).

cam0:                                    # EuRoC: the same without this line
  camera_model: pinhole
  intrinsics: [fx, fy, cx, cy]
  distortion_model: radtan               # EuRoC: radial-tangential
  distortion_coeffs: [k1, k2, p1, p2]    # EuRoC: distortion_coefficients
  resolution: [width, height]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MODELS = {
    'radtan': 'plumb_bob',
    'radial-tangential': 'plumb_bob',
    'plumb_bob': 'plumb_bob',
    'equidistant': 'equidistant',
    'equi': 'equidistant',
}
"""Of CameraInfo, by the names in these files."""
_COEFFICIENTS = {'plumb_bob': (4, 5), 'equidistant': (4,)}
_KEYS = ('distortion_coeffs', 'distortion_coefficients')
_UNDISTORTED = 'none'
_PINHOLE = 'pinhole'


def kalibr_record(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The fields of a CameraInfo that a file of this kind holds; None for other files.

    Raises:
        ValueError: There is not one camera, it is no pinhole, or a value is none; names it.
    """
    if _is_camera(document):
        return _record(document)
    cameras = {name: part for name, part in document.items() if _is_camera(part)}
    if not cameras:
        return None
    if len(cameras) > 1:
        raise ValueError(
            f'holds {len(cameras)} cameras ({", ".join(map(str, cameras))}); a file of one is '
            'needed: keep the part of yours'
        )
    return _record(*cameras.values())


def _is_camera(part: Any) -> bool:
    return isinstance(part, Mapping) and {'intrinsics', 'resolution'} <= set(part)


def _record(camera: Mapping[str, Any]) -> Mapping[str, Any]:
    lens = camera.get('camera_model')
    if lens != _PINHOLE:
        raise ValueError(f'camera_model {lens!r} is not {_PINHOLE!r}, the only one of CameraInfo')
    fx, fy, cx, cy = _numbers('intrinsics', camera['intrinsics'], (4,))
    size = camera['resolution']
    _numbers('resolution', size, (2,))
    model, d = _distortion(camera)
    return {
        'width': size[0],
        'height': size[1],
        'k': [fx, 0, cx, 0, fy, cy, 0, 0, 1],
        'd': d,
        'distortion_model': model,
    }


def _distortion(camera: Mapping[str, Any]) -> tuple[str, list[float]]:
    """Model and coefficients of CameraInfo; neither is guessed where it is missing."""
    name = camera.get('distortion_model')
    key = next((key for key in _KEYS if key in camera), _KEYS[0])
    given = camera.get(key)
    if name == _UNDISTORTED:
        if any(_numbers(key, given, (len(given),)) if given else ()):
            raise ValueError(f'distortion_model is {name!r} beside {key} = {given}')
        return 'plumb_bob', []
    if name not in _MODELS:
        raise ValueError(
            f'distortion_model {name!r} is none that CameraInfo has; calibrate with one of '
            f'{list(_MODELS)}, or write {_UNDISTORTED!r} for images without distortion'
        )
    model = _MODELS[name]
    d = _numbers(key, given, _COEFFICIENTS[model])
    # k3 of plumb_bob comes last; Kalibr has none.
    return model, [*d, 0.0] if (model, len(d)) == ('plumb_bob', 4) else d


def _numbers(name: str, value: Any, lengths: tuple[int, ...]) -> list[float]:
    try:
        numbers = [float(item) for item in value]  # PyYAML takes 6e-05 for a word
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in lengths:
        needed = ' or '.join(map(str, lengths))
        raise ValueError(f'{name} = {value!r} is not a list of {needed} numbers')
    return numbers
