# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""DepthPredictor: metres of any camera, invalid pixels, and every refusal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from std_calibrations import calibration
from tiny_networks import tiny_config, tiny_network
from torch import Tensor, nn

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import image_to_tensor
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.models.engines.choice import EngineChooser
from lacdepth_ros.models.lacdepth import NetworkOutput
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.models.std_calibration import StdCalibration
from lacdepth_ros.synthetic.sample import synthetic_sample

FOCAL = 100.0


class FakeNetwork(nn.Module):
    """Depth = offset + the brightness of the normalised input; remembers what came in.

    With `sided` it is farther by so much at the right than at the left, whatever the image.
    """

    def __init__(
        self,
        offset: float = 20.0,
        slope: float = 0.0,
        sided: float = 0.0,
        calibration: StdCalibration | None = None,
        **changes: Any,
    ) -> None:
        super().__init__()
        self.config = tiny_config(focal_px=FOCAL, **changes)
        self.offset, self.slope, self.sided = offset, slope, sided
        self.inputs: list[Tensor] = []
        self.calibration = calibration
        self.eval()

    def forward(self, image: Tensor) -> NetworkOutput:
        self.inputs.append(image)
        depth = self.offset + self.slope * image.mean(dim=1, keepdim=True)
        depth = depth + torch.linspace(0, self.sided, image.shape[3])
        summary = torch.log(image.flatten(2).std(dim=2) + 1e-3)
        return NetworkOutput(depth, 0.1 * depth, torch.full_like(depth, 0.5), summary)


