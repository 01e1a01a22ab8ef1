# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rectification against the forward distortion models written out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from lacdepth_ros.messages import rectification
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.messages.rectification import Rectifier, RectifierCache

WIDTH, HEIGHT = 160, 120
SIZE = {'width': WIDTH, 'height': HEIGHT}
MODELS = {
    'plumb_bob': (-0.2, 0.05, 0.001, -0.002, 0.0),
    'rational_polynomial': (-0.1, 0.02, 0.001, -0.001, 0.0, 0.05, 0.01, 0.0),
    'equidistant': (0.05, -0.01, 0.002, 0.0),
}


def info(model='plumb_bob', d=None, **changes):
    values = {
        'width': WIDTH,
        'height': HEIGHT,
        'distortion_model': model,
        'd': MODELS[model] if d is None else d,
        'k': [150.0, 0, 82.0, 0, 140.0, 57.0, 0, 0, 1],
        'r': [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0],
        'p': [120.0, 0, 79.0, 0, 0, 118.0, 61.0, 0, 0, 0, 1.0, 0],
        'binning_x': 0,
        'binning_y': 0,
        'roi': SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0),
    }
    return SimpleNamespace(**(values | changes))


def distort(x, y, model, d):
    """Normalised pinhole coordinates -> normalised distorted ones."""
    r2 = x * x + y * y
    if model == 'equidistant':
        r = np.maximum(np.sqrt(r2), 1e-12)
        angle = np.arctan(r)
        scale = angle * (1 + sum(k * angle ** (2 * i + 2) for i, k in enumerate(d))) / r
        return x * scale, y * scale
    k1, k2, p1, p2, k3, k4, k5, k6 = (*d, 0, 0, 0, 0)[:8]
    radial = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    return (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    )


def ramp(u, v):
    """A picture that tells where each raw pixel was: red grows with u, green with v."""
    return np.stack([u + 20, v + 20, np.zeros_like(u)], axis=-1)


@pytest.mark.parametrize('model', MODELS)
def test_rectified_pixels_show_what_the_distortion_model_says(model):
    rectifier = Rectifier(info(model))
    u, v = np.meshgrid(np.arange(float(WIDTH)), np.arange(float(HEIGHT)))
    rectified = rectifier.rectify(ramp(u, v).astype(np.uint8))
    x, y = distort((u - 79.0) / 120.0, (v - 61.0) / 118.0, model, MODELS[model])
    expected = ramp(150.0 * x + 82.0, 140.0 * y + 57.0)
    inside = ~rectifier.outside
    assert inside.mean() > 0.5
    np.testing.assert_allclose(rectified[inside], expected[inside], atol=1.01)


@pytest.mark.parametrize('count', [4, 5, 8, 12, 14])
@pytest.mark.parametrize('model', ['plumb_bob', 'rational_polynomial'])
def test_as_many_coefficients_as_opencv_knows(model, count):
    """Radial 3 + 3 and tangential 2, thin prism 4 (s1 to s4); the last two, of a tilt, stay 0."""
    d = np.zeros(count)
    d[:4] = (-0.2, 0.05, 0.001, -0.002)
    d[4:8] = (0.01, 0.05, 0.01, 0.003)[: max(0, count - 4)]
    d[8:12] = (0.02, -0.01, 0.03, 0.02)[: max(0, count - 8)]
    u, v = np.meshgrid(np.arange(float(WIDTH)), np.arange(float(HEIGHT)))
    rectifier = Rectifier(info(model, tuple(d)))
    x, y = (u - 79.0) / 120.0, (v - 61.0) / 118.0
    r2 = x * x + y * y
    x, y = distort(x, y, model, d[:8])
    s1, s2, s3, s4 = d[8:12] if count >= 12 else (0, 0, 0, 0)
    x, y = x + s1 * r2 + s2 * r2**2, y + s3 * r2 + s4 * r2**2
    rectified = rectifier.rectify(ramp(u, v).astype(np.uint8))
    inside = ~rectifier.outside
    assert inside.mean() > 0.5
    expected = ramp(150.0 * x + 82.0, 140.0 * y + 57.0)
    np.testing.assert_allclose(rectified[inside], expected[inside], atol=1.01)


