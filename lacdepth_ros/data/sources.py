# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames with cameras that people name by a path: a KITTI raw drive, or a manifest."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lacdepth_ros.core.camera import one_height
from lacdepth_ros.data.layouts.kitti import drive_frames
from lacdepth_ros.data.layouts.kitti_drives import SOUGHT, KittiTree, holds_drives
from lacdepth_ros.data.manifest import MANIFEST, ManifestEntry, holds_manifest, read_manifest
from lacdepth_ros.data.sample import Sample

START, PERIOD = 1_000_000_000, 100_000_000
"""First stamp and time between frames [ns] of inputs without a clock: 1 s (0 means 'not set' in
ROS), then 10 Hz."""


class Entry(Protocol):
    """A frame that can be loaded, such as ManifestEntry or KittiFrame."""

    @property
    def id(self) -> str:
        """Unique name of the frame; its first part (before '/') is the group."""

    @property
    def image(self) -> Path:
        """Its image file."""

    @property
    def has_ground_truth(self) -> bool:
        """Whether a file with its depth is there."""

    @property
    def camera_height(self) -> float | None:
        """Height of the optical center above the ground [m]; None where unknown."""

    def load(self) -> Sample:
        """Read image, ground truth and camera."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """Frames in the order of time.

    Attributes:
        description: What it is and where it lies, for people.
        entries: The frames.
        stamps: Nanoseconds, of each.
        timed: The stamps are the input's own; else they are START and one every PERIOD.
        drives: Folders of the KITTI raw drives; () of a manifest.
        problem: Why stamps that were given are not taken; '' where none were, or all are good.
    """

    description: str
    entries: Sequence[Entry]
    stamps: Sequence[int]
    timed: bool
    drives: Sequence[Path] = ()
    problem: str = ''

    def warn_of_stamps(self) -> None:
        """Warn where time matters and is not that of the stamps that were given."""
        if self.problem:
            warnings.warn(
                f'{self.problem}; the frames get stamps at 10 Hz instead: correct it, or leave '
                'out every stamp',
                stacklevel=2,
            )


def is_data_set(path: Path) -> bool:
    """Whether `open_data_set` knows a path; an opened one can be damaged all the same."""
    if path.is_dir():
        return holds_manifest(path) or holds_drives(path)
    return path.suffix == '.jsonl'


def open_data_set(path: Path) -> DataSet:
    """Open a KITTI raw drive, or a folder of such as `KittiTree` finds them, or a manifest.

    A folder that holds a manifest.jsonl stands for it. Its `stamp`s [ns] count where each frame
    has one and time only grows.

    Raises:
        FileNotFoundError: There is no such input, or a file of the recording is missing.
        ValueError: The input is damaged.
    """
    if not path.exists():
        raise FileNotFoundError(f'{path}: no such folder or manifest')
    if path.is_file() or holds_manifest(path):
        return _manifest(path, read_manifest(path))
    if not holds_drives(path):
        raise FileNotFoundError(
            f'{path}: no {MANIFEST} and no {SOUGHT} in this folder; '
            'lacdepth data index and data pairs make manifests of other data'
        )
    tree = KittiTree.find(path)
    frames = drive_frames(tree)
    stamps = [frame.stamp for frame in frames]
    drives = list(tree.raw.values())
    return DataSet(f'KITTI raw {path}', frames, stamps, timed=True, drives=drives)


def one_camera_height(entries: Sequence[Entry]) -> float | None:
    """The camera height [m] of all frames, the median where it sways a little.

    Returns:
        None where a frame lacks it, or they differ; then a warning says that what takes one
        height for all cannot be right for them.
    """
    known = [entry.camera_height for entry in entries if entry.camera_height is not None]
    height = one_height(known)
    if known and height is None:
        warnings.warn(
            f'the frames are of cameras {min(known):.2f} to {max(known):.2f} m above the ground, '
            'and a node takes one camera_height for all: frames of one height give right metres',
            stacklevel=2,
        )
    return height if len(known) == len(entries) else None


def _manifest(path: Path, entries: Sequence[ManifestEntry]) -> DataSet:
    stamps = [entry.tags.get('stamp') or 0 for entry in entries]  # 0 is none, as in ROS
    problem = _problem_of_stamps(entries) if any(stamps) else ''
    timed = any(stamps) and not problem
    if not timed:
        stamps = [START + PERIOD * index for index in range(len(entries))]
    return DataSet(f'manifest {path}', entries, stamps, timed, problem=problem)


def _problem_of_stamps(entries: Sequence[ManifestEntry]) -> str:
    """The first stamp that is none, or does not come after the one before; '' where all are."""
    before = 0
    for entry in entries:
        stamp = entry.tags.get('stamp')
        if type(stamp) is not int or stamp <= 0:
            return f'{entry.where}: stamp = {stamp!r} is no whole number of nanoseconds above 0'
        if stamp <= before:
            return f'{entry.where}: stamp = {stamp} does not come after {before}, the one before'
        before = stamp
    return ''
