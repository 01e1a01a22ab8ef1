# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole street from one seed: its road, its weather, its lots, its traffic and the drive."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lacdepth_ros.synthetic import roadside
from lacdepth_ros.synthetic.eye import Eye, Mount
from lacdepth_ros.synthetic.ground import Road
from lacdepth_ros.synthetic.light import Light, random_light
from lacdepth_ros.synthetic.lots import (
    BLOCK,
    LANE_STYLES,
    STYLES,
    Lot,
    background,
    kerbside,
    wood,
)
from lacdepth_ros.synthetic.scene import Scene
from lacdepth_ros.synthetic.solids import Color, Pose, Solid
from lacdepth_ros.synthetic.vehicles import Vehicle

FRAME_PERIOD = 0.1
"""Time between two frames [s]."""

NARROW = 3
"""Of so many seeds the last is a narrow lane, between walls, houses and hedges close at hand."""

_AHEAD, _BEHIND = 230.0, 14.0  # m of street that are built around the camera
_FORWARD = math.radians(20)  # A camera that looks farther aside sees street behind itself
_WOODED = 0.6  # share of the sides of streets with a wood
_RING = 260.0  # m after which the traffic of a lane repeats
_GRASSES: tuple[Color, ...] = ((0.09, 0.14, 0.03), (0.12, 0.14, 0.05), (0.16, 0.15, 0.07))


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
    """

    seed: int
    road: Road
    light: Light
    styles: tuple[str, str]
    setbacks: tuple[float, float]
    avenues: tuple[bool, bool]
    lanes: tuple[Lane, ...]
    drive: Drive

    def eye(self, frame: int, mount: Mount | None = None) -> Eye:
        """Where the camera is at a frame; None is the drive's own."""
        drive, time = self.drive, frame * FRAME_PERIOD
        mount = mount or Mount(drive.height, pitch=drive.pitch, roll=drive.roll)
        z = drive.speed * time
        swing = drive.sway * math.sin(5.1 * time + drive.phase)
        lean = drive.sway * math.sin(2.3 * time + 2 * drive.phase)
        return Eye.looking(
            (self.road.center(z) + drive.lateral + mount.lateral, -mount.height, z),
            yaw=self.road.heading(z) + lean + mount.yaw,
            pitch=mount.pitch + swing,
            roll=mount.roll + lean,
        )

    def scene(self, frame: int, mount: Mount | None = None) -> Scene:
        """All there is to see at a frame."""
        z = self.drive.speed * frame * FRAME_PERIOD
        forward = mount is None or abs(mount.yaw) < _FORWARD
        first = math.floor((z - (_BEHIND if forward else _AHEAD)) / BLOCK)
        last = math.floor((z + _AHEAD) / BLOCK)
        solids: list[Solid] = []
        for number in range(first, last + 1):
            solids += _block(self.seed, number)
            if not forward:
                solids += _woods(self.seed, number)
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
                solids += vehicle.solids(Pose(x, 0.0, z, self.road.heading(z) + turn))
        return solids


@lru_cache(maxsize=16)
def street(seed: int) -> Street:
    """Draw the street of a seed."""
    rng = np.random.default_rng((seed, 1))
    narrow = seed % NARROW == NARROW - 1
    styles = _lane_styles(rng) if narrow else _styles(rng)
    road = _lane(rng, styles) if narrow else _road(rng, styles)
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
    )


def _styles(rng: np.random.Generator) -> tuple[str, str]:
    names = list(STYLES)
    left = names[int(rng.choice(len(names), p=(0.27, 0.27, 0.14, 0.12, 0.12, 0.08)))]
    right = left if rng.random() < 0.5 else names[int(rng.integers(len(names)))]
    return left, right


def _lane_styles(rng: np.random.Generator) -> tuple[str, str]:
    left = 'hollow' if rng.random() < 0.5 else 'alley'
    right = left if rng.random() < 0.6 else ('alley' if left == 'hollow' else 'hollow')
    return left, right


