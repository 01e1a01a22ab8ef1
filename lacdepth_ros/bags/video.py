# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video file, written frame by frame, that appears when it is complete and can be played."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.whole_file import whole_file


@contextmanager
def new_video(path: Path, rate: float) -> Iterator[VideoFile]:
    """Write an MP4 file; an error leaves none.

    Args:
        path: The file.
        rate: Frames per second.

    Raises:
        OSError: It cannot be written, or not be played: OpenCV says nothing of a full disk.
    """
    with whole_file(path, f'.partial{path.suffix}') as draft:
        video = VideoFile(draft, rate)
        try:
            yield video
        finally:
            video.close()
        there = frames_of(draft)
        if there != video.frames:
            raise OSError(
                f'{path} cannot be written: of {video.frames} frames {there} can be read back. Is '
                'the disk full? Free some space and run again'
            )


class VideoFile:
    """An MP4 under way; `close` completes it.

    Args:
        path: The file.
        rate: Frames per second.

    Attributes:
        frames: Number of pictures added.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._rate = path, rate
        self._writer: Any = None
        self._size = (0, 0)
        self.frames = 0

    def add(self, picture: npt.NDArray[np.uint8]) -> None:
        """Append a picture (H, W, 3) RGB; ValueError when its size is another than the first's.

        Raises:
            OSError: This OpenCV cannot write such a video.
        """
        size = (picture.shape[1] // 2 * 2, picture.shape[0] // 2 * 2)  # codecs want even sizes
        if self._writer is None:
            code = cv2.VideoWriter.fourcc(*'mp4v')
            self._writer = cv2.VideoWriter(str(self._path), code, self._rate, size)
            self._size = size
            if not self._writer.isOpened():
                raise OSError(f'{self._path}: OpenCV cannot write this video; name it .mp4')
        if size != self._size:
            raise ValueError(f'a frame of {size} does not fit a video of {self._size} pixels')
        self._writer.write(cv2.cvtColor(picture[: size[1], : size[0]], cv2.COLOR_RGB2BGR))
        self.frames += 1

    def close(self) -> None:
        """Complete the file."""
        if self._writer is not None:
            self._writer.release()


def frames_of(path: Path) -> int:
    """Number of frames of a video; 0 where it cannot be played."""
    video = cv2.VideoCapture(str(path))
    try:
        return int(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
    finally:
        video.release()
