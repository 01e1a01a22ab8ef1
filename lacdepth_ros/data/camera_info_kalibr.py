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
    'none': 'plumb_bob',
}
"""Of CameraInfo, by the names in these files."""
_COEFFICIENTS = {'plumb_bob': (4, 5), 'equidistant': (4,)}
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
    lens = camera.get('camera_model', _PINHOLE)
    if lens != _PINHOLE:
        raise ValueError(f'camera_model {lens!r} is not {_PINHOLE!r}, the only one of CameraInfo')
    fx, fy, cx, cy = _numbers('intrinsics', camera['intrinsics'], (4,))
    width, height = _numbers('resolution', camera['resolution'], (2,))
    name = str(camera.get('distortion_model') or 'none')
    if name not in _MODELS:
        raise ValueError(
            f'distortion_model {name!r} is none that CameraInfo has; calibrate with one of '
            f'{list(_MODELS)}'
        )
    model = _MODELS[name]
    key = 'distortion_coeffs' if 'distortion_coeffs' in camera else 'distortion_coefficients'
    d = camera.get(key) if name != 'none' else None
    return {
        'width': width,
        'height': height,
        'k': [fx, 0, cx, 0, fy, cy, 0, 0, 1],
        'd': _five(_numbers(key, d, _COEFFICIENTS[model]), model) if d is not None else [],
        'distortion_model': model,
    }


def _five(d: list[Any], model: str) -> list[Any]:
    """Coefficients of plumb_bob, which are five in CameraInfo: k3 comes last and is 0."""
    return [*d, 0.0] if model == 'plumb_bob' and len(d) == 4 else d


def _numbers(name: str, value: Any, lengths: tuple[int, ...]) -> list[Any]:
    numbers = list(value) if isinstance(value, list | tuple) else []
    if len(numbers) not in lengths or not all(isinstance(x, int | float) for x in numbers):
        needed = ' or '.join(map(str, lengths))
        raise ValueError(f'{name} = {value!r} is not a list of {needed} numbers')
    return numbers
