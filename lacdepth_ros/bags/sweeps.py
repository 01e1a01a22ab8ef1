# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measured points where the camera sees them, each from where the sensor was at its time."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.bags.ground_truth import Points
from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.bags.transforms import Transform, apply
from lacdepth_ros.core.stamps import NANOSECONDS

_STEP = NANOSECONDS // 1000  # points within this time [ns] share a pose
_NOTICED = 0.02  # metres: less than LiDARs err
_TURN = NANOSECONDS // 10  # of a LiDAR that turns [ns]
_UNTIMED = (
    0.1  # metres that are worth a word where nothing tells whether it turns, or is simulated
)
_DESKEWED = re.compile(r'deskew|undistort|compensat|correct|rectif|registered')


class Sweeps:
    """Takes the points of a topic into the frame of the camera.

    Args:
        tree: The transforms of the bag.
        options: What fixed frame or pose there is, and whether the points are deskewed.
        topic: Of the points, whose name may tell that.
    """

    def __init__(self, tree: TransformTree, options: ExtractOptions, topic: str) -> None:
        self._tree, self._topic = tree, topic
        self._fixed, self._given = options.fixed_frame, options.pose
        named = _DESKEWED.search(topic.lower()) is not None
        self._deskewed = named if options.deskewed is None else options.deskewed
        self._told = options.deskewed is not None
        self._field = ''
        self._lasts = 0  # longest sweep [ns]
        self._moved: float | None = None  # farthest that a sweep was smeared [m], where known
        self._unknown = ''
        self._untimed = 0.0  # farthest that the robot moved in a turn without times [m]

    def seen(
        self, points: Points, frame: str, stamp: int
    ) -> tuple[npt.NDArray[np.float64], Transform]:
        """Points in the frame of a camera at a stamp [ns].

        Returns:
            (N, 3) [m], and the sensor's pose in that frame at the stamp of the points.

        Raises:
            LookupError: A transform is missing.
        """
        pose_at = self._poses(points, frame, stamp)
        pose, times = pose_at(points.stamp), self._times_of(points, frame)
        if points.times is None and self._given is None and not self._deskewed:
            self._untimed = max(self._untimed, self._moved_in_a_turn(points, frame))
        if times is None or self._deskewed or self._fixed is None:
            return apply(pose, points.xyz), pose
        xyz = np.empty_like(points.xyz)
        steps = times // _STEP
        for step in np.unique(steps):
            own = steps == step
            measured = points.stamp + int(times[own].mean())
            xyz[own] = apply(pose_at(measured), points.xyz[own])
        return xyz, pose

    @property
    def note(self) -> str:
        """What was done with the times within sweeps; '' where there are none, or nothing was."""
        if self._field and self._deskewed:
            return 'deskewed already' if self._told else 'deskewed already by its name'
        if self._field and self._fixed is not None:
            seconds = self._lasts / NANOSECONDS
            return f'each point at its own time (field {self._field!r}, {seconds:.2g} s a sweep)'
        return ''

    @property
    def warnings(self) -> list[str]:
        """What stays in the points of a sweep that took its time."""
        if self._unknown:
            return [
                f'{self._topic}: field {self._unknown!r} counts in no unit that fits a sweep and '
                'its stamp; the points of a sweep are taken as if measured at once'
            ]
        if self._untimed > _UNTIMED:
            return [
                f'{self._topic}: the points around the sensor have no times; if it turns, 10 '
                f'times a second, up to {self._untimed:.2f} m that the robot moved meanwhile '
                'stays in them. Some drivers publish times on request (rslidar_sdk: POINT_TYPE '
                'XYZIRT); --deskewed says that nothing is to be taken out, as in a simulation'
            ]
        moved, seconds = self._moved, self._lasts / NANOSECONDS
        done = self._deskewed or self._fixed is not None
        if not self._field or done or (moved is not None and moved < _NOTICED):
            return []
        smear = 'what the robot moved meanwhile'
        if moved is not None:
            smear = f'up to {moved:.2f} m that the robot moved meanwhile'
        return [
            f'{self._topic}: the points of a sweep are measured over {seconds:.2g} s (field '
            f'{self._field!r}) and taken as if at once; {smear} stays in them. --fixed-frame '
            'takes it out, --deskewed says that the driver has done so'
        ]

    def _poses(self, points: Points, frame: str, stamp: int) -> Callable[[int], Transform]:
        """What takes points of a time [ns] into the camera's frame at the stamp."""
        given, fixed = self._given, self._fixed
        if given is not None:
            return lambda _: given
        if fixed is None:
            pose = self._tree.lookup(frame, points.frame, stamp)
            return lambda _: pose
        to_camera = np.linalg.inv(self._tree.lookup(fixed, frame, stamp))
        return lambda time: to_camera @ self._tree.lookup(fixed, points.frame, time)

    def _times_of(self, points: Points, frame: str) -> npt.NDArray[np.int64] | None:
        """Times of the points [ns] since their stamp; what they mean for the topic is noted."""
        if points.times is None:
            return None
        times = points.times.offsets
        if times is None:
            self._unknown = points.times.field
            return None
        self._field, self._lasts = points.times.field, max(self._lasts, int(np.ptp(times)))
        if not self._deskewed and self._fixed is None and self._given is None:
            self._note_smear(points, times, frame)
        return times

    def _note_smear(self, points: Points, times: npt.NDArray[np.int64], frame: str) -> None:
        """Note how far the points of a sweep moved from its first to its last."""
        moved = self._motion(points, frame, int(times.min()), int(times.max()))
        if moved is not None:
            self._moved = max(self._moved or 0.0, moved)

    def _moved_in_a_turn(self, points: Points, frame: str) -> float:
        """How far points all around the sensor move in a turn [m]; 0 where they are not."""
        x, y, z = points.xyz.T
        octants = np.unique(np.floor(np.arctan2(y, x) / (np.pi / 4)))
        if len(octants) < 8 or not (z < 0).any():  # a camera has all before it, along z
            return 0.0
        return self._motion(points, frame, -_TURN // 2, _TURN // 2) or 0.0

    def _motion(self, points: Points, frame: str, begin: int, end: int) -> float | None:
        """How far the points move between two times since their stamp [ns]; None: unknown."""
        try:
            fixed = self._tree.fixed_frame(frame)  # above clouds in odom nothing moves
            if fixed is None:
                return None
            first, last = (
                self._tree.lookup(fixed, points.frame, points.stamp + offset)
                for offset in (begin, end)
            )
        except LookupError:
            return None
        way = apply(np.linalg.inv(first) @ last, points.xyz) - points.xyz
        return float(np.median(np.linalg.norm(way, axis=1)))
