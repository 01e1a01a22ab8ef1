# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, at the start and in the middle of everything that can run long: 130, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from miniature import write_manifest

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import INTERRUPTED
from lacdepth_ros.cli.main import main
from lacdepth_ros.core.installation import missing_modules

LONG: dict[str, tuple[str, list[str], list[str]]] = {
    'predict': ('cli.predict._predict', [], ['IMAGE', '--output', 'OUT']),
    'evaluate': ('evaluation.evaluate.score', [], ['--data', 'DATA']),
    'benchmark': ('cli.benchmark._times', [], ['--skip-sizes', '--node-frames', '0', '--rates']),
    'export': ('models.export.export', [], ['OUT/a.onnx']),
    'calibrate': ('cli.calibrate._measured', [], ['DATA']),
    'train': (
        'training.run.TrainingRun',
        ['lightning', 'jsonargparse', 'tensorboard'],
        ['--config', 'lite', '--output', 'OUT'],
    ),
    'ablate': (
        'training.ablation.run_sweep',
        ['lightning', 'jsonargparse', 'tensorboard'],
        ['--output', 'OUT', '--data.train_manifest', 'DATA', '--data.val_manifest', 'DATA'],
    ),
    'data check': ('data.check.check_entries', [], ['DATA']),
    'data densify': ('data.densify._make', ['scipy'], ['DATA', 'OUT', '--workers', '1']),
    'data render': ('synthetic.render._write', [], ['OUT', '--workers', '1']),
    'data index': ('cli.data_index.outputs.claim_file', [], ['kitti', 'OUT', 'OUT/a.jsonl']),
    'bag export': ('bags.export.export', ['rosbags'], ['BAG', 'OUT', '--png']),
    'bag extract': ('bags.extract.extract', ['rosbags'], ['BAG', 'OUT']),
    'bag from-kitti': ('bags.sources.open_source', ['rosbags'], ['DATA', 'OUT/bag']),
    'bag evaluate': ('cli.sessions.require_ros', ['rosbags'], ['BAG']),
    'bag record-depth': ('session.recorder.DepthRecorder', ['rclpy', 'rosbags'], ['OUT/bag']),
    'demo': ('cli.sessions.require_ros', [], ['--output', 'OUT']),
    'play': ('cli.sessions.require_ros', [], []),
    'doctor': ('cli.doctor._look', [], []),
    'soak': ('cli.soak._soak', ['rclpy'], ['--output', 'OUT']),
}
"""By command: what is interrupted in its midst, which libraries that needs, and arguments."""


def interrupt(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize('command', LONG)
def test_every_command_says_130(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place, needed, arguments = LONG[command]
    if missing := missing_modules(needed):
        pytest.skip(f'needs {missing}')
    data, out = write_manifest(tmp_path / 'data', 'road/0'), tmp_path / 'out'
    places = {'DATA': str(data), 'IMAGE': str(next(tmp_path.glob('data/*.png'))), 'BAG': 'bag'}
    given = [places.get(word, word.replace('OUT', str(out))) for word in arguments]
    monkeypatch.setattr(options, 'load_predictor', lambda args: _Anything())
    monkeypatch.setattr(f'lacdepth_ros.{place}', interrupt)
    assert main([*command.split(), *given]) == INTERRUPTED
    said = capsys.readouterr().err
    assert said.endswith('lacdepth: error: interrupted\n') and 'Traceback' not in said


class _Anything:
    """Stands in for a predictor that is never asked to predict."""

    intervals = None
    camera_height = 1.65

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self


@pytest.mark.slow
@pytest.mark.parametrize('ignored', [False, True])
def test_interrupt_while_it_is_imported(ignored: bool) -> None:
    """As at once after Enter; in the background, where shells ignore Ctrl-C, it goes on."""
    code = (
        'import os, signal, sys\n'
        'class Watch:\n'
        '    def find_spec(self, name, *_):\n'
        "        if name == 'lacdepth_ros.cli.main':\n"
        '            os.kill(os.getpid(), signal.SIGINT)\n'
        f'if {ignored}:\n'
        '    signal.signal(signal.SIGINT, signal.SIG_IGN)\n'
        'sys.meta_path.insert(0, Watch())\n'
        "sys.argv = ['lacdepth', 'export', 'a.txt']\n"
        'from lacdepth_ros.cli.entry import main\n'
        'sys.exit(main())\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    if ignored:
        assert done.returncode == 2 and 'a.txt' in done.stderr
    else:
        assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, '', '')
