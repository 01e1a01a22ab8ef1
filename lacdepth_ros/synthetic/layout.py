# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole street from one seed: its road, its weather, its lots, its traffic and the drive."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from lacdepth_ros.synthetic import roadside
from lacdepth_ros.synthetic.eye import Eye, Mount
from lacdepth_ros.synthetic.ground import Road
from lacdepth_ros.synthetic.light import Light, random_light
from lacdepth_ros.synthetic.lot import BLOCK, Lot
from lacdepth_ros.synthetic.lots import (
    LANE_STYLES,
    OPEN_STYLES,
    STYLES,
    background,
    kerbside,
    wood,
)
from lacdepth_ros.synthetic.roads import (
    random_lane,
    random_lane_styles,
    random_openings,
    random_road,
    random_styles,
)
from lacdepth_ros.synthetic.scene import Scene
from lacdepth_ros.synthetic.solids import Pose, Solid
from lacdepth_ros.synthetic.terrain import random_terrain
from lacdepth_ros.synthetic.vehicles import Vehicle

FRAME_PERIOD = 0.1
"""Time between two frames [s]."""

NARROW = 3
"""Of so many seeds the last is a narrow lane, between walls, houses and hedges close at hand."""

_AHEAD, _BEHIND = 230.0, 14.0  # m of street that are built around the camera
_FORWARD = math.radians(20)  # A camera that looks farther aside sees street behind itself
_WOODED = 0.6  # share of the sides of streets with a wood
_RING = 260.0  # m after which the traffic of a lane repeats


@dataclass(frozen=True, slots=True)
class Lane:
    """Vehicles that follow each other along one lane.

    Attributes:
        lateral: Distance of the lane's middle to the right of the centre line [m].
        speed: Metres a second along +z; negative for oncoming traffic.
        vehicles: (vehicle, position at frame 0 [m]) of each.
        follows: The lane is the camera's own: its vehicles keep their distance to it.
    """

    lateral: float
    speed: float
    vehicles: tuple[tuple[Vehicle, float], ...]
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Drive:
    """How the camera is mounted and moves.

    Attributes:
        speed: Metres a second along z.
        lateral: Distance to the right of the centre line [m].
        height: Of the optical centre above the road [m].
        pitch, roll: Of the mounting [rad].
        sway: Amplitude of the small swinging of pitch, roll and yaw [rad].
        phase: Of that swinging [rad].
    """

    speed: float
    lateral: float
    height: float
    pitch: float
    roll: float
    sway: float
    phase: float


@dataclass(frozen=True, slots=True)
class Street:
    """A street and a drive along it; scene(frame) freezes one instant.

    Attributes:
        seed: The seed it was drawn from.
        road: Cross-section and course of the road.
        light: Weather.
        styles: Style of the lots (left, right).
        setbacks: Distance from kerb to facades (left, right) [m].
        avenues: Whether trees line the kerb (left, right).
        lanes: Traffic.
        drive: The camera's motion.
        hilly: The land rises and falls.
    """

    seed: int
    road: Road
    light: Light
    styles: tuple[str, str]
    setbacks: tuple[float, float]
    avenues: tuple[bool, bool]
    lanes: tuple[Lane, ...]
    drive: Drive
    hilly: bool = False

    def eye(self, frame: int, mount: Mount | None = None) -> Eye:
        """Where the camera is at a frame; None is the drive's own."""
        drive, time = self.drive, frame * FRAME_PERIOD
        mount = mount or Mount(drive.height, pitch=drive.pitch, roll=drive.roll)
        z = drive.speed * time
        swing = drive.sway * math.sin(5.1 * time + drive.phase)
        lean = drive.sway * math.sin(2.3 * time + 2 * drive.phase)
        x = self.road.center(z) + drive.lateral + mount.lateral
        eye = Eye.looking(
            (x, -mount.height - self.road.ground_at(x, z), z),
            yaw=self.road.heading(z) + lean + mount.yaw,
            pitch=mount.pitch + swing,
            roll=mount.roll + lean,
        )
        return eye.on_grade(self.road.terrain.grade(z))

    def scene(self, frame: int, mount: Mount | None = None) -> Scene:
        """All there is to see at a frame."""
        z = self.drive.speed * frame * FRAME_PERIOD
        forward = mount is None or abs(mount.yaw) < _FORWARD
        first = math.floor((z - (_BEHIND if forward else _AHEAD)) / BLOCK)
        last = math.floor((z + _AHEAD) / BLOCK)
        solids: list[Solid] = []
        for number in range(first, last + 1):
            solids += _block(self.seed, self.hilly, number)
            if not forward:
                solids += _woods(self.seed, self.hilly, number)
        solids += self._traffic(frame)
        return Scene(solids, self.road, self.light, self.eye(frame, mount), (self.seed, frame))

    def _traffic(self, frame: int) -> list[Solid]:
        time = frame * FRAME_PERIOD
        own = self.drive.speed * time
        solids: list[Solid] = []
        for lane in self.lanes:
            for number, (vehicle, start) in enumerate(lane.vehicles):
                if lane.follows:
                    z = own + start + 0.04 * start * math.sin(0.6 * time + number)
                else:
                    z = own + (start + lane.speed * time - own) % _RING - 30.0
                turn = math.pi if lane.speed < 0 else 0.0
                x = self.road.center(z) + lane.lateral
                pose = Pose(x, -self.road.rise_at(x, z), z, self.road.heading(z) + turn)
                solids += vehicle.solids(pose)
        return solids


