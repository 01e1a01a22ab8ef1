# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Poses between frames as /tf and /tf_static tell them, interpolated in time; knows no ROS.

A pose is a (4, 4) float64 matrix [R | t] in metres that takes points of the child's frame into the
parent's.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation, Slerp

Transform = npt.NDArray[np.float64]
Quaternion = tuple[float, float, float, float]

_UNIT_TOLERANCE = 1e-2
_LATEST = 2**63
_SAME = 1e-3  # metres, or radians, below which two poses tell the same
_NOISE = 1e-6  # the same between two poses that one source tells


@dataclass(slots=True)
class _StaticLink:
    """Places of a child, each from its time on; the first one also before it was told."""

    stamps: list[int] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    poses: list[Transform] = field(default_factory=list)

    def add(self, stamp: int, parent: str, pose: Transform) -> None:
        index = bisect.bisect_right(self.stamps, stamp)
        self.stamps.insert(index, stamp)
        self.parents.insert(index, parent)
        self.poses.insert(index, pose)

    def parent_at(self, stamp: int) -> str:
        return self.parents[self._index(stamp)]

    def at(self, stamp: int) -> Transform:
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
class _MovingLink:
    """Poses of a child in its parent over time."""

    parent: str
    stamps: list[int] = field(default_factory=list)
    translations: list[npt.NDArray[np.float64]] = field(default_factory=list)
    rotations: list[npt.NDArray[np.float64]] = field(default_factory=list)

    def add(self, stamp: int, t: npt.NDArray[np.float64], q: npt.NDArray[np.float64]) -> None:
        index = bisect.bisect_right(self.stamps, stamp)
        self.stamps.insert(index, stamp)
        self.translations.insert(index, t)
        self.rotations.insert(index, q)

    def parent_at(self, _: int) -> str:
        return self.parent

    def at(self, stamp: int) -> Transform | None:
        """Pose at a time; None outside the recorded time."""
        if not self.stamps[0] <= stamp <= self.stamps[-1]:
            return None
        if stamp == self.stamps[0]:
            return pose_of(matrix_from_quaternion(self.rotations[0]), self.translations[0])
        after = bisect.bisect_left(self.stamps, stamp)
        begin, end = self.stamps[after - 1], self.stamps[after]
        share = (stamp - begin) / (end - begin)
        t = (1 - share) * self.translations[after - 1] + share * self.translations[after]
        turn = Slerp([0, 1], Rotation.from_quat(self.rotations[after - 1 : after + 1]))
        return pose_of(turn(share).as_matrix(), t)


_Link = _StaticLink | _MovingLink


def _agree(first: _Link, second: _Link) -> bool:
    """Whether both place the child alike at every time that both know."""
    for stamp in (*first.stamps, *second.stamps):
        if first.parent_at(stamp) != second.parent_at(stamp):
            return False
        a, b = first.at(stamp), second.at(stamp)
        if a is not None and b is not None and not np.allclose(a, b, 0, _SAME):
            return False
    return True


