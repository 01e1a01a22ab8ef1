# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""NYU Depth v2: synchronised frames in folders (the BTS layout), and the labelled .mat file.

    sync/kitchen_0028b/rgb_00045.jpg, sync_depth_00045.png        uint16, metres x 1000
    official_splits/test/bathroom/rgb_00045.jpg, sync_depth_00045.png

A split list holds lines '/kitchen_0028b/rgb_00045.jpg /kitchen_0028b/sync_depth_00045.png 518.86'.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.headers import check_pair
from lacdepth_ros.data.indexing import (
    IndexRequest,
    IndexResult,
    Progress,
    frame_row,
    read_split_list,
    spread,
)

NYU_DEPTH_SCALE = 1000.0
"""Counts per metre of NYU's depth PNGs."""

NYU_CAMERA = Camera(518.857901, 519.469611, 325.582449, 253.736166, width=640, height=480)
"""Colour camera as the NYU toolbox calibrates it."""

_TRAIN_LINES, _TEST_LINES = 24_231, 654
_ROOTS = ('.', 'sync', 'train', 'test', 'official_splits/train', 'official_splits/test')
_IMAGE = re.compile(r'(.*)/rgb_(\d+)\.(?:jpg|png)')
_IMAGE_NAME = re.compile(r'rgb_(\d+)\.(?:jpg|png)')
_DEPTH = re.compile(r'(.*)/sync_depth_(\d+)\.png')


@dataclass(frozen=True, slots=True)
class NyuPair:
    """An image and its depth, relative to the root of the frames.

    Attributes:
        scene: Folder, such as 'kitchen_0028b'.
        frame: Digits of the file names.
        image: Path of the image.
        depth: Path of the depth PNG.
    """

    scene: str
    frame: str
    image: str
    depth: str


def index_nyu(request: IndexRequest, progress: Progress) -> IndexResult:
    """List NYU frames in folders: those of a split list, or every pair found.

    Raises:
        FileNotFoundError: There is no split list, or no frame at the root.
        ValueError: The split list is damaged or pairs an image with the depth of another.
    """
    result = IndexResult()
    if request.split is None:
        pairs = _find_pairs(request.root)
        result.count('pairs found', len(pairs))
    else:
        pairs = read_nyu_split(request.split)
        _count_lines(pairs, result)
    pairs = spread(pairs, request.limit)
    for done, pair in enumerate(pairs):
        progress(done, len(pairs))
        _add(request.root, pair, result)
    progress(len(pairs), len(pairs))
    result.count('frames listed', len(result.rows))
    return result


def read_nyu_split(path: Path) -> list[NyuPair]:
    """Read a list of pairs in the BTS form.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line has another form, pairs an image with the depth of another frame, or
            repeats a frame; the message names file and line.
    """
    return read_split_list(path, _parse_line, lambda pair: pair.image)


def _parse_line(fields: list[str], where: str) -> NyuPair:
    """Read 'scene/rgb_N.jpg scene/sync_depth_N.png focal'; the focal length may be left out."""
    names = [field.lstrip('/') for field in fields]
    image = _IMAGE.fullmatch(names[0])
    depth = _DEPTH.fullmatch(names[1]) if len(names) > 1 else None
    if image is None or depth is None:
        raise ValueError(
            f'{where}: {" ".join(fields)!r} is no NYU pair; needed: '
            "'SCENE/rgb_00045.jpg SCENE/sync_depth_00045.png FOCAL'"
        )
    if image.groups() != depth.groups():
        raise ValueError(f'{where}: wrong pair: {names[0]} with {names[1]}; correct the line')
    return NyuPair(scene=image[1], frame=image[2], image=names[0], depth=names[1])


def _add(root: Path, pair: NyuPair, result: IndexResult) -> None:
    """Add the row of a pair, or note why it cannot be used."""
    image, depth = _locate(root, pair.image), _locate(root, pair.depth)
    if image is None or depth is None:
        kind, name = ('image', pair.image) if image is None else ('depth', pair.depth)
        result.leave_out(f'{kind} is missing', name)
        return
    try:
        check_pair(image, depth, NYU_CAMERA)
    except ValueError as error:
        result.leave_out('unusable', str(error))
        return
    result.rows.append(
        frame_row(
            f'nyu/{pair.scene}/{pair.frame}',
            image,
            depth,
            NYU_CAMERA,
            depth_scale=NYU_DEPTH_SCALE,
            domain='indoor',
            gray=False,
            ground_truth='kinect',
            scene=pair.scene,
        )
    )


def _find_pairs(root: Path) -> list[NyuPair]:
    """Every image below the root with the depth that its name asks for, in order.

    An image that is there as .jpg and as .png is one frame. The root may be a scene itself.
    """
    pairs: dict[tuple[str, str], NyuPair] = {}
    for path in sorted(_files(root), key=Path.as_posix):
        if match := _IMAGE_NAME.fullmatch(path.name):
            folder, frame = path.parent.relative_to(root), match[1]
            scene = root.resolve().name if path.parent == root else folder.as_posix()
            depth = (folder / f'sync_depth_{frame}.png').as_posix()
            pair = NyuPair(scene, frame, (folder / path.name).as_posix(), depth)
            pairs.setdefault((scene, frame), pair)
    if not pairs:
        raise FileNotFoundError(
            f'{root}: no SCENE/rgb_NNNNN.jpg (with SCENE/sync_depth_NNNNN.png) in it'
        )
    return list(pairs.values())


def _files(root: Path) -> Iterator[Path]:
    """Every file below a folder, behind links too; no folder twice, so a link may lead back."""
    seen: set[str] = set()
    for place, folders, names in os.walk(root, followlinks=True):
        if (real := os.path.realpath(place)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort(key=lambda name: (Path(place, name).is_symlink(), name))
        yield from (Path(place, name) for name in names)


def _locate(root: Path, name: str) -> Path | None:
    """The file of a list's name in the root or the folders that BTS unpacks to."""
    paths = (root / folder / name for folder in _ROOTS)
    return next((path for path in paths if path.is_file()), None)


def _count_lines(pairs: list[NyuPair], result: IndexResult) -> None:
    """Report how a list compares with the published one that is nearer in size."""
    is_test = len(pairs) <= 2 * _TEST_LINES
    name, published = ('test', _TEST_LINES) if is_test else ('training', _TRAIN_LINES)
    result.count(f'lines of the {name} list', len(pairs), published)
    result.count('scenes', len({pair.scene for pair in pairs}))
