# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo as one HTML file: cloud to turn, depth under the cursor, latency and error over time.

The file needs no network and no server. Its parts lie in the folder `page`.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.messages.topics import CAMERA_INFO, DEPTH
from lacdepth_ros.session.demo import ShownAnswer
from lacdepth_ros.session.result import SessionResult
from lacdepth_ros.viz.colors import FAR, NEAR, colorize_depth

MAX_WIDTH = 640
"""Largest width of the page's maps [px]; wider ones keep every n-th pixel of every n-th row."""
UNIT = 0.002
"""Metres of one step of the page's depth and std; up to 131 m."""
TOO_NEAR, BEYOND = 65534, 65535
_PARTS = {'style': 'style.css', 'cloud': 'cloud.js', 'plots': 'plots.js', 'page': 'page.js'}
_JPEG_QUALITY = 85


def write_demo_page(
    path: Path, shown: Sequence[ShownAnswer], result: SessionResult, title: str, summary: str
) -> None:
    """Write the page.

    Args:
        path: The file.
        shown: Frames that can be looked at, at least one.
        result: Of the run, for the plots.
        title: Headline.
        summary: A line below it.

    Raises:
        OSError: The file cannot be written.
    """
    data = {
        'title': title,
        'summary': summary,
        'unit': UNIT,
        'range': [NEAR, FAR],
        'palette': _text(_palette().tobytes()),
        'frames': [_frame(item) for item in shown],
        'timeline': _timeline(shown, result),
    }
    folder = files('lacdepth_ros.session') / 'page'
    page = (folder / 'index.html').read_text(encoding='utf-8')
    for name, file in _PARTS.items():
        page = page.replace('{{ ' + name + ' }}', (folder / file).read_text(encoding='utf-8'))
    # The data last, so that nothing in it is taken for a place of another part; '<' would let a
    # name in it end the script.
    text = json.dumps(data, allow_nan=False).replace('<', '\\u003c')
    path.write_text(page.replace('{{ data }}', text), encoding='utf-8')


def packed_map(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Metres as steps of UNIT: 0 invalid, TOO_NEAR for -Inf, BEYOND for +Inf and farther."""
    with np.errstate(invalid='ignore'):
        steps = np.rint(values / UNIT)
        packed = np.where(steps < TOO_NEAR, np.maximum(steps, 1), BEYOND)
    packed = np.where(np.isneginf(values), TOO_NEAR, packed)
    return np.where(np.isnan(values), 0, packed).astype(np.uint16)


def _frame(item: ShownAnswer) -> dict[str, Any]:
    """A frame as the page holds it."""
    record = item.answer.record
    stride = math.ceil(item.answer.depth.shape[1] / MAX_WIDTH)
    camera = camera_from_info(item.answer.messages[CAMERA_INFO], rectified=True)
    assert item.answer.std is not None  # shown answers are full ones
    depth = np.ascontiguousarray(item.answer.depth[::stride, ::stride])
    image = np.ascontiguousarray(item.colors[::stride, ::stride, ::-1])
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    jpeg = cv2.imencode('.jpg', image, quality)[1].tobytes()
    return {
        'id': record.id,
        'width': depth.shape[1],
        'height': depth.shape[0],
        'stride': stride,
        'K': [value / stride for value in (camera.fx, camera.fy, camera.cx, camera.cy)],
        'image': f'data:image/jpeg;base64,{_text(jpeg)}',
        'depth': _deflated(packed_map(depth)),
        'std': _deflated(packed_map(item.answer.std[::stride, ::stride])),
        'abs_rel': record.errors.get('abs_rel'),
    }


def _timeline(shown: Sequence[ShownAnswer], result: SessionResult) -> list[dict[str, Any]]:
    """Latency and error of every frame, and its number among those shown."""
    places = {item.answer.record.index: place for place, item in enumerate(shown)}
    return [
        {
            'id': record.id,
            'seconds': result.seconds(record),
            'latency_ms': record.latency_ms.get(DEPTH),
            'abs_rel': record.errors.get('abs_rel'),
            'shown': places.get(record.index),
        }
        for record in result.records
    ]


def _deflated(values: npt.NDArray[np.uint16]) -> str:
    """Differences along the rows, which deflate to less than half of the values themselves."""
    differences = np.diff(values, axis=1, prepend=np.uint16(0))
    return _text(zlib.compress(differences.astype('<u2').tobytes(), 9))


def _palette() -> npt.NDArray[np.uint8]:
    """(256, 4) RGBA of depths from NEAR to FAR, evenly on a logarithmic scale."""
    depths = np.geomspace(NEAR, FAR, 256, dtype=np.float32)[None]
    rgb = colorize_depth(depths)[0]
    return np.column_stack([rgb, np.full(256, 255, np.uint8)])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode('ascii')