class TransformTree:
    """Frames and their poses; look up the way between any two at any recorded time."""

    def __init__(self) -> None:
        self._links: dict[str, _Link] = {}
        self._doubts: dict[str, str] = {}

    @property
    def frames(self) -> list[str]:
        """Every frame's name, sorted."""
        links = self._links.values()
        parents = (link.parent_at(stamp) for link in links for stamp in link.stamps)
        return sorted({*self._links, *parents})

    @property
    def changes(self) -> dict[str, int]:
        """How often each static frame is told another place; only those that are."""
        static = {c: link for c, link in self._links.items() if isinstance(link, _StaticLink)}
        return {child: link.changes for child, link in static.items() if link.changes}

    def add(
        self,
        parent: str,
        child: str,
        stamp: int,
        translation: npt.ArrayLike,
        rotation: npt.ArrayLike,
        *,
        static: bool = False,
    ) -> None:
        """Take a pose of `child` in `parent`; a moving child that changes its parent starts anew.

        Args:
            parent: Frame; a leading '/' is dropped, as tf2 does.
            child: Frame.
            stamp: Nanoseconds; of a static pose when it was recorded.
            translation: x, y, z [m].
            rotation: Quaternion x, y, z, w.
            static: It holds from its time until another is told; the first one before it as well.

        Raises:
            ValueError: The pose is not finite, or the quaternion not of length 1.
        """
        t = np.array(translation, dtype=np.float64)
        q = np.array(rotation, dtype=np.float64)
        length = float(np.linalg.norm(q))
        if not np.isfinite(t).all() or not abs(length - 1) < _UNIT_TOLERANCE:
            raise ValueError(
                f'transform {parent} -> {child}: translation {t.tolist()}, quaternion '
                f'{q.tolist()} is no pose; a quaternion has length 1'
            )
        parent, child = parent.lstrip('/'), child.lstrip('/')
        link = self._links.get(child)
        if static:
            if not isinstance(link, _StaticLink):
                link = self._links[child] = _StaticLink()
            link.add(stamp, parent, pose_of(matrix_from_quaternion(q / length), t))
            return
        if not isinstance(link, _MovingLink) or link.parent != parent:
            link = self._links[child] = _MovingLink(parent)
        link.add(stamp, t, q / length)

    def lookup(self, target: str, source: str, stamp: int) -> Transform:
        """Pose that takes points of `source` into `target` at a time.

        Raises:
            LookupError: A frame is unknown, the two are not connected, two topics contradict each
                other about a frame in between, or the time lies outside what was recorded; the
                message says which.
        """
        to_root, from_root = self._ancestors(target, stamp), self._ancestors(source, stamp)
        common = next((frame for frame in to_root if frame in from_root), None)
        down, up = (
            list(takewhile(lambda frame: frame != common, chain)) for chain in (from_root, to_root)
        )
        for frame in (*down, *up):
            if frame in self._doubts:
                raise LookupError(self._doubts[frame])
        if common is None:
            raise LookupError(
                f'no transform leads from {source!r} to {target!r}; the frames of the bag are '
                f'{", ".join(self.frames) or "none"}'
            )
        return np.linalg.inv(self._chain(up, stamp)) @ self._chain(down, stamp)

    def fixed_frame(self, frame: str) -> str | None:
        """Topmost frame above `frame`, such as 'odom'; None where nothing moves between them."""
        chain = self._ancestors(frame, _LATEST)
        moves = any(isinstance(self._links[name], _MovingLink) for name in chain[:-1])
        return chain[-1] if moves else None

    def _ancestors(self, frame: str, stamp: int) -> list[str]:
        """The frame, its parent, and so on up to the root, at a time."""
        chain = [frame.lstrip('/')]
        while chain[-1] in self._links:
            parent = self._links[chain[-1]].parent_at(stamp)
            if parent in chain:
                raise LookupError(f'the transforms of frame {parent!r} form a circle')
            chain.append(parent)
        return chain

    def _chain(self, frames: list[str], stamp: int) -> Transform:
        """Pose of the first frame in the parent of the last."""
        pose = np.eye(4)
        for frame in frames:
            link = self._links[frame]
            step = link.at(stamp)
            if step is None:
                raise LookupError(
                    f'the transform {link.parent_at(stamp)} -> {frame} was recorded from '
                    f'{link.stamps[0]} to {link.stamps[-1]} ns, not at {stamp}'
                )
            pose = step @ pose
        return pose


def joined(trees: Mapping[str, TransformTree]) -> TransformTree:
    """One tree of those of several topics.

    A frame that two of them place differently leads nowhere: lookups through it say so.

    Args:
        trees: Topic -> its tree; what agrees is taken from the first of them.
    """
    whole = TransformTree()
    sources: dict[str, str] = {}
    for topic, tree in trees.items():
        for child, link in tree._links.items():
            known = whole._links.setdefault(child, link)
            first = sources.setdefault(child, topic)
            if not _agree(known, link):
                whole._doubts[child] = f'{first} and {topic} place frame {child!r} differently'
    return whole


def matrix_from_quaternion(quaternion: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Rotation matrix (3, 3) of a unit quaternion x, y, z, w."""
    return np.asarray(Rotation.from_quat(quaternion).as_matrix())


def quaternion_from_matrix(matrix: npt.NDArray[np.float64]) -> Quaternion:
    """Unit quaternion x, y, z, w, with w >= 0, of the rotation nearest to a (3, 3) matrix."""
    x, y, z, w = Rotation.from_matrix(matrix).as_quat(canonical=True)
    return float(x), float(y), float(z), float(w)


def pose_of(rotation: npt.NDArray[np.float64], translation: npt.ArrayLike) -> Transform:
    """The (4, 4) pose of a rotation (3, 3) and a translation [m]."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, translation
    return pose


def apply(pose: Transform, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Take points (N, 3) [m] into the pose's parent."""
    return points @ pose[:3, :3].T + pose[:3, 3]
