# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node as a child: it is told its parameters, watched, and never outlives its parent."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lacdepth_ros.session import node_process
from lacdepth_ros.session.node_process import NodeError, NodeProcess, choose_domain

ECHO = 'import sys; print(*sys.argv[1:]); print(open(sys.argv[-1]).read()); '
STUBBORN = (
    'import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); '
    'signal.signal(signal.SIGTERM, signal.SIG_IGN); print("up", flush=True); time.sleep(60)'
)


def child(tmp_path: Path, code: str) -> NodeProcess:
    command = (sys.executable, '-c', code)
    return NodeProcess('/demo', {'device': 'cpu', 'rate': 2.0}, tmp_path / 'node.log', command)


def wait_for(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def alive(pid: int) -> bool:
    status = Path(f'/proc/{pid}/status')
    return status.exists() and 'zombie' not in status.read_text()


def test_parameters_reach_the_process_and_its_output_the_log(tmp_path: Path) -> None:
    with child(tmp_path, ECHO) as node:
        assert wait_for(lambda: 'rate' in node.last_lines())
        words = node.last_lines().split()
    assert words[:5] == ['--ros-args', '-r', '__ns:=/demo', '--params-file', words[4]]
    assert words[5:] == ['/**:', 'ros__parameters:', 'device:', 'cpu', 'rate:', '2.0']
    assert not Path(words[4]).exists(), 'the parameter file is removed'


def test_death_of_the_node_is_noticed(tmp_path: Path) -> None:
    def check() -> bool:
        try:
            node.check()
        except NodeError as error:
            return 'status 3' in str(error)
        return False

    with child(tmp_path, 'raise SystemExit(3)') as node:
        assert wait_for(check)
    assert node.last_lines() == '(the node wrote nothing)'


def test_stubborn_node_is_ended_by_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_process, '_GRACE', 0.2)
    with child(tmp_path, STUBBORN) as node:
        assert wait_for(lambda: 'up' in node.last_lines())
    assert node.stop() == -signal.SIGKILL


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='a service of the Linux kernel')
def test_node_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        'import sys, time\n'
        'from pathlib import Path\n'
        'from lacdepth_ros.session.node_process import NodeProcess\n'
        'code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"\n'
        f'log = Path({str(tmp_path / "node.log")!r})\n'
        'with NodeProcess("/demo", {}, log, (sys.executable, "-c", code)):\n'
        '    time.sleep(60)\n'
    )
    log = tmp_path / 'node.log'
    parent = subprocess.Popen([sys.executable, '-c', code], cwd=Path(__file__).parents[2])
    try:
        assert wait_for(lambda: log.exists() and log.read_text().strip())
        node = int(log.read_text())
        assert alive(node)
    finally:
        parent.kill()
        parent.wait()
    assert wait_for(lambda: not alive(node))


def test_domain_is_the_users_or_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', '42')
    assert choose_domain() == 42
    monkeypatch.delenv('ROS_DOMAIN_ID')
    monkeypatch.setattr(node_process, '_DOMAINS', (100, 101))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(('', 7400 + 250 * 100 + 10))
        assert choose_domain() == 101


@pytest.mark.parametrize(('given', 'domain'), [('0', 0), ('101', 101), ('232', 232)])
def test_the_domain_of_the_user_is_taken(monkeypatch, given: str, domain: int) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', given)
    assert choose_domain() == domain


@pytest.mark.parametrize('given', ['abc', '-1', '1.5', '233', ' '])
def test_a_domain_that_there_is_not_is_told(monkeypatch, given: str) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', given)
    with pytest.raises(NodeError, match=rf'ROS_DOMAIN_ID is {given!r}; 0 to 232 are possible'):
        choose_domain()