def make_image(height: int, width: int, seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def make_camera(height: int, width: int, focal: float = FOCAL) -> Camera:
    return Camera(focal, focal, width / 2, height / 2, width, height)


def padded(height: int, width: int) -> tuple[int, int]:
    """Sides that the network's deepest stride of 32 divides."""
    return math.ceil(height / 32) * 32, math.ceil(width / 32) * 32


def predictor_of(model: nn.Module, **options: Any) -> DepthPredictor:
    return DepthPredictor(model, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('options', 'farthest'),
    [
        ({}, 0.95 * 40.0),
        ({'camera_height': 0.825}, 0.95 * 20.0),
        ({'camera_height': 3.3}, 0.95 * 80.0),
        ({'input_size': (64, 128)}, 0.95 * 80.0),  # the network sees twice its focal length
        ({'input_size': (64, 128), 'focal_scaling': False}, 0.95 * 40.0),
    ],
)
def test_range_ends_where_the_network_only_says_no_nearer(
    options: dict[str, Any], farthest: float
) -> None:
    """An answer of 95 % of the network's farthest is the sky's, in metres of any camera."""
    network = FakeNetwork(offset=0.0, sided=40.0, max_depth=40.0)
    prediction = predictor_of(network, **options).predict(
        make_image(64, 128), make_camera(64, 128, 2 * FOCAL)
    )
    assert prediction.farthest == pytest.approx(farthest)
    limited = prediction.limited(min_depth=1.0)
    np.testing.assert_array_equal(np.isposinf(limited), prediction.depth > prediction.farthest)
    np.testing.assert_array_equal(np.isneginf(limited), prediction.depth < 1.0)
    assert 0.02 < np.isposinf(limited).mean() < 0.09
    nearer = prediction.limited(max_depth=0.5 * farthest)
    assert np.isposinf(nearer).mean() == pytest.approx(0.52, abs=0.03)


@pytest.mark.parametrize('focal', [50.0, 100.0, 300.0])
def test_output_has_the_size_and_camera_of_the_image(focal: float) -> None:
    image, camera = make_image(45, 70), make_camera(45, 70, focal)
    prediction = predictor_of(tiny_network(focal_px=FOCAL)).predict(image, camera)
    for maps in (prediction.depth, prediction.std):
        assert maps.shape == (45, 70)
        assert maps.dtype == np.float32
        assert np.isfinite(maps).all()
    assert prediction.camera is camera
    assert (prediction.depth > 0).all() and (prediction.std > 0).all()


@pytest.mark.parametrize(
    ('focal', 'expected', 'doubted'),
    [(50.0, (80, 120), False), (30.0, (133, 200), False), (20.0, (160, 240), True)],
)
def test_image_smaller_than_the_training_is_enlarged_and_depth_brought_back(
    focal: float, expected: tuple[int, int], doubted: bool
) -> None:
    """Of a wall whose true depth is 20 m at the focal length of the training."""
    network = FakeNetwork()
    predictor = predictor_of(network)
    camera = make_camera(40, 60, focal)
    depth = predictor.predict(make_image(40, 60), camera).depth
    assert network.inputs[0].shape[2:] == padded(*expected)
    np.testing.assert_allclose(depth, 20.0 * (focal * expected[0] / 40) / FOCAL, rtol=1e-2)
    assert ('metres are off' in predictor.doubt(camera)) == doubted


def test_engine_is_chosen_for_the_input_of_the_first_camera_and_no_other(monkeypatch) -> None:
    asked: list[Camera] = []
    choose = EngineChooser.choose
    monkeypatch.setattr(
        EngineChooser, 'choose', lambda self, camera: asked.append(camera) or choose(self, camera)
    )
    predictor = predictor_of(FakeNetwork())
    for height, width in ((40, 60), (90, 50)):
        predictor.predict(make_image(height, width), make_camera(height, width, 2 * FOCAL))
    assert asked == [Camera(FOCAL, FOCAL, 14.75, 9.75, 32, 32)], 'half of 60x40, padded'


def test_wait_for_a_size_that_the_engine_does_not_know_is_announced(monkeypatch) -> None:
    predictor, camera = predictor_of(tiny_network(focal_px=FOCAL)), make_camera(40, 60, 2 * FOCAL)
    assert not predictor.preparation(camera), 'no engine was chosen yet'
    predictor.predict(make_image(40, 60), camera)
    assert not predictor.preparation(camera), 'eager PyTorch makes nothing ready'
    asked = []
    engine = predictor.choice.engine
    monkeypatch.setattr(engine, 'knows', lambda *size: asked.append(size), raising=True)
    assert 'images of 60x40 (input 30x20)' in predictor.preparation(camera)
    assert asked == [(32, 32)], 'padded'


def test_cameras_that_differ_by_a_few_pixels_share_what_an_engine_makes_for_a_size() -> None:
    network = FakeNetwork()
    predictor = predictor_of(network)
    for height, width, focal in ((60, 90, 200), (61, 90, 200), (60, 93, 203), (58, 86, 190)):
        image, camera = make_image(height, width), make_camera(height, width, focal)
        assert predictor.predict(image, camera).depth.shape == (height, width)
    assert {tuple(x.shape[2:]) for x in network.inputs} == {(32, 64)}


@pytest.mark.parametrize('rays', ['none', 'decoder'])
def test_padding_before_the_engine_is_the_padding_within_the_network(rays: str) -> None:
    """So that sharing sizes costs no accuracy."""
    network = tiny_network(focal_px=FOCAL, rays=rays)
    image, camera = make_image(45, 70), make_camera(45, 70)  # which needs no resizing
    intrinsics = torch.tensor([[camera.fx, camera.fy, camera.cx, camera.cy]])
    given = (intrinsics.float(),) if rays != 'none' else ()
    predictor = predictor_of(network)
    prediction = predictor.predict(image, camera)
    tensor = image_to_tensor(image, torch.device('cpu'))
    depth, std, _ = predictor.choice.engine.run(tensor, *given)
    np.testing.assert_allclose(prediction.depth, depth[0, 0].numpy(), rtol=1e-5)
    np.testing.assert_allclose(prediction.std, std[0, 0].numpy(), rtol=1e-5)


def test_a_smaller_input_is_seen_by_its_scale_and_said_to_be_one() -> None:
    network, camera = FakeNetwork(), make_camera(40, 60, 2 * FOCAL)
    predictor = predictor_of(network, input_scale=0.5)
    depth = predictor.predict(make_image(40, 60), camera).depth
    assert network.inputs[0].shape[2:] == padded(10, 15)
    np.testing.assert_allclose(depth, 10.0)  # 20 m of a network that was meant for FOCAL
    assert predictor.doubt(camera).startswith('input_scale is 0.5: the network sees 15x10')


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        ({'input_scale': 0.49}, r'input_scale=0.49 must lie in 0.5 .. 1'),
        ({'input_scale': 1.01}, r'input_scale=1.01 must lie'),
        ({'input_scale': float('nan')}, 'input_scale=nan must lie'),
        ({'input_scale': 0.8, 'input_size': (20, 30)}, 'no effect on the fixed input_size'),
    ],
)
def test_impossible_scale_of_the_input(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        predictor_of(FakeNetwork(), **options)


def test_image_larger_than_the_training_is_shrunk_and_depth_brought_back() -> None:
    network = FakeNetwork(slope=3.0)
    image, camera = make_image(60, 90), make_camera(60, 90, 3 * FOCAL)
    depth = predictor_of(network).predict(image, camera).depth
    assert network.inputs[0].shape[2:] == padded(20, 30)
    small = cv2.resize(image, (30, 20), interpolation=cv2.INTER_AREA) / 255
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = 20 + 3 * ((small - mean) / std).mean(axis=2)
    expected = cv2.resize(expected, (90, 60), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(depth, expected, rtol=1e-2)


def test_depth_is_scaled_by_the_focal_length() -> None:
    """One network output of 20 m: metres are 20 f / focal_px for the input's f."""
    size = (40, 60)
    for focal in (50.0, 100.0, 250.0):
        camera = make_camera(*size, focal)
        predictor = predictor_of(FakeNetwork(), input_size=size)
        prediction = predictor.predict(make_image(*size), camera)
        np.testing.assert_allclose(prediction.depth, 20 * focal / FOCAL, rtol=1e-5)
        np.testing.assert_allclose(prediction.std, 2 * focal / FOCAL, rtol=1e-5)


def test_std_asked_for_later_is_that_of_its_own_image() -> None:
    """It is made on demand: predictions in between do not change it, and it is made once."""
    predictor = predictor_of(FakeNetwork(slope=3.0))
    first = predictor.predict(make_image(60, 90), make_camera(60, 90, 3 * FOCAL))
    again = predictor.predict(make_image(60, 90), make_camera(60, 90, 3 * FOCAL))
    expected = again.std.copy()
    predictor.predict(make_image(40, 60), make_camera(40, 60))
    np.testing.assert_array_equal(first.std, expected)
    assert first.std.shape == (60, 90) and first.std is first.std


def test_resizing_counts_in_the_focal_length() -> None:
    """Fed at half its size the same camera has half the focal length."""
    predictor = predictor_of(FakeNetwork(), input_size=(20, 30))
    depth = predictor.predict(make_image(40, 60), make_camera(40, 60, 250.0)).depth
    np.testing.assert_allclose(depth, 20 * 125.0 / FOCAL, rtol=1e-5)


@pytest.mark.parametrize(('columns', 'rows'), [(2, 1), (1, 2)])
def test_a_camera_that_bins_along_one_axis_sees_the_same_metres(columns: int, rows: int) -> None:
    """Not resized to square pixels, these came out 0.72 and 1.36 times as far."""
    sample = synthetic_sample(9002)
    predictor = DepthPredictor.from_checkpoint(engine='eager', precision='fp32')
    whole = predictor.predict(sample.image, sample.camera, camera_height=1.65).depth
    image = np.ascontiguousarray(sample.image[::rows, ::columns])
    full = sample.camera
    camera = Camera(
        full.fx / columns,
        full.fy / rows,
        full.cx / columns,
        full.cy / rows,
        image.shape[1],
        image.shape[0],
    )
    binned = predictor.predict(image, camera, camera_height=1.65).depth
    assert np.median(binned / whole[::rows, ::columns]) == pytest.approx(1, abs=0.05)
    true = sample.depth[::rows, ::columns]
    known = (true > 0) & (true < 80)
    assert np.mean(np.abs(binned - true)[known] / true[known]) < 0.12


def test_focal_scaling_can_be_switched_off() -> None:
    predictor = predictor_of(FakeNetwork(), focal_scaling=False)
    depth = predictor.predict(make_image(40, 60), make_camera(40, 60, 50.0)).depth
    np.testing.assert_allclose(depth, 20.0)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_becomes_nan(value: float) -> None:
    predictor = predictor_of(FakeNetwork(offset=value))
    prediction = predictor.predict(make_image(40, 60), make_camera(40, 60))
    assert np.isnan(prediction.depth).all()
    assert np.isnan(prediction.std).all()


def test_naive_network_has_no_spread() -> None:
    predictor = predictor_of(tiny_network(bin_strategy='naive'))
    prediction = predictor.predict(make_image(40, 60), make_camera(40, 60))
    assert np.isfinite(prediction.depth).all()
    assert np.isnan(prediction.std).all()


def test_flip_average_is_symmetric() -> None:
    predictor = predictor_of(tiny_network())
    image, camera = make_image(45, 70), make_camera(45, 70)
    once = predictor.predict(image, camera).depth
    direct = predictor.predict(image, camera, flip_average=True).depth
    mirrored = predictor.predict(
        np.ascontiguousarray(image[:, ::-1]), camera.flipped(), flip_average=True
    )
    np.testing.assert_allclose(mirrored.depth[:, ::-1], direct, rtol=1e-4)
    assert not np.allclose(once, direct, rtol=1e-4)


def test_flip_average_mixes_the_moments_of_both_answers() -> None:
    predictor = predictor_of(FakeNetwork(slope=3.0, sided=8.0))
    image, camera = make_image(40, 60), make_camera(40, 60)
    once = predictor.predict(image, camera)
    mirrored = predictor.predict(np.ascontiguousarray(image[:, ::-1]), camera.flipped())
    both = predictor.predict(image, camera, flip_average=True)
    depths = np.stack([once.depth, mirrored.depth[:, ::-1]])
    second = np.stack([once.std, mirrored.std[:, ::-1]]) ** 2 + depths**2
    np.testing.assert_allclose(both.depth, depths.mean(axis=0), rtol=1e-5)
    expected = np.sqrt(second.mean(axis=0) - depths.mean(axis=0) ** 2)
    np.testing.assert_allclose(both.std, expected, rtol=1e-3)
    assert (both.std > 1.5 * once.std).mean() > 0.2, 'where the answers differ, both are doubted'


def test_same_image_gives_the_same_depth_again() -> None:
    predictor = predictor_of(tiny_network())
    predictor.warm_up(45, 70)
    image, camera = make_image(45, 70), make_camera(45, 70)
    first = predictor.predict(image, camera)
    kept = first.depth.copy()
    predictor.predict(make_image(45, 70, seed=1), camera)
    np.testing.assert_array_equal(first.depth, kept)
    np.testing.assert_array_equal(predictor.predict(image, camera).depth, kept)


@pytest.mark.parametrize(('height', 'width'), [(1, 1), (2, 90), (33, 31)])
def test_any_size_is_predicted(height: int, width: int) -> None:
    predictor = predictor_of(tiny_network())
    prediction = predictor.predict(make_image(height, width), make_camera(height, width))
    assert prediction.depth.shape == (height, width)
    assert np.isfinite(prediction.depth).all()


def test_bf16_is_close_to_fp32() -> None:
    image, camera = make_image(45, 70), make_camera(45, 70)
    depths = [
        predictor_of(tiny_network(), precision=precision).predict(image, camera).depth
        for precision in ('fp32', 'bf16')
    ]
    assert depths[1].dtype == np.float32
    np.testing.assert_allclose(depths[1], depths[0], rtol=0.1)


def test_timings_of_the_last_prediction() -> None:
    predictor = predictor_of(tiny_network())
    assert predictor.timings == {}
    predictor.predict(make_image(45, 70), make_camera(45, 70))
    assert set(predictor.timings) == {'preprocess', 'network', 'postprocess'}
    assert min(predictor.timings.values()) > 0


def test_assumed_camera_has_the_field_of_view_that_the_checkpoint_names() -> None:
    predictor = predictor_of(FakeNetwork(), provenance={'focal_per_width': '0.8'})
    assert predictor.assumed_camera(640, 375) == Camera(512, 512, 319.5, 187.0, 640, 375)


def test_camera_is_not_assumed_where_the_checkpoint_names_no_field_of_view() -> None:
    predictor = predictor_of(FakeNetwork())
    with pytest.raises(ValueError, match=r'focal_per_width in its provenance.*intrinsics'):
        predictor.assumed_camera(640, 375)


@pytest.mark.parametrize(('provenance', 'rows'), [({}, 45), ({'focal_per_width': '4'}, 16)])
def test_warm_up_runs_at_the_size_of_the_first_real_frame(
    provenance: dict[str, str], rows: int
) -> None:
    """Images of the training's field of view are shrunk to its focal length."""
    network = FakeNetwork(slope=1.0)
    predictor_of(network, provenance=provenance).warm_up(45, 70)
    assert network.inputs[0].shape[2] == padded(rows, 1)[0]


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        (np.zeros((40, 60), np.uint8), r'\(40, 60\)'),
        (np.zeros((40, 60, 4), np.uint8), r'\(40, 60, 4\)'),
        (np.zeros((1, 40, 60, 3), np.uint8), r'\(1, 40, 60, 3\)'),
        (np.zeros((40, 60, 3), np.float32), 'float32'),
        (np.zeros((40, 60, 3), np.uint16), 'uint16'),
        (np.zeros((60, 40, 3), np.uint8), 'image is 40x60 but its camera is 60x40'),
    ],
)
def test_wrong_image_is_refused(image: np.ndarray, message: str) -> None:
    predictor = predictor_of(FakeNetwork())
    with pytest.raises(ValueError, match=message):
        predictor.predict(image, make_camera(40, 60))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'device': 'tpu'}, r"'tpu'.*\['cpu'"),
        ({'device': 'cuda:99'}, "'cuda:99'.*'cpu'"),
        ({'precision': 'int4'}, "'int4'.*'auto', 'fp32', 'bf16', 'fp16', 'int8'"),
        ({'precision': 'fp16'}, 'needs a GPU'),
        ({'engine': 'magic'}, "'magic'.*'eager'"),
        ({'engine': 'compiled'}, "'compiled'.*cannot run on device 'cpu'"),
    ],
)
def test_impossible_option_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predictor_of(FakeNetwork(), **options)


