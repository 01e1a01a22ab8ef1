# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A short soak of the real node, and the judgment of what grew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tiny_networks import tiny_network

from lacdepth_ros.session.vital_signs import VitalSigns, problems, take


def signs(memory, threads=10, descriptors=20):
    return [VitalSigns(i, 10 * i, m, threads, descriptors) for i, m in enumerate(memory)]


def test_flat_is_no_problem_however_it_began():
    assert problems(signs([100, 400, 700, *[800 + i % 3 for i in range(40)]])) == []


def test_one_large_frame_in_flight_is_no_growth():
    memory = [800.0] * 40
    memory[-1] = 1500.0
    assert problems(signs(memory)) == []


def test_growth_is_named_with_its_figures():
    [problem] = problems(signs([500 + 4 * i for i in range(100)]))
    assert problem == 'resident_mb grew from 722 to 874 in the second half'
    leaking = [VitalSigns(i, i, 500, 10 + i // 10, 20 + i // 5) for i in range(100)]
    assert [text.split()[0] for text in problems(leaking)] == ['threads', 'descriptors']


def test_too_short_a_run_proves_nothing():
    assert problems(signs([500] * 5)) == ['the run was too short to see whether anything grows']


@pytest.mark.skipif(not Path('/proc/self/status').exists(), reason='needs Linux')
def test_vital_signs_are_those_of_the_process():
    sign = take(os.getpid(), 1.5, 7)
    assert (sign.seconds, sign.frames) == (1.5, 7)
    rollup = dict(
        line.split(':') for line in Path('/proc/self/smaps_rollup').read_text().splitlines()[1:]
    )
    own = sum(int(rollup[name].split()[0]) for name in ('Pss_Anon', 'Pss_Shmem'))
    resident = int(Path('/proc/self/statm').read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE')
    assert 0.8 * own / 1024 < sign.resident_mb < resident / 2**20
    assert sign.threads >= 1 and sign.descriptors >= 3


@pytest.mark.slow
@pytest.mark.ros
def test_a_short_soak_of_the_real_node(tmp_path: Path, monkeypatch, capsys):
    """Sizes that change, every fault, two rounds through the states, SIGINT at the end."""
    pytest.importorskip('rclpy')
    from lacdepth_ros.cli.main import main
    from lacdepth_ros.models.checkpoint import save_checkpoint

    monkeypatch.setenv('PYTHONPATH', str(Path(__file__).parents[2]))
    path, out = tmp_path / 'tiny.safetensors', tmp_path / 'out'
    save_checkpoint(path, tiny_network(), {})
    arguments = ['--frames', '60', '--rate', '20', '--faults', '0.3', '--round-every', '25']
    arguments += ['--engine', 'eager', '--precision', 'fp32', '--checkpoint', str(path)]
    main(['soak', '--output', str(out), *arguments])
    report = json.loads((out / 'soak.json').read_text())
    log = (out / 'node.log').read_text()
    assert report['exit_status'] == 0, log
    counts = report['counts']
    assert counts['rounds'] == 2 and counts['good answered'] >= 20, counts
    assert counts.get('good unanswered', 0) == 0 == counts['answers too late'], log
    assert report['seconds'] > 59 / 20  # 20 a second at most
    assert counts['damaged unanswered'] >= 3 and 'damaged answered' not in counts
    assert 'Traceback' not in log
    assert 'rainbow9\\nxxx' in log and max(map(len, log.splitlines())) < 2000
    settled = report['signs'][len(report['signs']) // 2 :]
    assert max(s['threads'] for s in settled) - min(s['threads'] for s in settled) <= 3
    assert 'second half:' in capsys.readouterr().out
