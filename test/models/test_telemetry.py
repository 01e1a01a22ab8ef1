# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""No engine tells anybody that it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


# A session of a network that adds its input to itself; reports are prepared by a thread.
SESSION = """
import numpy, onnx, sys, time
from onnx import TensorProto, helper
from lacdepth_ros.core.optional import load_library
value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in 'xy']
graph = helper.make_graph([helper.make_node('Add', ['x', 'x'], ['y'])], 'g', value[:1], value[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=9)
session = load_library('onnxruntime', 'this test').InferenceSession(
    model.SerializeToString(), providers=['CPUExecutionProvider'])
print(session.run(None, {'x': numpy.ones(2, numpy.float32)})[0].tolist())
del session
time.sleep(0.5)
"""


def output_of(program: str, home: Path) -> str:
    """What a program of a user that has never reported anything prints last."""
    named = ('CI', 'TF_BUILD', 'ORT_DISABLE_TELEMETRY', 'XDG_CACHE_HOME')
    environment = {**{k: v for k, v in os.environ.items() if k not in named}, 'HOME': str(home)}
    command = [sys.executable, '-c', program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split('\n')[-2]


@pytest.mark.slow
def test_importing_and_translating_opens_no_connection(tmp_path: Path) -> None:
    pytest.importorskip('openvino')
    assert output_of(WATCHED, tmp_path) == '[] []'
    assert not (tmp_path / 'intel').exists(), 'where consent and a client id would stand'


def test_onnxruntime_prepares_no_report(tmp_path: Path) -> None:
    """No hook of Python's sees its native code report, but a device id is left in the home."""
    pytest.importorskip('onnxruntime')
    pytest.importorskip('onnx')
    assert output_of(SESSION, tmp_path) == '[2.0, 2.0]'
    assert not list(tmp_path.rglob('*'))
