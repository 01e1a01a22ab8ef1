# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that would change nothing are refused, before anything is done."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lacdepth_ros.cli import sessions
from lacdepth_ros.cli.main import main
from lacdepth_ros.cli.parser import CommandParser
from lacdepth_ros.core.installation import missing_modules
from lacdepth_ros.data.files import write_image

IMPORTED = ['evaluate', '--data', 'x', '--predictions', 'y']
REPLAY = ['bag', 'evaluate', 'x']
CASES: list[tuple[list[str], str]] = [
    *(([*IMPORTED, f'--{name}', '1'], f'--{name} is about a network')
      for name in ('checkpoint', 'device', 'engine', 'precision', 'input-scale', 'camera-height')),
    *((['export', 'a.onnx', '--verify', *option], f'{option[0]} is about writing')
      for option in (['--precision', 'fp32'], ['--size', '32x32'], ['--dynamic'], ['--int8'])),
    ([*REPLAY, '--rate', '1', '--timeout', '20'], '--timeout is for lockstep'),
    *(([*REPLAY, '--no-truth', *option], f'{option[0]} is about errors')
      for option in (['--protocol', 'kitti'], ['--crop', 'garg'], ['--bands', '5'],
                     ['--max-depth', '80'], ['--truth-tolerance', '0.01'])),
    ([*REPLAY, '--truth-scale', '256'], '--truth-scale is for --truth FOLDER'),
    (['calibrate', 'a.png', '--point', '1', '1', '2', '--limit', '3'], '--limit means nothing'),
    *((['benchmark', '--rounds', '0', '--skip-sizes', f'--{name}', value], f'--{name} is about')
      for name, value in (('sizes', '32x32'), ('presets', 'x'), ('engines', 'x'),
                          ('precisions', 'x'), ('peers', 'x'))),
    *((['benchmark', '--rates', f'--{name}', '1'], f'--{name} is about loads')
      for name in ('cameras', 'seconds')),
    *((['doctor', '--no-topics', f'--{name}', '5'], f'--{name} is about a camera')
      for name in ('image', 'camera-info', 'seconds')),
    (['data', 'index', 'nyu', 'x', 'y.jsonl', '--truth', 'auto'], '--truth means nothing for nyu'),
    (['bag', 'export', 'x', 'y', '--ply', '--range', '2', '80'], '--range is about colors'),
    (['bag', 'export', 'x', 'y', '--png', '--image-topic', 'z'], '--image-topic is for --video'),
    (['bag', 'export', 'x', 'y', '--video', 'z.mp4'], 'OUT, the folder of PNG and PLY files'),
    (['bag', 'export', 'x', '--png'], 'OUT, the folder of PNG and PLY files'),
    *(([command, *option], f'{option[0]} is about --input') for command in ('demo', 'play')
      for option in (['--image-topic', 'x'], ['--intrinsics', '9', '9', '9', '9'],
                     ['--camera-info', 'x'])),
    (['play', '--checkpoint', 'FILE'], '--checkpoint assumes a camera'),
    *(([command, '--input', 'IMAGES', '--image-topic', 'x'], '--image-topic is for bags')
      for command in ('demo', 'play')),
    *(([command, '--input', 'DATA', '--intrinsics', '9', '9', '9', '9'], '--intrinsics means')
      for command in ('demo', 'play')),
    (['play', '--input', 'IMAGES', '--intrinsics', '9', '9', '4', '4', '--checkpoint', 'FILE'],
     '--checkpoint assumes a camera'),
]  # fmt: skip


@pytest.mark.parametrize(('arguments', 'words'), CASES)
def test_option_without_effect_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    if missing := missing_modules(['rosbags'] if arguments[0] in ('bag', 'play', 'demo') else []):
        pytest.skip(f'needs {missing}')
    monkeypatch.setattr(sessions, 'require_ros', lambda *_: None)
    monkeypatch.chdir(tmp_path)
    places = {'IMAGES': str(tmp_path / 'images'), 'FILE': str(tmp_path / 'images' / '0.png')}
    places['DATA'] = str(data_set(tmp_path))
    assert main([places.get(word, word) for word in arguments]) == 2
    said = capsys.readouterr().err
    assert f'lacdepth: error: {words}' in said, said


def test_pose_needs_no_fixed_frame(capsys: pytest.CaptureFixture[str]) -> None:
    pose = ['--pose', '0', '0', '0', '0', '0', '0', '1']
    with pytest.raises(SystemExit, match='2'):
        main(['bag', 'extract', 'x', 'y', '--fixed-frame', 'odom', *pose])
    assert 'not allowed with argument --fixed-frame' in capsys.readouterr().err


def test_what_was_typed_is_known() -> None:
    outer = CommandParser(exit_on_error=False)
    outer.add_argument('--debug', action='store_true')
    parser = outer.add_subparsers().add_parser('go')
    for name in ('--truth', '--truth-topic', '--scale', '--limit'):
        parser.add_argument(name, type=str, default='1')
    given = outer.parse_args(['--debug', 'go', '--truth=x', '--lim', '3', '--scale', '-1']).given
    assert given == {'debug', 'truth', 'limit', 'scale'}
    assert outer.parse_args(['go']).given == frozenset()


def data_set(folder: Path) -> Path:
    """A folder of one image, and a manifest of it."""
    (folder / 'images').mkdir()
    write_image(folder / 'images' / '0.png', np.full((8, 8, 3), 90, np.uint8))
    line = {'id': 'a/0', 'image': 'images/0.png', 'depth': 'images/0.png', 'depth_scale': 256}
    path = folder / 'data.jsonl'
    path.write_text(json.dumps({**line, 'K': [9, 9, 4, 4], 'width': 8, 'height': 8}))
    return path
