# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Camera calibrations in files: of camera_calibration, OpenCV, Kalibr, EuRoC, or a CameraInfo.

camera_calibration, OpenCV       CameraInfo, YAML (`ros2 topic echo`) or JSON;
                                   D, K, R, P in ROS 1 and Foxglove
  image_width, image_height        width, height
  distortion_model                 distortion_model
  distortion_coefficients.data     d
  camera_matrix.data               k
  rectification_matrix.data        r
  projection_matrix.data           p
  binning_x, binning_y, roi        binning_x, binning_y, roi

The INI format is that of `camera_info_ini`, those of Kalibr and EuRoC are in
`camera_info_kalibr`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.camera_info_ini import ini_record, is_ini
from lacdepth_ros.data.camera_info_kalibr import kalibr_record

_CALIBRATION_NAMES = {
    'width': 'image_width',
    'height': 'image_height',
    'distortion_model': 'distortion_model',
    'd': 'distortion_coefficients',
    'k': 'camera_matrix',
    'r': 'rectification_matrix',
    'p': 'projection_matrix',
    **{name: name for name in ('binning_x', 'binning_y', 'roi')},
}
_LENGTHS = {'k': 9, 'r': 9, 'p': 12}
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


_FILE_URL = 'file:/'
_OPENCV = '%YAML:'
_RATIONAL = 8  # coefficients from which on OpenCV's model is a rational polynomial


class _Loader(yaml.SafeLoader):
    """Reads OpenCV's matrices as the mappings that they are."""


_Loader.add_constructor(
    'tag:yaml.org,2002:opencv-matrix',
    lambda loader, node: loader.construct_mapping(node, deep=True),  # type: ignore[arg-type]
)


@dataclass(frozen=True, slots=True)
class RegionOfInterest:
    """The sensor window of sensor_msgs/RegionOfInterest; a window of zeros is the full sensor."""

    x_offset: int = 0
    y_offset: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class CameraInfoFile:
    """The fields of sensor_msgs/CameraInfo, read from a file; lengths and numbers are checked.

    Attributes:
        width: Image width [px] of the calibration.
        height: Image height [px] of the calibration.
        k: Intrinsics of the raw image, 9 numbers by rows.
        d: Distortion coefficients; () without distortion.
        r: Rectifying rotation, 9 numbers; the identity when the file has none.
        p: Projection of the rectified image, 12 numbers; K without a baseline when the file has
            none or only zeros.
        distortion_model: 'plumb_bob' when the file names none, 'rational_polynomial' where it has
            8 coefficients or more.
        binning_x: Columns merged into one.
        binning_y: Rows merged into one.
        roi: The sensor window that was read out.
    """

    width: int
    height: int
    k: tuple[float, ...]
    d: tuple[float, ...] = ()
    r: tuple[float, ...] = _IDENTITY
    p: tuple[float, ...] = ()
    distortion_model: str = 'plumb_bob'
    binning_x: int = 0
    binning_y: int = 0
    roi: RegionOfInterest = field(default_factory=RegionOfInterest)


def read_camera_info(path: str | Path) -> CameraInfoFile:
    """Read a calibration file.

    Args:
        path: Of the file, or its `file:///` URL, as drivers take it for `camera_info_url`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is none of the formats, or lacks a value; the message names both.
    """
    path = Path(path)
    if str(path).startswith(_FILE_URL):  # Path has made one slash of three
        path = Path(str(path).removeprefix(_FILE_URL[:-1]))
    if not path.is_file():
        other_url = '; give the path of the file itself' if ':/' in str(path) else ''
        raise FileNotFoundError(f'{path}: no such camera-info file{other_url}')
    try:
        record = _record(path)
        if 'camera_matrix' in record:
            fisheye = bool(record.get('fisheye_model'))
            record = {name: record.get(theirs) for name, theirs in _CALIBRATION_NAMES.items()}
            if fisheye:
                record['distortion_model'] = 'equidistant'
        elif found := kalibr_record(record):
            record = found
        else:
            record = {**record, **_lowered(record)}
        return _camera_info(record)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _record(path: Path) -> Mapping[str, Any]:
    """The INI file's fields, or the first YAML (or JSON) document, which must be a mapping."""
    try:
        text = path.read_text(encoding='utf-8-sig')
        if is_ini(text):
            return ini_record(text)
        if text.startswith(_OPENCV):  # its first line is no YAML
            text = text.partition('\n')[2]
        # PyYAML takes no tabs between values, which YAML and JSON allow; none matters here.
        document = next(yaml.load_all(text.replace('\t', ' '), _Loader), None)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = ' '.join(str(error).split())
        raise ValueError(f'neither YAML, JSON nor INI ({line})') from error
    if not isinstance(document, Mapping):
        raise ValueError(
            "neither camera_calibration's YAML (camera_matrix, ...) or INI ([image], ...), nor "
            "Kalibr's (cam0, ...), nor a CameraInfo (k, d, p, width, height)"
        )
    return document


