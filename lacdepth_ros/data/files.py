# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images and depth PNGs on disk: the only place that reads or writes them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from lacdepth_ros.core.image_file import decode_file
from lacdepth_ros.core.whole_file import write_bytes

KITTI_DEPTH_SCALE = 256.0
"""PNG counts per metre of KITTI's depth maps, and of ours unless a data set has another scale."""

NO_DEPTH = 65_535
"""Count of a depth PNG that is no depth, as 0: cameras without an answer (7-Scenes), the far plane
of renderers (Virtual KITTI 2), and whatever was cut off at the format's end."""
_MAX_COUNT = NO_DEPTH - 1
_OTHER_MAPS = ('.npy', '.npz', '.pfm', '.tif', '.tiff', '.h5', '.hdf5', '.exr', '.mat')
_ELSEWHERE = "; 'lacdepth data pairs' makes such of other maps"
_PICTURE = "; 8 bits show depth and hold no metres (of CARLA: 'lacdepth data pairs')"
_EXIF_MARKERS, _EXIF_WITHIN, _UPRIGHT = (b'Exif\0\0', b'eXIf'), 65_536, 1
_TURNS: dict[int, Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]] = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: x[::-1].swapaxes(0, 1),
    7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
    8: lambda x: x[:, ::-1].swapaxes(0, 1),
}
"""What makes stored pixels those to be shown, by EXIF orientation."""


def read_image(
    path: str | Path, *, size: tuple[int, int] | None = None, upright: bool = False
) -> npt.NDArray[np.uint8]:
    """Read a PNG or JPEG file as (H, W, 3) uint8 RGB; grey is repeated, alpha dropped.

    The pixels stay as they are stored: intrinsics, depth and the node are of those. A file that
    asks to be shown rotated (EXIF) is warned of, once for a folder.

    Args:
        path: The file.
        size: (width, height) that it must have; another one is refused before it is decoded.
        upright: Turn the pixels as the file asks to be shown.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is neither, is cut short, or of another size.
    """
    path = Path(path)
    data = _read(path)
    image = decode_image(data, path, size=size)
    orientation = _orientation(data)
    if upright:
        return np.ascontiguousarray(_TURNS[orientation](image))
    if orientation != _UPRIGHT:
        warnings.warn(
            f'images in {path.parent} ask to be shown rotated (EXIF orientation); they are used '
            'as stored, which is what their intrinsics must be of: rotate the files themselves, '
            'and calibrate those, if they lie on their side',
            stacklevel=2,
        )
    return image


def is_turned(path: Path) -> bool:
    """Whether an image file asks to be shown otherwise than it is stored (EXIF orientation).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is a folder.
    """
    return _orientation(_read(path)) != _UPRIGHT


def decode_image(
    data: bytes, name: object = 'image', *, size: tuple[int, int] | None = None
) -> npt.NDArray[np.uint8]:
    """Decode the bytes of an image file as `read_image` does, without a warning.

    Args:
        data: The whole file.
        name: What messages call it.
        size: (width, height) that it must have.

    Raises:
        ValueError: They are no image, cut short, or of another size.
    """
    bgr = _decode(data, name, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION, size)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_depth_png(
    path: str | Path, depth_scale: float, *, size: tuple[int, int] | None = None
) -> npt.NDArray[np.float32]:
    """Read a single-channel uint16 PNG as (H, W) float32 metres; 0 = none, as of NO_DEPTH.

    Args:
        path: The PNG file.
        depth_scale: Counts per metre (KITTI 256, NYU 1000), > 0.
        size: (width, height) that it must have; another one is refused before it is decoded.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no image, of another size, or not of one uint16 channel.
    """
    path = Path(path)
    if path.suffix.lower() in _OTHER_MAPS:
        raise ValueError(f'{path}: a manifest names depth as PNG{_ELSEWHERE}')
    counts = _decode(_read(path), path, cv2.IMREAD_UNCHANGED, size)
    if counts.dtype != np.uint16 or counts.ndim != 2:
        picture = counts.dtype == np.uint8
        raise ValueError(
            f'{path}: depth is {counts.dtype} of shape {counts.shape}; a single-channel uint16 '
            f'PNG (metres x {depth_scale:g}, 0 = none) is needed{_PICTURE if picture else ""}'
        )
    counts[counts == NO_DEPTH] = 0
    return (counts / np.float32(depth_scale)).astype(np.float32)


def depth_counts(
    depth: npt.NDArray[np.float32], depth_scale: float = KITTI_DEPTH_SCALE
) -> npt.NDArray[np.uint16]:
    """(H, W) metres as a depth PNG holds them; NaN, infinity and <= 0 become 0 (invalid).

    Depth beyond the format (255.992 m at 256 counts per metre) is 0 as well, never a wrong value.

    Args:
        depth: (H, W) metres.
        depth_scale: Counts per metre.
    """
    finite = np.where(np.isfinite(depth), depth, 0.0)
    counts = np.rint(finite * depth_scale)
    counts[(counts < 0) | (counts > _MAX_COUNT)] = 0
    return counts.astype(np.uint16)


def write_depth_png(
    path: str | Path, depth: npt.NDArray[np.float32], depth_scale: float = KITTI_DEPTH_SCALE
) -> None:
    """Write (H, W) metres as a uint16 PNG of `depth_counts`.

    Args:
        path: The PNG file.
        depth: (H, W) metres.
        depth_scale: Counts per metre.

    Raises:
        OSError: The file cannot be written.
    """
    write_image(path, depth_counts(depth, depth_scale))


def write_image(path: str | Path, image: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> None:
    """Write (H, W, 3) uint8 RGB or (H, W) uint8 or uint16 in the format of the path's suffix.

    The file appears whole or not at all: a program that was killed leaves nothing that a later
    run could take for done.

    Raises:
        OSError: The file cannot be written.
    """
    path = Path(path)
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    encoded, data = cv2.imencode(path.suffix, pixels)
    if not encoded:
        raise OSError(f'{path}: OpenCV cannot encode {image.dtype} of shape {image.shape}')
    write_bytes(path, data.tobytes())


def _read(path: Path) -> bytes:
    if not path.exists():
        raise FileNotFoundError(f'{path}: no such file')
    if path.is_dir():
        raise ValueError(f'{path}: is a folder, not an image file')
    return path.read_bytes()


def _orientation(data: bytes) -> int:
    """EXIF orientation of a PNG or JPEG file, 1 .. 8; 1 is that of its rows."""
    if not any(marker in data[:_EXIF_WITHIN] for marker in _EXIF_MARKERS):
        return _UPRIGHT
    try:
        with Image.open(io.BytesIO(data)) as image:
            found = image.getexif().get(ExifTags.Base.Orientation, _UPRIGHT)
    except Exception:  # damaged EXIF raises anything; it asks for nothing then
        return _UPRIGHT
    return found if found in _TURNS else _UPRIGHT


def _decode(
    data: bytes, name: object, flags: int, size: tuple[int, int] | None
) -> npt.NDArray[Any]:
    """Decode an image file; whatever is wrong with it is told with its name."""

    def check_size(width: int, height: int) -> None:
        if size is not None and (width, height) != size:
            raise ValueError(f'{width}x{height} pixels where {size[0]}x{size[1]} are expected')

    try:
        return decode_file(data, flags=flags, check_size=check_size)
    except ValueError as error:
        raise ValueError(f'{name}: {error}') from error
