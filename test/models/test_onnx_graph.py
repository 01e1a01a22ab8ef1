# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of ONNX for runtimes of others: old operators, weights at hand, no paths."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lacdepth_ros.models.engines.onnx_graph import make_portable

onnx = pytest.importorskip('onnx')
reference = pytest.importorskip('onnx.reference')
FLOAT, INT64 = 1, 7
IMAGE = np.random.default_rng(0).random((1, 4, 6, 5), np.float32)


def graph_of(nodes: list[Any], outputs: list[str], **constants: Any) -> Any:
    """A model of opset 18 from `x` to some outputs."""
    helper = onnx.helper
    tensors = [onnx.numpy_helper.from_array(np.array(v), name) for name, v in constants.items()]
    x = helper.make_tensor_value_info('x', FLOAT, IMAGE.shape)
    shapes = {'height': (1,), 'mean': (1, 1, 6, 5), 'b': (1, 2, 6, 5)}
    ends = [
        helper.make_tensor_value_info(o, INT64 if o == 'height' else FLOAT, shapes.get(o, 'BCHW'))
        for o in outputs
    ]
    graph = helper.make_graph(nodes, 'test', [x], ends, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=10)


def values(model: Any) -> list[np.ndarray]:
    results: list[np.ndarray] = reference.ReferenceEvaluator(model).run(None, {'x': IMAGE})
    return results


def test_older_operators_give_the_same_values() -> None:
    """TensorRT up to 9 takes a mean over all axes if an input names them, as in opset 18."""
    node = onnx.helper.make_node
    model = graph_of(
        [
            node('ReduceMean', ['x', 'axes'], ['mean'], keepdims=1),
            node('Split', ['x'], ['a', 'b'], axis=1, num_outputs=2),
            node('Shape', ['x'], ['height'], start=2, end=3),
            node('Slice', ['kernel', 'zero', 'two', 'one'], ['part']),
            node('Conv', ['x', 'part'], ['y']),
        ],
        ['mean', 'b', 'height', 'y'],
        axes=[1],
        kernel=np.arange(12, dtype=np.float32).reshape(3, 4, 1, 1),
        zero=[0],
        one=[0],
        two=[2],
    )
    before = values(model)
    make_portable(model)
    np.testing.assert_allclose(before[0], IMAGE.mean(axis=1, keepdims=True), rtol=1e-6)
    for ours, theirs in zip(values(model), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert values(model)[2].tolist() == [6]
    mean = next(n for n in model.graph.node if n.op_type == 'ReduceMean')
    assert list(mean.input) == ['x'] and mean.attribute[1].ints == [1]
    assert model.opset_import[0].version <= 14 and model.ir_version <= 8
    assert 'kernel' not in {tensor.name for tensor in model.graph.initializer}


def test_an_operator_that_older_runtimes_lack_is_refused() -> None:
    model = graph_of([onnx.helper.make_node('Mish', ['x'], ['y'])], ['y'])
    with pytest.raises(onnx.checker.ValidationError, match='Mish'):
        make_portable(model)
