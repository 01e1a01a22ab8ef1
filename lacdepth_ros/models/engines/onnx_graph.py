# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A graph of ONNX that older and smaller runtimes read, too, and read the same.

PyTorch writes operators as of opset 18. TensorRT up to 9 reads those without a word and averages
over all axes where ReduceMean names its axes in an input, as it does from 18 on; ONNX Runtime
up to 1.17 refuses the version of the file. Nothing in these networks needs an opset above 14.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.optional import load_library

PURPOSE = 'writing files of ONNX'
OPSET = 14
"""Written into files: the first with HardSwish, which the encoder mobilenet_v3_large has."""
IR_VERSION = 7
"""Of the file: what goes with OPSET."""
NEWER_ATTRIBUTES = {
    'Resize': ('antialias', 'axes', 'keep_aspect_ratio_policy'),
    'Split': ('num_outputs',),
}
"""What opset 18 added, and PyTorch writes out though it changes nothing."""
_END = np.iinfo(np.int64).max

Constants = dict[str, npt.NDArray[Any]]


def make_portable(model: Any) -> None:
    """Rewrite an onnx.ModelProto of opset 18 in place: older operators, constants as constants.

    Raises:
        onnx.checker.ValidationError: It holds what OPSET does not have.
    """
    onnx = load_library('onnx', PURPOSE)
    constants = {x.name: onnx.numpy_helper.to_array(x) for x in model.graph.initializer}
    nodes: list[Any] = []
    for node in model.graph.node:
        nodes.extend(_lowered(onnx, node, constants))
    del model.opset_import[:]
    model.opset_import.add(domain='', version=OPSET)
    model.ir_version = IR_VERSION
    nodes = [node for node in nodes if not _fold(onnx, node, constants, model)]
    _replace(onnx, model.graph, nodes, constants)
    _forget_origin(model)
    onnx.checker.check_model(model, full_check=True)


def refuse_other_sizes(model: Any, multiple: int) -> None:
    """Let a model of any size fail on images whose sides are not multiples, in place.

    Without it those of sixteen run, such as 480x848, and depth is off by up to its whole: maps
    of neighbouring strides no longer lie on each other. A reshape to the next smaller multiples
    changes nothing where sides are such, and no runtime can do it where they are not.
    """
    onnx = load_library('onnx', PURPOSE)
    graph, node = model.graph, onnx.helper.make_node
    (image, *_) = graph.input
    checked, sides = f'{image.name}_checked', f'sides_must_be_multiples_of_{multiple}'
    dims = [dim.dim_value for dim in image.type.tensor_type.shape.dim[:2]]
    constants = {'sides_start': [2], 'sides_end': [4], 'multiple': [multiple], 'batch': dims}
    for name, value in constants.items():
        graph.initializer.append(onnx.numpy_helper.from_array(np.array(value, np.int64), name))
    for reader in graph.node:
        reader.input[:] = [checked if name == image.name else name for name in reader.input]
    nodes = [
        node('Shape', [image.name], ['given']),
        node('Slice', ['given', 'sides_start', 'sides_end'], ['given_sides']),
        node('Div', ['given_sides', 'multiple'], ['cells']),
        node('Mul', ['cells', 'multiple'], ['allowed_sides']),
        node('Concat', ['batch', 'allowed_sides'], ['allowed'], axis=0),
        node('Reshape', [image.name, 'allowed'], [checked], name=sides),
    ]
    for i, new in enumerate(nodes):
        graph.node.insert(i, new)
    graph.value_info.add(name=checked, type=image.type)
    onnx.checker.check_model(model, full_check=True)


def _lowered(onnx: Any, node: Any, constants: Constants) -> list[Any]:
    """Nodes of OPSET that do what one of opset 18 does."""
    helper = onnx.helper
    dropped = NEWER_ATTRIBUTES.get(node.op_type, ())
    if node.op_type.startswith('Reduce') and node.op_type != 'ReduceSum' and node.input[1:]:
        axes = constants[node.input[1]].tolist()
        del node.input[1:]
        node.attribute.append(helper.make_attribute('axes', axes))
        dropped = ('noop_with_empty_axes',)
    if node.op_type == 'Shape' and node.attribute:
        bounds = {x.name: x.i for x in node.attribute}
        (part,) = node.output
        names = [f'{part}_{end}' for end in ('start', 'end')]
        constants[names[0]] = np.array([bounds.get('start', 0)])
        constants[names[1]] = np.array([bounds.get('end', _END)])
        whole = helper.make_node('Shape', node.input, [f'{part}_whole'], name=f'{node.name}_whole')
        cut = helper.make_node('Slice', [f'{part}_whole', *names], [part], name=node.name)
        return [whole, cut]
    kept = [x for x in node.attribute if x.name not in dropped]
    del node.attribute[:]
    node.attribute.extend(kept)
    return [node]


def _fold(onnx: Any, node: Any, constants: Constants, model: Any) -> bool:
    """Compute a node of constants, such as a part of a kernel, if that makes nothing larger.

    Compilers for small devices take a convolution only with its weights at hand.
    """
    given = [name for name in node.input if name]
    ends = {x.name for x in model.graph.output}
    if not given or not all(name in constants for name in given) or ends & set(node.output):
        return False
    outputs = [onnx.ValueInfoProto(name=name) for name in node.output]
    tensors = [onnx.numpy_helper.from_array(constants[name], name) for name in set(given)]
    graph = onnx.helper.make_graph([node], 'constant', [], outputs, tensors)
    single = onnx.helper.make_model(graph, opset_imports=model.opset_import)
    evaluator = load_library('onnx.reference', PURPOSE).ReferenceEvaluator(single)
    values = [np.asarray(x) for x in evaluator.run(None, {})]
    if sum(x.nbytes for x in values) > sum(constants[name].nbytes for name in set(given)):
        return False
    constants.update(zip(node.output, values, strict=True))
    return True


def _replace(onnx: Any, graph: Any, nodes: list[Any], constants: Constants) -> None:
    """Give a graph these nodes, and those of the constants that they read."""
    used = {name for node in nodes for name in node.input}
    tensors = [
        onnx.numpy_helper.from_array(np.asarray(value, order='C'), name)
        for name, value in constants.items()
        if name in used
    ]
    made = {name for node in nodes for name in node.output}
    shapes = [x for x in graph.value_info if x.name in made]
    for field, values in (('node', nodes), ('initializer', tensors), ('value_info', shapes)):
        items = getattr(graph, field)
        values = list(values)
        del items[:]
        items.extend(values)


def _forget_origin(model: Any) -> None:
    """Drop PyTorch's notes: stack traces with the paths of this machine, a megabyte of them."""
    graph = model.graph
    for holder in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del holder.metadata_props[:]
    for node in graph.node:
        node.ClearField('doc_string')
