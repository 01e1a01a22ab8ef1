# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recorded depth as video, pictures and clouds, read back and compared."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import cv2
import numpy as np
import pytest
from bag_scene import CAMERA, IMAGE, INFO, START, STEP, frame, stamp_of

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.export import ExportOptions, export
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import depth_to_points
from lacdepth_ros.data.files import read_depth_png, read_image
from lacdepth_ros.viz.colors import colorize_depth

DEPTH, DEPTH_INFO = '/lacdepth/depth/image_rect', '/lacdepth/depth/camera_info'
KINDS = {DEPTH: bag_scene.KINDS[IMAGE], DEPTH_INFO: bag_scene.KINDS[INFO]}


def depth_of(index: int) -> np.ndarray:
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width]
    depth = (3 + 0.25 * v + 0.125 * u + index).astype(np.float32)
    depth[0] = np.nan
    return depth


def recording(path: Path, *, without: tuple[str, ...] = ()) -> Path:
    """Three frames as the recorder writes them."""
    records = []
    for index in range(3):
        head = messages.header(stamp_of(index), 'camera')
        records += frame(index)[:2]
        records.append((DEPTH_INFO, stamp_of(index), messages.camera_info(CAMERA, head)))
        records.append((DEPTH, stamp_of(index), messages.depth_image(depth_of(index), head)))
    return bag_scene.write(path, [r for r in records if r[0] not in without], **KINDS)


def read_ply(path: Path) -> np.ndarray:
    _, _, body = path.read_bytes().partition(b'end_header\n')
    return np.frombuffer(body, np.dtype([('xyz', '<f4', 3), ('rgb', 'u1', 3)]))


def test_pictures_and_clouds_are_those_of_the_messages(tmp_path: Path) -> None:
    bag = recording(tmp_path / 'bag')
    done = export(bag, tmp_path / 'out', ExportOptions(png=True, ply=True))
    assert (done.depth_topic, done.frames) == (DEPTH, 3)
    assert done.images is not None and done.images.topic == IMAGE
    assert (done.images.note, done.images.missing) == ('', {})
    for index in range(3):
        name, depth = stamp_of(index), depth_of(index)
        known = np.nan_to_num(depth, nan=0)
        png = read_depth_png(tmp_path / 'out' / f'{name}_depth.png', 256)
        np.testing.assert_array_equal(png, known)
        color = colorize_depth(depth, min_depth=2, max_depth=80)
        np.testing.assert_array_equal(read_image(tmp_path / 'out' / f'{name}_color.png'), color)
        cloud = read_ply(tmp_path / 'out' / f'{name}.ply')
        np.testing.assert_array_equal(
            cloud['xyz'], depth_to_points(depth, CAMERA)[1:].reshape(-1, 3)
        )
        np.testing.assert_array_equal(cloud['rgb'], bag_scene.picture()[1:].reshape(-1, 3))


def test_video_has_every_frame_at_the_rate_of_the_recording(tmp_path: Path) -> None:
    video = tmp_path / 'videos' / 'depth.mp4'
    export(recording(tmp_path / 'bag'), tmp_path / 'out', ExportOptions(video=video))
    assert not (tmp_path / 'out').exists()
    assert [file.name for file in video.parent.iterdir()] == ['depth.mp4']
    capture = cv2.VideoCapture(str(video))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(1e9 / STEP, rel=0.01)
    pictures = []
    while (read := capture.read())[0]:
        pictures.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    assert len(pictures) == 3
    assert pictures[0].shape == (2 * CAMERA.height + 32, CAMERA.width, 3)
    image = pictures[0][: CAMERA.height].astype(int) - bag_scene.picture()
    assert np.abs(image).mean() < 12  # lossy


def test_video_keeps_its_size_where_an_image_is_missing(tmp_path: Path) -> None:
    records = []
    for index in range(2):
        head = messages.header(stamp_of(index), 'camera')
        records += [(DEPTH, stamp_of(index), messages.depth_image(depth_of(index), head))]
    records += frame(1)[:2]
    bag = bag_scene.write(tmp_path / 'bag', records, **KINDS)
    video = tmp_path / 'depth.mp4'
    assert export(bag, tmp_path, ExportOptions(video=video)).skipped == []
    capture = cv2.VideoCapture(str(video))
    tops = [capture.read()[1][: CAMERA.height].mean() for _ in range(2)]
    assert tops[0] < 5 < 30 < tops[1]


def test_interrupted_video_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    options = ExportOptions(video=tmp_path / 'videos' / 'depth.mp4')
    bag = recording(tmp_path / 'bag')
    with pytest.raises(KeyboardInterrupt):
        export(bag, tmp_path / 'out', options, stop)
    assert list((tmp_path / 'videos').iterdir()) == []


