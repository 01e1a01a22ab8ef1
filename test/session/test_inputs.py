# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sequences of the demo from tiny inputs of every kind."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import pytest
from bag_files import CAMERA, write_bag
from PIL import ExifTags, Image
from replay_bags import write_replay_bag

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.camera_info import pinhole_info
from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.data.sources import PERIOD, START
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.session.frames import Calibration, Frame, UnsentFrame, look_ahead
from lacdepth_ros.session.inputs import open_sequence
from lacdepth_ros.session.street import SEED, synthetic_drive
from lacdepth_ros.synthetic.sample import synthetic_sample

WIDTH, HEIGHT = 32, 24
CAMERA_OF_IMAGES = Camera(30, 31, 15.5, 11.5, WIDTH, HEIGHT)


def calibrate(image: np.ndarray) -> object:
    if image.shape != (HEIGHT, WIDTH, 3):
        raise ValueError('another size')
    return pinhole_info(CAMERA_OF_IMAGES)


GIVEN = Calibration('given', calibrate)


def open_all(path: Path, *, max_frames: int = 100, topic: str | None = None) -> tuple:
    sequence = open_sequence(path, GIVEN, max_frames=max_frames, image_topic=topic)
    return sequence, list(sequence.frames)


def image_folder(folder: Path, count: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    for index in range(count):
        write_image(folder / f'{index}.png', np.full((HEIGHT, WIDTH, 3), 50 + index, np.uint8))
    return folder


def test_pinhole_info_is_that_of_the_camera() -> None:
    info = pinhole_info(CAMERA_OF_IMAGES)
    for rectified in (False, True):
        assert camera_from_info(info, rectified=rectified) == CAMERA_OF_IMAGES


def test_images_of_a_folder_in_order_at_ten_hertz(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / 'images')
    (folder / 'notes.txt').write_text('not an image')
    sequence, frames = open_all(folder)
    assert (sequence.count, sequence.available, sequence.cameras) == (3, 3, 'given')
    assert [frame.id for frame in frames] == ['0.png', '1.png', '2.png']
    assert [frame.stamp for frame in frames] == [START + PERIOD * index for index in range(3)]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [50, 51, 52]
    assert frames[0].ground_truth is None
    assert camera_from_info(frames[0].info, rectified=False) == CAMERA_OF_IMAGES


def test_bad_images_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / 'images')
    (folder / '1.png').write_bytes(b'junk')
    write_image(folder / '2.png', np.zeros((HEIGHT, WIDTH + 1, 3), np.uint8))
    _, frames = open_all(folder)
    assert [type(frame) for frame in frames] == [Frame, UnsentFrame, UnsentFrame]
    assert '1.png' in frames[1].reason
    assert frames[2] == UnsentFrame('2.png', 2, START + 2 * PERIOD, 'another size')


def test_one_image_is_a_sequence(tmp_path: Path) -> None:
    _, frames = open_all(image_folder(tmp_path / 'images') / '2.png')
    assert [frame.id for frame in frames] == ['2.png']


def test_long_inputs_are_cut(tmp_path: Path) -> None:
    sequence, frames = open_all(image_folder(tmp_path / 'images', 5), max_frames=2)
    assert (sequence.count, sequence.available, len(frames)) == (2, 5, 2)


def write_video(path: Path, frames: int) -> Path:
    """A video of 25 Hz that becomes redder."""
    fourcc = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), fourcc, 25.0, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for index in range(frames):
        writer.write(np.full((HEIGHT, WIDTH, 3), (0, 0, 60 * index % 240), np.uint8))
    writer.release()
    return path


def test_video_that_was_cut_short_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'video.avi', 40)
    assert all(isinstance(frame, Frame) for frame in open_all(path)[1])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    sequence, [*frames, rest] = open_all(path)
    assert sequence.count == 40 and 5 < len(frames) < 25
    assert isinstance(rest, UnsentFrame)
    assert f'ends after {len(frames)} of 40 frames' in rest.reason
    assert len(open_all(path, max_frames=5)[1]) == 5, 'the rest is not asked for'


