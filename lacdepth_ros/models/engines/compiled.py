# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""TorchInductor's kernels, captured in a CUDA graph: an NVIDIA GPU runs them at one call.

Without a graph the light network spends most of its time on a GPU waiting for the next launch.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lacdepth_ros.models.engines.eager import exact_float32
from lacdepth_ros.models.engines.engine import MAX_SHAPES, MetricNetwork, Outputs
from lacdepth_ros.models.inference import prepare_for_inference
from lacdepth_ros.models.lacdepth import LacDepth

Shapes = tuple[torch.Size, ...]
WARM_UP_RUNS = 3
"""Runs before the capture, in which kernels are built and libraries take their workspaces."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A CUDA graph and the memory it reads and writes.

    Attributes:
        function: What was captured; its weights and kernels must live as long as the graph.
        inputs: Tensors that a replay reads.
        outputs: What a replay writes.
        graph: What to replay.
    """

    function: Callable[..., Outputs]
    inputs: list[Tensor]
    outputs: Outputs
    graph: torch.cuda.CUDAGraph


class CompiledEngine:
    """Compiles and captures the network for every input size it meets, at the first run of each.

    Args:
        model: A network in evaluation mode; it is changed and moved, so hand over a copy if the
            original is still needed.
        device: A CUDA device.
        precision: 'fp32', 'bf16' or 'fp16'.
    """

    version = str(torch.__version__)

    def __init__(self, model: LacDepth, device: torch.device, precision: str) -> None:
        self.input_device = device
        self._network = MetricNetwork(prepare_for_inference(model, device, precision)).eval()
        self._captured: OrderedDict[Shapes, Captured] = OrderedDict()

    def run(self, image: Tensor, *constants: Tensor) -> Outputs:
        """See Engine."""
        given = (image, *constants)
        shapes = tuple(x.shape for x in given)
        if shapes not in self._captured:
            while len(self._captured) >= MAX_SHAPES:
                self._captured.popitem(last=False)
            with torch.no_grad(), torch.cuda.device(self.input_device), exact_float32():
                self._captured[shapes] = self._capture(given)
        self._captured.move_to_end(shapes)
        captured = self._captured[shapes]
        with torch.inference_mode():
            for own, new in zip(captured.inputs, given, strict=True):
                own.copy_(new)
            captured.graph.replay()
            depth, std, summary = captured.outputs
            return depth.clone(), std.clone(), summary.clone()

    def knows(self, height: int, width: int) -> bool:
        """See Engine."""
        return any(image[2:] == (height, width) for image, *_ in self._captured)

    def prepare(self, height: int, width: int, *constants: Tensor) -> None:
        """See Engine. A graph is captured in the thread that replays it."""

    def close(self) -> None:
        """See Engine."""
        self._captured.clear()
        del self._network

    def _capture(self, given: tuple[Tensor, ...]) -> Captured:
        image, *constants = given
        inputs = [image.clone(memory_format=torch.channels_last), *(x.clone() for x in constants)]
        function = compile_network(self._network, inputs)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP_RUNS):
                function(*inputs)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # Only this thread's calls are watched: others may use the GPU meanwhile.
        with torch.cuda.graph(graph, capture_error_mode='thread_local'):
            outputs = function(*inputs)
        return Captured(function, inputs, outputs, graph)


def compile_network(network: MetricNetwork, inputs: list[Tensor]) -> Callable[..., Outputs]:
    """Compile a network for inputs of exactly these sizes.

    It is exported first: the exported code is an object of its own, so that building engines again
    and again never meets the compiler's limit of versions of one function.
    """
    exported = torch.export.export(network, tuple(inputs), strict=False).module()
    return torch.compile(exported, fullgraph=True, dynamic=False)
