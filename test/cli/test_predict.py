# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth predict`: the files it writes, the cameras it takes, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_predictor import FakePredictor
from PIL import ExifTags, Image

from lacdepth_ros.cli import options, predict
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import read_image, write_image

WIDTH, HEIGHT = 24, 16
KNOWN = ['--intrinsics', '20', '21', '11.5', '7.5', '--camera-height', '0.5']
CAMERA = Camera(20, 21, 11.5, 7.5, WIDTH, HEIGHT)


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> FakePredictor:
    fake = FakePredictor()
    monkeypatch.setattr(options, 'load_predictor', lambda args: fake)
    return fake


def image_file(folder: Path, name: str = 'street.png', red: int = 10) -> Path:
    """An image whose first row is invalid and whose others are `red` metres away."""
    image = np.full((HEIGHT, WIDTH, 3), (red, 90, 200), np.uint8)
    image[0] = 0
    folder.mkdir(parents=True, exist_ok=True)
    write_image(folder / name, image)
    return folder / name


def camera_info_file(folder: Path, distortion: list[float], **changes: object) -> Path:
    k = [20, 0, 11.5, 0, 21, 7.5, 0, 0, 1]
    record = {'width': WIDTH, 'height': HEIGHT, 'distortion_model': 'plumb_bob', 'k': k}
    path = folder / 'camera.json'
    path.write_text(json.dumps({**record, 'd': distortion, **changes}))
    return path


def test_writes_depth_and_color(tmp_path: Path, predictor: FakePredictor) -> None:
    image, out = image_file(tmp_path), tmp_path / 'new' / 'out'
    assert main(['predict', str(image), '--output', str(out), *KNOWN]) == 0
    assert sorted(path.name for path in out.iterdir()) == ['street_color.png', 'street_depth.png']
    counts = cv2.imread(str(out / 'street_depth.png'), cv2.IMREAD_UNCHANGED)
    assert counts.dtype == np.uint16
    assert np.all(counts[0] == 0)
    assert np.all(counts[1:] == 2560)
    color = read_image(out / 'street_color.png')
    assert color.shape == (HEIGHT, WIDTH, 3)
    assert np.all(color[0] == 0)
    assert np.all(color[1:].sum(axis=2) > 0)
    assert predictor.cameras == [CAMERA]
    assert predictor.flips == [False]
    assert predictor.heights == [0.5]


def test_ply_holds_the_valid_points(tmp_path: Path, predictor: FakePredictor) -> None:
    arguments = ['predict', str(image_file(tmp_path)), '--output', str(tmp_path), '--ply']
    assert main([*arguments, *KNOWN]) == 0
    header, _, body = (tmp_path / 'street.ply').read_bytes().partition(b'end_header\n')
    assert f'element vertex {WIDTH * (HEIGHT - 1)}\n'.encode() in header
    point = np.frombuffer(body, '<f4', count=3)
    u, v, z = 0, 1, 10.0
    np.testing.assert_allclose(point, [(u - 11.5) / 20 * z, (v - 7.5) / 21 * z, z], rtol=1e-6)
    assert list(body[12:15]) == [10, 90, 200]


