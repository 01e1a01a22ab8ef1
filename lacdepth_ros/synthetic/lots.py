# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Lots: what fills one block of one side of a street, by the side's style."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lacdepth_ros.synthetic import roadside
from lacdepth_ros.synthetic.lot import BLOCK, ROW, Lot, building, some_tree
from lacdepth_ros.synthetic.solids import Pose, Solid
from lacdepth_ros.synthetic.vehicles import Vehicle


def _terrace(lot: Lot) -> list[Solid]:
    """Houses wall to wall, a tree before some."""
    if lot.chance(0.12):
        return _park(lot)
    count = 1 + int(lot.rng.integers(3))
    length = BLOCK / count
    solids: list[Solid] = []
    for number in range(count):
        storeys = int(lot.rng.integers(2, 6))
        solids += building(lot, (number + 0.5) * length, length - 0.02, lot.setback, storeys)
    if lot.setback > 4.5 and lot.chance(0.6):
        solids += roadside.tree(
            lot.place(1.0, lot.between(4, 20)), lot.rng, height=lot.between(4.5, 8)
        )
    return solids


def _suburb(lot: Lot) -> list[Solid]:
    """A detached house in its garden behind a hedge, a fence or a low wall."""
    solids: list[Solid] = []
    if lot.chance(0.9):
        setback = lot.setback + lot.between(0.0, 3.0)
        storeys = int(lot.rng.integers(1, 4))
        solids += building(lot, 11.0, lot.between(8.5, 14.0), setback, storeys)
    border, length = lot.place(lot.walk + 0.5, 10.5, (0.5, 9.5)), 19.0
    kind = lot.rng.random()
    if kind < 0.35:
        solids += roadside.hedge(border, lot.rng, length)
    elif kind < 0.6:
        solids += roadside.fence(border, lot.rng, length)
    elif kind < 0.75:
        solids += roadside.wall(border, lot.rng, length, lot.between(0.5, 1.6))
    for _ in range(int(lot.rng.integers(0, 3))):
        beyond = lot.between(lot.walk + 1.5, max(lot.setback - 1.0, lot.walk + 2.0))
        pose = lot.place(beyond, lot.between(1, 23))
        if lot.chance(0.6):
            solids += some_tree(lot, pose, lot.between(4, 9))
        else:
            solids += roadside.bush(pose, lot.rng)
    return solids


def _park(lot: Lot) -> list[Solid]:
    """Trees and bushes on grass."""
    solids: list[Solid] = []
    for _ in range(int(lot.rng.integers(2, 5))):
        pose = lot.place(lot.walk + lot.between(0.8, 22.0), lot.between(0, BLOCK))
        solids += some_tree(lot, pose, lot.between(5, 12))
    for _ in range(int(lot.rng.integers(0, 4))):
        pose = lot.place(lot.walk + lot.between(1.5, 10.0), lot.between(0, BLOCK))
        solids += roadside.bush(pose, lot.rng)
    return solids


def _country(lot: Lot) -> list[Solid]:
    """Verge with rail, hedge or nothing, a few trees, poles, and fields behind."""
    solids: list[Solid] = []
    kind = lot.setback % 1.0  # one choice for the whole street
    if kind < 0.3:
        for along in (3.0, 9.0, 15.0, 21.0):  # each piece on its own land
            solids += roadside.guard_rail(lot.place(0.9, along), BLOCK / 4)
    elif kind < 0.55:
        solids += roadside.hedge(lot.place(2.5, BLOCK / 2, ROW), lot.rng, BLOCK)
    if kind > 0.4:
        solids += roadside.utility_pole(lot.place(2.0, 12.0), lot.rng)
    for _ in range(int(lot.rng.integers(0, 3))):
        pose = lot.place(lot.between(3.5, 25.0), lot.between(0, BLOCK))
        solids += some_tree(lot, pose, lot.between(5, 12))
    return solids


