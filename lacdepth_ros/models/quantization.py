# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Eight-bit integers in a translated network: ranges from frames, the metres left in float32."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.optional import load_library
from lacdepth_ros.core.preprocessing import resize_image

Frame = tuple[npt.NDArray[np.uint8], Camera]
"""(H, W, 3) RGB and the camera of these pixels."""
SENSITIVE = ('encoder', 'fusion.laterals', 'upsampling')
"""Stay as they are beside the exact parts: little time is gained, or one scale would serve small
numbers among large ones, as rays and the image's residuals are among features (decision 40)."""
MOST_FRAMES = 100
"""Ranges hardly change with more."""


def quantize(model: Any, frames: Sequence[Frame], exact: Iterable[str]) -> Any:
    """Quantize an openvino.Model whose inputs are pixel values, and intrinsics if it has two.

    Args:
        model: As `export` makes it, of a fixed size.
        frames: Typical of what it will see.
        exact: Modules of the network that stay in float32, see LacDepth.exact_parts.

    Returns:
        Another openvino.Model with the same inputs and outputs.

    Raises:
        ValueError: There are no frames.
        ModuleNotFoundError: nncf is not installed.
    """
    if not frames:
        raise ValueError('int8 needs frames to calibrate with, and the manifest lists none')
    nncf = load_library('nncf', 'int8')
    _, _, height, width = model.inputs[0].shape
    names = [x.get_any_name() for x in model.inputs]

    def inputs(frame: Frame) -> dict[str, npt.NDArray[np.float32]]:
        image, camera = frame
        pixels = resize_image(image, width, height).transpose(2, 0, 1)[None].astype(np.float32)
        seen = camera.resized(width, height)
        intrinsics = np.array([[seen.fx, seen.fy, seen.cx, seen.cy]], np.float32)
        return dict(zip(names, (pixels, intrinsics), strict=False))

    kept = [rf'__module\.network\.{re.escape(name)}[./].*' for name in (*exact, *SENSITIVE)]
    # The network's own arithmetic: padding, residuals, moments, the way to metres.
    kept += [r'__module\.network/.*', r'__module/.*']
    return nncf.quantize(
        model,
        nncf.Dataset(frames, inputs),
        subset_size=len(frames),
        preset=nncf.QuantizationPreset.MIXED,  # unsigned after ReLU, signed elsewhere
        target_device=nncf.TargetDevice.CPU,
        ignored_scope=nncf.IgnoredScope(patterns=kept, validate=False),
    )
