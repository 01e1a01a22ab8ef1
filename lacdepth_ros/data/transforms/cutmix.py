# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CutMix of two places: the left of one sample beside the right of another, in one camera.

With few places to learn from, a network remembers the places. Here each side of a street comes
with the other sides of all others, in the geometry of one camera: what stands left then says
nothing of what stands right, and a wall must be known from its own pixels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.geometric import crop, pad, resize


def cutmix(left: Sample, right: Sample, column: int) -> Sample:
    """The columns before `column` of `left`, from there on those of `right`, in left's camera.

    The samples should come from cameras mounted alike (a car's, say), as only intrinsics are
    brought together: `right` is scaled to the focal length of `left` and moved by whole pixels
    until the principal points lie within half a pixel of each other. What its image does not
    reach continues its border pixels and has no ground truth.

    Args:
        left: Its camera, size and id are those of the result.
        right: Any size; a row of it stays the row of the same viewing angle.
        column: 0 gives `right` alone, the width of `left` gives `left` alone.

    Raises:
        ValueError: column lies outside [0, width].
    """
    width = left.camera.width
    if not 0 <= column <= width:
        raise ValueError(f'column={column} must lie in [0, {width}], the width of {left.id}')
    other = _seen_by(left.camera, right)
    image, depth = left.image.copy(), left.depth.copy()
    image[:, column:] = other.image[:, column:]
    depth[:, column:] = other.depth[:, column:]
    mixed = replace(left, image=image, depth=depth)
    if left.dense is None and other.dense is None:
        return mixed
    dense = np.zeros_like(depth) if left.dense is None else left.dense.copy()
    dense[:, column:] = 0 if other.dense is None else other.dense[:, column:]
    return replace(mixed, dense=dense)


def _seen_by(camera: Camera, sample: Sample) -> Sample:
    """The sample scaled and moved into another camera's pixels."""
    own = sample.camera
    width = max(1, round(own.width * camera.fx / own.fx))
    height = max(1, round(own.height * camera.fy / own.fy))
    sample = resize(sample, width, height)
    right, down = round(camera.cx - sample.camera.cx), round(camera.cy - sample.camera.cy)
    sample = pad(
        sample,
        left=max(0, right),
        top=max(0, down),
        right=max(0, camera.width - right - width),
        bottom=max(0, camera.height - down - height),
    )
    return crop(sample, max(0, -right), max(0, -down), camera.width, camera.height)
