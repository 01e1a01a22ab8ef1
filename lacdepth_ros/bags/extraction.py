# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What to take from a bag, and what became of it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.occlusion import REACH
from lacdepth_ros.bags.transforms import Transform
from lacdepth_ros.core.camera import check_camera_height

NO_GROUND_TRUTH = 'no ground truth near in time'
"""Reason that is no failure: a camera is often faster than a LiDAR."""


@dataclass(frozen=True, slots=True)
class ExtractOptions:
    """What to take from a bag.

    Attributes:
        image_topic: Camera images; None picks one.
        info_topic: Their camera_info; None takes the one beside them.
        ground_truth_topic: PointCloud2, or depth images with camera_info; None takes the only one.
        rectified: The images are rectified; None believes the topic's name.
        tolerance: Largest difference [s] of the stamps of an image and its ground truth.
        truth_offset: Seconds that are added to the stamps of the ground truth, whose sensor has
            another clock than the camera.
        every: Take every n-th image that has a measurement.
        fixed_frame: Frame that stands still (odom, map): points are moved from where the sensor
            was at their time to where the camera is at the image's. None: both at the image's.
        pose: (4, 4) pose of the sensor in the image's frame, for bags without transforms.
        deskewed: The motion within a sweep is out of its points already; None believes the name
            of the topic.
        reach: Of the filter for hidden points [degrees], see `hidden_points`; 0 switches it off.
        min_points: Images with fewer true pixels are left out.
        domain: Value of the manifest's key of that name, such as 'driving' or 'indoor'.
        val_share: Share of the frames, the last ones, that go to the validation manifest.
        camera_height: Of the camera above the ground [m], for the manifest; None: that above the
            robot's base_footprint, if the transforms tell it.

    Raises:
        ValueError: A number is out of its range.
    """

    image_topic: str | None = None
    info_topic: str | None = None
    ground_truth_topic: str | None = None
    rectified: bool | None = None
    tolerance: float = 0.02
    truth_offset: float = 0.0
    every: int = 1
    fixed_frame: str | None = None
    pose: Transform | None = None
    deskewed: bool | None = None
    reach: float = REACH
    min_points: int = 100
    domain: str | None = None
    val_share: float = 0.0
    camera_height: float | None = None

    def __post_init__(self) -> None:
        checks = {
            'tolerance': (self.tolerance, self.tolerance >= 0, '>= 0 seconds'),
            'truth_offset': (self.truth_offset, math.isfinite(self.truth_offset), 'finite'),
            'every': (self.every, self.every >= 1, 'at least 1'),
            'occlusion reach': (self.reach, 0 <= self.reach <= 10, '0 .. 10 degrees'),
            'min_points': (self.min_points, self.min_points >= 1, 'at least 1'),
            'val_share': (self.val_share, 0 <= self.val_share < 1, '0 .. 1'),
        }
        for name, (value, good, allowed) in checks.items():
            if not good:
                raise ValueError(f'{name} = {value} must be {allowed}')
        if self.camera_height is not None:
            check_camera_height(self.camera_height)


@dataclass(slots=True)
class Extraction:
    """What became of the bag's images.

    Attributes:
        topics: Of images, camera_info and ground truth.
        points: What was done with the times of points within a sweep; '' where nothing was.
        written: Frames in the manifest.
        validating: Of them, frames in the validation manifest.
        pixels: True pixels of all of them.
        hidden: Points left out because something nearer hides them.
        calibrations: Different calibrations in a row; 1 when the camera never changed.
        skipped: Reason -> number of images left out.
        details: Reason -> what was said about the first of them.
        heights: Of the cameras above the ground [m] by the transforms, where none was given;
            None of a frame where they do not tell it.
        choice: Which of several image topics was taken, and the others; '' of one.
        warnings: What else should be known.
        damage: Messages that could not be read; images among them are not in `skipped`.
    """

    topics: tuple[str, str | None, str]
    points: str = ''
    written: int = 0
    validating: int = 0
    pixels: int = 0
    hidden: int = 0
    calibrations: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)
    heights: list[float | None] = field(default_factory=list)
    choice: str = ''
    warnings: list[str] = field(default_factory=list)
    damage: Damage = field(default_factory=Damage)

    @property
    def failed(self) -> int:
        """What is missing for another reason than that nothing was measured then."""
        left_out = sum(n for reason, n in self.skipped.items() if reason != NO_GROUND_TRUTH)
        return left_out + self.damage.counts.total()

    def skip(self, reason: str, detail: str) -> None:
        """Count an image that is left out."""
        self.skipped[reason] += 1
        self.details.setdefault(reason, detail)

    def reasons(self, path: Path) -> str:
        """Why images of the bag at this path are left out, in words."""
        skipped = (f'{n} x {reason}: {self.details[reason]}' for reason, n in self.skipped.items())
        return '; '.join([*skipped, *self.damage.lines(path)])
