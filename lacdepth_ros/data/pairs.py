# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Any folder of images and maps as a manifest: paired by name or time, converted to depth PNGs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import depth_counts, write_image
from lacdepth_ros.data.headers import read_header
from lacdepth_ros.data.indexing import IndexRequest, IndexResult, Progress, frame_row, spread
from lacdepth_ros.data.made import MadeFiles
from lacdepth_ros.data.matching import find_files, match_by_name, match_by_time
from lacdepth_ros.data.meaning import FloatImage, Meaning
from lacdepth_ros.data.value_files import read_values

FINE_SCALE, COARSE_SCALE = 1000.0, 256.0
"""Counts per metre of the PNGs made: of data that end before FINE_TO, and of others."""
FINE_TO = 65.0
_SAME_SHAPE = 0.01  # by which the sides' ratios of image and smaller depth may differ


@dataclass(frozen=True, slots=True)
class PairsOptions:
    """How images and maps lie and what they are.

    Attributes:
        images: Pattern of the images, as of `find_files`.
        depths: Pattern of the maps, with as many stars.
        masks: Pattern of masks that are 0 where there is no depth; None without.
        within: Largest difference in time of a pair; None: names must be the same.
        intrinsics: fx, fy, cx, cy of the images [px], pixel centres are integers.
        meaning: What the maps hold.
        spread: The maps are smaller than the images: their pixels are spread over them.
        group: First part of the ids; None: the folder's name.
        tags: Of every row, such as 'camera_height' and 'empty'.
    """

    images: str
    depths: str
    masks: str | None
    within: float | None
    intrinsics: tuple[float, float, float, float]
    meaning: Meaning
    spread: bool
    group: str | None
    tags: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Frame:
    id: str
    image: Path
    values: Path
    mask: Path | None


def index_pairs(request: IndexRequest, options: PairsOptions, progress: Progress) -> IndexResult:
    """List the pairs of a folder, and write the depth of each as a PNG beside the manifest.

    Raises:
        FileNotFoundError: A pattern fits no file.
        ValueError: A pattern is none, or no image has a map.
    """
    result = IndexResult()
    frames = spread(_find(request.root, options, result), request.limit)
    with request.made_files('depth') as made:
        for done, frame in enumerate(frames):
            progress(done, len(frames))
            try:
                _add(frame, request.made('depth'), made, options, result)
            except FileNotFoundError as error:
                result.leave_out('a file is missing', str(error))
            except ValueError as error:
                result.leave_out('unusable', str(error))
    progress(len(frames), len(frames))
    result.count('frames listed', len(result.rows))
    return result


def _find(root: Path, options: PairsOptions, result: IndexResult) -> list[_Frame]:
    """The pairs; the numbers of all files are told."""
    maps = find_files(root, options.depths)
    masks = find_files(root, options.masks) if options.masks is not None else None
    used = {*maps.values(), *(masks.values() if masks is not None else ())}
    # 'scene/*.png' finds 'scene/7_depth.png', too.
    images = {k: path for k, path in find_files(root, options.images).items() if path not in used}
    if options.within is None:
        pairs = match_by_name(images, maps)
    else:
        pairs = match_by_time(images, maps, options.within)
    for what, number in (('images', images), ('maps', maps), ('pairs', pairs)):
        result.count(what, len(number))
    if not pairs:
        some = [str(next(iter(files.values()), 'none')) for files in (images, maps)]
        raise ValueError(
            f'{root}: no image has a map of the same name; the first of each are '
            f'{" and ".join(some)}. Names that are times are paired with --within SECONDS'
        )
    group = options.group or root.resolve().name
    frames = []
    for key, other in pairs.items():
        mask = None if masks is None else masks.get(other)
        if masks is not None and mask is None:
            result.leave_out('mask is missing', str(maps[other]))
            continue
        frames.append(_Frame('/'.join((group, *key)), images[key], maps[other], mask))
    return frames


def _add(
    frame: _Frame, folder: Path, made: MadeFiles, options: PairsOptions, result: IndexResult
) -> None:
    """Add the row of a frame, whose depth PNG is written unless it is there."""
    header = read_header(frame.image)
    camera = Camera(*options.intrinsics, width=header.width, height=header.height)
    farthest = options.meaning.farthest
    scale = FINE_SCALE if farthest is not None and farthest <= FINE_TO else COARSE_SCALE
    path = folder / f'{frame.id}.png'
    sources = [file for file in (frame.image, frame.values, frame.mask) if file is not None]
    facts = [asdict(options.meaning), options.intrinsics, options.spread, scale]
    if not made.has(path, sources, facts):
        counts = depth_counts(_depth(frame, camera, options), scale)
        if not counts.any():
            result.leave_out('empty ground truth', str(frame.values))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, counts)
        made.add(path, sources, facts)
    tags = dict(options.tags)
    result.rows.append(frame_row(frame.id, frame.image, path, camera, depth_scale=scale, **tags))


def _depth(frame: _Frame, camera: Camera, options: PairsOptions) -> FloatImage:
    """Depth [m] of the image's pixels, 0 where there is none."""
    values = read_values(frame.values)
    height, width = values.shape[:2]
    own = camera
    if (width, height) != (camera.width, camera.height):
        _check_smaller(frame, camera, width, height, spread=options.spread)
        own = camera.resized(width, height)
    try:
        depth = options.meaning.depth(values, own)
    except ValueError as error:
        raise ValueError(f'{frame.values}: {error}') from error
    if frame.mask is not None:
        mask = read_values(frame.mask)
        if mask.shape != depth.shape:
            raise ValueError(f'{frame.mask}: {mask.shape}, where depth is {depth.shape}')
        depth[mask == 0] = 0
    return depth if own is camera else _spread(depth, camera)


def _check_smaller(
    frame: _Frame, camera: Camera, width: int, height: int, *, spread: bool
) -> None:
    """ValueError unless a map may be spread over its image."""
    size = f'{frame.values} is {width}x{height} but the image {camera.width}x{camera.height}'
    if not spread:
        raise ValueError(
            f'{size}; register depth to the image (what is far and near moves differently), or, '
            'where one is the other made smaller, as of an iPhone, give --spread'
        )
    same_shape = abs(width * camera.height / (height * camera.width) - 1) < _SAME_SHAPE
    if width > camera.width or not same_shape:
        raise ValueError(f'{size}: not the same view made smaller')


def _spread(depth: FloatImage, camera: Camera) -> FloatImage:
    """Each measurement at the pixel of the larger image in its middle; nothing is made up."""
    height, width = depth.shape
    rows = ((np.arange(height) + 0.5) * camera.height / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * camera.width / width).astype(np.intp)
    whole = np.zeros((camera.height, camera.width), np.float32)
    whole[np.ix_(rows, columns)] = depth
    return whole
