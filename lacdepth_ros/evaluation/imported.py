# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Predictions that other programs wrote to files, so that the same code scores every peer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.files import KITTI_DEPTH_SCALE, read_depth_png
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.geometric import (
    KITTI_BENCHMARK_SIZE,
    kitti_benchmark_window,
)
from lacdepth_ros.data.value_files import read_npy

Format = Literal['png16', 'npy']
FloatImage = npt.NDArray[np.float32]

_SUFFIXES: dict[Format, str] = {'png16': '.png', 'npy': '.npy'}
_LARGEST_KITTI = (376, 1242)  # rows and columns; KITTI's rectified images differ by some pixels
_SCALES: dict[Format, float] = {'png16': KITTI_DEPTH_SCALE, 'npy': 1.0}


@dataclass(frozen=True, slots=True)
class ImportedPrediction:
    """A prediction read from files.

    Attributes:
        depth: (H, W) float32 metres, NaN where there is none.
        std: (H, W) float32 metres, one standard deviation; None when none was written.
    """

    depth: FloatImage
    std: FloatImage | None


class ImportedPredictions:
    """A folder of predictions, one file per frame, named after the frame's id.

    The prediction of frame 'drive/0000000005' is `drive/0000000005.png` (or .npy) below the
    folder or, where that does not exist, `drive_0000000005.png` in it.

    Args:
        folder: The folder of depth.
        format: 'png16': single-channel uint16 PNG, 0 = none. 'npy': one array of numbers (H, W),
            singleton axes allowed, NaN = none.
        scale: Stored value per metre; None = 256 (KITTI's) for png16, 1 for npy.
        std_folder: A folder of standard deviations in the same format; None = none are known.

    Attributes:
        assumed: What the metres depend on and nobody gave, in words; '' for nothing.

    Raises:
        FileNotFoundError: A folder does not exist.
        ValueError: The format or the scale is impossible.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        format: Format = 'png16',
        scale: float | None = None,
        std_folder: str | Path | None = None,
    ) -> None:
        if format not in get_args(Format):
            raise ValueError(f'format {format!r} is not one of {", ".join(get_args(Format))}')
        self._scale = _SCALES[format] if scale is None else scale
        if not 0 < self._scale < float('inf'):
            raise ValueError(f'scale {scale} must be a finite value per metre, > 0')
        self.assumed = f'stored values of {self._scale:g} a metre' if scale is None else ''
        self._folder = Path(folder)
        self._std_folder = None if std_folder is None else Path(std_folder)
        for path in (self._folder, self._std_folder):
            if path is not None and not path.is_dir():
                raise FileNotFoundError(f'{path}: no such folder of predictions')
        self._suffix = _SUFFIXES[format]
        self._read: Callable[[Path], FloatImage] = (
            self._read_png if format == 'png16' else self._read_npy
        )

    def predict(self, sample: Sample) -> ImportedPrediction:
        """Read what was predicted for a frame.

        A prediction of 352x1216 for a larger image of KITTI's size is taken as one of the
        benchmark crop, which the papers' programs work on; outside there is no prediction.

        Raises:
            FileNotFoundError: There is no file for the frame.
            ValueError: The file is unreadable, or of another size than the frame.
        """
        depth = self._load(self._folder, sample)
        std = None if self._std_folder is None else self._load(self._std_folder, sample)
        return ImportedPrediction(depth=depth, std=std)

    def _load(self, folder: Path, sample: Sample) -> FloatImage:
        path = self._path(folder, sample.id)
        values = self._read(path)
        height, width = sample.depth.shape
        if values.shape == (height, width):
            return values
        (rows, columns), (most_rows, most_columns) = KITTI_BENCHMARK_SIZE, _LARGEST_KITTI
        is_kitti = rows <= height <= most_rows and columns <= width <= most_columns
        if values.shape == KITTI_BENCHMARK_SIZE and is_kitti:
            whole = np.full((height, width), np.nan, np.float32)
            whole[kitti_benchmark_window(height, width)] = values
            return whole
        raise ValueError(
            f'{path} is {values.shape[1]}x{values.shape[0]} but the frame is {width}x{height}; '
            "write predictions at the frame's size, each in the units of its pixels"
        )

    def _path(self, folder: Path, id: str) -> Path:
        nested = folder / f'{id}{self._suffix}'
        flat = folder / f'{id.replace("/", "_")}{self._suffix}'
        for path in (nested, flat):
            if path.is_file():
                return path
        raise FileNotFoundError(
            f'no prediction: neither {nested}' + (f' nor {flat}' if flat != nested else '')
        )

    def _read_png(self, path: Path) -> FloatImage:
        depth = read_depth_png(path, self._scale)
        depth[depth == 0] = np.nan
        return depth

    def _read_npy(self, path: Path) -> FloatImage:
        try:
            array = read_npy(path)
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error
        return (array / self._scale).astype(np.float32)
