# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Throws damaged messages and files at the node's input, and counts what comes of them.

    python tools/fuzz_inputs.py --count 200000

Every input must be answered soundly or refused by a ValueError, within a second and with less than
256 MB; anything else is printed and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / 'test'))

from camera_infos import CASES
from fake_messages import FakeCameraInfo, FakeImage

from lacdepth_ros.data.manifest import _parse_line
from lacdepth_ros.messages.cameras import camera_from_info, check_image_size, info_for_depth
from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.compressed import image_from_compressed
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.images import IMAGE_ENCODINGS, image_from_message
from lacdepth_ros.messages.rectification import RectifierCache
from lacdepth_ros.models.config import ModelConfig

MAX_SECONDS, MAX_BYTES = 1.0, 256 * 2**20
WHOLE = (0, 1, 2, 3, 255, 256, 16384, 16385, 65535, 2**31, 2**32 - 1)
NUMBERS = (0.0, -0.0, 1.0, -1.0, 1e-3, 5e-324, 7e-310, 1e-30, 1e6, 1e38, 1e308, float('nan'))
NUMBERS += (float('inf'), float('-inf'), 0.1, 721.5, -300.0)
JSON = ('null', '1e999', '[]', '{}', '"a"', '-1', 'true', '[' * 5000, '9' * 400, '"' + 'x' * 9999)
LINE = (
    '{"id": "a", "image": "a.png", "depth": "b.png", "depth_scale": 256, '
    '"K": [9, 9, 5, 3], "width": 9, "height": 6}'
)


def main() -> int:
    """Throw, count, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--count', type=int, default=200_000)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    fates: Counter[str] = Counter()
    slowest: dict[str, float] = {}
    wrong = 0
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(args.count):
        fuzz = KINDS[number % len(KINDS)]
        start = time.perf_counter()
        try:
            fuzz(rng)
            fate = 'answered'
        except ValueError:
            fate = 'refused'
        except Exception as error:
            fate, wrong = 'WRONG', wrong + 1
            print(f'{number} {fuzz.__name__}: {type(error).__name__}: {error}')
        seconds = time.perf_counter() - start
        fates[f'{fuzz.__name__} {fate}'] += 1
        slowest[fuzz.__name__] = max(slowest.get(fuzz.__name__, 0.0), seconds)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) * 1024
    for name, count in sorted(fates.items()):
        print(f'{name:32} {count:8}   slowest {1e3 * slowest[name.split()[0]]:.1f} ms')
    print(f'{args.count} inputs; memory grew by {grown / 2**20:.0f} MB; {wrong} wrong')
    return int(wrong > 0 or max(slowest.values()) > MAX_SECONDS or grown > MAX_BYTES)


def camera_info(rng: np.random.Generator) -> None:
    """A driver's message, some numbers replaced; what is answered must be finite."""
    info = deepcopy(CASES[rng.integers(len(CASES))].info)
    for _ in range(rng.integers(1, 4)):
        _spoil_info(rng, info)
    rectified = bool(rng.integers(2))
    expected = camera_from_info(info, rectified=rectified)
    width, height = expected.width, expected.height
    if rng.integers(3) == 0:
        width += 1
    check_image_size(info, expected, width=width, height=height)
    if width * height > 100_000 and rng.integers(40):  # most without the maps of large images
        return
    camera, _ = RectifierCache().get(info, width=width, height=height, rectified=rectified)
    out = info_for_depth(FakeCameraInfo, info, None, camera=camera)
    if not np.isfinite([*out.k, *out.p, *out.r, *out.d]).all():
        raise AssertionError(f'not finite: {info}')


def _spoil_info(rng: np.random.Generator, info: Any) -> None:
    kind = rng.integers(8)
    if kind < 5:
        values = list(getattr(info, 'kprdk'[kind])) or [0.0] * 5
        scale = (0.1, 0.5, 2.0, 1e-3, -1.0)[rng.integers(5)]
        at = rng.integers(len(values))
        new = NUMBERS[rng.integers(len(NUMBERS))]
        values[at] = values[at] * scale if rng.integers(2) else new
        setattr(info, 'kprdk'[kind], values)
    elif kind == 5:
        name = ('width', 'height', 'binning_x', 'binning_y')[rng.integers(4)]
        setattr(info, name, int(rng.choice(WHOLE)))
    elif kind == 6:
        names = ('x_offset', 'y_offset', 'width', 'height')
        info.roi = SimpleNamespace(**{name: int(rng.choice(WHOLE)) for name in names})
    else:
        info.distortion_model = ('', 'fisheye', 'plumb_bob', 'x' * 10**5)[rng.integers(4)]