def test_video_keeps_its_frame_rate(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'video.avi', 4)
    sequence, frames = open_all(path)
    assert sequence.count == len(frames) == 4
    assert [frame.stamp - START for frame in frames] == [0, 40_000_000, 80_000_000, 120_000_000]
    red, _, blue = frames[3].image[HEIGHT // 2, WIDTH // 2]
    assert red > 150 > blue


def turned_video(path: Path, turns: int = 1) -> Path:
    """One frame, white at the left as stored, that asks to be shown quarter turns clockwise."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 25.0, (WIDTH, HEIGHT))
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame[:, : WIDTH // 2] = 255
    writer.write(frame)
    writer.release()
    data = bytearray(path.read_bytes())
    matrix = data.index(b'tkhd') + 44  # how the track is to be shown
    cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[turns]
    values = (cos << 16, sin << 16, 0, -sin * (1 << 16), cos << 16, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack('>9i', *values)
    path.write_bytes(data)
    return path


def turned_photo(path: Path) -> Path:
    """The same as an image."""
    photo = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    photo[:, : WIDTH // 2] = 255
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(photo).save(path, exif=exif)
    return path


@pytest.mark.parametrize('make', [turned_video, turned_photo])
def test_pictures_are_upright_where_no_intrinsics_say_which_pixels(
    tmp_path: Path, make: Callable[[Path], Path], recwarn: pytest.WarningsRecorder
) -> None:
    path = make(tmp_path / ('phone.mp4' if make is turned_video else 'phone.png'))
    assumed = Calibration('assumed', lambda image: image.shape[:2], assumed=True)
    [frame] = open_sequence(path, assumed, max_frames=9).frames
    assert frame.info == frame.image.shape[:2] == (WIDTH, HEIGHT)
    halves = frame.image[: WIDTH // 2].mean(), frame.image[WIDTH // 2 :].mean()
    assert halves[0] > 240 > 15 > halves[1], 'the left is up after a turn clockwise'
    assert not recwarn.list


@pytest.mark.parametrize('turns', range(4))
def test_a_video_is_turned_as_it_asks_by_every_opencv(tmp_path: Path, turns: int) -> None:
    path = turned_video(tmp_path / 'phone.mp4', turns)
    assumed = Calibration('assumed', lambda image: image.shape[:2], assumed=True)
    [frame] = open_sequence(path, assumed, max_frames=9).frames
    stored = np.zeros((HEIGHT, WIDTH), bool)
    stored[:, : WIDTH // 2] = True
    white = frame.image.mean(axis=2) > 128
    assert (white == np.rot90(stored, -turns)).mean() > 0.95
    assert frame.image.flags.c_contiguous


@pytest.mark.filterwarnings('ignore:images in .* ask to be shown rotated')
def test_given_intrinsics_are_of_the_stored_pixels(tmp_path: Path) -> None:
    _, [frame] = open_all(turned_photo(tmp_path / 'phone.png'))
    assert frame.image[:, : WIDTH // 2].min() == 255 and frame.image[:, WIDTH // 2 :].max() == 0


def test_video_that_asks_for_rotation_is_taken_as_stored_and_warned_of(tmp_path: Path) -> None:
    path = turned_video(tmp_path / 'phone.mp4')
    with pytest.warns(UserWarning, match=r'phone\.mp4 asks to be shown rotated'):
        _, [frame] = open_all(path)
    assert frame.image.shape == (HEIGHT, WIDTH, 3)


def test_manifest_brings_ground_truth_and_cameras(tmp_path: Path) -> None:
    write_image(tmp_path / 'a.png', np.full((HEIGHT, WIDTH, 3), 9, np.uint8))
    write_depth_png(tmp_path / 'd.png', np.full((HEIGHT, WIDTH), 7.0, np.float32))
    record = {'depth_scale': 256, 'K': [30, 31, 15.5, 11.5], 'width': WIDTH, 'height': HEIGHT}
    lines = [{'id': 'a/1', 'image': 'a.png'}, {'id': 'a/2', 'image': 'missing.png'}]
    path = tmp_path / 'manifest.jsonl'
    path.write_text('\n'.join(json.dumps({**record, 'depth': 'd.png', **line}) for line in lines))
    sequence, frames = open_all(path)
    assert sequence.cameras == 'of the input'
    np.testing.assert_array_equal(frames[0].ground_truth(), np.float32(7))
    assert camera_from_info(frames[0].info, rectified=True) == CAMERA_OF_IMAGES
    assert isinstance(frames[1], UnsentFrame)
    assert 'missing.png' in frames[1].reason


@pytest.mark.parametrize(
    ('heights', 'expected', 'words'),
    [
        ([1.2, 1.2], 1.2, ''),
        ([1.2, None], None, ''),
        ([None, None], None, ''),
        ([0.45, 0.46, 0.44], 0.45, ''),
        ([0.45, 1.84], None, 'cameras 0.45 to 1.84 m above the ground'),
        ([0.45, None, 1.84], None, 'cameras 0.45 to 1.84 m above the ground'),
    ],
)
def test_camera_height_is_that_of_all_frames(
    tmp_path: Path, heights: list[float | None], expected: float | None, words: str
) -> None:
    rest = {'image': 'a.png', 'depth': 'd.png', 'depth_scale': 256, 'K': [30, 31, 15.5, 11.5]}
    lines = [
        {**rest, 'id': f'a/{i}', 'width': WIDTH, 'height': HEIGHT}
        | ({} if height is None else {'camera_height': height})
        for i, height in enumerate(heights)
    ]
    path = tmp_path / 'manifest.jsonl'
    path.write_text('\n'.join(json.dumps(line) for line in lines))
    with pytest.warns(UserWarning, match=words) if words else nullcontext():
        sequence = open_sequence(path, GIVEN, max_frames=10)
    assert sequence.camera_height == expected


def test_bag_keeps_stamps_and_distortion(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA)
    sequence, frames = open_all(bag.path)
    assert sequence.cameras == '/front/camera_info'
    assert [frame.stamp for frame in frames] == bag.stamps
    assert frames[0].info.d[0] == -0.1


def test_bag_without_camera_info_takes_the_given_camera(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', {'/front/image_rect': 'Image', '/a/image': 'Image'})
    sequence, frames = open_all(bag.path, topic='/front/image_rect')
    assert (sequence.cameras, sequence.rectified) == ('given', True)
    assert camera_from_info(frames[0].info, rectified=True) == CAMERA_OF_IMAGES


def test_bag_with_an_empty_camera_info_topic_takes_the_given_camera_too(tmp_path: Path) -> None:
    bag = write_replay_bag(tmp_path / 'bag', [10], infos=False)
    assert open_sequence(bag, GIVEN, max_frames=1).cameras == 'given'


@pytest.mark.parametrize('name', ['missing', 'empty', 'notes.txt'])
def test_unknown_inputs_are_refused_with_what_is_accepted(tmp_path: Path, name: str) -> None:
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'notes.txt').write_text('hello')
    with pytest.raises((FileNotFoundError, ValueError)) as raised:
        open_sequence(tmp_path / name, GIVEN, max_frames=1)
    for word in (name, 'folder of images', 'video', 'KITTI raw', '.jsonl', '.mcap'):
        assert word in str(raised.value)


def test_look_ahead_keeps_every_frame() -> None:
    bad = UnsentFrame('0', 0, 0, 'cut short')
    good = Frame('1', 1, 1, np.zeros((2, 2, 3), np.uint8), None)
    first, frames = look_ahead(iter([bad, good, bad]))
    assert first is good
    assert list(frames) == [bad, good, bad]
    with pytest.raises(ValueError, match='none of the 1 frames can be sent: cut short'):
        look_ahead(iter([bad]))


def test_synthetic_drive_has_exact_ground_truth() -> None:
    camera = Camera(40, 40, 31.5, 15.5, 64, 32)
    drive = synthetic_drive(2, camera)
    assert drive.camera_height == synthetic_sample(SEED, 1, camera=camera).camera_height
    frames = list(drive.frames)
    assert [frame.stamp for frame in frames] == [START, START + PERIOD]
    assert all(
        frame.ground_truth().shape == (32, 64) and frame.ground_truth().any() for frame in frames
    )
    assert not np.array_equal(frames[0].image, frames[1].image)
