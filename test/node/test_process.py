# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The executable as a process of its own: large messages arrive, signals end it cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('rclpy')

from lifecycle_msgs.srv import ChangeState
from ros_fakes import image_message, info_message

from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.depth import depth_from_message

pytestmark = pytest.mark.ros
TEST_DIRECTORY = Path(__file__).parents[1]
NODE = (
    'from lacdepth_ros.node import stopping; stopping.listen(); '
    'from ros_fakes import FakeFactory; from lacdepth_ros.node.main import main; '
    'stopping.leave(main(predictor_factory=FakeFactory()))'
)


@pytest.fixture
def start_node(ros_domain):
    """Return a function that starts the node with a fake predictor in a process of its own."""
    processes = []

    def start(*arguments, code=NODE, **environment):
        path = os.pathsep.join([str(TEST_DIRECTORY.parent), str(TEST_DIRECTORY)])
        process = subprocess.Popen(
            [sys.executable, '-c', code, *arguments],
            env=os.environ | {'PYTHONPATH': path} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:  # killed, they would leave their shared memory behind
        process.terminate()
        process.communicate(timeout=60)


def test_large_best_effort_images_and_clouds_arrive(client, start_node):
    start_node('--ros-args', '-p', 'diagnostics_period:=0.2')
    client.activate('depth/image_rect', 'points')
    height, width = 375, 1242
    answered = 0
    for stamp in range(1, 6):
        image = image_message(stamp, height=height, width=width)
        client.send(stamp, image=image, info=info_message(stamp, height=height, width=width))
        answered += client.spin_until(
            lambda stamp=stamp: client.find('points', stamp), timeout=10.0
        )
    assert answered >= 4, 'with 512 KiB segments next to none would'
    depth = depth_from_message(client.received['depth/image_rect'][-1])
    np.testing.assert_allclose(depth, 6.0, rtol=1e-6)
    points, _ = cloud_from_message(client.received['points'][-1])
    assert points.shape == (height, width, 3)
    assert client.spin_until(lambda: client.diagnostics)
    facts = {item.key: item.value for item in client.diagnostics[-1].values}
    assert facts['dds profile'].startswith('shipped: ')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('active', [False, True])
def test_signal_ends_the_process_cleanly(client, start_node, number, active):
    process = start_node()
    assert client.state() == 'unconfigured'
    if active:
        client.activate('depth/image_rect')
        client.answer('depth/image_rect', 1)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert 'Traceback' not in output


@pytest.mark.parametrize('delay', [0.0, 0.3, 0.6, 1.0])
def test_signal_while_the_process_starts(start_node, delay):
    """From the first line of ours on: what the interpreter does before is not in our hands."""
    process = start_node(code=NODE.replace('listen();', 'listen(); print("here", flush=True);'))
    assert process.stdout.readline() == 'here\n'
    time.sleep(delay)
    process.terminate()
    sent = time.monotonic()
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0, output
    assert 'Traceback' not in output
    assert time.monotonic() - sent < 5


SLOW = (
    'from lacdepth_ros.node import stopping; stopping.listen(); '
    'import time; from lacdepth_ros.node.main import main; '
    'stopping.leave(main(predictor_factory=lambda *a, **k: time.sleep(60)))'
)


def shared_memory_of(pid):
    """Segments of Fast DDS that a process has mapped; ports belong to everybody."""
    lines = Path(f'/proc/{pid}/maps').read_text().splitlines()
    paths = {Path(line.split()[-1]) for line in lines if '/dev/shm/fast' in line}
    return {path for path in paths if 'port' not in path.name}


def test_signal_in_the_middle_of_configure(client, start_node):
    """Nobody waits for a network that is still being loaded, and nothing stays behind."""
    before = set(Path('/dev/shm').iterdir())
    process = start_node(code=SLOW)
    assert client.state() == 'unconfigured'
    request = ChangeState.Request()
    request.transition.label = 'configure'
    client._change.call_async(request)
    client.spin_for(1.0)
    mapped = shared_memory_of(process.pid) - before
    sent = time.monotonic()
    process.terminate()
    output, _ = process.communicate(timeout=30)
    assert time.monotonic() - sent < 10
    assert process.returncode == 0, output
    assert 'Traceback' not in output
    assert mapped and not [path for path in mapped if path.exists()]


def test_further_signals_do_no_harm(client, start_node):
    process = start_node()
    client.activate()
    process.send_signal(signal.SIGINT)
    for _ in range(300):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    assert process.returncode == 0, process.stdout.read()


def test_bad_parameter_file_value_leaves_the_process_alive(client, start_node):
    process = start_node('--ros-args', '-p', 'max_depth:=far')
    assert not client.transition('configure')
    assert client.state() == 'unconfigured'
    assert client.set(max_depth=80.0) == ['']
    assert client.transition('configure')
    process.terminate()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert 'configure failed' in output and 'max_depth' in output


def test_node_starts_without_a_home(client, start_node, tmp_path):
    environment = {'HOME': '', 'ROS_HOME': '', 'ROS_LOG_DIR': '', 'TMPDIR': str(tmp_path)}
    start_node(**environment)
    assert client.state() == 'unconfigured'


def test_a_parameter_file_for_other_nodes_is_told(client, start_node, tmp_path):
    path = tmp_path / 'file.yaml'
    path.write_text('depth_node: {ros__parameters: {camera_height: 0.4}}\n')
    process = start_node('--ros-args', '-r', '__ns:=/camera', '--params-file', str(path))
    for line in process.stdout:
        if str(path) in line:
            break
    assert 'has no parameters for /camera/depth_node, but for /depth_node: begin it with' in line