def _lane(rng: np.random.Generator, styles: tuple[str, str]) -> Road:
    walk = tuple(
        float(rng.uniform(0.5, 1.6)) if style == 'alley' and rng.random() < 0.6 else 0.0
        for style in styles
    )
    parking = tuple(float(rng.uniform(2.0, 2.3)) * (rng.random() < 0.35) for _ in styles)
    return Road(
        lane_width=float(rng.uniform(2.8, 4.6)),
        lanes=(0, 1),
        parking=(parking[0], parking[1]),
        kerb=float(rng.uniform(0.0, 0.12)),
        walk=(walk[0], walk[1]),
        paved=(styles[0] == 'alley', styles[1] == 'alley'),
        sway=float(rng.uniform(0.5, 4.0)) if rng.random() < 0.6 else 0.0,
        period=float(rng.uniform(120.0, 300.0)),
        tone=float(rng.uniform(0.09, 0.24)),
        grass=_GRASSES[int(rng.integers(len(_GRASSES)))],
        edge_lines=False,
        phase=int(rng.integers(1 << 16)),
    )


def _road(rng: np.random.Generator, styles: tuple[str, str]) -> Road:
    rural = 'country' in styles
    lanes = (2, 2) if rng.random() < 0.2 else (1, 1)
    parking, walk, paved = [], [], []
    for style in styles:
        strip = not rural and style in ('terrace', 'suburb', 'park') and rng.random() < 0.65
        parking.append(float(rng.uniform(2.1, 2.4)) if strip else 0.0)
        walk.append(0.0 if style == 'country' else float(rng.uniform(1.6, 3.4)))
        paved.append(style in ('terrace', 'works'))
    sway = float(rng.uniform(1.5, 7.0)) if rng.random() < 0.55 else 0.0
    return Road(
        lane_width=float(rng.uniform(2.9, 3.7)),
        lanes=lanes,
        parking=(parking[0], parking[1]),
        kerb=0.0 if rural else float(rng.uniform(0.05, 0.15)),
        walk=(walk[0], walk[1]),
        paved=(paved[0], paved[1]),
        sway=sway,
        period=float(rng.uniform(280.0, 520.0)),
        tone=float(rng.uniform(0.09, 0.24)),
        grass=_GRASSES[int(rng.integers(len(_GRASSES)))],
        dashed=bool(rng.random() < 0.7),
        edge_lines=rural or bool(rng.random() < 0.4),
        phase=int(rng.integers(1 << 16)),
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
def _block(seed: int, number: int) -> tuple[Solid, ...]:
    """Everything that stands still in one block."""
    plan = street(seed)
    solids: list[Solid] = []
    for index, side in enumerate((-1, 1)):
        rng = np.random.default_rng((seed, 2, index, number + 100000))
        lot = Lot(plan.road, side, number * BLOCK, plan.setbacks[index], plan.avenues[index], rng)
        solids += (STYLES | LANE_STYLES)[plan.styles[index]](lot)
        solids += kerbside(lot)
        solids += background(lot)
    rng = np.random.default_rng((seed, 3, number + 100000))
    if number > 1 and rng.random() < 0.015:
        left, right = plan.road.edges
        z = (number + 0.5) * BLOCK
        middle = Pose(plan.road.center(z), 0.0, z, plan.road.heading(z))
        solids += roadside.bridge(middle, rng, left - 2.5, right + 2.5)
    return tuple(solids)


@lru_cache(maxsize=64)
def _woods(seed: int, number: int) -> tuple[Solid, ...]:
    """Woods behind the lots of one block, which a camera that looks along the road hardly sees."""
    plan = street(seed)
    solids: list[Solid] = []
    for index, side in enumerate((-1, 1)):
        rng = np.random.default_rng((seed, 4, index))
        edge = math.exp(rng.uniform(math.log(25.0), math.log(120.0)))
        if rng.random() < _WOODED:
            rng = np.random.default_rng((seed, 5, index, number + 100000))
            lot = Lot(plan.road, side, number * BLOCK, plan.setbacks[index], False, rng)
            solids += wood(lot, edge)
    return tuple(solids)
