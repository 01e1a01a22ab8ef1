# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth node as a child process: started with parameters, logged to a file, never orphaned."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lacdepth_ros.core.runtime import die_with_parent

LOG = 'node.log'
"""Name of the file that takes what the node writes."""
_DOMAINS = range(1, 102)  # those whose ports Linux does not hand out to others
_LAST_DOMAIN = 232  # the ports of the next one lie beyond 65535
_GRACE = 5.0  # seconds a signal has to act


class NodeError(Exception):
    """The node did not start, ended, or refused a transition."""


def choose_domain() -> int:
    """Domain id: the user's ROS_DOMAIN_ID, or else one that nobody on this machine uses."""
    if given := os.environ.get('ROS_DOMAIN_ID'):
        if not given.isdecimal() or int(given) > _LAST_DOMAIN:
            raise NodeError(f'ROS_DOMAIN_ID is {given!r}; 0 to {_LAST_DOMAIN} are possible')
        return int(given)
    for domain in random.sample(_DOMAINS, len(_DOMAINS)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain + 10))  # taken by a domain's first process
            except OSError:
                continue
            return domain
    raise NodeError('every DDS domain from 1 to 101 is in use; set ROS_DOMAIN_ID')


def use_domain(domain: int) -> None:
    """Put this process and its children into a DDS domain that ends at this machine."""
    os.environ['ROS_DOMAIN_ID'] = str(domain)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


class NodeProcess:
    """The executable depth_node in a process of its own; a context manager.

    Args:
        namespace: Of the node and its topics, such as '/demo'.
        parameters: Of the node, by name.
        log: File that takes all it writes.
        command: What to run instead of the node's module.
    """

    def __init__(
        self,
        namespace: str,
        parameters: Mapping[str, Any],
        log: Path,
        command: tuple[str, ...] = (sys.executable, '-m', 'lacdepth_ros.node.entry'),
    ) -> None:
        self._command = command
        self._namespace = namespace
        self._parameters = {'/**': {'ros__parameters': dict(parameters)}}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix='lacdepth_')

    def __enter__(self) -> NodeProcess:
        file = Path(self._folder.name) / 'parameters.yaml'
        file.write_text(yaml.safe_dump(self._parameters), encoding='utf-8')
        ros_arguments = [
            '--ros-args',
            '-r',
            f'__ns:={self._namespace}',
            '--params-file',
            str(file),
        ]
        with self._log.open('wb') as log:
            self._process = subprocess.Popen(
                [*self._command, *ros_arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {'PYTHONUNBUFFERED': '1', 'RCUTILS_COLORIZED_OUTPUT': '0'},
                start_new_session=True,  # Ctrl-C reaches us, and we end the node in order
                preexec_fn=die_with_parent,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Number of the process."""
        assert self._process is not None
        return self._process.pid

    def check(self) -> None:
        """Raise NodeError when the process has ended."""
        assert self._process is not None
        if (status := self._process.poll()) is not None:
            raise NodeError(f'the node ended with status {status}')

    def stop(self) -> int:
        """End the process, by force if need be; returns its exit status."""
        assert self._process is not None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                self._process.wait(_GRACE)
                break
            except subprocess.TimeoutExpired:
                continue
        self._folder.cleanup()
        return self._process.wait()

    def last_lines(self) -> str:
        """The end of what the node wrote."""
        return last_lines(self._log)


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a node's log."""
    lines = log.read_text(encoding='utf-8', errors='replace').splitlines()
    return '\n'.join(lines[-count:]) or '(the node wrote nothing)'
