# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every exported file of ONNX must be: one that older runtimes read."""

from __future__ import annotations

from pathlib import Path

import pytest


def assert_portable(path: Path) -> None:
    """Old operators, weights at hand, nothing of the machine that wrote it."""
    onnx = pytest.importorskip('onnx')
    proto = onnx.load(path)
    assert [(x.domain, x.version) for x in proto.opset_import] == [('', 14)]
    assert proto.ir_version <= 8  # ONNX Runtime 1.16 and 1.17 read up to 9
    kinds = {node.op_type for node in proto.graph.node}
    assert not kinds & {'GatherND', 'GatherElements', 'ScatterND', 'GridSample', 'If', 'Loop'}
    weights = {tensor.name for tensor in proto.graph.initializer}
    convolutions = [node for node in proto.graph.node if node.op_type == 'Conv']
    assert convolutions and all(set(node.input[1:]) <= weights for node in convolutions)
    content = path.read_bytes()  # PyTorch notes the stack trace of each node, with paths
    assert not any(x in content for x in (b'stack_trace', b'lacdepth_ros/', b'forward\n'))