def _meadow(lot: Lot) -> list[Solid]:
    """Open lawn or field far behind the road: single trees and bushes, now and then a house."""
    solids: list[Solid] = []
    for _ in range(int(lot.rng.integers(0, 4))):
        pose = lot.place(lot.between(4.0, 75.0), lot.between(0, BLOCK))
        solids += some_tree(lot, pose, lot.between(6, 18))
    for _ in range(int(lot.rng.integers(0, 3))):
        solids += roadside.bush(lot.place(lot.between(3.0, 50.0), lot.between(0, BLOCK)), lot.rng)
    if lot.chance(0.15):
        front, length = lot.between(25.0, 65.0), lot.between(9.0, 18.0)
        solids += building(lot, BLOCK / 2, length, front, int(lot.rng.integers(1, 3)))
    return solids


def _works(lot: Lot) -> list[Solid]:
    """Hall behind a car park with parked cars, shrubs and a sign."""
    solids: list[Solid] = []
    setback = lot.setback + 9.0
    if lot.chance(0.75):
        length, height = lot.between(16.0, BLOCK), lot.between(4.5, 9.0)
        pose = lot.place(setback + 8.0, BLOCK / 2, (8.0, length / 2))
        solids += roadside.house(
            pose, lot.rng, depth=16.0, height=height, length=length, gabled=False
        )
    for along in np.arange(2.0, BLOCK - 2.0, 2.7):
        if lot.chance(0.4):
            pose = lot.place(setback - 5.0 + lot.between(-0.3, 0.3), float(along))
            turned = Pose(pose.x, pose.y, pose.z, pose.yaw + math.copysign(math.pi / 2, lot.side))
            solids += Vehicle.random(lot.rng, cars_only=True).solids(turned)
    for _ in range(int(lot.rng.integers(0, 4))):
        solids += roadside.bush(lot.place(lot.walk + 1.5, lot.between(0, BLOCK)), lot.rng)
    return solids


def _barrier(lot: Lot) -> list[Solid]:
    """Long wall with trees behind it."""
    solids = roadside.wall(
        lot.place(lot.walk + 0.6, BLOCK / 2, ROW), lot.rng, BLOCK, 1.6 + 2.5 * (lot.setback % 1.0)
    )
    for _ in range(int(lot.rng.integers(0, 4))):
        pose = lot.place(lot.walk + lot.between(2.5, 12.0), lot.between(0, BLOCK))
        solids += some_tree(lot, pose, lot.between(6, 12))
    return solids


def _alley(lot: Lot) -> list[Solid]:
    """Houses, walls and hedges of gardens within a step or two of a narrow road."""
    close = lot.place(lot.walk + lot.between(0.3, 0.8), BLOCK / 2, ROW)
    kind = lot.rng.random()
    if kind < 0.4:
        solids = building(lot, BLOCK / 2, BLOCK - lot.between(0.02, 4.0), lot.setback,
                           int(lot.rng.integers(1, 4)))  # fmt: skip
    elif kind < 0.6:
        solids = roadside.wall(close, lot.rng, BLOCK, lot.between(1.0, 3.0))
    elif kind < 0.8:
        solids = roadside.fence(close, lot.rng, BLOCK, (1.0, 2.2))
    else:
        solids = roadside.hedge(close, lot.rng, BLOCK)
    if kind >= 0.4 and lot.chance(0.5):  # leaves hang over what they stand behind
        behind = lot.place(lot.walk + lot.between(1.0, 1.8), BLOCK / 2, ROW)
        solids += roadside.thicket(behind, lot.rng, BLOCK, lot.between(2.2, 5.5))
    if kind >= 0.4 and lot.chance(0.6):
        behind = lot.place(lot.walk + lot.between(1.6, 4.0), lot.between(4.0, 20.0))
        solids += some_tree(lot, behind, lot.between(4.0, 9.0))
    if kind >= 0.4 and lot.chance(0.5):
        solids += building(lot, 11.0, lot.between(8.0, 14.0), lot.walk + lot.between(4.0, 8.0), 2)
    return solids


