# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""No command replaces what is there, unless it is told to; a place that takes no file is named."""

from __future__ import annotations

import argparse
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from miniature import write_manifest

from lacdepth_ros.cli import options, sessions
from lacdepth_ros.cli.console import INTERRUPTED
from lacdepth_ros.cli.main import build_parser, main
from lacdepth_ros.core.installation import missing_modules

WRITES: dict[str, tuple[str, list[str], str, str]] = {
    'predict': (
        'cli.predict._predict',
        ['IMAGE', '--output', 'DIR'],
        '--output',
        'NAME_color.png',
    ),
    'evaluate --json': ('cli.evaluate._entries', ['--data', 'DATA'], '--json', 'FILE'),
    'evaluate --csv': ('cli.evaluate._entries', ['--data', 'DATA'], '--csv', 'FILE'),
    'evaluate --markdown': ('cli.evaluate._entries', ['--data', 'DATA'], '--markdown', 'FILE'),
    'evaluate --report': ('cli.evaluate._entries', ['--data', 'DATA'], '--report', 'index.html'),
    'evaluate --junit': (
        'cli.evaluate._entries',
        ['--data', 'DATA', '--require', 'abs_rel<1'],
        '--junit',
        'FILE',
    ),
    'robustness --json': ('cli.robustness._entries', ['--data', 'DATA'], '--json', 'FILE'),
    'robustness --markdown': ('cli.robustness._entries', ['--data', 'DATA'], '--markdown', 'FILE'),
    'calibrate': ('cli.calibrate._entries', ['DATA'], '--json', 'FILE'),
    'calibrate-std': (
        'cli.calibrate_std._predictor',
        ['c.safetensors', 'FILE', '--known', 'DATA', '--data', 'DATA'],
        'OUT',
        'FILE',
    ),
    'calibrate-std --markdown': (
        'cli.calibrate_std._predictor',
        ['c.safetensors', 'new.safetensors', '--known', 'DATA', '--data', 'DATA'],
        '--markdown',
        'FILE',
    ),
    'quantize': (
        'cli.quantize._entries',
        ['c.safetensors', 'FILE', '--data', 'DATA'],
        'OUT',
        'FILE',
    ),
    'blend': ('models.checkpoint.load_checkpoint', ['shipped', 'b', 'FILE'], 'OUT', 'FILE'),
    'benchmark': (
        'cli.benchmark._times',
        ['--skip-sizes', '--node-frames', '0', '--rates'],
        '--json',
        'FILE',
    ),
    'export': ('models.checkpoint.load_checkpoint', ['DIR/a.xml'], 'FILE', 'a.xml'),
    'export weights': ('models.checkpoint.load_checkpoint', ['DIR/a.xml'], 'FILE', 'a.bin'),
    'demo': (
        'cli.sessions.run_node',
        ['--frames', '1', '--output', 'DIR'],
        '--output',
        'cloud.ply',
    ),
    'soak': ('cli.soak._soak', ['--output', 'DIR'], '--output', 'soak.json'),
    'data pairs': (
        'data.pairs.index_pairs',
        [
            *['DIR', 'DIR/o.jsonl', '--images', 'i/*.png', '--depths', 'd/*.png'],
            *['--intrinsics', '1', '1', '0', '0'],
        ],
        'OUT.jsonl',
        'o.jsonl',
    ),
    'data index': (
        'cli.data_index.progress_bar',
        ['kitti', 'x', 'DIR/a.jsonl'],
        'OUT.jsonl',
        'a.jsonl',
    ),
    'data check --json': ('cli.data_check._open', ['DATA'], '--json', 'FILE'),
    'data check --sheet': ('cli.data_check._open', ['DATA'], '--sheet', 'a.png'),
    'bag evaluate --json': ('bags.reader.BagImages', ['x'], '--json', 'FILE'),
    'bag evaluate --report': ('bags.reader.BagImages', ['x'], '--report', 'report.md'),
    'bag export': ('bags.export.export', ['x', 'DIR', '--ply'], 'OUT', '17.ply'),
    'bag export --video': ('bags.export.export', ['x'], '--video', 'a.mp4'),
}
"""What begins the work, arguments, the option that names what is there, and the file there."""
KEEP = {
    'checkpoints': 'writes nothing',
    'play': 'writes nothing',
    'doctor': 'writes nothing',
    'train': 'refuses a folder with a run, or continues it',
    'ablate': 'continues',
    'data densify': 'continues',
    'data render': 'adds to it',
    'bag from-kitti': 'a bag as a whole',
    'bag record-depth': 'a bag as a whole',
    'bag extract': 'a data set as a whole',
}


