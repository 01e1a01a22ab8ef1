# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From an image and its camera to the network's input; the only home of mean and std."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from lacdepth_ros.core.camera import Camera

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

MAX_ENLARGEMENT = 4.0
"""Times a side of an image is enlarged at most; at 4.5 times abs_rel is 0.17 where full size gives
0.11."""
MAX_ENLARGED_PIXELS = 2**20
"""Pixels up to which an image is enlarged: what costs four times a KITTI frame."""
MAX_INPUT_PIXELS = 2**22
"""Pixels of a network's input that are computed at all: sixteen times a KITTI frame."""
FOCAL_RANGE = (0.9, 1.1)
"""Focal length of the input over that of the training that changes depth by few hundredths."""
SQUARE = 1.02
"""fx / fy, or fy / fx, up to which pixels count as square and are resized alike both ways."""
MAX_STRETCH = 1.05
"""The same of the network's input, above which depth is doubted: at 1.25 it is off by a tenth."""
MIN_INPUT_SIDE = 64
"""Shorter side [px] of an input below which the network sees next to nothing."""


def focal_length(camera: Camera) -> float:
    """One focal length [px] for a camera: the geometric mean of fx and fy."""
    return math.sqrt(camera.fx * camera.fy)


def square_stretch(camera: Camera) -> float:
    """What makes a camera's pixels square: its height times this, its width divided by it.

    The focal length stays. It is 1 for pixels that count as square; others are those of a camera
    that is binned or skipped along one axis, and the network knows square ones only.
    """
    return 1.0 if _is_square(camera, SQUARE) else math.sqrt(camera.fx / camera.fy)


def input_camera(
    camera: Camera, focal_px: float, input_size: tuple[int, int] | None = None
) -> Camera:
    """Choose the network's input for a camera.

    Args:
        camera: Camera of the image.
        focal_px: Focal length the network was trained for [px].
        input_size: (height, width) of the input, or None: the image is resized until its focal
            length is focal_px and its pixels are square, but neither side enlarged more than
            MAX_ENLARGEMENT times, and to no more than MAX_ENLARGED_PIXELS; `input_doubt` says when
            that stops it short.

    Returns:
        The camera of the resized image.

    Raises:
        ValueError: input_size is not positive, or the input exceeds MAX_INPUT_PIXELS.
    """
    if input_size is None:
        scale, stretch = focal_px / focal_length(camera), square_stretch(camera)
        if scale > 1:
            room = math.sqrt(MAX_ENLARGED_PIXELS / (camera.width * camera.height))
            most = MAX_ENLARGEMENT / max(stretch, 1 / stretch)
            scale = max(1.0, min(scale, most, room))
        input_size = (
            max(1, round(camera.height * scale * stretch)),
            max(1, round(camera.width * scale / stretch)),
        )
    height, width = input_size
    if min(height, width) < 1:
        raise ValueError(f'input_size={input_size} must be a positive (height, width)')
    if height * width > MAX_INPUT_PIXELS:
        raise ValueError(
            f'the network input of a {camera.width}x{camera.height} image with a focal length of '
            f'{focal_length(camera):.4g} px would be {width}x{height}, more than '
            f'{MAX_INPUT_PIXELS} px; shrink the image before, or in the node set input_width and '
            'input_height'
        )
    return camera.resized(width, height)


def input_doubt(network_camera: Camera, focal_px: float) -> str:
    """Say how far a network's input is from what it was trained for, '' when it is near.

    Args:
        network_camera: What input_camera chose.
        focal_px: Focal length the network was trained for [px].
    """
    focal = focal_length(network_camera)
    size = f'{network_camera.width}x{network_camera.height}'
    if not FOCAL_RANGE[0] <= focal / focal_px <= FOCAL_RANGE[1]:
        return (
            f'the network sees {size} pixels with a focal length of {focal:.0f} px but was '
            f'trained for {focal_px:.0f} px: metres are off (measured: 7 % too near at 0.6 of '
            'it, 30 % at a third); give it images with more pixels, or in the node '
            f'{_size_for(network_camera, focal_px)} by input_width and input_height'
        )
    if min(network_camera.width, network_camera.height) < MIN_INPUT_SIDE:
        return (
            f'the network sees only {size} pixels: the field of view is so narrow that little '
            'of what it judges depth by is in the picture'
        )
    if not _is_square(network_camera, MAX_STRETCH):
        return (
            f'the network sees {size} pixels that are not square (fx {network_camera.fx:.0f}, '
            f'fy {network_camera.fy:.0f}), as it was not trained for: depth is off by a tenth to '
            f'a third; in the node set {_size_for(network_camera, focal_px)} by input_width and '
            'input_height, or neither'
        )
    return ''


