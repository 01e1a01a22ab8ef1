# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""No engine tells anybody that it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('openvino')

WATCHED = """
import sys
seen = []
NETWORK = ('socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname', 'urllib.Request')
sys.addaudithook(lambda event, args: seen.append((event, args)) if event in NETWORK else None)
import torch
from lacdepth_ros.core.optional import load_library
from lacdepth_ros.models.engines import devices
from lacdepth_ros.models.engines.openvino import translate
devices.has_intel_gpu()
openvino = load_library('openvino', 'this test')
translate(openvino, torch.nn.Conv2d(3, 3, 1).eval(), [(1, 3, 4, 4)])
assert type(openvino.tools.ovc.telemetry).__module__ == 'openvino.tools.ovc.telemetry_stub'
import time
time.sleep(0.5)  # reports would be sent by a thread
print(seen, [name for name in sys.modules if name.startswith('openvino_telemetry.')])
"""


def test_importing_and_translating_opens_no_connection(tmp_path: Path) -> None:
    outside_ci = {k: v for k, v in os.environ.items() if k not in ('CI', 'TF_BUILD')}
    environment = {**outside_ci, 'HOME': str(tmp_path)}
    command = [sys.executable, '-c', WATCHED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split('\n')[-2] == '[] []'
    assert not (tmp_path / 'intel').exists(), 'where consent and a client id would stand'
