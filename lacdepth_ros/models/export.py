# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Networks as files for programs without this package: ONNX and OpenVINO IR, and their proof."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lacdepth_ros.core.optional import load_library
from lacdepth_ros.core.preprocessing import normalize
from lacdepth_ros.models.assumed_camera import centered_camera
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.engines import cache, onnxruntime, openvino
from lacdepth_ros.models.engines.engine import network_constants
from lacdepth_ros.models.engines.onnxruntime import INPUTS
from lacdepth_ros.models.engines.openvino_core import openvino_core
from lacdepth_ros.models.engines.parity import Parity, compare
from lacdepth_ros.models.engines.street import street_view
from lacdepth_ros.models.inference import prepare_for_inference
from lacdepth_ros.models.lacdepth import PAD_MULTIPLE, LacDepth, NetworkOutput
from lacdepth_ros.models.quantized_network import QuantizedNetwork

SUFFIXES = {'onnx': '.onnx', 'openvino': '.xml'}
PRECISIONS = {'onnx': ('fp32', 'fp16'), 'openvino': ('fp32', 'int8')}
"""What an IR has in float32, OpenVINO reduces where it runs."""
CPU = torch.device('cpu')
PREFIX = 'lacdepth_'

Arrays = list[npt.NDArray[np.float32]]
Run = Callable[[Arrays], Arrays]
OUTPUTS = ('depth', 'std')
_SHOWN = 16  # characters of a digest


class PixelNetwork(nn.Module):
    """A network from pixel values to metres, as a file holds it.

    Args:
        network: LacDepth, prepared for inference.
    """

    def __init__(self, network: LacDepth) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, intrinsics: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Map RGB values 0..255, (1, 3, H, W) float32, to depth and std (1, 1, H, W) [m].

        Networks with rays also take fx, fy, cx, cy of these pixels, (1, 4) float32.
        """
        output = self.network(normalize(image), intrinsics)
        return output.depth, self.std(output)

    def std(self, output: NetworkOutput) -> Tensor:
        """Standard deviation (1, 1, H, W) [m] of what the network gave."""
        calibration = self.network.calibration
        if calibration is None:
            return output.std
        return calibration.apply(output.depth, output.std, calibration.novelty(output.summary))


def typical_intrinsics(config: ModelConfig, height: int, width: int) -> tuple[Tensor, ...]:
    """Intrinsics (1, 4) with which a file is made; () for networks without rays."""
    return network_constants(config, centered_camera(config.focal_px, width, height))


def export(
    model: LacDepth,
    path: Path,
    *,
    height: int,
    width: int,
    precision: str = 'fp32',
    any_size: bool = False,
) -> None:
    """Write a network as a file; its kind follows from the suffix.

    Args:
        model: A network in evaluation mode; it stays as it is.
        path: Target, `.onnx`, or `.xml` for OpenVINO (its weights go next to it, as `.bin`).
        height: Of the input.
        width: Of the input.
        precision: Of encoder and decoder, 'fp32', 'fp16' (ONNX) or 'int8' (OpenVINO; the network
            must have a quantization); what becomes metres is float32.
        any_size: The input may have any size in multiples of 32 (ONNX); height and width must be
            such, too.

    Raises:
        ValueError: Another suffix or precision, a network in training mode, or a size or kind
            that does not go with any_size.
        ModuleNotFoundError: A package that this kind needs is missing.
    """
    kind = kind_of(path)
    if precision not in PRECISIONS[kind]:
        raise ValueError(f'precision {precision!r} of {kind} is not one of {PRECISIONS[kind]}')
    if any_size:
        _check_any_size(kind, height, width)
    facts = _facts(model, precision)
    dtype = 'fp32' if precision == 'int8' else precision
    network: nn.Module = PixelNetwork(prepare_for_inference(copy.deepcopy(model), CPU, dtype))
    if precision == 'int8':
        network = QuantizedNetwork(network)
    network.eval()
    intrinsics = typical_intrinsics(model.config, height, width)
    inputs = (torch.zeros(1, 3, height, width), *intrinsics)
    if kind == 'onnx':
        _write_onnx(network, path, inputs, facts, any_size=any_size)
    else:
        _write_openvino(network, path, inputs, facts)


def _facts(model: LacDepth, precision: str) -> dict[str, str]:
    """What a file says of its network."""
    lengths = ('focal_px', 'camera_height_m', 'min_depth', 'max_depth', 'range_end')
    return {
        'network': cache.fingerprint(model),
        'name': model.config.name,
        'precision': precision,
        **{name: repr(getattr(model.config, name)) for name in lengths},
    }


def verify(
    path: Path,
    model: LacDepth,
    size: tuple[int, int] = (288, 928),
    *,
    name: Path | None = None,
) -> Parity:
    """Measure a file against float32 PyTorch on the stored street.

    Args:
        path: A file that `export` wrote.
        model: The network it should hold; it stays as it is.
        size: Height and width at which a file of any size is run.
        name: What errors call the file, where it lies elsewhere yet; None: the path.

    Raises:
        ValueError: The file holds another network, or is too far from this one.
        FileNotFoundError: No such file.
        ModuleNotFoundError: The package that runs it is missing.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist (or is no file)')
    open_file = {'onnx': _open_onnx, 'openvino': _open_openvino}[kind_of(path)]
    run, facts, shape = open_file(path, name or path)
    height, width = shape[2:] if all(isinstance(side, int) for side in shape[2:]) else size
    held, wanted = facts.get('network', ''), cache.fingerprint(model)
    if held != wanted:
        other = f'{facts.get("name", "unknown")}, weights {held[:_SHOWN] or "unknown"}'
        raise ValueError(
            f'{name or path} holds another network ({other}) than the checkpoint '
            f'({model.config.name}, weights {wanted[:_SHOWN]})'
        )
    view = street_view(centered_camera(model.config.focal_px, width, height))
    pixels = view.image.transpose(2, 0, 1)[None].astype(np.float32)
    given = [torch.from_numpy(pixels), *network_constants(model.config, view.camera)]
    exact = PixelNetwork(prepare_for_inference(copy.deepcopy(model), CPU, 'fp32')).eval()
    with torch.inference_mode():
        output = exact.network(normalize(given[0]), *given[1:])
        reference = torch.cat([output.depth, exact.std(output)], dim=1)[0].numpy()
        spread = output.std[0, 0].numpy()
    candidate = np.concatenate(run([x.numpy() for x in given]), axis=1)[0]
    # Engines are held to the spread; a file has the std, in which calibration enlarges deviations.
    enlarged = np.divide(reference[1], spread, out=np.ones_like(spread), where=spread > 0)
    for depth_and_std in (reference, candidate):
        depth_and_std[1] /= enlarged
    parity = compare(candidate, reference, view.depth)
    if problem := parity.problem(facts['precision']):
        raise ValueError(f'{name or path} is too far from float32 PyTorch: {problem}')
    return parity


