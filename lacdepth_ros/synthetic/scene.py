# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A street as a camera sees it: picture and exact depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.synthetic.eye import Eye, Rays
from lacdepth_ros.synthetic.ground import Road, Zone, cast_ground, paint_ground
from lacdepth_ros.synthetic.light import Light, add_haze, develop, hills, sky_color
from lacdepth_ros.synthetic.materials import SHADERS
from lacdepth_ros.synthetic.noise import Floats, fractal
from lacdepth_ros.synthetic.outlines import Outlines
from lacdepth_ros.synthetic.raycast import QUADRIC_FACE, VisibleSolids, cast
from lacdepth_ros.synthetic.shadows import ground_light
from lacdepth_ros.synthetic.solids import Material, Solid
from lacdepth_ros.synthetic.surface import Surface

Pixels = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Scene:
    """All there is to see at one instant.

    Attributes:
        solids: Everything that stands on the ground.
        road: The ground.
        light: The weather.
        eye: Where the camera is.
        seed: Seed of the sensor noise.
    """

    solids: Sequence[Solid]
    road: Road
    light: Light
    eye: Eye
    seed: tuple[int, ...] = (0,)


def render(scene: Scene, camera: Camera) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Draw the scene.

    Returns:
        (H, W, 3) uint8 RGB image and (H, W) float32 depth [m], 0 where the sky is seen.
    """
    rays = Rays.of(camera)
    outlines = Outlines.of(scene.solids)
    seen = cast(scene.solids, outlines, rays, scene.eye)
    ground = cast_ground(scene.road, rays, scene.eye)
    behind = seen.inverse_depth > ground.inverse_depth
    inverse_depth = np.where(behind, seen.inverse_depth, ground.inverse_depth)
    zone = np.where(behind, np.uint8(Zone.NONE), ground.zone)
    radiance = np.zeros((camera.height * camera.width, 3), np.float32)
    flat_depth = inverse_depth.reshape(-1)
    on_ground = np.flatnonzero(zone.reshape(-1))
    shares = ground_light(scene.solids, outlines, scene.light, camera, scene.eye, scene.road)
    _light_ground(scene, rays, shares, on_ground, zone, flat_depth, radiance)
    _light_solids(scene, rays, np.flatnonzero(behind.reshape(-1)), seen, radiance)
    hit = np.flatnonzero(flat_depth > 0)
    radiance[hit] = add_haze(scene.light, radiance[hit], 1.0 / flat_depth[hit])
    _paint_sky(scene, rays, np.flatnonzero(flat_depth == 0), radiance)
    picture = radiance.reshape(camera.height, camera.width, 3)
    picture = _soften_edges(picture, np.where(behind, seen.index + 10, zone))
    image = develop(scene.light, picture, inverse_depth > 0, scene.seed)
    depth = np.zeros_like(inverse_depth)
    np.divide(1.0, inverse_depth, out=depth, where=inverse_depth > 0)
    return image, depth


def _light_ground(
    scene: Scene,
    rays: Rays,
    shares: tuple[Floats, Floats],
    pixels: Pixels,
    zone: npt.NDArray[np.uint8],
    inverse_depth: Floats,
    radiance: Floats,
) -> None:
    light = scene.light
    points = rays.points(scene.eye, pixels, inverse_depth[pixels])
    depth = 1.0 / inverse_depth[pixels]
    zones = zone.reshape(-1)[pixels]
    albedo = paint_ground(scene.road, points, zones, depth, rays.camera.fx)
    direct, sky = shares
    sun = direct.reshape(-1)[pixels]
    leaves = (sun > 0.15) & (sun < 0.999)
    spots = fractal(points[:, 0], points[:, 2], depth / rays.camera.fx, ((1.1, 0.5), (0.35, 0.5)))
    sun = np.where(leaves, np.clip(sun + 1.6 * spots * (1 - sun), 0.0, 1.0), sun)
    normals = scene.road.normals(points[:, 0], points[:, 2])
    facing = np.maximum(normals @ light.to_sun.astype(np.float32), np.float32(0))
    sun *= np.where(zones == Zone.KERB, np.float32(0.35), facing)
    shine = sun[:, None] * np.asarray(light.sun, np.float32)
    shine += sky.reshape(-1)[pixels, None] * np.asarray(light.ambient, np.float32)
    radiance[pixels] = albedo * shine


def _light_solids(
    scene: Scene, rays: Rays, pixels: Pixels, seen: VisibleSolids, radiance: Floats
) -> None:
    if not pixels.size:
        return
    index = seen.index.reshape(-1)[pixels]
    inverse_depth = seen.inverse_depth.reshape(-1)[pixels]
    points = rays.points(scene.eye, pixels, inverse_depth)
    materials = np.array([s.paint.material for s in scene.solids], np.int32)[index]
    face = seen.face.reshape(-1)[pixels]
    for material in np.unique(materials):
        where = np.flatnonzero(materials == material)
        footprint = 1.0 / (inverse_depth[where] * np.float32(rays.camera.fx))
        surface, normal = _surface(
            scene.solids, index[where], points[where], face[where], footprint
        )
        albedo, gloss = SHADERS[Material(material)](surface)
        view = points[where] - scene.eye.position.astype(np.float32)
        wrap = 0.35 if material == Material.FOLIAGE else 0.0
        radiance[pixels[where]] = _shade(scene.light, albedo, gloss, normal, view, wrap)


def _surface(
    solids: Sequence[Solid],
    index: npt.NDArray[np.int32],
    points: Floats,
    face: npt.NDArray[np.uint8],
    footprint: Floats,
) -> tuple[Surface, Floats]:
    """What the shader of these points needs, and their (N, 3) normals in the street frame."""
    used, which = np.unique(index, return_inverse=True)
    group = [solids[i] for i in used]
    table = np.array(
        [
            (s.pose.x, s.pose.y, s.pose.z, s.pose.yaw, *s.half, *s.paint.color, *s.paint.accent)
            for s in group
        ],
        np.float64,
    )
    phase = np.array([s.paint.phase for s in group], np.int32)[which]
    row = table.astype(np.float32)[which]
    c, s = np.cos(row[:, 3]), np.sin(row[:, 3])
    d = points - row[:, :3]
    local = np.stack([c * d[:, 0] - s * d[:, 2], d[:, 1], s * d[:, 0] + c * d[:, 2]], axis=1)
    n = _normals(group, which, local, face)
    normal = np.stack([c * n[:, 0] + s * n[:, 2], n[:, 1], c * n[:, 2] - s * n[:, 0]], axis=1)
    surface = Surface(local, n, row[:, 4:7], row[:, 7:10], row[:, 10:13], phase, footprint)
    return surface, normal


def _normals(
    group: Sequence[Solid], which: Pixels, local: Floats, face: npt.NDArray[np.uint8]
) -> Floats:
    """(N, 3) outward unit normals at points of the solids group[which], in their frames."""
    normals = np.zeros((len(group), QUADRIC_FACE + 2, 3), np.float32)
    curve = np.zeros((len(group), 2, 2, 3), np.float32)
    for number, solid in enumerate(group):
        normals[number, : len(solid.planes)] = solid.planes[:, :3]
        curve[number, : len(solid.quadrics)] = solid.quadrics
    normal = normals[which, face]
    bent = np.flatnonzero(face >= QUADRIC_FACE)
    shape, middle = np.moveaxis(curve[which[bent], face[bent] - QUADRIC_FACE], 1, 0)
    gradient = shape * (local[bent] - middle)
    length = np.linalg.norm(gradient, axis=1, keepdims=True)
    normal[bent] = gradient / np.maximum(length, 1e-9)
    return normal


def _shade(
    light: Light, albedo: Floats, gloss: Floats, normal: Floats, view: Floats, wrap: float
) -> Floats:
    """(N, 3) radiance of lit surfaces; gloss mirrors the sky more at grazing angles."""
    facing = normal @ light.to_sun.astype(np.float32)
    sun = np.clip((facing + wrap) / (1.0 + wrap), 0.0, 1.0)
    open_sky = 0.55 - 0.45 * normal[:, 1]
    shine = sun[:, None] * np.asarray(light.sun, np.float32)
    shine += open_sky[:, None] * np.asarray(light.ambient, np.float32)
    color = albedo * shine
    glossy = np.flatnonzero(gloss > 0.01)
    if glossy.size:
        ray = view[glossy] / np.linalg.norm(view[glossy], axis=1, keepdims=True)
        n = normal[glossy]
        cosine = np.sum(ray * n, axis=1, keepdims=True)
        mirrored = ray - 2.0 * cosine * n
        sky = sky_color(light, mirrored)
        dark = np.float32(0.12) * np.asarray(light.ambient, np.float32)
        reflected = np.where(mirrored[:, 1:2] < -0.02, sky, dark)
        fresnel = 0.05 + 0.75 * (1.0 - np.abs(cosine)) ** 4
        color[glossy] += gloss[glossy, None] * fresnel * reflected
    return color


def _paint_sky(scene: Scene, rays: Rays, pixels: Pixels, radiance: Floats) -> None:
    if pixels.size:
        ones = np.ones(pixels.size, np.float32)
        d = rays.points(scene.eye, pixels, ones) - scene.eye.position.astype(np.float32)
        d /= np.linalg.norm(d, axis=1, keepdims=True)
        radiance[pixels] = hills(scene.light, d, sky_color(scene.light, d))


def _soften_edges(picture: Floats, labels: npt.NDArray[np.int32]) -> Floats:
    """Blur the pixels along outlines slightly, as a lens and a finite pixel would."""
    edge = np.zeros(labels.shape, np.uint8)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    near_edge = cv2.dilate(edge, np.ones((2, 2), np.uint8), anchor=(0, 0))
    limited = np.minimum(picture, 2.5)
    soft = cv2.GaussianBlur(limited, (3, 3), 0.6)
    return np.where(near_edge[..., None] > 0, soft, limited)
