# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The camera_info of a recorded image: of its own camera, and nearest in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lacdepth_ros.bags.opening import messages_of
from lacdepth_ros.core.stamps import nearest

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader


class CameraInfos:
    """All camera_info of a topic. Several cameras may share it: their frame_ids tell them apart.

    Args:
        reader: The open bag.
        topic: Name of the topic; None for a bag without one.
    """

    def __init__(self, reader: BagReader, topic: str | None) -> None:
        self._of_frame: dict[str, dict[int, Any]] = {}
        for stamp, info in messages_of(reader, topic):
            self._of_frame.setdefault(info.header.frame_id.lstrip('/'), {})[stamp] = info
        self._stamps = {frame: sorted(infos) for frame, infos in self._of_frame.items()}

    @property
    def frames(self) -> list[str]:
        """Their frame_ids."""
        return sorted(self._stamps)

    def nearest(self, stamp: int, frame: str) -> Any | None:
        """The one nearest to a stamp [ns] among those of an image's frame_id.

        Where all have one frame_id it may be another than the image's: drivers name their frames
        as they like.

        Returns:
            The camera_info; None where there is none, or where all are of other cameras.
        """
        frame = frame.lstrip('/')
        if frame not in self._stamps and len(self._stamps) == 1:
            frame = next(iter(self._stamps))
        found = nearest(self._stamps.get(frame, ()), stamp)
        return None if found is None else self._of_frame[frame][found]
