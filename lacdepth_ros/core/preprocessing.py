# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From an image and its camera to the network's input; the only home of mean and std."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from lacdepth_ros.core.camera import Camera

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def focal_length(camera: Camera) -> float:
    """One focal length [px] for a camera: the geometric mean of fx and fy."""
    return math.sqrt(camera.fx * camera.fy)


def input_camera(
    camera: Camera, focal_px: float, input_size: tuple[int, int] | None = None
) -> Camera:
    """Choose the network's input for a camera.

    Args:
        camera: Camera of the image.
        focal_px: Focal length the network was trained for [px].
        input_size: (height, width) of the input, or None: the image is shrunk until its focal
            length is focal_px, never enlarged.

    Returns:
        The camera of the resized image.

    Raises:
        ValueError: input_size is not positive.
    """
    if input_size is None:
        scale = min(1.0, focal_px / focal_length(camera))
        input_size = (round(camera.height * scale), round(camera.width * scale))
        input_size = (max(1, input_size[0]), max(1, input_size[1]))
    height, width = input_size
    if min(height, width) < 1:
        raise ValueError(f'input_size={input_size} must be a positive (height, width)')
    return camera.resized(width, height)


def resize_image(image: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """Resample (H, W, 3) uint8 bilinearly, when shrinking with a wider triangle.

    So fine texture cannot alias; PyTorch does it in half the time OpenCV needs to average areas.
    """
    if image.shape[:2] == (height, width):
        return image
    pixels = torch.from_numpy(np.require(image, requirements=['C', 'W'])).permute(2, 0, 1)
    resized = F.interpolate(pixels[None], (height, width), mode='bilinear', antialias=True)
    return cv2.merge(list(resized[0].numpy()))


def normalise(images: Tensor) -> Tensor:
    """Map RGB values 0..255 (B, 3, H, W), any dtype, to ImageNet-normalised float32."""
    shift, scale = (x.to(images.device).view(1, 3, 1, 1) for x in _shift_and_scale())
    return torch.addcmul(shift, images.float(), scale)


def image_to_tensor(image: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    """Map an image (H, W, 3) uint8 RGB to the network's input (1, 3, H, W), channels last."""
    height, width, _ = image.shape
    rows = torch.from_numpy(np.ascontiguousarray(image)).to(device).view(height, 3 * width)
    # As `normalise`, but along whole rows: over groups of three values it takes five times longer.
    shift, scale = (x.to(device).repeat(width) for x in _shift_and_scale())
    return torch.addcmul(shift, rows.float(), scale).view(1, height, width, 3).permute(0, 3, 1, 2)


def _shift_and_scale() -> tuple[Tensor, Tensor]:
    """What to add to an RGB value 0..255, and what to multiply it by before; (3,) each."""
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    return -mean / std, 1.0 / (255.0 * std)
