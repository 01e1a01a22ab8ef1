# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames and the ways between them, as /tf and /tf_static tell them; knows no ROS."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.links import Link, MovingLink, StaticLink, difference
from lacdepth_ros.bags.transforms import Transform, matrix_from_quaternion, pose_of

_UNIT_TOLERANCE = 1e-2
_LATEST = 2**63
_SAME = 1e-3  # metres, or radians, below which two sources tell the same
# A nominal mount and the calibrated one differ by less, by tolerances of brackets and of hands;
# what differs by more is another mount.
_FAR = 0.05  # metres
_TURNED = math.radians(2)


class TransformTree:
    """Frames and their poses; look up the way between any two at any recorded time.

    Attributes:
        remarks: What is doubtful about sources that were joined, and yet of use.
    """

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._doubts: dict[str, str] = {}
        self.remarks: list[str] = []

    @property
    def frames(self) -> list[str]:
        """Every frame's name, sorted."""
        links = self._links.values()
        parents = (link.parent_at(stamp) for link in links for stamp in link.stamps)
        return sorted({*self._links, *parents})

    @property
    def changes(self) -> dict[str, int]:
        """How often each static frame is told another place; only those that are."""
        static = {c: link for c, link in self._links.items() if isinstance(link, StaticLink)}
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
            if not isinstance(link, StaticLink):
                link = self._links[child] = StaticLink()
            link.add(stamp, parent, pose_of(matrix_from_quaternion(q / length), t))
            return
        if not isinstance(link, MovingLink) or link.parent != parent:
            link = self._links[child] = MovingLink(parent)
        link.add(stamp, t, q / length)

    def lookup(self, target: str, source: str, stamp: int) -> Transform:
        """Pose that takes points of `source` into `target` at a time.

        Raises:
            LookupError: A frame is unknown, the two are not connected, two topics contradict each
                other about a frame in between, or the time lies outside what was recorded or in a
                gap of it; the message says which.
        """
        to_root, from_root = self.ancestors(target, stamp), self.ancestors(source, stamp)
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
        chain = self.ancestors(frame, _LATEST)
        links = (self._links[name] for name in chain[:-1])
        moves = any(isinstance(link, MovingLink) and link.moves for link in links)
        return chain[-1] if moves else None

    def ancestors(self, frame: str, stamp: int) -> list[str]:
        """The frame, its parent, and so on up to the root, at a time [ns].

        Raises:
            LookupError: The transforms form a circle.
        """
        chain = [frame.lstrip('/')]
        while chain[-1] in self._links:
            parent = self._links[chain[-1]].parent_at(stamp)
            if parent in chain:
                raise LookupError(f'the transforms of frame {parent!r} form a circle')
            chain.append(parent)
        return chain

    def mounted_on(self, frame: str, stamp: int) -> list[str]:
        """Frames that a static transform places in this one at a time [ns]."""
        return [
            child
            for child, link in self._links.items()
            if isinstance(link, StaticLink) and link.parent_at(stamp) == frame
        ]

    def _chain(self, frames: list[str], stamp: int) -> Transform:
        """Pose of the first frame in the parent of the last."""
        pose = np.eye(4)
        for frame in frames:
            link = self._links[frame]
            step = link.at(stamp)
            if step is None:
                assert isinstance(link, MovingLink)  # a static one has a place at all times
                raise LookupError(f'the transform {link.parent} -> {frame} {link.missing(stamp)}')
            pose = step @ pose
        return pose


def joined(levels: Sequence[Mapping[str, TransformTree]]) -> TransformTree:
    """One tree of those of several topics.

    A frame that two topics of a level place differently leads nowhere: lookups through it say so.
    Between two levels the former counts, and a difference is a remark.

    Args:
        levels: Topic -> its tree, the topics that count most first; of those of a level what
            agrees is taken from the first.
    """
    whole = TransformTree()
    sources: dict[str, tuple[str, Mapping[str, TransformTree]]] = {}
    for level in levels:
        for topic, tree in level.items():
            for child, link in tree._links.items():
                known = whole._links.setdefault(child, link)
                if known is link:
                    sources[child] = topic, level
                    continue
                first, its_level = sources[child]
                shift, turn = difference(known, link)
                told = f'{first} and {topic} place frame {child!r} {_apart(shift, turn)}'
                if its_level is level and (shift > _FAR or turn > _TURNED):
                    whole._doubts[child] = told
                elif max(shift, turn) > _SAME:
                    whole.remarks.append(f'{told}; {first} counts')
    return whole


def _apart(shift: float, turn: float) -> str:
    """Words for a difference [m, rad]."""
    if math.isinf(shift):
        return 'in different parents'
    return f'{shift:.3f} m and {math.degrees(turn):.1f} degrees apart'
