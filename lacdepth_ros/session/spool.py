# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Answers that wait on disk until a replay at a camera's pace leaves time to score them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import IO, Any


class AnswerSpool:
    """Messages of answered frames, their data in a file: 1.9 MB for depth of KITTI's size.

    Args:
        file: Empty, open for writing and reading bytes; the caller closes it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._parked: list[tuple[int, Mapping[str, Any], Mapping[str, float]]] = []

    def park(
        self, index: int, messages: Mapping[str, Any], latency_ms: Mapping[str, float]
    ) -> None:
        """Put the messages of a frame aside; they lose their data.

        Raises:
            OSError: The disk is full.
        """
        for message in messages.values():
            self._file.write(message.data)
            message.data = array('B')
        self._parked.append((index, messages, latency_ms))

    def take(self) -> Iterator[tuple[int, Mapping[str, Any], Mapping[str, float]]]:
        """Give the frames back in the order they were parked, whole again, one at a time."""
        self._file.seek(0)
        for index, messages, latency_ms in self._parked:
            for message in messages.values():
                data = array('B')
                data.frombytes(self._file.read(message.height * message.step))
                message.data = data
            yield index, messages, latency_ms
        self._parked.clear()
