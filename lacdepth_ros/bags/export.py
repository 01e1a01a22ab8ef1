# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recorded depth as a video, as pictures and as clouds, for papers and slides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.camera_infos import CameraInfos
from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.depth_images import ColorImage, DepthImages, is_bent
from lacdepth_ros.bags.opening import choose_topic, open_bag, topic_kinds
from lacdepth_ros.bags.reader import CAMERA_INFO, IMAGE, sounds_like_depth
from lacdepth_ros.bags.stamped import StampedTopic
from lacdepth_ros.bags.video import new_video
from lacdepth_ros.core.geometry import depth_to_points
from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.topics import info_topic_of
from lacdepth_ros.viz.colors import FAR, NEAR, colorize_depth, depth_legend
from lacdepth_ros.viz.ply import write_ply

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

NODE_DEPTH = '/depth/image_rect'
_GRAY = 200


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to make of recorded depth.

    Attributes:
        depth_topic: None takes that of a depth node, or the only one that sounds like depth.
        image_topic: Images beside the depth; None picks those of its frame_id and stamps.
        min_depth: Depth [m] of the warmest colour.
        max_depth: Depth [m] of the coldest colour.
        video: File to write; None for no video.
        png: Write `<stamp>_color.png` and `<stamp>_depth.png` (metres x 256).
        ply: Write `<stamp>.ply`.
    """

    depth_topic: str | None = None
    image_topic: str | None = None
    min_depth: float = NEAR
    max_depth: float = FAR
    video: Path | None = None
    png: bool = False
    ply: bool = False


@dataclass(slots=True)
class Exported:
    """What was written.

    Attributes:
        depth_topic: Where depth was taken from.
        images: What is known of the images beside depth; None where none were needed.
        frames: Depth images written.
        skipped: Stamp of each unusable message, and why.
        damage: Messages that could not be read at all.
    """

    depth_topic: str
    images: DepthImages | None
    frames: int
    skipped: list[tuple[int, str]]
    damage: Damage


def export(
    path: Path,
    output: Path,
    options: ExportOptions,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Exported:
    """Write every depth image of a bag as the options ask; old files of the same names go.

    Args:
        path: The bag.
        output: Folder of PNG and PLY files; made when missing.
        options: What to write.
        progress: Called with depth images done and their number.

    Raises:
        FileNotFoundError: There is no bag.
        ValueError: The bag is damaged, lacks a topic, or has not one usable depth image; or clouds
            are asked for and there is no camera_info, in which case nothing is written.
        OSError: A file cannot be written.
    """
    damage = Damage()
    with open_bag(path, damage) as reader, ExitStack() as stack:
        kinds = topic_kinds(reader)
        depths = StampedTopic(reader, _depth_topic(path, kinds, options.depth_topic))
        infos = _infos(reader, kinds, depths.topic, needed=options.ply)
        images = None
        if options.ply or options.video:
            images = DepthImages(reader, path, kinds, options.image_topic, depths)
        above = images is not None and images.topic is not None
        done = Exported(depths.topic, images, 0, [], damage)
        if options.png or options.ply:
            output.mkdir(parents=True, exist_ok=True)
        video = None
        if options.video:
            video = stack.enter_context(new_video(options.video, _frame_rate(depths.stamps)))

        def show(stamp: int) -> None:
            message = depths.read(stamp)
            depth = depth_from_message(message)
            info = infos.nearest(stamp, message.header.frame_id)
            image = images.at(stamp, message, info) if images else None
            points = _points(depth, depths.topic, info) if options.ply else None
            _write(output / str(stamp), depth, image, points, options)
            if video is not None:  # last, as it refuses frames of another size
                video.add(picture_of(depth, image, options, above=above))

        _show_all(depths.stamps, show, done, progress)
    return done


def _show_all(
    stamps: Sequence[int],
    show: Callable[[int], None],
    done: Exported,
    progress: Callable[[int, int], None],
) -> None:
    """Show every frame; what cannot be shown is noted, and ValueError when that is all."""
    for index, stamp in enumerate(stamps):
        try:
            show(stamp)
        except ValueError as error:
            done.skipped.append((stamp, str(error)))
        progress(index + 1, len(stamps))
    done.frames = len(stamps) - len(done.skipped)
    if not done.frames:
        reason = done.skipped[0][1] if done.skipped else 'the topic is empty'
        raise ValueError(f'no depth of {done.depth_topic} could be shown: {reason}')


def picture_of(
    depth: npt.NDArray[np.float32],
    image: ColorImage | None,
    options: ExportOptions,
    *,
    above: bool,
) -> ColorImage:
    """One frame of the video: the image (black where missing) above depth in colours."""
    color = colorize_depth(depth, min_depth=options.min_depth, max_depth=options.max_depth)
    legend = depth_legend(depth.shape[1], min_depth=options.min_depth, max_depth=options.max_depth)
    if not above:
        return np.vstack([color, legend])
    return np.vstack([np.zeros_like(color) if image is None else image, color, legend])


def _write(
    target: Path,
    depth: npt.NDArray[np.float32],
    image: ColorImage | None,
    points: npt.NDArray[np.float32] | None,
    options: ExportOptions,
) -> None:
    """Write the files of one frame; their names begin as the target's."""
    if options.png:
        color = colorize_depth(depth, min_depth=options.min_depth, max_depth=options.max_depth)
        write_image(target.with_name(f'{target.name}_color.png'), color)
        write_depth_png(target.with_name(f'{target.name}_depth.png'), depth)
    if points is not None:
        colors = image if image is not None else np.full((*depth.shape, 3), _GRAY, np.uint8)
        write_ply(target.with_name(f'{target.name}.ply'), points, colors)


def _points(
    depth: npt.NDArray[np.float32], topic: str, info: Any | None
) -> npt.NDArray[np.float32]:
    """Points (H, W, 3) [m] of the depth of a topic by its camera_info."""
    if info is None:
        raise ValueError(f'no camera_info in {info_topic_of(topic)} is of its frame_id')
    if is_bent(topic, info):
        raise ValueError(f'the depth of {topic} is distorted by its lens; leave --ply out')
    return depth_to_points(depth, camera_from_info(info, rectified=True))


def _depth_topic(path: Path, kinds: dict[str, str], wanted: str | None) -> str:
    images = sorted(topic for topic, kind in kinds.items() if kind == IMAGE)
    if wanted is not None:
        return choose_topic(path, wanted, kinds, images)
    ours = [topic for topic in images if topic.endswith(NODE_DEPTH)]
    found = ours or [topic for topic in images if sounds_like_depth(topic)]
    if len(found) != 1:
        names = ', '.join(found or sorted(kinds)) or 'none'
        problem = 'several topics hold depth' if found else 'no depth topic in this bag'
        raise ValueError(f'{path}: {problem} ({names}); name one with --depth-topic')
    return found[0]


def _infos(
    reader: BagReader, kinds: dict[str, str], depth_topic: str, *, needed: bool
) -> CameraInfos:
    """The camera_info beside depth; ValueError where there is none and it is needed."""
    beside = info_topic_of(depth_topic)
    infos = CameraInfos(reader, beside if kinds.get(beside) == CAMERA_INFO else None)
    if needed and not infos.frames:
        raise ValueError(
            f'{depth_topic} has no matching camera_info ({beside}), so its points have no place; '
            'leave --ply out'
        )
    return infos


def _frame_rate(stamps: Sequence[int]) -> float:
    """Frames per second of the recording."""
    gaps = [after - before for before, after in pairwise(stamps)]
    return min(max(1e9 / median(gaps), 1.0), 60.0) if gaps else 10.0
