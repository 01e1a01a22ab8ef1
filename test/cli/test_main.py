# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The program itself: quick help, and errors as one line with an exit code."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import ExifTags, Image

from lacdepth_ros.cli import console
from lacdepth_ros.cli import main as program
from lacdepth_ros.cli.parser import CommandParser

ROOT = Path(__file__).resolve().parents[2]


def test_help_needs_no_heavy_import() -> None:
    code = (
        'import sys\n'
        'from lacdepth_ros.cli.main import main\n'
        'try:\n    main(["--help"])\n'
        'except SystemExit as stop:\n    assert stop.code == 0\n'
        'heavy = {"torch", "torchvision", "cv2", "numpy", "yaml", "rclpy"} & set(sys.modules)\n'
        'assert not heavy, heavy\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'exit codes:' in done.stdout
    for name in ('predict', 'evaluate', 'train'):
        assert f'\n    {name} ' in done.stdout


def test_version_is_that_of_the_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = ElementTree.parse(ROOT / 'package.xml').getroot().findtext('version')
    found = re.search(r"version='([^']+)'", (ROOT / 'setup.py').read_text())
    assert found is not None and found[1] == package
    # Sources run without being installed, too, and a copy that is may be older.
    monkeypatch.setattr(metadata, 'version', {'lacdepth_ros': package}.__getitem__)
    with pytest.raises(SystemExit) as stop:
        program.main(['--version'])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f'lacdepth {package}\n'


def test_version_without_an_installation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, 'version', missing)
    with pytest.raises(SystemExit) as stop:
        program.main(['--version'])
    assert stop.value.code == 2
    assert 'lacdepth_ros is not installed' in capsys.readouterr().err


def test_runs_as_a_module() -> None:
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert 'required: COMMAND' in done.stderr


@pytest.mark.parametrize(
    ('encoding', 'shown'),
    [
        ('utf-8:strict', '日本 caf\\udce9'),
        ('latin-1:strict', '\\u65e5\\u672c caf\\udce9'),
        ('ascii:strict', '\\u65e5\\u672c caf\\udce9'),
        ('ascii:replace', '?? caf?'),
    ],
)
def test_a_name_that_the_terminal_cannot_show_ends_no_command(encoding: str, shown: str) -> None:
    code = (
        'import lacdepth_ros.cli.main as program; from lacdepth_ros.cli.entry import main; '
        r'program.main = lambda: print("\u65e5\u672c caf\udce9") or 0; raise SystemExit(main())'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        env=os.environ | {'PYTHONIOENCODING': encoding},
    )
    assert (done.returncode, done.stderr) == (0, b'')
    assert done.stdout.decode() == f'{shown}\n'


def test_a_log_gets_a_line_of_progress_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(console.time, 'monotonic', lambda: now[0])
    show = console.progress_bar('step')
    for done in range(1, 11):
        now[0] += 25
        show(done, 10)
    show = console.progress_bar()
    now[0] += 61
    show(7, None)
    assert capsys.readouterr().err.splitlines() == [
        *(f'lacdepth: {done}/10 step' for done in (3, 6, 9)),
        'lacdepth: 7 frame',
    ]
    sent = []
    for item in console.watched(range(4), 4):
        now[0] += 61
        sent.append(item)
    assert sent == [0, 1, 2, 3]
    assert capsys.readouterr().err.splitlines() == [f'lacdepth: {n}/4 frame' for n in (1, 2, 3, 4)]