@pytest.mark.parametrize('count', [3, 6, 9, 13, 15])
def test_other_numbers_of_coefficients_are_refused(count):
    with pytest.raises(ValueError, match=f'{count} coefficients'):
        Rectifier(info(d=(0.01,) * count))


def test_camera_is_that_of_p():
    camera = Rectifier(info()).camera
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (120.0, 118.0, 79.0, 61.0)


def test_pixels_that_see_nothing_are_marked():
    wide = [60.0, 0, 79.0, 0, 0, 60.0, 61.0, 0, 0, 0, 1.0, 0]
    rectifier = Rectifier(info(p=wide))
    assert rectifier.outside[0, 0] and not rectifier.outside[60, 80]
    white = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    assert (rectifier.rectify(white)[rectifier.outside] < 255).all()


def test_binned_image_is_rectified_with_binned_intrinsics():
    rectifier = Rectifier(info(binning_x=2, binning_y=2))
    assert (rectifier.camera.width, rectifier.camera.height) == (80, 60)
    u, v = np.meshgrid(np.arange(80.0), np.arange(60.0))
    rectified = rectifier.rectify(ramp(u, v).astype(np.uint8))
    x, y = distort((2 * u + 0.5 - 79) / 120, (2 * v + 0.5 - 61) / 118, 'plumb_bob', info().d)
    expected = ramp((150 * x + 82 - 0.5) / 2, (140 * y + 57 - 0.5) / 2)
    inside = ~rectifier.outside
    np.testing.assert_allclose(rectified[inside], expected[inside], atol=1.01)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'distortion_model': 'omnidirectional'}, 'omnidirectional'),
        ({'d': (0.1, 0.2)}, '2 coefficients'),
        ({'r': [2.0, *[0.0] * 8]}, 'rotation'),
        ({'r': [-1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0]}, 'rotation'),
        ({'p': [0.0] * 12, 'k': [0.0] * 9}, 'zeros'),
        ({'d': (float('nan'), 0, 0, 0)}, 'NaN'),
    ],
)
def test_unusable_calibration_is_refused(changes, reason):
    with pytest.raises(ValueError, match=reason):
        Rectifier(info(**changes))


def test_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match='80x60'):
        Rectifier(info()).rectify(np.zeros((60, 80, 3), np.uint8))


def test_rectifiers_are_those_of_the_calibration_and_kept_until_it_changes():
    cache = RectifierCache()
    camera, rectifier = cache.get(info(), rectified=False, **SIZE)
    assert (camera.fx, camera.cx) == (120.0, 79.0)  # P's, after rectification
    assert cache.get(info(), rectified=False, **SIZE)[1] is rectifier and cache.changes == 1
    camera, rectifier = cache.get(info(), rectified=True, **SIZE)  # P, whatever D is
    assert (camera.fx, camera.cx, rectifier) == (120.0, 79.0, None)
    camera, rectifier = cache.get(
        info(d=(0.0,) * 5), rectified=False, **SIZE
    )  # raw, and no lens: K
    assert (camera.fx, camera.cx, rectifier) == (150.0, 82.0, None)
    assert cache.changes == 3


def test_distortion_is_refused_where_it_may_not_be_removed():
    cache = RectifierCache()
    with pytest.raises(ValueError, match=r'plumb_bob distortion .* and rectify is false'):
        cache.get(info(), rectified=False, rectify=False, **SIZE)
    assert cache.get(info(d=()), rectified=False, rectify=False, **SIZE)[1] is None


def test_camera_of_what_arrives_follows_its_calibration():
    cache, known = RectifierCache(), info()
    for changed in ({}, {'k': [160.0, 0, 82.0, 0, 140.0, 57.0, 0, 0, 1]}, {}):
        for rectified in (False, True, False):
            given = info(**changed)
            camera = cache.arriving(given, rectified=rectified)
            assert camera == camera_from_info(given, rectified=rectified)
            assert cache.arriving(info(**changed), rectified=rectified) is camera
    assert cache.arriving(known, rectified=False).fx == 150.0
    with pytest.raises(ValueError, match='NaN'):
        cache.arriving(info(k=[float('nan')] * 9), rectified=False)