def test_training_network_is_refused() -> None:
    with pytest.raises(ValueError, match='eval'):
        predictor_of(FakeNetwork().train())


def test_checkpoint_predicts_like_the_network_it_was_saved_from(tmp_path: Path) -> None:
    image, camera = make_image(45, 70), make_camera(45, 70)
    save_checkpoint(tmp_path / 'tiny.safetensors', tiny_network(), {'data': 'noise'})
    path = tmp_path / 'tiny.safetensors'
    predictor = DepthPredictor.from_checkpoint(path, engine='eager', precision='fp32')
    assert predictor.config == tiny_config()
    assert predictor.provenance == {'data': 'noise'}
    assert predictor.device == 'cpu'
    expected = predictor_of(tiny_network()).predict(image, camera)
    np.testing.assert_allclose(predictor.predict(image, camera).depth, expected.depth, rtol=1e-5)


def test_impossible_device_is_refused_before_the_weights_are_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'tpu'"):
        DepthPredictor.from_checkpoint(tmp_path / 'none.safetensors', device='tpu')
    with pytest.raises(FileNotFoundError):
        DepthPredictor.from_checkpoint(tmp_path / 'none.safetensors')


@pytest.mark.parametrize('factor', [0.0, 1e2, 1e10, 1e37])
def test_warm_up_refuses_a_network_that_gives_no_depth(factor: float) -> None:
    network = tiny_network()
    predictor_of(tiny_network()).warm_up(48, 64)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(factor)
    with pytest.raises(ValueError, match='gives no depth on a rendered street'):
        predictor_of(network).warm_up(48, 64)


