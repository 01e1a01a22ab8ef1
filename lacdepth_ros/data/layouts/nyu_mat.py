# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""NYU Depth v2's nyu_depth_v2_labeled.mat (MATLAB 7.3 = HDF5), written out as images and PNGs.

HDF5 holds the arrays with reversed axes: `images` (1449, 3, 640, 480) uint8, `rawDepths`
(measured, 0 = none) and `depths` (holes filled) (1449, 640, 480) float32 metres, `sceneTypes`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.optional import load_library
from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.data.indexing import IndexRequest, IndexResult, Part, Progress, frame_row, spread
from lacdepth_ros.data.layouts.matlab import check_array, read_numbers
from lacdepth_ros.data.layouts.nyu import NYU_CAMERA, NYU_DEPTH_SCALE
from lacdepth_ros.data.made import MadeFiles

_FRAMES, _MOST_FRAMES = 1449, 100_000
_LONGEST_SCENE = 300  # characters
_PUBLISHED: dict[Part, int] = {'train': 795, 'test': 654}
_NUMBERS = {'train': 'trainNdxs', 'test': 'testNdxs'}  # of MATLAB, from 1
_NEEDED = ('images', 'rawDepths', 'depths', 'sceneTypes')
# The frames have a white border, which is no picture: what lies outside has no ground truth
# either.
_PICTURE = (slice(7, 474), slice(7, 632))


def index_nyu_mat(request: IndexRequest, progress: Progress) -> IndexResult:
    """Write the labelled frames beside the manifest and list them.

    The measured depth is the ground truth, the depth with filled holes is `dense`. Files
    that were made of this very file are not written again.

    Raises:
        FileNotFoundError: The .mat file or the split file is missing.
        ValueError: One of them is no such file, or a part is asked for without a split file.
        ModuleNotFoundError: h5py, or for a split file scipy, is not installed.
    """
    path = request.root
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such file; name nyu_depth_v2_labeled.mat itself')
    h5py = load_library('h5py', 'the labelled .mat file of NYU')
    parts = _read_parts(request)
    result = IndexResult()
    try:
        store = h5py.File(path, 'r')
    except OSError as error:
        raise ValueError(
            f'{path}: not HDF5 ({error}); the MATLAB 7.3 file of NYU is needed'
        ) from error
    with store:
        if missing := [name for name in _NEEDED if name not in store]:
            raise ValueError(f'{path}: holds no {", ".join(missing)}; is it the labelled file?')
        total = _check_arrays(store, path)
        numbers = [index for index in range(total) if request.part in (None, parts.get(index))]
        _count(total, parts, result)
        chosen = spread(numbers, request.limit)
        with request.made_files('frames') as made:
            for done, index in enumerate(chosen):
                progress(done, len(chosen))
                _add(store, index, parts.get(index), request, made, result)
        progress(len(chosen), len(chosen))
    result.count('frames listed', len(result.rows))
    return result


def _check_arrays(store: Any, path: Path) -> int:
    """Number of frames; ValueError when an array is not as published."""
    total = int(store['images'].shape[0]) if getattr(store['images'], 'shape', ()) else 0
    if not 0 < total <= _MOST_FRAMES:
        raise ValueError(f'{path}: images holds {total} frames; {_FRAMES} are published')
    size = (NYU_CAMERA.width, NYU_CAMERA.height)
    for name, shape, kinds in (
        ('images', (total, 3, *size), 'u'),
        ('rawDepths', (total, *size), 'f'),
        ('depths', (total, *size), 'f'),
        ('sceneTypes', (1, total), 'O'),
    ):
        check_array(store[name], shape, kinds, f'{path}: {name}')
    return total


def _read_parts(request: IndexRequest) -> dict[int, Part]:
    """Part of each frame (counted from 0) by the official splits.mat; empty without one."""
    if request.split is None:
        if request.part is not None:
            raise ValueError(
                f'--part {request.part}: the labelled file does not know its parts; add --split '
                "splits.mat (NYU's official split)"
            )
        return {}
    if not request.split.is_file():
        raise FileNotFoundError(f'{request.split}: no such split file')
    try:
        content = read_numbers(request.split, list(_NUMBERS.values()))
        return {
            int(number) - 1: part
            for part in _PUBLISHED
            for number in np.ravel(content[_NUMBERS[part]])
        }
    except (ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise ValueError(
            f'{request.split}: not a MATLAB file with trainNdxs and testNdxs ({error})'
        ) from error


def _count(total: int, parts: dict[int, Part], result: IndexResult) -> None:
    result.count('frames of the file', total, _FRAMES)
    if parts:
        for part, published in _PUBLISHED.items():
            number = sum(found == part for found in parts.values())
            result.count(f'frames of the {part} part', number, published)


def _add(
    store: Any,
    index: int,
    part: Part | None,
    request: IndexRequest,
    made: MadeFiles,
    result: IndexResult,
) -> None:
    """Write a frame's three files, unless they are there, and add its row."""
    name, folder = f'{index:05d}', request.made('frames')
    paths = tuple(folder / f'{name}_{kind}.png' for kind in ('rgb', 'depth', 'dense'))
    if not all(made.has(path, [request.root]) for path in paths):
        image = np.ascontiguousarray(store['images'][index].transpose(2, 1, 0), dtype=np.uint8)
        ground_truth = _within_picture(store['rawDepths'][index].T)
        if not ground_truth.any():
            result.leave_out('empty ground truth', f'frame {index}')
            return
        write_image(paths[0], image)
        write_depth_png(paths[1], ground_truth, NYU_DEPTH_SCALE)
        write_depth_png(paths[2], _within_picture(store['depths'][index].T), NYU_DEPTH_SCALE)
        for path in paths:
            made.add(path, [request.root])
    scene = _scene(store, index)
    result.rows.append(
        frame_row(
            f'nyu/{scene}/{name}',
            paths[0],
            paths[1],
            NYU_CAMERA,
            depth_scale=NYU_DEPTH_SCALE,
            dense=paths[2],
            domain='indoor',
            gray=False,
            ground_truth='kinect',
            scene=scene,
            **({'part': part} if part else {}),
        )
    )


def _within_picture(depth: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Depth (H, W) [m], 0 on the white border."""
    inside = np.zeros(depth.shape, dtype=np.float32)
    inside[_PICTURE] = depth[_PICTURE]
    return inside


def _scene(store: Any, index: int) -> str:
    """Type of room, such as 'bathroom': a reference to an array of character codes."""
    codes = store[store['sceneTypes'][0, index]]
    if not 0 < codes.size <= _LONGEST_SCENE:
        raise ValueError(f'the scene of frame {index} has a name of {codes.size} characters')
    return ''.join(chr(int(code)) for code in np.ravel(codes))