def image(rng: np.random.Generator) -> None:
    """Any encoding, size, step and bytes."""
    encodings = (*IMAGE_ENCODINGS, '', 'x' * 10**5, '32FC1')
    height, width = (int(n) for n in rng.integers(0, 40, 2))
    if rng.integers(10) == 0:
        height = int(rng.choice(WHOLE))
    message = FakeImage(
        encoding=encodings[rng.integers(len(encodings))],
        height=height,
        width=width,
        step=int(rng.integers(0, 400)) if rng.integers(9) else int(rng.choice(WHOLE)),
        is_bigendian=int(rng.integers(2)),
        data=rng.bytes(int(rng.integers(0, 9000))),
    )
    if image_from_message(message).shape != (height, width, 3):
        raise AssertionError(f'another size: {message}')


def compressed(rng: np.random.Generator) -> None:
    """Files with bytes changed, cut off and put in."""
    data = bytearray(FILES[rng.integers(len(FILES))])
    for _ in range(rng.integers(0, 9)):
        data[rng.integers(len(data))] = rng.integers(256)
    if rng.integers(4) == 0:
        del data[rng.integers(len(data)) :]
    if rng.integers(6) == 0:
        data[rng.integers(len(data)) : 0] = rng.bytes(int(rng.integers(60)))
    forms = ('jpeg', 'png', 'rgb8; jpeg compressed bgr8', 'bayer_rggb16; png', 'h264', 'x' * 10**5)
    message = SimpleNamespace(format=forms[rng.integers(len(forms))], data=bytes(data))
    image_from_compressed(message)


def depth(rng: np.random.Generator) -> None:
    """Any bytes as depth."""
    encodings = ('32FC1', '16UC1', 'mono8')
    height, width = (int(n) for n in rng.integers(0, 30, 2))
    message = FakeImage(
        encoding=encodings[rng.integers(3)],
        height=height,
        width=width,
        step=int(rng.integers(0, 200)),
        is_bigendian=0,
        data=rng.bytes(int(rng.integers(0, 4000))),
    )
    depth_from_message(message)


def cloud(rng: np.random.Generator) -> None:
    """Fields and steps that do not fit."""
    fields = [
        SimpleNamespace(name=name, offset=int(rng.integers(0, 24)), datatype=7, count=1)
        for name in ('x', 'y', 'z', 'rgb')
    ]
    step, width, height = (int(n) for n in rng.integers(0, 30, 3))
    message = SimpleNamespace(
        fields=fields[int(rng.integers(2)) :],
        height=height,
        width=width,
        point_step=step,
        row_step=int(rng.integers(0, 900)),
        is_bigendian=False,
        data=rng.bytes(int(rng.integers(0, 9000))),
    )
    cloud_from_message(message)


def manifest(rng: np.random.Generator) -> None:
    """A line with values that no line has."""
    line = LINE
    for _ in range(rng.integers(1, 4)):
        parts = line.split(': ')
        parts[rng.integers(1, len(parts))] = JSON[rng.integers(len(JSON))] + ', "b"'
        line = ': '.join(parts)
    if rng.integers(3) == 0:
        line = line[: rng.integers(len(line))]
    _parse_line(line, folder=Path(), where='m.jsonl:1')


def model_config(rng: np.random.Generator) -> None:
    """Settings that no network has."""
    values: dict[str, Any] = ModelConfig().to_dict()
    odd = (*NUMBERS, *WHOLE, 10**400, None, 'x' * 10**5, [], [10**30] * 5, {}, True)
    for _ in range(rng.integers(1, 4)):
        values[list(values)[rng.integers(len(values))]] = odd[rng.integers(len(odd))]
    ModelConfig.from_dict(values)


def _files() -> list[bytes]:
    """Small pictures of every kind, and a larger one."""
    rng = np.random.default_rng(0)
    files = []
    for shape, kind in (
        ((9, 12), 'u1'),
        ((16, 24, 3), 'u1'),
        ((9, 12), 'u2'),
        ((200, 300, 3), 'u1'),
    ):
        values = rng.integers(0, 256, shape).astype(kind)
        files.append(cv2.imencode('.png', values)[1].tobytes())
        if kind == 'u1':
            files.append(cv2.imencode('.jpg', values)[1].tobytes())
            progressive = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
            files.append(cv2.imencode('.jpg', values, progressive)[1].tobytes())
    return files


FILES = _files()
KINDS: tuple[Callable[[np.random.Generator], None], ...] = (
    camera_info,
    image,
    compressed,
    depth,
    cloud,
    manifest,
    model_config,
)

if __name__ == '__main__':
    sys.exit(main())
