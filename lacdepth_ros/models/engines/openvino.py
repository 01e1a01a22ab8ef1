# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO: the fastest way on CPUs, and the way to Intel GPUs."""

from __future__ import annotations

import copy
import logging
import tempfile
import threading
import warnings
import xml.etree.ElementTree as ElementTree
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lacdepth_ros.core.optional import load_library
from lacdepth_ros.models.engines import cache
from lacdepth_ros.models.engines.devices import computes_int8
from lacdepth_ros.models.engines.engine import MAX_SHAPES, MetricNetwork, Outputs
from lacdepth_ros.models.engines.openvino_core import openvino_core
from lacdepth_ros.models.inference import fold_batch_norm
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantized_network import QuantizedNetwork

PURPOSE = "engine 'openvino'"
LOGGER = logging.getLogger(__name__)

Shapes = tuple[tuple[int, ...], ...]
DEVICES = {'cpu': 'CPU', 'xpu': 'GPU'}
"""OpenVINO's names of PyTorch's devices; xpu is an Intel GPU."""
CONVOLUTIONS = ('Convolution', 'GroupConvolution')
MARK = {'name': 'precise', 'version': '0'}
"""OpenVINO's attribute of operations that keep float32."""
SUMMED = ('bins.projectors', 'pyramid.steps')
"""Parts whose last convolution is added to a map in reduced precision."""
PRECISIONS = {'fp32': 'f32', 'int8': 'f32', 'bf16': 'bf16', 'fp16': 'f16'}
"""What is computed in where nothing else is said; of int8, the parts that stay float32."""


