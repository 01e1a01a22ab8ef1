# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera that travels with its pixels through every resize, crop, pad and flip."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FIELD_OF_VIEW = (5.0, 150.0)
"""Smallest and largest field of view [degrees] of a camera that is believed.

Below lie lenses of more than eleven times the image's width (400 mm on 35 mm film): brought to the
focal length of a network, of their images some forty pixels remain. Above, the border of a pinhole
image is stretched more than fifteen times, so nobody rectifies to it. Numbers beyond are focal
lengths in millimetres, or of nothing.
"""

PIXEL_ASPECT = (0.5, 2.0)
"""Smallest and largest fx / fy of a camera that is believed.

Pixels are square, or in old video a tenth longer; one field of interlaced video, or binning along
one axis alone, gives a factor of 2.
"""
CAMERA_HEIGHTS = (0.05, 50.0)
"""Lowest and highest mounting of a camera above the ground that is believed [m]."""

_ONE_HEIGHT = 1.1  # highest over lowest of one camera on its suspension


def one_height(heights: Sequence[float]) -> float | None:
    """The median height [m] of a camera that sways a little; None of none, and of several."""
    if not heights or max(heights) > _ONE_HEIGHT * min(heights):
        return None
    return statistics.median(heights)


@dataclass(frozen=True, slots=True)
class Camera:
    """Intrinsics of the pixels of one rectified image; pixel centres lie on integers.

    A point (x, y, z) [m] of the optical frame (x right, y down, z forward; REP 103) falls on the
    pixel u = fx x / z + cx, v = fy y / z + cy. Every method returns a new camera that belongs to
    the pixels after the change, so a point keeps its place in the picture.

    Attributes:
        fx: Focal length along the columns [px], > 0.
        fy: Focal length along the rows [px], > 0.
        cx: Column of the principal point [px].
        cy: Row of the principal point [px].
        width: Image width [px], > 0.
        height: Image height [px], > 0.

    Raises:
        ValueError: A value is not finite, or a focal length or a size is not positive.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        values = (self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(value) for value in values):
            raise ValueError(
                f'camera intrinsics fx, fy, cx, cy = {values} contain NaN or infinity; '
                'calibrate the camera or fix its camera_info'
            )
        if self.fx <= 0 or self.fy <= 0:
            raise ValueError(
                f'focal lengths fx, fy = {(self.fx, self.fy)} must be positive pixels; '
                'a driver publishes zeros that has no calibration, or one of another image size: '
                'calibrate the camera at this size first'
            )
        if not all(size > 0 and float(size).is_integer() for size in (self.width, self.height)):
            raise ValueError(
                f'image size {self.width}x{self.height} must be positive whole pixels'
            )

    @classmethod
    def from_K(cls, K: npt.ArrayLike, *, width: int, height: int) -> Camera:  # noqa: N802
        """Build a camera from a (3, 3) matrix [[fx, 0, cx], [0, fy, cy], [0, 0, 1]].

        Raises:
            ValueError: K is not of this form, or holds values no camera has.
        """
        matrix = np.asarray(K, dtype=np.float64)
        if matrix.shape != (3, 3):
            raise ValueError(f'K has shape {matrix.shape}; a 3x3 matrix is needed')
        if matrix[0, 1] != 0:
            raise ValueError(f'K has skew {matrix[0, 1]}; only skew 0 is supported: rectify first')
        fx, fy, cx, cy = (float(matrix[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
        camera = cls(fx, fy, cx, cy, width, height)
        if matrix[1, 0] != 0 or matrix[2].tolist() != [0, 0, 1]:
            raise ValueError(f'K = {matrix.tolist()} is not [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]')
        return camera

    @property
    def K(self) -> npt.NDArray[np.float64]:  # noqa: N802
        """The (3, 3) intrinsic matrix."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def resized(self, width: int, height: int) -> Camera:
        """Camera of the image resampled to width x height (half-pixel exact, as cv2.resize)."""
        sx, sy = width / self.width, height / self.height
        return Camera(
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=(self.cx + 0.5) * sx - 0.5,
            cy=(self.cy + 0.5) * sy - 0.5,
            width=width,
            height=height,
        )

    def cropped(self, left: int, top: int, width: int, height: int) -> Camera:
        """Camera of the window image[top:top + height, left:left + width].

        Raises:
            ValueError: The window does not lie inside the image.
        """
        inside = (
            0 <= left <= left + width <= self.width and 0 <= top <= top + height <= self.height
        )
        if not inside:
            raise ValueError(
                f'crop {width}x{height} at ({left}, {top}) leaves the '
                f'{self.width}x{self.height} image'
            )
        return Camera(self.fx, self.fy, self.cx - left, self.cy - top, width, height)

    def padded(self, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Camera:
        """Camera of the image with that many pixels added on each side (none may be negative)."""
        if min(left, top, right, bottom) < 0:
            raise ValueError(f'padding {(left, top, right, bottom)} must not be negative')
        return Camera(
            self.fx,
            self.fy,
            self.cx + left,
            self.cy + top,
            self.width + left + right,
            self.height + top + bottom,
        )

    def rotated(self, quarter_turns: int) -> Camera:
        """Camera of the image turned clockwise by quarter_turns x 90 degrees.

        The optical axis stays; x and y of the optical frame turn with the pixels.
        """
        camera = self
        for _ in range(quarter_turns % 4):
            camera = Camera(
                fx=camera.fy,
                fy=camera.fx,
                cx=camera.height - 1 - camera.cy,
                cy=camera.cx,
                width=camera.height,
                height=camera.width,
            )
        return camera

    def flipped(self) -> Camera:
        """Camera of the image mirrored left to right."""
        return Camera(self.fx, self.fy, self.width - 1 - self.cx, self.cy, self.width, self.height)


def check_plausible(camera: Camera) -> None:
    """Refuse intrinsics that are valid numbers but those of no camera that took such an image.

    The focal lengths must see the longer side under FIELD_OF_VIEW and differ by no more than
    PIXEL_ASPECT, and the principal point must leave every pixel within half of the largest field
    of view from the optical axis. That is no place inside the image: a window cut out of a larger
    image may lie anywhere beside the axis.

    Raises:
        ValueError: They are not plausible; names the value, the possible ones and the remedy.
    """
    least, most = (math.tan(math.radians(degrees) / 2) for degrees in FIELD_OF_VIEW)
    longer = max(camera.width, camera.height)
    for name, focal in (('fx', camera.fx), ('fy', camera.fy)):
        low, high = longer / (2 * most), longer / (2 * least)
        if not low <= focal <= high:
            degrees = math.degrees(2 * math.atan(longer / (2 * focal)))
            raise ValueError(
                f'{name} = {focal:g} px means a field of view of {degrees:.3g} degrees over '
                f'{longer} px; {FIELD_OF_VIEW[0]:g} .. {FIELD_OF_VIEW[1]:g} degrees are possible, '
                f'a focal length of {low:.4g} .. {high:.0f} px. Give it in pixels of this image: '
                'millimetres of the lens / millimetres of the sensor x pixels'
            )
    if not PIXEL_ASPECT[0] <= camera.fx / camera.fy <= PIXEL_ASPECT[1]:
        raise ValueError(
            f'fx / fy = {camera.fx:g} / {camera.fy:g} = {camera.fx / camera.fy:.3g}, but pixels '
            f'are square in nearly every camera; {PIXEL_ASPECT[0]:g} .. {PIXEL_ASPECT[1]:g} are '
            'possible. Give both focal lengths in pixels of this image'
        )
    for name, center, focal, size in (
        ('cx', camera.cx, camera.fx, camera.width),
        ('cy', camera.cy, camera.fy, camera.height),
    ):
        low, high = size - 1 - most * focal, most * focal
        if not low <= center <= high:
            raise ValueError(
                f'{name} = {center:g} px lies too far outside the {size} px of the image: with '
                f'this focal length {low:.0f} .. {high:.0f} px are possible. Give the principal '
                f'point in pixels of this image; it is near the middle, {(size - 1) / 2:g} px'
            )


def doubt_of_axis(camera: Camera) -> str:
    """Why a principal point can hardly be of this image; '' where it may be."""
    place = (camera.cx / camera.width, camera.cy / camera.height)
    far = not all(_CENTRAL[0] < part < _CENTRAL[1] for part in place)
    # Cutting an image moves the principal point along one side, another size along both.
    if far or max(place) < _HALVED or min(place) > 1 - _HALVED:
        return (
            f'principal point ({camera.cx:g}, {camera.cy:g}) of an image of '
            f'{camera.width}x{camera.height} pixels; K must be of this image, not of another size'
        )
    return ''


def check_input_scale(scale: float, input_size: tuple[int, int] | None) -> float:
    """Return a share of the training's focal length; ValueError where it is none, or goes unused.

    Also refuses an impossible size.

    Args:
        scale: What was asked for.
        input_size: (height, width) of the input, if that was fixed.
    """
    for side in input_size or ():
        if not (isinstance(side, (int, np.integer)) and 0 < side <= INPUT_SIDES[1]):
            raise ValueError(f'input_size={input_size}: 1 .. {INPUT_SIDES[1]} px are possible')
    if input_size is not None and len(input_size) != 2:
        raise ValueError(f'input_size={input_size} must be (height, width)')
    low, high = INPUT_SCALES
    if not low <= scale <= high:
        raise ValueError(f'input_scale={scale} must lie in {low:g} .. {high:g}')
    if scale != 1 and input_size is not None:
        raise ValueError(
            f'input_scale={scale:g} has no effect on the fixed input_size={input_size}; give one'
        )
    return scale


def check_camera_height(height: float) -> float:
    """Return a height above the ground [m]; ValueError where no camera is mounted so."""
    low, high = CAMERA_HEIGHTS
    if not low <= height <= high:
        raise ValueError(
            f'camera_height={height!r} must lie in {low} .. {high} m: '
            'the distance of the lens from the ground, in metres'
        )
    return float(height)


_CENTRAL = (0.2, 0.8)  # where the principal point of a camera lies, of width and height
_HALVED = 0.35  # both coordinates lie below where K is of an image of half the size
INPUT_SIDES = (0, 4096)
"""Height and width of a network's input [px], 0 where it is as the training's."""
INPUT_SCALES = (0.5, 1.0)
"""Shares of the training's focal length that a network may be given, to spend less time."""
