# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From an image and its camera to the network's input; the only home of mean and std."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lacdepth_ros.camera import Camera

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
    """Resample (H, W, 3) uint8; by area averaging when shrinking, so fine texture cannot alias."""
    if image.shape[:2] == (height, width):
        return image
    shrinking = height * width < image.shape[0] * image.shape[1]
    mode = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=mode)  # type: ignore[return-value]


def normalise(images: Tensor) -> Tensor:
    """Map RGB values 0..255 (B, 3, H, W), any dtype, to ImageNet-normalised float32."""
    mean = torch.tensor(IMAGENET_MEAN, device=images.device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=images.device).view(1, 3, 1, 1)
    return torch.addcmul(-mean / std, images.float(), 1.0 / (255.0 * std))


def image_to_tensor(image: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    """Map an image (H, W, 3) uint8 RGB to the network's input (1, 3, H, W), channels last."""
    tensor = torch.from_numpy(np.ascontiguousarray(image)).to(device)
    return normalise(tensor.permute(2, 0, 1).unsqueeze(0))
