# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime: for processors and GPUs that the other engines do not serve."""

from __future__ import annotations

import copy
import logging
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from lacdepth_ros.core.optional import load_library
from lacdepth_ros.models.engines import cache
from lacdepth_ros.models.engines.engine import MAX_SHAPES, MetricNetwork, Outputs
from lacdepth_ros.models.engines.onnx_graph import make_portable, refuse_other_sizes
from lacdepth_ros.models.inference import prepare_for_inference
from lacdepth_ros.models.lacdepth import PAD_MULTIPLE, LacDepth

PURPOSE = "engine 'onnxruntime'"
Shapes = tuple[tuple[int, ...], ...]
_OPSET = 18  # that PyTorch translates to
INPUTS = ('image', 'intrinsics')
OUTPUTS = ('depth', 'std', 'summary')
PROVIDERS = {
    'cpu': ('CPUExecutionProvider',),
    'cuda': ('TensorrtExecutionProvider', 'CUDAExecutionProvider'),
}
"""What runs a network on a type of device, the fastest first."""
PRECISIONS = {'cpu': ('fp32',), 'cuda': ('fp32', 'fp16')}
MOST_CELLS = 4096 // PAD_MULTIPLE
"""Largest side of a file of any size, in cells of the encoder."""


class OnnxRuntimeEngine:
    """Translates the network for every input size it meets, at the first run of each.

    Args:
        model: A network in evaluation mode; it is changed, so hand over a copy if the original is
            still needed.
        device: 'cpu' or a CUDA device.
        precision: 'fp32', or on a GPU 'fp16'.

    Raises:
        ValueError: This ONNX Runtime cannot compute on the device, or not in this precision.
        ModuleNotFoundError: onnxruntime, or what translates networks for it, is not installed.
    """

    input_device = torch.device('cpu')

    def __init__(self, model: LacDepth, device: torch.device, precision: str) -> None:
        self._runtime: Any = load_library('onnxruntime', PURPOSE)
        for name in ('onnx', 'onnxscript'):
            load_library(name, PURPOSE)
        if precision not in PRECISIONS[device.type]:
            allowed = list(PRECISIONS[device.type])
            raise ValueError(
                f"precision '{precision}' of {PURPOSE} on '{device.type}' is not one of {allowed}"
            )
        present = self._runtime.get_available_providers()
        self._providers = [name for name in PROVIDERS[device.type] if name in present]
        if not self._providers:
            raise ValueError(
                f"{PURPOSE} has {present} here, nothing for '{device}'; on NVIDIA GPUs it needs "
                'pip install onnxruntime-gpu'
            )
        self.version = f'{self._runtime.__version__} {self._providers}'
        self._device = device
        self._key = {
            'engine': f'onnxruntime {precision}',
            'torch': torch.__version__,
            'network': cache.fingerprint(model),
            'code': cache.code_digest(),
        }
        cpu = torch.device('cpu')
        self._network = MetricNetwork(prepare_for_inference(model, cpu, precision)).eval()
        self._sessions: OrderedDict[Shapes, Any] = OrderedDict()

    def run(self, image: Tensor, *constants: Tensor) -> Outputs:
        """See Engine."""
        inputs = [x.contiguous() for x in (image, *constants)]
        shapes = tuple(tuple(x.shape) for x in inputs)
        if shapes not in self._sessions:
            while len(self._sessions) >= MAX_SHAPES:
                self._sessions.popitem(last=False)
            self._sessions[shapes] = self._open(shapes)
        self._sessions.move_to_end(shapes)
        named = {name: x.numpy() for name, x in zip(INPUTS, inputs, strict=False)}
        results = self._sessions[shapes].run(list(OUTPUTS), named)
        depth, std, summary = (torch.from_numpy(x) for x in results)
        return depth, std, summary

    def knows(self, height: int, width: int) -> bool:
        """See Engine."""
        return any(image[2:] == (height, width) for image, *_ in self._sessions)

    def prepare(self, height: int, width: int, *constants: Tensor) -> None:
        """See Engine. The exporter is not for two threads."""

    def close(self) -> None:
        """See Engine."""
        self._sessions.clear()
        del self._network

    def _open(self, shapes: Shapes) -> Any:
        """A session for inputs of these sizes; the translation comes from the cache, if it can."""
        key = {**self._key, 'shapes': str(shapes)}
        content = cache.load(key)
        if content is None:
            examples = [torch.zeros(shape) for shape in shapes]
            content = translate(self._network, examples, OUTPUTS).SerializeToString()
            cache.store(key, content)
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        index = {'device_id': self._device.index or 0} if self._device.type == 'cuda' else {}
        providers = [(name, index) for name in self._providers]
        session = self._runtime.InferenceSession(content, options, providers=providers)
        # Where their libraries do not load, ONNX Runtime warns and takes the CPU in their place.
        if not set(session.get_providers()) & set(PROVIDERS[self._device.type]):
            raise ValueError(
                f"{PURPOSE} could not use {self._providers} on '{self._device}' and ran on "
                f'{session.get_providers()}: install the CUDA and cuDNN that this onnxruntime-gpu '
                'was built for'
            )
        return session


def translate(
    network: nn.Module,
    examples: Sequence[Tensor],
    outputs: Sequence[str],
    *,
    any_size: bool = False,
) -> Any:
    """Turn a network into an onnx.ModelProto whose inputs are named INPUTS.

    Args:
        network: In evaluation mode; it stays as it is.
        examples: Inputs of the sizes that the model shall take.
        outputs: Names of what it gives.
        any_size: The first input, an image, may have any height and width that are multiples of
            PAD_MULTIPLE; the example's must be.
    """
    names = INPUTS[: len(examples)]
    options: dict[str, Any] = {'input_names': list(names), 'output_names': list(outputs)}
    options |= {'dynamo': True, 'opset_version': _OPSET, 'verbose': False}
    if any_size:
        sides = (torch.export.Dim(name, min=2, max=MOST_CELLS) for name in ('rows', 'columns'))
        image = {2 + i: PAD_MULTIPLE * cells for i, cells in enumerate(sides)}
        options['dynamic_shapes'] = (image, *[None] * (len(examples) - 1))
    with torch.no_grad(), warnings.catch_warnings(), _only_errors('onnxscript'):
        warnings.simplefilter('ignore')
        program = torch.onnx.export(copy.deepcopy(network), tuple(examples), **options)
    assert program is not None
    model = program.model_proto
    make_portable(model)
    if any_size:
        refuse_other_sizes(model, PAD_MULTIPLE)
    return model


@contextmanager
def _only_errors(name: str) -> Iterator[None]:
    """Keep a library from telling users what its optimizer left as it was."""
    log = logging.getLogger(name)
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