def test_what_the_library_warns_of_is_a_line_without_its_place_in_the_code(tmp_path: Path) -> None:
    lying = Image.Exif()
    lying[ExifTags.Base.Orientation] = 6
    Image.new('RGB', (8, 4)).save(tmp_path / 'a.png', exif=lying)
    Image.fromarray(np.full((4, 8), 2560, np.uint16)).save(tmp_path / 'd.png')
    record = {'id': 'g/a', 'image': 'a.png', 'depth': 'd.png', 'depth_scale': 256}
    record |= {'K': [8, 8, 4, 2], 'width': 8, 'height': 4}
    (tmp_path / 'manifest.jsonl').write_text(json.dumps(record) + '\n')
    code = (
        'import sys, warnings; from lacdepth_ros.cli.entry import main; '
        'code = main(); warnings.warn("of others"); sys.exit(code)'
    )
    command = [sys.executable, '-c', code, 'data', 'check', str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert f'lacdepth: warning: images in {tmp_path} ask to be shown rotated' in done.stderr
    assert '<string>:1: UserWarning: of others' in done.stderr
    assert 'files.py' not in done.stderr and 'manifest.py:' not in done.stderr


@pytest.mark.parametrize('arguments', [[], ['paint'], ['predict'], ['evaluate', '--jsn', 'x']])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        program.main(arguments)
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ('arguments', 'command', 'message'),
    [
        (['predict', '--outptu', 'x'], 'predict', '--outptu (did you mean --output?)'),
        (['predict', 'a.png', '-output', 'x'], 'predict', '-output (did you mean --output?)'),
        (['evaluate', '--jsn=x'], 'evaluate', '--jsn (did you mean --json?)'),
        (['bag', 'export', 'b', 'o', '--vdeo', 'x'], 'bag export', '--vdeo (did you mean --vid'),
        (['data', 'check', 'a', '--zzz'], 'data check', 'arguments: --zzz\n'),
        (['data', 'check', 'a', 'b'], 'data check', 'arguments: b\n'),
        (['train', '--confg', 'lite'], 'train', '--confg (did you mean --config?)'),
        (['--hlp', 'predict'], '', '--hlp (did you mean --help?)'),
    ],
)
def test_unknown_arguments_get_the_usage_of_their_command_and_the_one_meant(
    capsys: pytest.CaptureFixture[str], arguments: list[str], command: str, message: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        program.main(arguments)
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith(f'usage: lacdepth {command}'.rstrip() + ' [-h]')
    assert f'lacdepth {command}'.rstrip() + ': error: unrecognized arguments: ' in err
    assert message in err


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['evalaute', '--data', 'x'], "'evalaute' (did you mean evaluate?); choose from predict"),
        (['bag', 'exprot'], "'exprot' (did you mean export?); choose from from-kitti, "),
        (['bag', 'record-depth', 'x', '--storage', 'mcpa'], "'mcpa' (did you mean mcap?)"),
        (['zzz'], "'zzz'; choose from predict"),
    ],
)
def test_unknown_choices_are_told_with_the_one_meant(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        program.main(arguments)
    assert stop.value.code == 2
    assert f'invalid choice: {words}' in capsys.readouterr().err


TRAIN = ['train', '--config', 'lite']


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([*TRAIN, '--config', 'x'], 'train: error: --config is given 2 times: give it once'),
        ([*TRAIN, '--conf=x'], '--config is given 2 times'),
        (
            [*TRAIN, '--log.x', '2', '--log.x=3'],
            '--log.x is given 2 times',
        ),
        (['ablate', '--output', 'x', '--config', 'a', '--config', 'b'], '--config is given 2'),
        (['ablate', '--output', 'x', '--tables', 'a', '--tables', 'b'], 'with all that it takes'),
        (['bag', 'extract', 'b', 'o', '--every', '2', '--every', '3'], 'extract: error: --every'),
        (
            ['evaluate', '--data', 'x', '--flip-average', '--no-flip-average'],
            '--flip-average and --no-flip-average exclude each other',
        ),
    ],
)
def test_an_option_of_which_the_last_would_count_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        program.main(arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'expected'),
    [
        (['evaluate', '--data', 'x', '--require', 'a<=1', '--require', 'b<=2'], {}),
        (['calibrate', 'a.png', *('--point', '1', '2', '3') * 2], {'point': [[1, 2, 3]] * 2}),
        (['predict', 'a.png', '--output', 'x', '--ply', '--ply'], {'ply': True}),
        ([*TRAIN, '--resume', '--resume', *('--data.train_manifest+', 'x') * 2], {'resume': True}),
        (['predict', '--output', '-1', 'a.png'], {'output': Path('-1')}),
    ],
)
def test_what_may_be_given_twice(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: dict[str, object]
) -> None:
    seen: list[argparse.Namespace] = []
    module = getattr(program, arguments[0])
    monkeypatch.setattr(module, 'run', lambda args: seen.append(args) or 0)
    assert program.main(arguments) == 0
    assert {name: getattr(seen[0], name) for name in expected} == expected


@pytest.mark.parametrize(
    'argument', ['-1e-3', '-0.5', '--out=x', '--debug', '--', '-', 'x --outptu y']
)
def test_what_argparse_understands_is_no_unknown_option(argument: str) -> None:
    parser = CommandParser(exit_on_error=False)
    parser.add_argument('--output')
    parser.add_argument('--debug', action='store_true')
    assert list(parser._unknown_options([argument])) == []


@pytest.mark.parametrize(
    'number', ['-1', '-.5', '-1.', '-2e-3', '-2.5E+1', '-.5e2', '-inf', '-nan']
)
def test_negative_numbers_are_values_in_every_notation(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    seen: list[argparse.Namespace] = []
    monkeypatch.setattr(program.bag.bag_extract, 'run', lambda args: seen.append(args) or 0)
    pose = ['-1', number, '0', '0', '0', '0', '1']
    assert program.main(['bag', 'extract', 'b', 'o', '--pose', *pose]) == 0
    np.testing.assert_array_equal(seen[0].pose, [-1, float(number), 0, 0, 0, 0, 1])


@pytest.mark.parametrize('text', ['-2e', '-e3', '-2x', '-.', '-1e-3x'])
def test_what_only_begins_like_a_number_is_an_unknown_option(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit):
        program.main(['bag', 'extract', 'b', 'o', '--pose', '-1', text, *'00001'])
    assert f'unrecognized arguments: {text}' in capsys.readouterr().err


def test_settings_of_a_recipe_are_forwarded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(program.train, 'run', lambda args: seen.extend(args.forwarded) or 0)
    sections = ('model', 'data', 'trainer', 'checkpoint', 'log', 'pictures', 'seed_everything')
    settings = [f'--{section}' for section in sections] + ['--data.batch_size', '2']
    assert program.main(['train', '--config', 'x', *settings]) == 0
    assert seen == settings


@pytest.mark.parametrize(
    ('failure', 'code', 'line'),
    [
        (console.UsageError('no such\nfile'), 2, 'lacdepth: error: no such file\n'),
        (RuntimeError('out of memory'), 1, 'lacdepth: error: out of memory\n'),
        (RuntimeError(), 1, 'lacdepth: error: RuntimeError\n'),
        (KeyboardInterrupt(), 130, 'lacdepth: error: interrupted\n'),
    ],
)
def test_errors_are_one_line_without_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    code: int,
    line: str,
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise failure

    monkeypatch.setattr(program.evaluate, 'run', fail)
    assert program.main(['evaluate', '--data', 'x']) == code
    assert capsys.readouterr().err == line


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise RuntimeError('out of memory')

    monkeypatch.setattr(program.evaluate, 'run', fail)
    with pytest.raises(RuntimeError, match='out of memory'):
        program.main(['evaluate', '--data', 'x', '--debug'])