def test_depth_alone_is_shown_without_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = recording(tmp_path / 'bag', without=(IMAGE, DEPTH_INFO))
    command = ['bag', 'export', str(bag)]
    assert main([*command, str(tmp_path / 'out'), '--png']) == 0
    out = tmp_path / 'out'
    assert capsys.readouterr().out.splitlines() == [
        f'3 frames of {DEPTH} without images',
        f'wrote {out}/<stamp>_color.png',
        f'wrote {out}/<stamp>_depth.png',
    ]
    assert main([*command, '--video', str(tmp_path / 'v.mp4')]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [f'wrote {tmp_path / "v.mp4"}']


def test_clouds_without_camera_info_are_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = recording(tmp_path / 'bag', without=(DEPTH_INFO,))
    out, video = tmp_path / 'out', tmp_path / 'videos' / 'v.mp4'
    command = ['bag', 'export', str(bag), str(out), '--png', '--ply', '--video', str(video)]
    assert main(command) == 2
    assert f'{DEPTH} has no matching camera_info ({DEPTH_INFO})' in capsys.readouterr().err
    assert not out.exists() and not video.parent.exists()


def test_frame_without_a_place_leaves_no_picture_either(tmp_path: Path) -> None:
    records = []
    for index in range(2):
        head = messages.header(stamp_of(index), 'camera')
        info = messages.camera_info(CAMERA, head)
        if not index:
            info.k, info.p = np.zeros(9), np.zeros(12)
        records.append((DEPTH_INFO, stamp_of(index), info))
        records.append((DEPTH, stamp_of(index), messages.depth_image(depth_of(index), head)))
    bag = bag_scene.write(tmp_path / 'bag', records, **KINDS)
    done = export(bag, tmp_path / 'out', ExportOptions(png=True, ply=True))
    assert [stamp for stamp, _ in done.skipped] == [stamp_of(0)]
    names = {path.name.removesuffix('.ply').split('_')[0] for path in (tmp_path / 'out').iterdir()}
    assert names == {str(stamp_of(1))}


def test_frame_that_does_not_fit_the_video_has_its_files(tmp_path: Path) -> None:
    records = []
    for index, rows in enumerate((36, 20)):
        head = messages.header(stamp_of(index), 'camera')
        camera = Camera(50.0, 52.0, 31.0, 10.0, width=64, height=rows)
        records.append((DEPTH_INFO, stamp_of(index), messages.camera_info(camera, head)))
        records.append((DEPTH, stamp_of(index), messages.depth_image(depth_of(0)[:rows], head)))
    bag = bag_scene.write(tmp_path / 'bag', records, **KINDS)
    options = ExportOptions(video=tmp_path / 'v.mp4', png=True, ply=True)
    done = export(bag, tmp_path / 'out', options)
    [(stamp, reason)] = done.skipped
    assert stamp == stamp_of(1) and 'does not fit a video' in reason
    for index, rows in enumerate((36, 20)):
        png = read_depth_png(tmp_path / 'out' / f'{stamp_of(index)}_depth.png', 256)
        assert png.shape == (rows, 64)
        assert len(read_ply(tmp_path / 'out' / f'{stamp_of(index)}.ply')) == (rows - 1) * 64


def test_damaged_depth_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = messages.header(START, 'camera')
    good = messages.depth_image(depth_of(0), head)
    bad = messages.depth_image(depth_of(0), messages.header(START + 1, 'camera'))
    bad.encoding = '64FC1'
    records = [(DEPTH, START, good), (DEPTH, START + 1, bad)]
    bag = bag_scene.write(tmp_path / 'bag', records, **KINDS)
    assert main(['bag', 'export', str(bag), str(tmp_path / 'out'), '--png']) == 1
    assert f"depth at {START + 1} ns not shown: depth encoding '64FC1'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ([], 'nothing to write: give --video FILE, --png or --ply'),
        (['--png', '--range', '5', '2'], '0 < NEAR < FAR'),
        (['--png', '--depth-topic', '/lacdepth/depth'], f'did you mean {DEPTH!r}?'),
        (['--png', '--depth-topic', INFO], 'is of type sensor_msgs/msg/CameraInfo'),
        (['--ply', '--image-topic', '/front/image'], f'did you mean {IMAGE!r}?'),
    ],
)
def test_unusable_command_lines_are_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    bag = recording(tmp_path / 'bag')
    assert main(['bag', 'export', str(bag), str(tmp_path / 'out'), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_bag_without_depth_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = bag_scene.scene(tmp_path / 'bag')
    assert main(['bag', 'export', str(bag), str(tmp_path / 'out'), '--png']) == 2
    assert 'no depth topic in this bag (/front/camera_info, ' in capsys.readouterr().err
