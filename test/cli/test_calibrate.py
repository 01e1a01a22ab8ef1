# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth calibrate`: a data set, a bag or a tape measure in, lines for the YAML out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import bag_scene
import numpy as np
import pytest
import yaml
from bag_scene import LIDAR_IN_CAMERA, in_lidar, static, wall
from PIL import ExifTags, Image
from scaled_predictor import CAMERA, Ramp, ScaledPredictor

from lacdepth_ros.bags.transforms import matrix_from_quaternion, pose_of
from lacdepth_ros.cli import calibrate, options
from lacdepth_ros.cli.calibrate_advice import describe
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.data.manifest import write_manifest
from lacdepth_ros.evaluation.readings import Readings
from lacdepth_ros.evaluation.scale import fit_scale
from lacdepth_ros.node.parameters import NodeParameters


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> ScaledPredictor:
    fake = ScaledPredictor()
    monkeypatch.setattr(options, 'load_predictor', lambda args: fake)
    return fake


def data_set(folder: Path, *frames: Ramp) -> Path:
    """Write frames and their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, frame in enumerate(frames):
        sample = frame.load()
        image, depth = folder / f'{number}.png', folder / f'{number}_depth.png'
        write_image(image, sample.image)
        write_depth_png(depth, sample.depth)
        height = {} if frame.camera_height is None else {'camera_height': frame.camera_height}
        rows.append(
            {
                'id': frame.id,
                'image': image,
                'depth': depth,
                'depth_scale': 256,
                'K': [CAMERA.fx, CAMERA.fy, CAMERA.cx, CAMERA.cy],
                'width': CAMERA.width,
                'height': CAMERA.height,
                **height,
            }
        )
    write_manifest(folder / 'manifest.jsonl', rows)
    return folder


def settings(text: str) -> dict[str, float]:
    """What the printed lines for the YAML say; every key must be a parameter of the node."""
    lines = text[text.index("put into the node's YAML") :].splitlines()[1:]
    found: dict[str, float] = yaml.safe_load('\n'.join(lines))
    assert all(hasattr(NodeParameters(), name) for name in found)
    return found


def test_prints_height_and_factor_of_a_data_set(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor.factor = 0.4 / 1.65
    data = data_set(tmp_path / 'data', Ramp('a/0'), Ramp('a/1'), Ramp('a/2'))
    assert main(['calibrate', str(data), '--json', str(tmp_path / 'out' / 'fit.json')]) == 0
    out = capsys.readouterr().out
    assert settings(out) == pytest.approx({'camera_height': 0.4, 'depth_scale': 0.2424}, rel=0.01)
    assert 'of 3 frames' in out and 'errors do not depend on distance' in out
    fit = json.loads((tmp_path / 'out' / 'fit.json').read_text())
    assert fit['told'] == 1.65 and fit['bends'] is False
    assert fit['factor'] == pytest.approx(0.2424, rel=0.01)


def test_a_height_that_is_told_is_where_the_new_one_starts_from(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor.factor = 0.4 / 1.65
    data = data_set(tmp_path / 'data', Ramp('a/0', camera_height=7.0), Ramp('a/1'))
    assert main(['calibrate', str(data), '--camera-height', '0.5']) == 0
    found = settings(capsys.readouterr().out)
    assert found == pytest.approx({'camera_height': 0.4, 'depth_scale': 0.8}, rel=0.01)


def test_frames_of_several_heights_have_a_factor_only(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    data = data_set(
        tmp_path / 'data', Ramp('a/0', camera_height=1.65), Ramp('a/1', camera_height=3)
    )
    assert main(['calibrate', str(data)]) == 0
    assert set(settings(capsys.readouterr().out)) == {'depth_scale'}


def test_height_that_the_frames_tell_must_be_told_the_node(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    told = 'depth was computed for camera_height: 0.42: tell the node as well'
    data = data_set(tmp_path / 'data', *(Ramp(f'a/{i}', camera_height=0.42) for i in range(3)))
    predictor.factor = 0.42 / 1.65  # right at that height
    assert main(['calibrate', str(data)]) == 0
    out = capsys.readouterr().out
    assert 'is right: leave' in out and told in out
    predictor.factor = 1.0
    assert main(['calibrate', str(data)]) == 0
    out = capsys.readouterr().out
    assert settings(out)['camera_height'] == pytest.approx(1.65, rel=0.01) and told in out
    heights = (0.41, 0.42, 0.43)  # of one camera on its suspension
    sways = data_set(
        tmp_path / 'sways', *(Ramp(f'a/{i}', camera_height=h) for i, h in enumerate(heights))
    )
    assert main(['calibrate', str(sways)]) == 0
    assert told in capsys.readouterr().out
    usual = data_set(tmp_path / 'usual', *(Ramp(f'a/{i}', camera_height=1.65) for i in range(3)))
    assert main(['calibrate', str(usual)]) == 0
    assert 'depth was computed for' not in capsys.readouterr().out


def test_a_bag_is_seen_as_the_node_sees_it_whatever_its_transforms_tell(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    optical = pose_of(matrix_from_quaternion((-0.5, 0.5, -0.5, 0.5)), (0, 0, 0.42))
    records = [static(('camera', 'lidar', LIDAR_IN_CAMERA), ('base_footprint', 'camera', optical))]
    picture = np.zeros((36, 64, 3), np.uint8)
    picture[..., 0] = 10  # metres, as the predictor sees them for a camera at 1.65 m
    for index in range(9):
        records += bag_scene.frame(index, image=picture, scan=in_lidar(wall(10.0)))
    assert main(['calibrate', str(bag_scene.write(tmp_path / 'bag', records))]) == 0
    assert 'is right: leave camera_height and depth_scale' in capsys.readouterr().out


def test_errors_that_depend_on_distance_are_shouted(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor.bend = 0.2
    data = data_set(tmp_path / 'data', Ramp('a/0'), Ramp('a/1'))
    assert main(['calibrate', str(data)]) == 0
    out = capsys.readouterr().out
    assert 'ERRORS DEPEND ON DISTANCE' in out and 'no factor cures that' in out
    # Of what is near, 3 to 13.4 m; at 28.4 m, the middle of the rest, too little is left.
    assert settings(out)['depth_scale'] == pytest.approx(0.634**0.2, rel=0.02)
    left = re.search(r'farther away predicted / true is then ([0-9.]+)\)', out)
    assert left is not None
    assert float(left[1]) == pytest.approx((0.634 / 2.84) ** 0.2, abs=0.02)


def test_a_factor_of_what_is_far_is_not_advised_where_near_is_right() -> None:
    true = np.geomspace(3, 60, 24)
    seen = np.where(true < 15, true, 15 * (true / 15) ** 0.5) * 1.02 ** np.resize([1, -1], 24)
    text = describe(fit_scale(Readings(seen, true, np.arange(24))), 1.65, 1.65)
    assert 'leave camera_height and depth_scale as they are' in text
    assert 'depth_scale:' not in text


@pytest.mark.parametrize(
    ('ratios', 'words'),
    [
        ([1.4, 1.2], 'lies between 0.4'),  # the range of two readings is wide
        ([1.5], 'one reading may be one that the network gets wrong'),
        ([1.3, 0.9, 1.2, 0.85, 1.1], 'which 1 does, too'),
    ],
)
def test_readings_that_do_not_tell_the_factor_from_one_give_none(
    ratios: list[float], words: str
) -> None:
    true = np.linspace(3.0, 4.0, len(ratios))
    text = describe(
        fit_scale(Readings(true / ratios, true, np.zeros(len(ratios), int))), 1.65, 1.65
    )
    assert 'THE READINGS DO NOT DECIDE IT' in text and words in text
    assert 'depth_scale:' not in text and 'camera_height:' not in text


@pytest.mark.parametrize(
    ('ratios', 'factor'), [([0.5, 0.51], 0.505), ([1.06, 1.07, 1.05, 1.06], 1.06)]
)
def test_few_readings_that_agree_give_the_factor(ratios: list[float], factor: float) -> None:
    true = np.linspace(3.0, 4.0, len(ratios))
    text = describe(
        fit_scale(Readings(true / ratios, true, np.zeros(len(ratios), int))), 1.65, 1.65
    )
    found = settings(text)
    assert found == pytest.approx(
        {'camera_height': 1.65 * factor, 'depth_scale': factor}, rel=0.01
    )


@pytest.mark.parametrize(
    ('ratios', 'factor'),
    [
        ([0.26, 0.35], 0.3017),  # a camera at half a metre that the node takes for a car's
        ([0.25], 0.25),
        ([3.0, 4.0, 7.5, 8.0], None),  # errors of a wrong height that also depend on distance
    ],
)
def test_few_readings_that_are_far_off_give_a_factor_for_now(
    ratios: list[float], factor: float | None
) -> None:
    true = np.linspace(3.0, 9.0, len(ratios))
    text = describe(
        fit_scale(Readings(true / ratios, true, np.zeros(len(ratios), int))), 1.65, 1.65
    )
    found = settings(text)
    assert 'leave' not in text and 'for now (few readings: more will move it)' in text
    if factor is not None:
        assert found['depth_scale'] == pytest.approx(factor, rel=0.01)


def test_depth_that_is_right_is_left_alone() -> None:
    true = np.geomspace(3.0, 60.0, 24)
    seen = true * 1.01 ** np.resize([1, -1], 24)
    text = describe(fit_scale(Readings(seen, true, np.arange(24))), 1.65, 1.65)
    assert 'depth is right: leave camera_height and depth_scale as they are' in text
    assert 'depth_scale:' not in text


def test_a_tape_measure_is_enough(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor.factor = 0.5
    frame = Ramp('a/0')
    write_image(tmp_path / 'yard.png', frame.load().image)
    depth = frame.depth()
    points = [
        f'--point {u} {v} {depth[v, u]:.3f}' for u, v in ((30, 8), (10, 20), (40, 40), (5, 45))
    ]
    camera = '--intrinsics 40 40 31.5 23.5'
    command = f'calibrate {tmp_path / "yard.png"} {" ".join(points)} {camera}'
    assert main(command.split()) == 0
    out = capsys.readouterr().out
    assert settings(out)['depth_scale'] == pytest.approx(0.5, rel=0.01)
    assert '4 readings of one frame' in out
    assert main([*command.split(), *points[0].split()]) == 0
    assert '4 readings of one frame' in capsys.readouterr().out, 'one twice says no more than once'
    assert main([*command.split(), '--point', '99', '3', '1.0']) == 2
    assert 'point 99 3 lies outside the 64x48 image' in capsys.readouterr().err


def test_points_are_of_a_photo_as_it_is_shown(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor.factor = 0.5
    frame, exif = Ramp('a/0'), Image.Exif()
    exif[ExifTags.Base.Orientation] = 8  # the stored pixels, a quarter turn back
    photo = tmp_path / 'phone.png'
    Image.fromarray(np.rot90(frame.load().image, -1)).save(photo, exif=exif)
    depth = frame.depth()
    points = [f'--point {u} {v} {depth[v, u]:.3f}' for u, v in ((30, 8), (60, 20), (5, 45))]
    command = f'calibrate {photo} {" ".join(points)}'.split()
    assert main(command) == 0
    assert settings(capsys.readouterr().out)['depth_scale'] == pytest.approx(0.5, rel=0.01)
    assert main([*command, '--intrinsics', '40', '40', '31.5', '23.5']) == 2
    assert 'phone.png asks to be shown rotated' in capsys.readouterr().err


def test_a_bag_with_a_lidar_is_read(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('rosbags')
    from bag_scene import CAMERA as BAG_CAMERA
    from bag_scene import CLOUD, IMAGE, KINDS, LIDAR_IN_CAMERA, frame, static, write

    red = np.zeros((BAG_CAMERA.height, BAG_CAMERA.width, 3), np.uint8)
    records = [static()]
    for index in range(4):
        image = red.copy()
        image[..., 0] = 10 + index  # the wall's depth
        records += frame(index, image=image)
    rear = '/rear/image_raw'
    records += [(rear, *rest) for topic, *rest in records if topic == IMAGE]
    records += [static(('base', 'mast', np.eye(4))), static(('base', 'mast', LIDAR_IN_CAMERA))]
    records += frame(4, without=(CLOUD,))
    write(tmp_path / 'bag', records, **{rear: KINDS[IMAGE]})
    predictor.factor = 0.5
    assert main(['calibrate', str(tmp_path / 'bag')]) == 0
    out, err = capsys.readouterr()
    chosen = f'images of {IMAGE} are taken; there are also {rear}; `lacdepth bag extract --image-t'
    assert err.count(f'images of {IMAGE} are taken') == 1 and chosen in err
    assert "places frame 'mast' anew 1 times" in err and '1 images left out, ' in err
    assert 'of 4 frames' in out
    assert settings(out)['camera_height'] == pytest.approx(0.825, rel=0.01)


def test_no_more_frames_are_taken_out_of_a_bag_than_are_said(
    tmp_path: Path,
    predictor: ScaledPredictor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip('rosbags')
    from bag_scene import scene

    monkeypatch.setattr(calibrate, 'BAG_FRAMES', 2)
    assert main(['calibrate', str(scene(tmp_path / 'bag', frames=3))]) == 0
    assert 'of 2 frames' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('reason', 'how'), [('name one with --truth-topic', True), ('no cloud', False)]
)
def test_options_that_only_extract_has_are_told_so(
    tmp_path: Path,
    predictor: ScaledPredictor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reason: str,
    how: bool,
) -> None:
    pytest.importorskip('rosbags')
    from bag_scene import scene

    def fail(*_: object) -> None:
        raise ValueError(reason)

    monkeypatch.setattr('lacdepth_ros.bags.extract.extract', fail)
    assert main(['calibrate', str(scene(tmp_path / 'bag', frames=1))]) == 2
    said = capsys.readouterr().err
    assert reason in said and ('options of `lacdepth bag extract`' in said) == how


def test_what_cannot_be_used_is_said(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    write_image(tmp_path / 'yard.png', Ramp('a/0').load().image)
    cases = {
        ('yard.png',): 'give its true depths with --point',
        ('nowhere',): 'no such folder',
        ('yard.png', '--point', '3', '3', '-2'): 'positive metres',
        ('yard.png', '--point', '3', '3', '2', '--max-depth', '9'): '--max-depth means nothing',
        ('.', '--intrinsics', '40', '40', '31', '23'): '--intrinsics is for an image with --point',
        ('.', '--camera-info', 'f.yaml'): '--camera-info is for an image with --point',
    }
    for (name, *rest), reason in cases.items():
        assert main(['calibrate', str(tmp_path / name), *rest]) == 2
        assert reason in capsys.readouterr().err
    with pytest.raises(SystemExit, match='2'):
        main(['calibrate', str(tmp_path / 'yard.png'), '--camera-height', '-1'])
    assert '--camera-height: camera_height=-1.0 must lie in' in capsys.readouterr().err


def test_a_frame_that_cannot_be_read_is_named(
    tmp_path: Path, predictor: ScaledPredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    data = data_set(tmp_path / 'data', Ramp('a/0'), Ramp('a/1'))
    (data / '1.png').unlink()
    assert main(['calibrate', str(data)]) == 1
    assert 'a/1 not read' in capsys.readouterr().err


def test_what_no_camera_explains_is_not_recommended() -> None:
    true = np.array([2.0, 4.0, 8.0, 16.0])
    frame = np.zeros(4, np.int64)
    millimeters = describe(fit_scale(Readings(true, 1000 * true, frame)), 1.65, 1.65)
    assert 'NO SUCH CAMERA: a factor of 1e+03' in millimeters and 'in metres' in millimeters
    assert 'camera_height:' not in millimeters
