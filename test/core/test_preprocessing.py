# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From image and camera to the network's input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

import lacdepth_ros
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import (
    focal_length,
    image_to_tensor,
    input_camera,
    input_doubt,
    normalize,
    resize_image,
)

CAMERA = Camera(fx=600.0, fy=600.0, cx=610.0, cy=170.0, width=1242, height=375)


def test_one_focal_length_for_two() -> None:
    camera = Camera(fx=720.0, fy=500.0, cx=610.0, cy=170.0, width=1242, height=375)
    assert focal_length(camera) == pytest.approx(600.0)


def test_image_is_shrunk_to_the_focal_length_of_the_training() -> None:
    camera = input_camera(CAMERA, 300.0)
    assert (camera.width, camera.height) == (621, 188)
    assert focal_length(camera) == pytest.approx(300.0, rel=2e-3)
    assert camera == CAMERA.resized(621, 188)


def test_image_is_enlarged_to_the_focal_length_of_the_training() -> None:
    small = CAMERA.resized(414, 125)  # 200 px
    camera = input_camera(small, 535.0)
    assert camera == small.resized(1107, 334)
    assert focal_length(camera) == pytest.approx(535.0, rel=2e-3)
    assert input_doubt(camera, 535.0) == ''


def test_image_is_enlarged_fourfold_at_most() -> None:
    small = CAMERA.resized(207, 62)
    camera = input_camera(small, 535.0)
    assert camera == small.resized(828, 248)
    assert 'trained for 535 px: metres are off' in input_doubt(camera, 535.0)


@pytest.mark.parametrize(('fx', 'fy'), [(60.0, 120.0), (120.0, 60.0)])
def test_no_side_is_enlarged_more_than_fourfold(fx: float, fy: float) -> None:
    """Oblong pixels: the side that has to grow more is the one that counts."""
    small = Camera(fx, fy, 100.0, 60.0, 200, 120)
    camera = input_camera(small, 535.0)
    factors = (camera.width / small.width, camera.height / small.height)
    assert max(factors) == 4 and min(factors) == 2
    assert camera.fx == camera.fy == 240


@pytest.mark.parametrize(
    ('size', 'focal', 'expected'),
    [
        ((640, 480), 180.0, (1182, 887)),  # would be 1902x1427
        ((1280, 960), 400.0, (1280, 960)),  # has more than 2**20 pixels as it is
    ],
)
def test_image_is_enlarged_to_a_million_pixels_at_most(
    size: tuple[int, int], focal: float, expected: tuple[int, int]
) -> None:
    camera = input_camera(Camera(focal, focal, 320.0, 240.0, *size), 535.0)
    assert (camera.width, camera.height) == expected
    wanted = f'{round(size[0] * 535 / focal)}x{round(size[1] * 535 / focal)}'
    said = input_doubt(camera, 535.0)
    assert 'give it images with more pixels, or in the node ' + wanted.split('x')[0][:3] in said


@pytest.mark.parametrize(
    ('camera', 'input_size'),
    [
        (Camera(4.2, 4.2, 2000, 1500, 4000, 3000), None),  # millimetres
        (Camera(535, 535, 2000, 1500, 4000, 3000), None),
        (Camera(535, 535, 2500000, 0, 5000000, 1), None),
        (CAMERA, (3000, 4000)),
    ],
)
def test_inputs_of_too_many_pixels_are_refused(
    camera: Camera, input_size: tuple[int, int] | None
) -> None:
    with pytest.raises(
        ValueError, match=r'more than 4194304 px; shrink the image before, or in the'
    ):
        input_camera(camera, 535.0, input_size)