def _is_square(camera: Camera, most: float) -> bool:
    return 1 / most <= camera.fx / camera.fy <= most


def _size_for(camera: Camera, focal_px: float) -> str:
    """Width x height at which both focal lengths of the camera are this one [px], in words."""
    width, height = camera.width * focal_px / camera.fx, camera.height * focal_px / camera.fy
    return f'{round(width)}x{round(height)}'


def resize_image(image: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """Resample (H, W, 3) uint8 bilinearly, when shrinking with a wider triangle.

    So fine texture cannot alias; PyTorch does it in half the time OpenCV needs to average areas.
    """
    if image.shape[:2] == (height, width):
        return image
    # Channels last to PyTorch's eyes too, which takes 0.6 of the time that planes take.
    pixels = _whole(image)[None].permute(0, 3, 1, 2)
    resized = F.interpolate(pixels, (height, width), mode='bilinear', antialias=True)
    return resized[0].permute(1, 2, 0).numpy()


def _whole(image: npt.NDArray[np.uint8]) -> Tensor:
    """(H, W, 3) without a copy, unless it is a view with gaps or may not be written to."""
    return torch.from_numpy(np.require(image, requirements=['C', 'W']))


def normalize(images: Tensor) -> Tensor:
    """Map RGB values 0..255 (B, 3, H, W), any dtype, to ImageNet-normalised float32."""
    mean, std = (
        torch.tensor(values, device=images.device).view(1, 3, 1, 1)
        for values in (IMAGENET_MEAN, IMAGENET_STD)
    )
    return torch.addcmul(-mean / std, images.float(), 1.0 / (255.0 * std))


def image_to_tensor(
    image: npt.NDArray[np.uint8],
    device: torch.device,
    size: tuple[int, int] | None = None,
    multiple: int = 1,
) -> Tensor:
    """Map an image (H, W, 3) uint8 RGB to the network's input (1, 3, height, width) float32.

    It lies in memory channels last, as engines on CPUs convolve.

    Args:
        image: It may be a view, such as one of a message's bytes.
        device: Where the input is wanted.
        size: (height, width) to resample to first, as `resize_image` does; None = the image's.
        multiple: The last row and column are repeated until height and width are multiples.
    """
    height, width = size or image.shape[:2]
    pixels = _extended(resize_image(image, width, height), multiple)
    if device.type != 'cpu':
        return normalize(_whole(pixels).to(device).permute(2, 0, 1)[None])
    tensor = torch.empty(1, *pixels.shape)
    # A third of the time of computing it, and the same bits.
    cv2.LUT(pixels, _table(), dst=tensor[0].numpy())
    return tensor.permute(0, 3, 1, 2)


def _extended(image: npt.NDArray[np.uint8], multiple: int) -> npt.NDArray[np.uint8]:
    """Repeat the last row and column of (H, W, 3) until both sides are multiples."""
    bottom, right = (-side % multiple for side in image.shape[:2])
    if not bottom and not right:
        return image
    repeated = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return np.asarray(repeated, np.uint8)


@cache
def _table() -> npt.NDArray[np.float32]:
    """What `normalize` makes of each value of each color, (1, 256, 3)."""
    values = torch.arange(256).view(1, 1, 1, 256).expand(1, 3, 1, 256)
    return np.ascontiguousarray(normalize(values)[0].permute(1, 2, 0).numpy())


def check_image(image: npt.NDArray[np.uint8], camera: Camera) -> None:
    """Refuse what is no (H, W, 3) uint8 RGB image of the camera's size, with a ValueError."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f'image has shape {image.shape} and type {image.dtype}; (H, W, 3) uint8 RGB is needed'
        )
    if image.shape[:2] != (camera.height, camera.width):
        raise ValueError(
            f'image is {image.shape[1]}x{image.shape[0]} but its camera is '
            f'{camera.width}x{camera.height}; resize the camera with Camera.resized, or fix the '
            'camera_info'
        )
