# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Poses of one frame in its parent over time: told once and for long, or again and again."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation, Slerp

from lacdepth_ros.bags.transforms import Transform, matrix_from_quaternion, pose_of
from lacdepth_ros.core.stamps import NANOSECONDS
from lacdepth_ros.data.indexing import spread

_NOISE = 1e-6  # the same between two poses of one source
_BRIDGE = NANOSECONDS // 2  # always bridged [ns]: 2 Hz is slow odometry
_BRIDGED_INTERVALS = 2.5  # of a slower source: one pose may be missing
_LONGEST_BRIDGE = 5 * NANOSECONDS // 2  # [ns]; what is slower tells places, but no way
_COMPARED = 1000  # times of each of two sources


@dataclass(slots=True)
class StaticLink:
    """Places of a child, each from its time on; the first one also before it was told."""

    stamps: list[int] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    poses: list[Transform] = field(default_factory=list)

    def add(self, stamp: int, parent: str, pose: Transform) -> None:
        """Take the place of the child from a time [ns] on."""
        index = bisect.bisect_right(self.stamps, stamp)
        self.stamps.insert(index, stamp)
        self.parents.insert(index, parent)
        self.poses.insert(index, pose)

    def parent_at(self, stamp: int) -> str:
        """The parent at a time [ns]."""
        return self.parents[self._index(stamp)]

    def at(self, stamp: int) -> Transform:
        """Pose at a time [ns]."""
        return self.poses[self._index(stamp)]

    def _index(self, stamp: int) -> int:
        return max(bisect.bisect_right(self.stamps, stamp) - 1, 0)

    @property
    def changes(self) -> int:
        """How often it is told another place than before."""
        return sum(
            before[0] != after[0] or not np.allclose(before[1], after[1], 0, _NOISE)
            for before, after in pairwise(zip(self.parents, self.poses, strict=True))
        )


@dataclass(slots=True)
class MovingLink:
    """Poses of a child in its parent over time."""

    parent: str
    stamps: list[int] = field(default_factory=list)
    translations: list[npt.NDArray[np.float64]] = field(default_factory=list)
    rotations: list[npt.NDArray[np.float64]] = field(default_factory=list)

    def add(self, stamp: int, t: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> None:
        """Take a translation [m] and a unit quaternion at a time [ns]."""
        index = bisect.bisect_right(self.stamps, stamp)
        self.stamps.insert(index, stamp)
        self.translations.insert(index, t)
        self.rotations.insert(index, q)

    def parent_at(self, _: int) -> str:
        """The parent, which stays the same."""
        return self.parent

    def at(self, stamp: int) -> Transform | None:
        """Pose at a time [ns]; None outside the recorded time, and within a gap of it."""
        if not self.stamps[0] <= stamp <= self.stamps[-1]:
            return None
        after = bisect.bisect_left(self.stamps, stamp)
        if self.stamps[after] == stamp:
            return pose_of(matrix_from_quaternion(self.rotations[after]), self.translations[after])
        if self._is_gap(after):
            return None
        begin, end = self.stamps[after - 1], self.stamps[after]
        share = (stamp - begin) / (end - begin)
        t = (1 - share) * self.translations[after - 1] + share * self.translations[after]
        turn = Slerp([0, 1], Rotation.from_quat(self.rotations[after - 1 : after + 1]))
        return pose_of(turn(share).as_matrix(), t)

    @property
    def moves(self) -> bool:
        """Whether the child's place ever changes: drivers publish mounts on /tf as well."""
        return any(self._differ(0, index) for index in range(len(self.stamps)))

    @property
    def longest_bridge(self) -> int:
        """Longest time between two poses [ns] over which the way is taken for a straight one."""
        usual = float(np.median(np.diff(np.unique(self.stamps))))
        return int(min(max(_BRIDGE, _BRIDGED_INTERVALS * usual), _LONGEST_BRIDGE))

    def _is_gap(self, after: int) -> bool:
        """Whether nobody knows where the child was before the pose of this index."""
        between = self.stamps[after] - self.stamps[after - 1]
        if between <= _BRIDGE or not self._differ(after - 1, after):
            return False
        return between > self.longest_bridge

    def _differ(self, a: int, b: int) -> bool:
        moved = np.abs(self.translations[a] - self.translations[b]).max()
        turned = 1 - abs(float(self.rotations[a] @ self.rotations[b]))
        return bool(moved > _NOISE or turned > _NOISE**2)

    def missing(self, stamp: int) -> str:
        """Why there is no pose at a time [ns]."""
        if not self.stamps[0] <= stamp <= self.stamps[-1]:
            return f'was recorded from {self.stamps[0]} to {self.stamps[-1]} ns, not at {stamp}'
        after = bisect.bisect_left(self.stamps, stamp)
        gap = (self.stamps[after] - self.stamps[after - 1]) / NANOSECONDS
        return (
            f'has a gap of {gap:.1f} s around {stamp} ns; at most '
            f'{self.longest_bridge / NANOSECONDS:.1f} s are bridged by a straight line'
        )


Link = StaticLink | MovingLink


def difference(first: Link, second: Link) -> tuple[float, float]:
    """How far apart both place the child at most [m, rad], of times when both know its place.

    Of long recordings times spread over them are looked at. Infinite where they name different
    parents.
    """
    shift = turn = 0.0
    for stamp in (*spread(first.stamps, _COMPARED), *spread(second.stamps, _COMPARED)):
        if first.parent_at(stamp) != second.parent_at(stamp):
            return math.inf, math.inf
        a, b = first.at(stamp), second.at(stamp)
        if a is not None and b is not None:
            between = Rotation.from_matrix(a[:3, :3].T @ b[:3, :3])
            shift = max(shift, float(np.linalg.norm(a[:3, 3] - b[:3, 3])))
            turn = max(turn, float(between.magnitude()))
    return shift, turn