@pytest.mark.parametrize(('columns', 'rows'), [(2, 1), (1, 2), (1, 1)])
def test_pixels_are_square_at_the_network(columns: int, rows: int) -> None:
    """A camera that bins along one axis shows the network what it would show without."""
    binned = CAMERA.resized(CAMERA.width // columns, CAMERA.height // rows)
    camera = input_camera(binned, 535.0)
    whole = input_camera(CAMERA, 535.0)
    assert abs(camera.width - whole.width) <= 1 and abs(camera.height - whole.height) <= 1
    assert (camera.fx, camera.fy) == pytest.approx((535, 535), rel=4e-3)
    assert input_doubt(camera, 535.0) == ''


def test_nearly_square_pixels_are_resized_alike() -> None:
    camera = Camera(721.5, 730.0, 609.6, 172.9, 1242, 375)
    scale = 535 / focal_length(camera)
    network = input_camera(camera, 535.0)
    assert (network.width, network.height) == (round(1242 * scale), round(375 * scale))


def test_an_input_of_another_shape_is_doubted() -> None:
    """640x480 for KITTI's 1242x375: abs_rel 0.35 where the fitting size has 0.07."""
    kitti = Camera(721.5, 721.5, 609.6, 172.9, 1242, 375)
    said = input_doubt(input_camera(kitti, 535.0, (480, 640)), 535.0)
    assert 'not square (fx 372, fy 924)' in said
    assert 'set 921x278 by input_width and input_height, or neither' in said


def test_narrow_view_is_doubted() -> None:
    camera = input_camera(Camera(9000, 9000, 620, 187, 1242, 375), 535.0)
    assert 'sees only 74x22 pixels' in input_doubt(camera, 535.0)


def test_given_input_size_decides() -> None:
    assert input_camera(CAMERA, 300.0, (352, 1216)) == CAMERA.resized(1216, 352)


def test_thin_image_keeps_a_pixel() -> None:
    camera = input_camera(Camera(900, 900, 100, 0, width=200, height=1), 90.0)
    assert (camera.width, camera.height) == (20, 1)


@pytest.mark.parametrize('size', [(0, 100), (100, -1)])
def test_impossible_input_size(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r'input_size=.*positive'):
        input_camera(CAMERA, 300.0, size)


def triangle_weights(old: int, new: int) -> npt.NDArray[np.float64]:
    """Shares (new, old) of the old pixels in the new ones: a triangle as wide as the new pixel."""
    step = old / new
    distance = (np.arange(new)[:, None] + 0.5) * step - (np.arange(old) + 0.5)
    weights = np.maximum(0, 1 - np.abs(distance) / max(1.0, step))
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize('size', [(23, 31), (60, 9), (13, 40), (70, 90), (1, 1)])
def test_resampling_weighs_by_triangles(size: tuple[int, int]) -> None:
    """Of a part of an image (rows with gaps between them) that may not be written to."""
    image = np.random.default_rng(0).integers(0, 256, (50, 80, 3), np.uint8)[5:45, 10:70]
    image.flags.writeable = False
    width, height = size
    rows, columns = triangle_weights(40, height), triangle_weights(60, width)
    expected = np.einsum('yh,hwc,xw->yxc', rows, image, columns)
    resized = resize_image(image, width, height)
    assert resized.shape == (height, width, 3)
    np.testing.assert_allclose(resized, expected, atol=1.01)  # rounded after every axis


def test_enlarging_interpolates() -> None:
    ramp = np.repeat(np.array([[0, 100]], np.uint8)[..., None], 3, axis=2)
    np.testing.assert_array_equal(resize_image(ramp, 4, 1)[0, :, 0], [0, 25, 75, 100])


def test_size_that_fits_is_left_alone() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    assert resize_image(image, 6, 4) is image


def test_normalization_is_that_of_imagenet() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    expected = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    tensor = image_to_tensor(image, torch.device('cpu'))
    assert tensor.shape == (1, 3, 5, 7)
    np.testing.assert_allclose(tensor[0].permute(1, 2, 0).numpy(), expected, atol=1e-5)
    batch = torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0)
    torch.testing.assert_close(normalize(batch), tensor)


@pytest.mark.parametrize('size', [(3, 4), (9, 13), (5, 7)])
def test_resizing_and_normalizing_at_once_is_the_same_to_the_bit(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    cpu = torch.device('cpu')
    height, width = size
    at_once = image_to_tensor(image, cpu, size)
    assert torch.equal(at_once, image_to_tensor(resize_image(image, width, height), cpu))
    assert at_once.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize('size', [None, (3, 4), (8, 12)])
def test_last_row_and_column_are_repeated_up_to_multiples(size: tuple[int, int] | None) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    cpu = torch.device('cpu')
    plain = image_to_tensor(image, cpu, size).numpy()
    bottom, right = (-side % 4 for side in plain.shape[2:])
    expected = np.pad(plain, ((0, 0), (0, 0), (0, bottom), (0, right)), mode='edge')
    np.testing.assert_array_equal(image_to_tensor(image, cpu, size, 4).numpy(), expected)


def test_strided_view_is_taken_as_it_looks() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    mirrored = image_to_tensor(image[:, ::-1], torch.device('cpu'))
    torch.testing.assert_close(mirrored, image_to_tensor(image, torch.device('cpu')).flip(3))


def test_mean_and_std_have_one_home() -> None:
    package = Path(lacdepth_ros.__path__[0])
    homes = [path for path in package.rglob('*.py') if '0.485' in path.read_text(encoding='utf-8')]
    assert [path.relative_to(package).as_posix() for path in homes] == ['core/preprocessing.py']
