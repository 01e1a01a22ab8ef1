# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How many frames of an --input are sent, and which pixels of a photo."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from lacdepth_ros.cli.main import build_parser, main
from lacdepth_ros.cli.sequences import open_sequence_of


@pytest.mark.filterwarnings('ignore:images in .* ask to be shown rotated')
@pytest.mark.parametrize(
    ('given', 'shape'), [('', (24, 16)), ('--intrinsics 20 21 11.5 7.5', (16, 24))]
)
def test_a_photo_is_upright_unless_its_intrinsics_are_given(
    tmp_path: Path, given: str, shape: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(np.zeros((16, 24, 3), np.uint8)).save(tmp_path / 'phone.jpg', exif=exif)
    command = ['demo', '--input', str(tmp_path / 'phone.jpg'), *given.split()]
    args = build_parser().parse_args(command)
    [frame] = open_sequence_of(args).frames
    assert frame.image.shape[:2] == (frame.info.height, frame.info.width) == shape


@pytest.mark.parametrize(('command', 'words'), [('play', 'all'), ('demo', '100')])
def test_the_help_tells_how_many_frames_are_sent(
    command: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, '--help'])
    said = ' '.join(capsys.readouterr().out.split())
    assert f'send at most N frames (default: {words}; synthetic drive 20)' in said
    given = build_parser().parse_args([command]).max_frames
    assert given == (100 if words == '100' else sys.maxsize)