def test_view_is_the_image_as_it_came_or_rectified():
    picture = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    cache, turned = RectifierCache(), [0.0, -1, 0, 1, 0, 0, 0, 0, 1]
    view = cache.view(picture, info(), rectified=True)
    assert view.image is picture and view.outside is None
    assert (view.camera.fx, view.camera.cx) == (120.0, 79.0)
    given = info(r=turned)
    view, rectifier = cache.view(picture, given, rectified=False), Rectifier(given)
    np.testing.assert_array_equal(view.image, rectifier.rectify(picture))
    np.testing.assert_array_equal(view.outside, rectifier.outside)
    depth = view.without_outside(np.ones((HEIGHT, WIDTH), np.float32))
    np.testing.assert_array_equal(np.isnan(depth), rectifier.outside)
    assert rectifier.outside.any() and not rectifier.outside.all()


def wide(**changes):
    """Calibration whose rectified image keeps every raw pixel, and so has a black border."""
    return info(p=[125.0, 0, 79.0, 0, 0, 115.0, 61.0, 0, 0, 0, 1.0, 0], **changes)


def bright():
    return np.random.default_rng(0).integers(60, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)


@pytest.mark.parametrize('quality', [None, 80])
def test_border_that_somebody_else_left_black_shows_nothing(quality, monkeypatch):
    rectifier = Rectifier(wide())
    arrives = rectifier.rectify(bright())
    if quality:
        arrives = cv2.imdecode(cv2.imencode('.jpg', arrives, (1, quality))[1], cv2.IMREAD_COLOR)
    cache = RectifierCache()
    view = cache.view(arrives, wide(), rectified=True)
    assert view.image is arrives and not view.rectified_here
    assert 0.05 < view.outside.mean() < 0.5
    np.testing.assert_array_equal(view.outside, rectifier.outside)
    dark_corner = bright()
    dark_corner[0, 0] = 0
    assert cache.view(dark_corner, wide(), rectified=True).outside is None, 'not black there'
    zooming, made = RectifierCache(), []
    monkeypatch.setattr(rectification, 'BlackBorder', made.append)
    zooming.view(bright(), wide(), rectified=True)
    assert not made, 'maps for an image that has no border'
    monkeypatch.undo()
    by_p = info(p=[180.0, 0, 82.0, 0, 0, 180.0, 57.0, 0, 0, 0, 1.0, 0])
    assert cache.view(np.zeros_like(arrives), by_p, rectified=True).outside is None, 'no border'


@pytest.mark.parametrize(
    'changes', [{'d': ()}, {'distortion_model': 'unknown'}, {'d': (0.1,) * 3}]
)
def test_black_without_a_calibration_that_tells_why_is_taken_for_the_scene(changes):
    night = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    view = RectifierCache().view(night, wide(**changes), rectified=True)
    assert view.image is night and view.outside is None


@pytest.mark.parametrize('more', [(1, 0), (0, 1), (1, 1)])
def test_an_image_that_resizing_rounded_up_is_one_of_its_camera_info(more):
    """image_proc makes 188 rows of half of 375 and says 187; K is that of half."""
    picture = np.pad(bright(), [(0, more[0]), (0, more[1]), (0, 0)], mode='edge')
    height, width = picture.shape[:2]
    cache = RectifierCache()
    view = cache.view(picture, info(d=()), rectified=False)
    assert view.image is picture and (view.camera.width, view.camera.height) == (width, height)
    assert (view.camera.fx, view.camera.cx, view.camera.cy) == (150.0, 82.0, 57.0)
    view = cache.view(picture, info(), rectified=False)
    np.testing.assert_array_equal(view.image, Rectifier(info()).rectify(bright()))
    assert (view.camera.width, view.camera.height) == (WIDTH, HEIGHT)
    black = np.pad(Rectifier(wide()).rectify(bright()), [(0, n) for n in (*more, 0)], mode='edge')
    outside = cache.view(black, wide(), rectified=True).outside
    np.testing.assert_array_equal(outside[:HEIGHT, :WIDTH], Rectifier(wide()).outside)
    assert outside.shape == (height, width) and outside[-1, -1]
    for size in ((HEIGHT - 1, WIDTH), (HEIGHT + 2, WIDTH), (HEIGHT, WIDTH + 2)):
        with pytest.raises(ValueError, match='do not belong together, or the driver resizes'):
            cache.view(np.zeros((*size, 3), np.uint8), info(), rectified=False)