def kind_of(path: Path) -> str:
    """'onnx' or 'openvino', by the suffix; ValueError for another."""
    for kind, suffix in SUFFIXES.items():
        if path.suffix == suffix:
            return kind
    raise ValueError(f'{path} must end in one of {list(SUFFIXES.values())}')


def _check_any_size(kind: str, height: int, width: int) -> None:
    if kind != 'onnx':
        raise ValueError(
            f'files of {kind} have a fixed size: the network is traced, which takes sizes for '
            'constants; OpenVINO also runs an .onnx file of any size'
        )
    if height % PAD_MULTIPLE or width % PAD_MULTIPLE:
        raise ValueError(
            f'{height}x{width} is no size of a file of any size: sides are multiples of '
            f'{PAD_MULTIPLE}, such as 288x928'
        )


def _write_onnx(
    network: nn.Module,
    path: Path,
    inputs: tuple[Tensor, ...],
    facts: dict[str, str],
    *,
    any_size: bool,
) -> None:
    onnx = load_library('onnx', 'files of ONNX')
    load_library('onnxscript', 'writing files of ONNX')
    proto = onnxruntime.translate(network, inputs, OUTPUTS, any_size=any_size)
    for name, value in facts.items():
        proto.metadata_props.add(key=PREFIX + name, value=value)
    onnx.save(proto, path)


def _write_openvino(
    network: nn.Module,
    path: Path,
    inputs: tuple[Tensor, ...],
    facts: dict[str, str],
) -> None:
    library = load_library('openvino', 'files of OpenVINO')
    model = openvino.translate(library, network, [tuple(x.shape) for x in inputs])
    for tensor, name in zip(
        [*model.inputs, *model.outputs], [*INPUTS[: len(inputs)], *OUTPUTS], strict=True
    ):
        tensor.set_names({name})
    for name, value in facts.items():
        model.set_rt_info(value, PREFIX + name)
    library.save_model(model, path, compress_to_fp16=False)


def _open_onnx(path: Path, name: Path) -> tuple[Run, dict[str, str], list[int]]:
    runtime = load_library('onnxruntime', 'running files of ONNX')
    try:
        session = runtime.InferenceSession(path, providers=['CPUExecutionProvider'])
    except Exception as error:  # of a type that the library keeps to itself
        raise ValueError(f'{name} cannot be read as a file of ONNX: {error}') from error
    found = session.get_modelmeta().custom_metadata_map
    facts = {name.removeprefix(PREFIX): value for name, value in found.items()}

    def run(inputs: Arrays) -> Arrays:
        names = [x.name for x in session.get_inputs()]
        results: Arrays = session.run(OUTPUTS, dict(zip(names, inputs, strict=True)))
        return results

    return run, facts, session.get_inputs()[0].shape


def _open_openvino(path: Path, name: Path) -> tuple[Run, dict[str, str], list[int]]:
    core = openvino_core('running files of OpenVINO')
    try:
        model = core.read_model(path)
    except RuntimeError as error:
        raise ValueError(f'{name} cannot be read as a file of OpenVINO: {error}') from error
    facts = {
        name.removeprefix(PREFIX): value.value
        for name, value in model.get_rt_info().items()
        if name.startswith(PREFIX)
    }
    try:
        compiled = core.compile_model(model, 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})
    except RuntimeError as error:
        raise ValueError(
            f'OpenVINO cannot run {name} on this CPU; one of an older lacdepth_ros has to be '
            f'written anew ({error})'
        ) from error

    def run(inputs: Arrays) -> Arrays:
        results = compiled(inputs)
        return [results[0], results[1]]

    return run, facts, list(model.inputs[0].shape)