def _hollow(lot: Lot) -> list[Solid]:
    """Wild hedges as high as trees along a narrow lane."""
    height = 1.5 + 4.5 * (lot.setback % 1.0)  # one choice for the whole lane
    solids: list[Solid] = []
    if lot.chance(0.85):
        middle = lot.place(lot.walk + lot.between(0.6, 1.4), BLOCK / 2, ROW)
        solids += roadside.thicket(middle, lot.rng, BLOCK, height * lot.between(0.8, 1.2))
    border = lot.place(0.2, BLOCK / 2, ROW)
    if lot.chance(0.4):
        solids += roadside.fence(border, lot.rng, BLOCK)
    elif lot.chance(0.4):
        solids += roadside.wall(border, lot.rng, BLOCK, lot.between(0.5, 1.3))
    if lot.chance(0.5):
        place = lot.place(lot.walk + lot.between(1.0, 2.5), lot.between(2.0, 22.0))
        solids += roadside.tree(place, lot.rng, height=lot.between(5.0, 10.0))
    return solids


STYLES: dict[str, Callable[[Lot], list[Solid]]] = {
    'terrace': _terrace,
    'suburb': _suburb,
    'park': _park,
    'country': _country,
    'works': _works,
    'barrier': _barrier,
}
"""Styles of streets with two directions."""
OPEN_STYLES: dict[str, Callable[[Lot], list[Solid]]] = {'meadow': _meadow}
"""Styles of sides without houses, which hilly streets have besides."""
LANE_STYLES: dict[str, Callable[[Lot], list[Solid]]] = {'alley': _alley, 'hollow': _hollow}
"""Styles of narrow lanes."""


def background(lot: Lot) -> list[Solid]:
    """Second row of houses or trees that closes the view."""
    beyond, along = lot.between(32.0, 60.0), lot.between(4, 20)
    kind = lot.rng.random()
    if kind < 0.35:
        return building(lot, along, lot.between(12, 22), beyond, int(lot.rng.integers(2, 6)))
    if kind < 0.75:
        pose = lot.place(beyond, along)
        solids = some_tree(lot, pose, lot.between(9, 15))
        pose = lot.place(beyond + lot.between(-8, 8), along + 9.0)
        return solids + some_tree(lot, pose, lot.between(8, 14))
    return []


def wood(lot: Lot, edge: float) -> list[Solid]:
    """Edge of a wood that far from the kerb [m], a few trees before it."""
    middle = lot.place(edge, BLOCK / 2, ROW)
    solids = roadside.thicket(middle, lot.rng, BLOCK, lot.between(7.0, 16.0))
    for _ in range(int(lot.rng.integers(0, 4))):
        pose = lot.place(edge * lot.between(0.7, 1.0), lot.between(0, BLOCK))
        solids += some_tree(lot, pose, lot.between(6, 16))
    return solids


def kerbside(lot: Lot) -> list[Solid]:
    """Parked cars, lamps, signs and people along the kerb."""
    solids: list[Solid] = []
    parking = lot.road.parking[0 if lot.side < 0 else 1]
    for along in (3.0, 9.0, 15.0, 21.0) if parking else ():
        if lot.chance(0.62):
            vehicle = Vehicle.random(lot.rng, cars_only=lot.chance(0.85))
            if vehicle.kind == 'lorry':
                continue
            inward = -(vehicle.width / 2 + lot.between(0.12, 0.35))
            pose = lot.place(inward, along + lot.between(-0.4, 0.4))
            turn = math.pi * (lot.side < 0) + math.pi * lot.chance(0.06) + lot.between(-0.02, 0.02)
            road = -lot.road.rise_at(pose.x, pose.z)
            solids += vehicle.solids(Pose(pose.x, road, pose.z, pose.yaw + turn))
    for along in (6.0, 18.0) if lot.avenue else ():
        if lot.chance(0.8):
            place = lot.place(lot.between(0.8, 1.1), along + lot.between(-1, 1))
            solids += roadside.tree(place, lot.rng, height=lot.between(6.0, 10.0))
    if lot.chance(0.4):
        place = lot.place(0.55, lot.between(0, 22))
        solids += roadside.lamp(place, lot.rng, toward=-float(lot.side))
    if lot.chance(0.3):
        solids += roadside.sign(lot.place(lot.between(0.4, 0.8), lot.between(0, 23)), lot.rng)
    if lot.walk > 0 and lot.chance(0.25):
        pose = lot.place(lot.between(0.5, max(0.6, lot.walk - 0.4)), lot.between(0, 23))
        turned = Pose(pose.x, pose.y, pose.z, pose.yaw + lot.between(0, 6.28))
        solids += roadside.person(turned, lot.rng)
    return solids