class OpenVinoEngine:
    """Compiles the network for every input size it meets, at the first run of each.

    Args:
        model: A network in evaluation mode; it is changed, so hand over a copy if the original is
            still needed.
        device: 'cpu', or 'xpu' for an Intel GPU.
        precision: 'fp32', or the type in which the device shall compute: 'bf16' or 'fp16', or
            'int8', for which the network must have a quantization.

    Raises:
        ValueError: OpenVINO has no such device here, or not in this precision.
        ModuleNotFoundError: openvino is not installed.
    """

    input_device = torch.device('cpu')

    def __init__(self, model: LacDepth, device: torch.device, precision: str) -> None:
        self._openvino: Any = load_library('openvino', PURPOSE)
        self.version = str(self._openvino.get_version())
        self._core = openvino_core(PURPOSE)
        self._target = DEVICES.get(device.type, '')
        present = self._core.available_devices
        if not any(name.split('.')[0] == self._target for name in present):
            raise ValueError(f"engine 'openvino' finds {present} here, nothing for '{device}'")
        self._check(precision)
        self._precision = precision
        self._fingerprint = cache.fingerprint(model)
        fold_batch_norm(model)
        self._model = model.requires_grad_(False).cpu()
        self._network: nn.Module = MetricNetwork(self._model).eval()
        if precision == 'int8':
            self._fingerprint += cache.levels_fingerprint(model)
            self._network = QuantizedNetwork(self._network)
        self._requests: OrderedDict[Shapes, Any] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, image: Tensor, *constants: Tensor) -> Outputs:
        """See Engine."""
        request = self._request(tuple(tuple(x.shape) for x in (image, *constants)))
        pixels = image.permute(0, 2, 3, 1)  # as they lie in memory: see `channels_last`
        inputs = [x.contiguous().numpy() for x in (pixels, *constants)]
        results = request.infer(inputs, share_inputs=True)
        depth, std, summary = (torch.from_numpy(results[i]) for i in (0, 1, 2))
        return depth, std, summary

    def knows(self, height: int, width: int) -> bool:
        """See Engine."""
        with self._lock:
            return any(image[2:] == (height, width) for image, *_ in self._requests)

    def prepare(self, height: int, width: int, *constants: Tensor) -> None:
        """See Engine."""
        self._request(((1, 3, height, width), *(tuple(x.shape) for x in constants)))

    def _request(self, shapes: Shapes) -> Any:
        """What runs inputs of these sizes."""
        with self._lock:
            if shapes in self._requests:
                self._requests.move_to_end(shapes)
                return self._requests[shapes]
        request = self._compile(shapes).create_infer_request()
        with self._lock:
            while len(self._requests) >= MAX_SHAPES:
                self._requests.popitem(last=False)
            self._requests[shapes] = request
        return request

    def close(self) -> None:
        """See Engine."""
        self._requests.clear()
        del self._network, self._model, self._core

    def _check(self, precision: str) -> None:
        able = self._core.get_property(self._target, 'OPTIMIZATION_CAPABILITIES')
        if precision == 'int8' and (self._target != 'CPU' or not computes_int8()):
            raise ValueError("precision 'int8' needs an x86 CPU with AVX2; use 'fp32' here")
        if precision != 'fp32' and precision.upper() not in able:
            raise ValueError(
                f"precision '{precision}' is none that OpenVINO computes in on this "
                f'{self._target}: {sorted(able)}'
            )

    def _compile(self, shapes: Shapes) -> Any:
        """Take a compiled network from the cache, or make it and put it there."""
        options: dict[str, Any] = {
            'PERFORMANCE_HINT': 'LATENCY',
            'INFERENCE_PRECISION_HINT': PRECISIONS[self._precision],
        }
        if self._target == 'CPU':
            options['INFERENCE_NUM_THREADS'] = torch.get_num_threads()
        key = {
            'engine': f'openvino {self.version}',
            'torch': torch.__version__,
            'device': self._core.get_property(self._target, 'FULL_DEVICE_NAME'),
            'abilities': str(self._core.get_property(self._target, 'OPTIMIZATION_CAPABILITIES')),
            'options': str(options),
            'shapes': str(shapes),
            'network': self._fingerprint,
            'code': cache.code_digest(),
        }
        if blob := cache.load(key):
            try:
                return self._core.import_model(blob, self._target, options)
            except RuntimeError as error:
                LOGGER.warning('OpenVINO refuses the cached network (%s); it is made anew', error)
        model = translate(self._openvino, self._network, shapes)
        if self._precision not in ('fp32', 'int8'):
            model = self._keep_exact(model)
        model = channels_last(self._openvino, model)
        compiled = self._core.compile_model(model, self._target, options)
        cache.store(key, compiled.export_model().getvalue())
        return compiled

    def _keep_exact(self, model: Any) -> Any:
        """Mark the convolutions of LacDepth.exact_parts, so that they compute in float32.

        Only files can hold the mark, and only a convolution whose result is not added to a map in
        reduced precision can bear it: the CPU plugin fails to compile others.
        """
        exact, summed = (
            tuple(f'__module.network.{part}' for part in parts)
            for parts in (self._model.exact_parts(), SUMMED)
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'network.xml'
            self._openvino.save_model(model, path, compress_to_fp16=False)
            tree = ElementTree.parse(path).getroot()
            marked = 0
            for layer in tree.iter('layer'):
                name, kind = layer.get('name', ''), layer.get('type', '')
                bears = kind in CONVOLUTIONS and not name.startswith(summed)
                if bears and name.startswith(exact):
                    info = layer.find('rt_info')
                    info = ElementTree.SubElement(layer, 'rt_info') if info is None else info
                    ElementTree.SubElement(info, 'attribute', MARK)
                    marked += 1
            if not marked:
                raise RuntimeError('this OpenVINO names operations otherwise: none can be marked')
            weights = path.with_suffix('.bin').read_bytes()
            return self._core.read_model(ElementTree.tostring(tree), weights)


def translate(openvino: Any, network: nn.Module, shapes: Sequence[Sequence[int]]) -> Any:
    """Turn a network into an openvino.Model for inputs of exactly these sizes."""
    frontend = load_library('openvino.frontend.pytorch.ts_decoder', 'translating networks')
    examples = tuple(torch.zeros(*shape) for shape in shapes)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter('ignore')  # tracing warns of every size it takes for a constant
        # Tracing again to check the trace takes as long as all else; the parity gate checks more.
        traced = frontend.TorchScriptPythonDecoder(
            copy.deepcopy(network), example_input=examples, trace_kwargs={'check_trace': False}
        )
        return openvino.convert_model(
            traced, example_input=examples, input=[list(s) for s in shapes]
        )


def channels_last(openvino: Any, model: Any) -> Any:
    """Let a model take its image as (B, H, W, 3), which spares it a change of layout."""
    preprocess = load_library('openvino.preprocess', 'layouts of networks').PrePostProcessor(model)
    image = preprocess.input(0)
    image.tensor().set_layout(openvino.Layout('NHWC'))
    image.model().set_layout(openvino.Layout('NCHW'))
    return preprocess.build()