def test_depth_beyond_the_range_is_none(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    images = [str(image_file(tmp_path, f'{red}.png', red=red)) for red in (80, 81)]
    arguments = ['predict', *images, '--output', str(tmp_path), '--ply', '--overwrite', *KNOWN]
    counts: dict[str, list[int]] = {}
    for extra in ([], ['--max-depth', '90']):
        assert main([*arguments, *extra]) == 0
        for red in (80, 81):
            depth = cv2.imread(str(tmp_path / f'{red}_depth.png'), cv2.IMREAD_UNCHANGED)
            black = not read_image(tmp_path / f'{red}_color.png')[1:].any()
            points = (tmp_path / f'{red}.ply').read_bytes().count(b'element vertex 0\n')
            counts.setdefault(f'{red}', []).extend([depth[5, 5], black, points])
    assert counts == {'80': [20480, 0, 0] * 2, '81': [0, 1, 1, 20736, 0, 0]}
    kept, beyond, *_ = capsys.readouterr().out.splitlines()
    assert '24x16, median 80.0 m -> ' in kept
    assert '24x16, nowhere valid, 93.8% beyond 80 m -> ' in beyond
    assert beyond.endswith(f'; colours 2 .. 80 m in {tmp_path / "81_color.png"}')
    assert main([*arguments, '--max-depth', '0']) == 2
    assert '--max-depth 0: metres above 0 are needed' in capsys.readouterr().err


@pytest.mark.ros
def test_range_is_that_of_the_node() -> None:
    parameters = pytest.importorskip('lacdepth_ros.node.parameters')
    assert parameters.NodeParameters().max_depth == predict.MAX_DEPTH


def test_bad_images_are_reported_and_the_others_go_on(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    short = image_file(tmp_path, 'short.png')
    short.write_bytes(short.read_bytes()[:60])
    text = tmp_path / 'text.png'
    text.write_text('no image')
    images = [tmp_path / 'none.png', short, text, image_file(tmp_path, 'good.png')]
    out = tmp_path / 'out'
    assert main(['predict', *map(str, images), '--output', str(out), *KNOWN]) == 1
    assert (out / 'good_depth.png').is_file()
    assert len(list(out.iterdir())) == 2
    lines = capsys.readouterr().err.splitlines()
    for image, words in zip(images, ('no such file', 'truncated', 'neither PNG'), strict=False):
        assert sum(str(image) + ':' in line and words in line for line in lines) == 1
    assert lines[-1] == 'lacdepth: error: 3 of 4 images failed'


def test_no_usable_image_is_exit_code_2_and_a_missing_one_waits_for_no_network(
    tmp_path: Path, predictor: FakePredictor, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    bad, out = tmp_path / 'bad.png', tmp_path / 'out'
    bad.write_text('no image')
    assert main(['predict', str(bad), str(bad), '--output', str(out), *KNOWN]) == 2
    assert '2 of 2 images failed' in capsys.readouterr().err
    monkeypatch.setattr(options, 'load_predictor', None)
    nowhere = [str(tmp_path / name) for name in ('no.png', 'neither.png')]
    assert main(['predict', *nowhere, '--output', str(tmp_path / 'new'), *KNOWN]) == 2
    assert capsys.readouterr().err == f'lacdepth: error: {nowhere[0]}: no such file\n'
    assert not (tmp_path / 'new').exists()


def test_a_folder_stands_for_its_images(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ('b.png', 'a.JPG', 'c.jpeg'):
        image_file(tmp_path / 'in', name)
    (tmp_path / 'in' / 'notes.txt').touch()
    assert main(['predict', str(tmp_path / 'in'), '--output', str(tmp_path / 'out')]) == 0
    depths = sorted(path.name for path in (tmp_path / 'out').glob('*_depth.png'))
    assert depths == ['a_depth.png', 'b_depth.png', 'c_depth.png']
    (tmp_path / 'empty').mkdir()
    assert main(['predict', str(tmp_path / 'empty'), '--output', str(tmp_path)]) == 2
    assert 'empty holds no image (.png, .jpg, .jpeg)' in capsys.readouterr().err


def test_a_failing_network_stops_only_its_image(
    tmp_path: Path, predictor: FakePredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError('out of memory')

    monkeypatch.setattr(predictor, 'predict', fail)
    arguments = ['predict', str(image_file(tmp_path)), '--output', str(tmp_path), *KNOWN]
    assert main(arguments) == 1
    with pytest.raises(RuntimeError, match='out of memory'):
        main([*arguments, '--debug'])


def test_unknown_camera_is_warned_of_once_and_loudly(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    images = [str(image_file(tmp_path, name)) for name in ('a.png', 'b.png')]
    assert main(['predict', *images, '--output', str(tmp_path / 'out')]) == 0
    err = capsys.readouterr().err
    assert err.count('THE CAMERA IS UNKNOWN') == 1
    assert "metres assume the checkpoint's training field of view (53 degrees across" in err
    assert err.count("THE CAMERA'S HEIGHT IS UNKNOWN: metres assume 1.65 m") == 1
    assert predictor.cameras == [predictor.assumed_camera(WIDTH, HEIGHT)] * 2
    assert predictor.heights == [None, None]


def test_known_camera_is_not_warned_of(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    main(['predict', str(image_file(tmp_path)), '--output', str(tmp_path), *KNOWN])
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('name', ['json', 'calibration'])
def test_camera_info_without_distortion(
    tmp_path: Path, predictor: FakePredictor, name: str
) -> None:
    path = camera_info_file(tmp_path, [0.0] * 5)
    if name == 'calibration':
        path = tmp_path / 'camera.yaml'
        path.write_text(
            f'image_width: {WIDTH}\nimage_height: {HEIGHT}\n'
            'camera_matrix: {rows: 3, cols: 3, data: [20, 0, 11.5, 0, 21, 7.5, 0, 0, 1]}\n'
        )
    out = tmp_path / 'out'
    image = str(image_file(tmp_path))
    assert main(['predict', image, '--output', str(out), '--camera-info', str(path)]) == 0
    assert predictor.cameras == [CAMERA]
    assert not (out / 'street_rectified.png').exists()


def test_distorted_image_is_rectified_first(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    p = [14, 0, 11.5, 0, 0, 14, 7.5, 0, 0, 0, 1, 0]
    path = camera_info_file(tmp_path, [-0.3, 0.1, 0, 0, 0], p=p)
    image, out = image_file(tmp_path), tmp_path / 'out'
    assert main(['predict', str(image), '--output', str(out), '--camera-info', str(path)]) == 0
    said = capsys.readouterr()
    assert 'depth and pixels are those of the rectified image, with Camera(' in said.err
    assert f'street_depth.png of {out / "street_rectified.png"}; colours' in said.out
    assert predictor.cameras == [Camera(14, 14, 11.5, 7.5, WIDTH, HEIGHT)]
    K = np.array([[20, 0, 11.5], [0, 21, 7.5], [0, 0, 1.0]])
    D = np.array([-0.3, 0.1, 0, 0, 0])
    new_K = np.array([[14, 0, 11.5], [0, 14, 7.5], [0, 0, 1.0]])
    maps = cv2.initUndistortRectifyMap(K, D, np.eye(3), new_K, (WIDTH, HEIGHT), cv2.CV_32FC1)
    expected = cv2.remap(read_image(image), *maps, cv2.INTER_LINEAR)
    rectified = read_image(out / 'street_rectified.png')
    assert np.abs(rectified.astype(int) - expected).max() <= 8  # fixed-point maps
    depth = cv2.imread(str(out / 'street_depth.png'), cv2.IMREAD_UNCHANGED)
    assert np.all(depth[:, 0] == 0)  # saw nothing of the raw image
    assert depth[8, 12] == 2560


def test_image_of_another_size_than_the_camera(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    path = camera_info_file(tmp_path, [], width=WIDTH + 1, height=HEIGHT)
    image = image_file(tmp_path)
    assert (
        main(['predict', str(image), '--output', str(tmp_path), '--camera-info', str(path)]) == 2
    )
    err = capsys.readouterr().err
    assert f'the image is {WIDTH}x{HEIGHT} pixels' in err
    assert f'{WIDTH + 1}x{HEIGHT} camera' in err


def test_implausible_calibration_is_refused_before_any_image(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    k = [1e-3, 0, 11.5, 0, 21, 7.5, 0, 0, 1]
    image, out, p = image_file(tmp_path), tmp_path / 'out', [14, 0, 9, 0, 0, 14, 7, 0, 0, 0, 1, 0]
    for distortion in ([], [-0.3, 0.1, 0, 0, 0]):
        path = camera_info_file(tmp_path, distortion, k=k, p=p)
        arguments = [str(image), '--output', str(out), '--camera-info', str(path)]
        assert main(['predict', *arguments]) == 2
        assert '(k): fx = 0.001 px means a field of view of 180' in capsys.readouterr().err
        assert not out.exists() and predictor.cameras == []


def test_doubtful_calibration_is_answered_with_a_warning(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    path = camera_info_file(tmp_path, [], k=[20, 0, 11.5, 0, 14, 7.5, 0, 0, 1])
    arguments = [str(image_file(tmp_path)), '--output', str(tmp_path), '--camera-info', str(path)]
    assert main(['predict', *arguments]) == 0
    assert f'{path}: fx / fy = 20 / 14 = 1.43: pixels are square' in capsys.readouterr().err


def test_two_images_of_one_name_do_not_overwrite_each_other(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = image_file(tmp_path / 'a', red=10), image_file(tmp_path / 'b', red=20)
    out = tmp_path / 'out'
    assert main(['predict', str(first), str(second), '--output', str(out), *KNOWN]) == 1
    assert 'street_depth.png is an input or the output of another image' in capsys.readouterr().err
    assert cv2.imread(str(out / 'street_depth.png'), cv2.IMREAD_UNCHANGED)[5, 5] == 2560


def test_an_input_is_never_overwritten(tmp_path: Path, predictor: FakePredictor) -> None:
    images = [image_file(tmp_path, 'a.png'), image_file(tmp_path, 'a_color.png')]
    before = images[1].read_bytes()
    assert main(['predict', *map(str, images), '--output', str(tmp_path), *KNOWN]) == 1
    assert images[1].read_bytes() == before


@pytest.mark.parametrize(
    'extra',
    [
        ['--intrinsics', '0', '20', '10', '10'],
        ['--intrinsics', 'nan', '20', '10', '10'],
        ['--intrinsics', '1e-3', '20', '10', '10'],
        ['--intrinsics', '20', '1e9', '10', '10'],
        ['--intrinsics', '20', '20', '-10000', '10'],
        ['--camera-info', 'none.yaml'],
    ],
)
def test_unusable_options_are_exit_code_2(
    tmp_path: Path,
    predictor: FakePredictor,
    capsys: pytest.CaptureFixture[str],
    extra: list[str],
) -> None:
    image = image_file(tmp_path)
    assert main(['predict', str(image), '--output', str(tmp_path / 'out'), *extra]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f'lacdepth: error: {extra[0]}: ')
    assert not (tmp_path / 'out').exists()


def test_output_that_is_a_file(tmp_path: Path, predictor: FakePredictor) -> None:
    image = image_file(tmp_path)
    assert main(['predict', str(image), '--output', str(image), *KNOWN]) == 2


@pytest.mark.parametrize(
    'arguments',
    [
        ['a.png'],
        ['a.png', '--output', 'out', '--intrinsics', '1', '2', '3'],
        ['a.png', '--output', 'out', *KNOWN, '--camera-info', 'x.yaml'],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(['predict', *arguments])
    assert stop.value.code == 2


@pytest.mark.parametrize('extra', [['--checkpoint', 'none.safetensors'], ['--device', 'cuda:99']])
def test_unusable_network_is_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: list[str]
) -> None:
    image = image_file(tmp_path)
    assert main(['predict', str(image), '--output', str(tmp_path), *KNOWN, *extra]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert extra[1] in line


@pytest.mark.parametrize(
    ('images', 'given', 'expected'),
    [
        (predict.FEW_IMAGES, [], 'eager'),
        (predict.FEW_IMAGES + 1, [], 'auto'),
        (1, ['--engine', 'openvino'], 'openvino'),
        (1, ['--precision', 'bf16'], 'auto'),
        (1, ['--device', 'xpu'], 'auto'),
    ],
)
def test_few_images_wait_for_no_compilation(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    images: int,
    given: list[str],
    expected: str,
) -> None:
    chosen = []
    fake = FakePredictor()
    monkeypatch.setattr(options, 'load_predictor', lambda args: chosen.append(args.engine) or fake)
    for number in range(images):
        image_file(tmp_path / 'in', f'{number}.png')
    command = ['predict', str(tmp_path / 'in'), '--output', str(tmp_path / 'out')]
    assert main([*command, *KNOWN, *given]) == 0
    assert chosen == [expected]


def rotated_photo(folder: Path) -> Path:
    """A JPEG of 24x16 stored pixels that asks to be turned clockwise, as phones write them."""
    folder.mkdir(parents=True, exist_ok=True)
    photo = Image.new('RGB', (WIDTH, HEIGHT), (10, 90, 200))
    exif = photo.getexif()
    exif[ExifTags.Base.Orientation] = 6
    photo.save(folder / 'phone.jpg', exif=exif)
    return folder / 'phone.jpg'


@pytest.mark.filterwarnings('ignore:images in .* ask to be shown rotated')
def test_photos_are_turned_upright_where_no_camera_says_otherwise(
    tmp_path: Path, predictor: FakePredictor
) -> None:
    photo = str(rotated_photo(tmp_path))
    assert main(['predict', photo, '--output', str(tmp_path / 'a')]) == 0
    assert main(['predict', photo, '--output', str(tmp_path / 'b'), *KNOWN]) == 0
    assert [(c.width, c.height) for c in predictor.cameras] == [(HEIGHT, WIDTH), (WIDTH, HEIGHT)]


def test_intrinsics_of_another_size_are_warned_of(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    double = ['--intrinsics', '40', '42', '23', '15', '--camera-height', '0.5']
    image = str(image_file(tmp_path))
    assert main(['predict', image, '--output', str(tmp_path), *double]) == 0
    assert 'principal point (23, 15) of an image of 24x16 pixels' in capsys.readouterr().err


def test_pictures_that_are_left_out_of_a_folder_are_named(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = image_file(tmp_path / 'photos').parent
    for name in ('a.HEIC', 'b.heic', 'c.webp', 'notes.txt'):
        (folder / name).touch()
    (folder / 'more').mkdir()
    assert main(['predict', str(folder), '--output', str(tmp_path / 'out'), *KNOWN]) == 0
    said = capsys.readouterr().err
    assert 'left out 2 x .heic, 1 x .webp: convert them' in said and '1 folders' in said
