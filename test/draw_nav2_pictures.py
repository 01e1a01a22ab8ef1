# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of docs/nav2.md from a rendered street: python test/draw_nav2_pictures.py.

With --figures it prints the shares that docs/nav2.md quotes instead, over twelve frames of six
streets that the shipped checkpoint was not trained on.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from costmap_scene import SETTINGS, View, costmap_of, figures, see, street_view, true_costmap
from voxel_layer import FREE, LETHAL, VoxelLayer

from lacdepth_ros.core.obstacles import ObstacleSettings, trusted_depth
from lacdepth_ros.core.pointcloud import colored_points, limit_range
from lacdepth_ros.data.files import write_image
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.viz.contact_sheet import contact_sheet
from lacdepth_ros.viz.topdown import topdown

IMAGES = Path(__file__).resolve().parents[1] / 'docs' / 'images'
NODE = replace(SETTINGS, max_relative_std=0.3)
RAW = replace(SETTINGS, min_angle=0.0)
SETTINGS_SHOWN = {'no filter': RAW, 'angle 3 deg': SETTINGS, 'angle 3 deg, std 30 %': NODE}


def paint(layer: VoxelLayer, true: VoxelLayer) -> np.ndarray:
    """The half of a costmap ahead of the camera; false obstacles blue, missed ones red."""
    picture = np.full((*layer.cost.shape, 3), 150, np.uint8)
    picture[layer.cost == FREE] = 255
    obstacle, marked = true.cost == LETHAL, layer.cost == LETHAL
    near = cv2.dilate(obstacle.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    found = cv2.dilate(marked.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    picture[marked & near] = 0
    picture[marked & ~near] = (30, 90, 255)
    picture[obstacle & ~found] = (230, 30, 30)
    ahead = picture[layer.size // 2 :, 60:-60][::-1, ::-1]
    return cv2.resize(ahead, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)


def draw_costmaps(view: View, depth: np.ndarray, std: np.ndarray) -> None:
    true = true_costmap(view)
    cells = [('true depth', paint(true, true))]
    for name, settings in SETTINGS_SHOWN.items():
        seen = see(depth, std, view.camera, view.height, view.rotation, settings)
        result = figures(seen, view, 1.0)
        caption = f'{name}: found {result.found:.0%}, false {result.false:.0%}'
        cells.append((caption, paint(costmap_of(seen), true)))
    title = '20 m ahead: obstacle black, free white, unknown grey, false blue, missed red'
    write_image(IMAGES / 'costmap.png', contact_sheet([cells[:2], cells[2:]], title=title))


def draw_edges(view: View, depth: np.ndarray, std: np.ndarray) -> None:
    limited = limit_range(depth, 0.0, 80.0)
    cells = []
    for name, settings in (('before', RAW), ('after', NODE)):
        picture = topdown(
            *cloud(view, limited, std, settings),
            x_range=(0.0, 6.0),
            z_range=(5.5, 12.0),
            pixels_per_meter=60,
        )
        cells.append((f'{name}: cars parked on the right, from above', picture))
    write_image(IMAGES / 'flying_pixels.png', contact_sheet([cells], title='Flying pixels'))


def cloud(view: View, depth: np.ndarray, std: np.ndarray, settings: ObstacleSettings):
    """Points and colors, without the ground that would hide what hangs above it."""
    trusted = trusted_depth(depth, std, view.camera, settings)
    points, colors = colored_points(trusted, None, view.image, view.camera, organized=False)
    upright = points[..., 1] < view.height - 0.3
    return points[upright][None], colors[upright][None]


def print_figures(predictor: DepthPredictor) -> None:
    sums = {name: np.zeros(3) for name in SETTINGS_SHOWN}
    views = [(seed, frame) for seed in range(1014, 1020) for frame in (0, 20)]
    for seed, frame in views:
        view = street_view(seed, frame)
        answer = predictor.predict(view.image, view.camera)
        for name, settings in SETTINGS_SHOWN.items():
            depth = answer.limited(max_depth=np.inf)
            seen = see(depth, answer.std, view.camera, view.height, view.rotation, settings)
            result = figures(seen, view, 1.0)
            sums[name] += (result.found, result.cleared, result.false)
    for name, total in sums.items():
        found, cleared, false = total / len(views)
        print(f'{name}: found {found:.3f}, cleared {cleared:.3f}, false {false:.3f}')


def main() -> None:
    predictor = DepthPredictor.from_checkpoint()
    if '--figures' in sys.argv:
        print_figures(predictor)
        return
    view = street_view(1014, 0)
    answer = predictor.predict(view.image, view.camera)
    draw_costmaps(view, answer.depth, answer.std)
    draw_edges(view, answer.depth, answer.std)


if __name__ == '__main__':
    main()