@pytest.mark.parametrize('depth', [np.nan, np.inf, -3.0, 1e6])
def test_warm_up_refuses_depth_of_no_street(depth: float) -> None:
    with pytest.raises(ValueError, match='gives no depth on a rendered street'):
        predictor_of(FakeNetwork(offset=depth, slope=1.0)).warm_up(48, 64)


def test_a_calibrated_std_is_in_meters_of_the_camera() -> None:
    camera = make_camera(40, 60, focal=2 * FOCAL)
    plain = predictor_of(FakeNetwork(slope=3.0)).predict(make_image(40, 60), camera)
    assert np.isnan(plain.novelty)
    model = FakeNetwork(slope=3.0, calibration=calibration(limit=3.0))
    predictor = predictor_of(model, camera_height=0.825)
    found = predictor.predict(make_image(40, 60), camera, flip_average=True)
    gain = 2 * calibration().gain(found.novelty)
    assert found.novelty > 0 and np.isfinite(found.novelty)
    np.testing.assert_allclose(found.depth, 0.5 * plain.depth, rtol=1e-4)
    expected = np.expm1(gain * plain.std / plain.depth)
    np.testing.assert_allclose(found.std / found.depth, expected, rtol=0.02)
    assert found.scale == pytest.approx(0.5)
    assert predictor.intervals[0.95] == 2.4 and predictor_of(FakeNetwork()).intervals == {}


def test_pictures_that_vary_otherwise_are_novel() -> None:
    known = calibration(center=torch.log(torch.full((3,), 0.8)), scale=torch.full((3,), 0.3))
    predictor = predictor_of(FakeNetwork(calibration=known))
    camera = make_camera(40, 60)
    street = predictor.predict(make_image(40, 60), camera).novelty
    black = predictor.predict(np.zeros((40, 60, 3), np.uint8), camera).novelty
    assert black > 10 * street


@pytest.mark.parametrize('size', [(0, 10), (64.5, 64), (10000, 64), (64,), (64, 64, 3)])
def test_impossible_sizes_of_the_input_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match='input_size='):
        DepthPredictor(tiny_network(), input_size=size)


def test_no_name_is_not_the_shipped_checkpoint() -> None:
    """As an unset variable gives it."""
    with pytest.raises(FileNotFoundError, match='does not exist'):
        DepthPredictor.from_checkpoint('')