def command_of(case: str) -> list[str]:
    """The command of a case, whose last words may be an option or a remark."""
    words = case.split()
    return words[:2] if words[0] in ('data', 'bag') else words[:1]


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands go as far as their work, and no network or node is needed for that."""
    monkeypatch.setattr(options, 'load_predictor', lambda args: _Anything())
    monkeypatch.setattr(sessions, 'require_ros', lambda *_: None)


@pytest.mark.parametrize('case', WRITES)
@pytest.mark.usefixtures('interrupted')
def test_file_that_is_there_is_replaced_only_when_told_to(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place, arguments, option, name = WRITES[case]
    needed = {'soak': ['rclpy'], 'demo': ['rclpy'], 'bag': ['rosbags']}.get(case.split()[0], [])
    if missing := missing_modules(needed):
        pytest.skip(f'needs {missing}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(f'lacdepth_ros.{place}', interrupt)
    data, folder = write_manifest(tmp_path / 'data', 'road/0'), tmp_path / 'out'
    image = next(tmp_path.glob('data/*.png'))
    there = folder / name.replace('NAME', image.stem)
    folder.mkdir()
    there.write_text('a result')
    names = {'DATA': data, 'IMAGE': image, 'DIR': folder, 'FILE': there}
    if case in ('blend', 'quantize') or case.startswith('calibrate-std'):
        names['FILE'] = there = there.rename(folder / 'FILE.safetensors')
    given = [_fill(word, names) for word in arguments]
    if option.startswith('--') and option not in given:
        given += [option, str(folder if option == '--report' else there)]
    assert main([*command_of(case), *given]) == 2
    said = capsys.readouterr().err
    assert f'{option}: {there} exists already; name another, or give --overwrite' in said, said
    assert main([*command_of(case), *given, '--overwrite']) == INTERRUPTED
    assert case == 'demo' or there.read_text() == 'a result', 'not before there is a new one'


def test_every_command_either_asks_or_keeps() -> None:
    asking = {' '.join(command_of(case)) for case in WRITES}
    with_option = {name for name, parser in leaves() if '--overwrite' in _options(parser)}
    assert with_option == asking
    assert {name for name, _ in leaves()} == asking | set(KEEP)


@pytest.mark.parametrize('command', [['from-kitti', 'DRIVE'], ['record-depth']])
def test_a_bag_as_a_whole_is_never_replaced(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if missing := missing_modules(['rosbags', 'rclpy']):
        pytest.skip(f'needs {missing}')
    assert main(['bag', *command, str(tmp_path)]) == 2
    assert f'{tmp_path} exists already; name another, or remove it' in capsys.readouterr().err


def test_a_demo_replaces_what_a_demo_left(tmp_path: Path) -> None:
    from lacdepth_ros.session.demo_report import foreign_files

    page, summary = tmp_path / 'index.html', tmp_path / 'summary.json'
    assert foreign_files(tmp_path) == []
    (tmp_path / 'node.log').touch()  # all that a demo leaves whose node did not start
    assert foreign_files(tmp_path) == []
    page.touch()
    assert foreign_files(tmp_path) == [page]
    for text in ('[]', '{}', '17', 'no JSON'):
        summary.write_text(text)
        assert foreign_files(tmp_path) == [page, summary]
    summary.write_text(json.dumps({'messages_received': {}}))
    assert foreign_files(tmp_path) == []


@pytest.mark.skipif(not Path('/proc/self').is_dir(), reason='needs a folder that takes no file')
@pytest.mark.parametrize(
    ('arguments', 'option'),
    [
        (['export', '/proc/depth.onnx'], 'FILE'),
        (['blend', 'shipped', 'x', '/proc/y.safetensors'], 'OUT'),
        (['evaluate', '--data', 'x', '--json', '/proc/x.json'], '--json'),
        (['bag', 'export', 'x', '/proc', '--png'], 'OUT'),
        (['bag', 'from-kitti', 'x', '/proc/bag'], 'OUT'),
        (['predict', 'IMAGE', '--output', '/proc'], '--output'),
    ],
)
@pytest.mark.usefixtures('interrupted')
def test_folder_that_takes_no_file_is_named_before_the_work(
    arguments: list[str], option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_manifest(tmp_path, 'road/0')
    image = str(next(tmp_path.glob('*.png')))
    assert main([image if word == 'IMAGE' else word for word in arguments]) == 2
    assert f'error: {option}: nothing can be written in /proc: ' in capsys.readouterr().err


def interrupt(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def leaves() -> list[tuple[str, argparse.ArgumentParser]]:
    """Every command without commands of its own."""
    return list(_leaves(build_parser(), ''))


def _leaves(
    parser: argparse.ArgumentParser, name: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    nested = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not nested:
        yield name, parser
    for action in nested:
        for inner, command in action.choices.items():
            yield from _leaves(command, f'{name} {inner}'.strip())


def _options(parser: argparse.ArgumentParser) -> set[str]:
    return set(parser._option_string_actions)


def _fill(word: str, names: dict[str, Path]) -> str:
    first, slash, rest = word.partition('/')
    return f'{names[first]}{slash}{rest}' if first in names else word


class _Anything:
    """Stands in for a predictor that is never asked to predict."""

    camera_height = 1.65

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self