def _lowered(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The matrices that ROS 1 and Foxglove name by capitals, by their names in ROS 2."""
    names = [name for name in ('d', *_LENGTHS) if record.get(name.upper()) is not None]
    for name in names:
        if record.get(name) not in (None, record[name.upper()]):
            raise ValueError(f'holds both {name} and {name.upper()}, and they differ')
    return {name: record[name.upper()] for name in names}


def _camera_info(record: Mapping[str, Any]) -> CameraInfoFile:
    """Check the fields of a CameraInfo and fill in what a file may leave out."""
    if missing := [name for name in ('width', 'height', 'k') if record.get(name) is None]:
        theirs = ', '.join(_CALIBRATION_NAMES[name] for name in missing)
        raise ValueError(f'missing {", ".join(missing)} (or {theirs})')
    vectors = {name: _numbers(name, record.get(name)) for name in ('k', 'd', 'r', 'p')}
    k = vectors['k']
    return CameraInfoFile(
        width=_whole('width', record['width']),
        height=_whole('height', record['height']),
        k=k,
        d=vectors['d'],
        r=vectors['r'] if any(vectors['r']) else _IDENTITY,
        p=vectors['p'] if any(vectors['p']) else (*k[:3], 0.0, *k[3:6], 0.0, *k[6:], 0.0),
        distortion_model=str(record.get('distortion_model') or _model_of(vectors['d'])),
        binning_x=_whole('binning_x', record.get('binning_x') or 0),
        binning_y=_whole('binning_y', record.get('binning_y') or 0),
        roi=_region(record.get('roi') or {}),
    )


def _model_of(d: tuple[float, ...]) -> str:
    return 'rational_polynomial' if len(d) >= _RATIONAL else 'plumb_bob'


def _region(value: Any) -> RegionOfInterest:
    if not isinstance(value, Mapping):
        raise ValueError(f'roi = {value!r} is no RegionOfInterest (x_offset, y_offset, ...)')
    names = ('x_offset', 'y_offset', 'width', 'height')
    return RegionOfInterest(*(_whole(f'roi.{name}', value.get(name) or 0) for name in names))


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    """The numbers of a list, or of a matrix {rows, cols, data}; () when the file has none."""
    items = value.get('data') if isinstance(value, Mapping) else value
    try:
        numbers = tuple(float(item) for item in items or ())
    except (TypeError, ValueError) as error:
        raise ValueError(f'{name} = {items!r} is not a list of numbers') from error
    may_be_absent = name != 'k' and not numbers
    if not may_be_absent and len(numbers) != _LENGTHS.get(name, len(numbers)):
        raise ValueError(f'{name} has {len(numbers)} numbers; {_LENGTHS[name]} are needed')
    return numbers


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f'{name} = {value!r} must be whole pixels')
    return value


def pinhole_info(camera: Camera) -> CameraInfoFile:
    """The camera_info of a pinhole image with this camera."""
    K = tuple(float(value) for value in camera.K.ravel())
    return CameraInfoFile(
        width=camera.width,
        height=camera.height,
        k=K,
        d=(0.0,) * 5,
        p=(*K[:3], 0.0, *K[3:6], 0.0, *K[6:], 0.0),
    )