@lru_cache(maxsize=16)
def street(seed: int, hilly: bool = False) -> Street:
    """Draw the street of a seed, on flat land or the same on hills."""
    rng = np.random.default_rng((seed, 1))
    narrow = seed % NARROW == NARROW - 1
    styles = random_lane_styles(rng) if narrow else random_styles(rng)
    road = random_lane(rng, styles) if narrow else random_road(rng, styles)
    if hilly:
        hills = np.random.default_rng((seed, 6))
        road = replace(road, terrain=random_terrain(hills))
        styles = styles if narrow else random_openings(hills, styles)
    setbacks = tuple(
        walk + float(rng.uniform(0.2, 1.8))
        if narrow
        else max(walk + 0.3, float(rng.uniform(4.0, 8.0 if style == 'terrace' else 14.0)))
        for walk, style in zip(road.walk, styles, strict=True)
    )
    own_lane = int(rng.integers(road.lanes[1]))
    drive = Drive(
        speed=float(rng.uniform(8.0, 12.0)),
        lateral=(own_lane + 0.5) * road.lane_width + float(rng.uniform(-0.3, 0.3)),
        height=float(rng.uniform(1.55, 1.75)),
        pitch=math.radians(float(np.clip(rng.normal(0.0, 0.6), -1.4, 1.4))),
        roll=math.radians(float(np.clip(rng.normal(0.0, 0.4), -0.9, 0.9))),
        sway=math.radians(0.08),
        phase=float(rng.uniform(0, 6.28)),
    )
    return Street(
        seed=seed,
        road=road,
        light=random_light(rng),
        styles=styles,
        setbacks=(setbacks[0], setbacks[1]),
        avenues=(bool(rng.random() < 0.4), bool(rng.random() < 0.4)),
        lanes=_lanes(rng, road, own_lane),
        drive=drive,
        hilly=hilly,
    )


def _lanes(rng: np.random.Generator, road: Road, own: int) -> tuple[Lane, ...]:
    lanes = []
    if not all(road.lanes) and rng.random() < 0.6:
        return ()  # nobody else in a narrow lane
    for side, count in ((-1, road.lanes[0]), (1, road.lanes[1])):
        for number in range(count):
            follows = side > 0 and number == own
            start = float(rng.uniform(9.0, 45.0)) if follows else float(rng.uniform(0.0, 60.0))
            gap = float(np.exp(rng.uniform(math.log(12.0), math.log(90.0))))
            vehicles = []
            while start < (110.0 if follows else _RING - 22.0):
                vehicles.append((Vehicle.random(rng), start))
                start += 9.0 + gap * float(rng.uniform(0.3, 1.6))
            speed = side * float(rng.uniform(8.0, 14.0))
            lateral = side * (number + 0.5) * road.lane_width
            lanes.append(Lane(lateral, speed, tuple(vehicles), follows))
    return tuple(lanes)


@lru_cache(maxsize=64)
def _block(seed: int, hilly: bool, number: int) -> tuple[Solid, ...]:
    """Everything that stands still in one block."""
    plan = street(seed, hilly)
    solids: list[Solid] = []
    for index, side in enumerate((-1, 1)):
        rng = np.random.default_rng((seed, 2, index, number + 100000))
        lot = Lot(plan.road, side, number * BLOCK, plan.setbacks[index], plan.avenues[index], rng)
        solids += (STYLES | LANE_STYLES | OPEN_STYLES)[plan.styles[index]](lot)
        solids += kerbside(lot)
        solids += background(lot)
    rng = np.random.default_rng((seed, 3, number + 100000))
    if number > 1 and rng.random() < 0.015:
        left, right = plan.road.edges
        z = (number + 0.5) * BLOCK
        x = plan.road.center(z)
        middle = Pose(x, -plan.road.rise_at(x, z), z, plan.road.heading(z))
        solids += roadside.bridge(middle, rng, left - 2.5, right + 2.5)
    return tuple(solids)


@lru_cache(maxsize=64)
def _woods(seed: int, hilly: bool, number: int) -> tuple[Solid, ...]:
    """Woods behind the lots of one block, which a camera that looks along the road hardly sees."""
    plan = street(seed, hilly)
    solids: list[Solid] = []
    for index, side in enumerate((-1, 1)):
        rng = np.random.default_rng((seed, 4, index))
        edge = math.exp(rng.uniform(math.log(25.0), math.log(120.0)))
        if rng.random() < _WOODED:
            rng = np.random.default_rng((seed, 5, index, number + 100000))
            lot = Lot(plan.road, side, number * BLOCK, plan.setbacks[index], False, rng)
            solids += wood(lot, edge)
    return tuple(solids)
