# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A checkpoint: one safetensors file with weights, their ModelConfig and their provenance."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save_file
from torch import Tensor

from lacdepth_ros.core.text import clean
from lacdepth_ros.core.whole_file import whole_file
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantization import Quantization
from lacdepth_ros.models.quantized_network import check_quantization
from lacdepth_ros.models.shipped import checkpoint_path
from lacdepth_ros.models.std_calibration import StdCalibration

FORMAT = 'lacdepth/1'
_KEYS = ('model_config', 'provenance')
_CALIBRATION = 'std_calibration'
_INTEGERS_KEY = 'int8'
_BIAS = 'int8.'
"""Before the name of a convolution: its bias in integers, a tensor beside the weights."""
_FLOATS, _INTEGERS = ('F32', 'F16', 'BF16'), ('I64',)
FOCAL_PER_WIDTH = 'focal_per_width'
"""Key of the provenance: focal length over width of the training images, their field of view."""
LONGEST = 100_000
"""Characters of a provenance's text that are read: it holds all settings of a training."""


def save_checkpoint(
    path: str | Path,
    model: LacDepth,
    provenance: dict[str, str],
    *,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write weights, configuration, provenance, calibration of the std and scales of integers.

    Of the last two, those that there are.

    The file appears whole or not at all.

    Args:
        path: Target, `.safetensors`.
        model: The network.
        provenance: What a reader wants to know: data, licence, code version, measured errors; and
            FOCAL_PER_WIDTH, for images of an unknown camera.
        dtype: Storage type of the floating-point weights.
    """
    path = Path(path)
    weights = {
        name: (value.to(dtype) if value.is_floating_point() else value).contiguous().cpu()
        for name, value in model.state_dict().items()
    }
    metadata = {
        'format': FORMAT,
        'model_config': json.dumps(model.config.to_dict()),
        'provenance': json.dumps(provenance),
        **_calibration_entry(model.calibration),
    }
    _add_integers(weights, metadata, model.quantization)
    _write(path, weights, metadata)


def load_checkpoint(path: str | Path | None = None) -> tuple[LacDepth, dict[str, str]]:
    """Rebuild a network in evaluation mode, on the CPU in float32, with strictly loaded weights.

    Args:
        path: Checkpoint file, as `checkpoint_path` takes it.

    Returns:
        The network and its provenance.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not a LacDepth checkpoint, damaged, its weights do not fit its own config or
            are not finite. Little memory is taken before all but the last is known.
    """
    path = checkpoint_path(path)
    if not path.is_file():
        raise FileNotFoundError(f'checkpoint {path} does not exist (or is no file)')
    try:
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata() or {}
            if metadata.get('format') != FORMAT:
                raise ValueError(
                    f'checkpoint {path} has format {clean(repr(metadata.get("format")))}, not '
                    f'{FORMAT!r}; only checkpoints written by `lacdepth train` load here'
                )
            settings, provenance = (_read_json(path, metadata, key) for key in _KEYS)
            config = _config(path, settings)
            calibration = _calibration(path, metadata)
            integers = _integers(path, metadata)
            # Before memory is taken for anything: a network without memory says what must come.
            with torch.device('meta'):
                model = LacDepth(config)
            expected = model.state_dict()
            _check_weights(path, file, expected, _biases(integers, expected))
            # Not by file.get_tensor: safetensors 0.8 loses two integers with every tensor so read.
            stored = load(path.read_bytes())
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f'checkpoint {path} is not a readable safetensors file ({error}); '
            'is it complete, and was it written by `lacdepth train`?'
        ) from error
    weights = {n: stored[n].to(x.dtype, copy=True) for n, x in expected.items()}
    _check_finite(path, weights)
    model.load_state_dict(weights, strict=True, assign=True)
    model.calibration = calibration
    model.quantization = _quantization(path, model, integers, stored)
    provenance = {clean(key): clean(str(text), LONGEST) for key, text in provenance.items()}
    return model.eval(), provenance


def write_calibrated(source: str | Path | None, path: Path, calibration: StdCalibration) -> None:
    """Copy a checkpoint, weights as they are stored, with another calibration of its std.

    Args:
        source: An existing checkpoint, as `checkpoint_path` takes it.
        path: Target; it appears whole or not at all, and may be the source.
        calibration: Of these weights.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not a LacDepth checkpoint, or the calibration is of another network.
    """
    tensors, metadata = _stored(source)
    _write(path, tensors, {**metadata, **_calibration_entry(calibration)})


def write_quantized(source: str | Path | None, path: Path, quantization: Quantization) -> None:
    """The same with other scales of integers."""
    tensors, metadata = _stored(source)
    weights = {name: x for name, x in tensors.items() if not name.startswith(_BIAS)}
    _add_integers(weights, metadata, quantization)
    _write(path, weights, metadata)


def _stored(source: str | Path | None) -> tuple[dict[str, Tensor], dict[str, str]]:
    """What a checkpoint's file holds, once it is known to be one."""
    source = checkpoint_path(source)
    load_checkpoint(source)  # whatever is wrong with it is said there
    with safe_open(source, framework='pt') as file:
        names = file.keys()
        return {name: file.get_tensor(name) for name in names}, dict(file.metadata())


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    with whole_file(path) as draft:
        save_file(tensors, draft, metadata=metadata)
        draft.chmod(0o644)  # safetensors writes files that only their owner can read


def checkpoint_hash(path: str | Path | None = None) -> str:
    """First 16 digits of the SHA-256 of a checkpoint file, as `checkpoint_path` takes it."""
    with checkpoint_path(path).open('rb') as stream:
        digest = hashlib.sha256()
        while block := stream.read(2**20):
            digest.update(block)
    return digest.hexdigest()[:16]


def _calibration_entry(calibration: StdCalibration | None) -> dict[str, str]:
    return {} if calibration is None else {_CALIBRATION: json.dumps(calibration.to_dict())}


def _calibration(path: Path, metadata: dict[str, str]) -> StdCalibration | None:
    """The calibration of the std; None in checkpoints without."""
    if _CALIBRATION not in metadata:
        return None
    try:
        return StdCalibration.from_dict(_read_json(path, metadata, _CALIBRATION))
    except ValueError as error:
        raise ValueError(f'checkpoint {path}: {error}') from error


def _add_integers(
    weights: dict[str, Tensor], metadata: dict[str, str], quantization: Quantization | None
) -> None:
    """Put the scales of integers into what a file will hold."""
    metadata.pop(_INTEGERS_KEY, None)
    if quantization is None:
        return
    plain, biases = quantization.to_parts()
    metadata[_INTEGERS_KEY] = json.dumps(plain)
    weights.update({f'{_BIAS}{name}': x.contiguous().cpu() for name, x in biases.items()})


def _integers(path: Path, metadata: dict[str, str]) -> dict[str, Any]:
    """The scales of integers; {} in checkpoints without."""
    return _read_json(path, metadata, _INTEGERS_KEY) if _INTEGERS_KEY in metadata else {}


def _biases(integers: dict[str, Any], expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """The biases that convolutions in integers may have, without values."""
    kernels = {name: expected.get(f'{name}.weight') for name in integers}
    return {
        f'{_BIAS}{n}': x[:, 0, 0, 0] for n, x in kernels.items() if x is not None and x.dim() == 4
    }


def _quantization(
    path: Path, model: LacDepth, plain: dict[str, Any], stored: dict[str, Tensor]
) -> Quantization | None:
    if not plain:
        return None
    biases = {n[len(_BIAS) :]: x.float() for n, x in stored.items() if n.startswith(_BIAS)}
    try:
        quantization = Quantization.from_parts(plain, biases)
        check_quantization(quantization, model)
    except ValueError as error:
        raise ValueError(f'checkpoint {path}: {clean(str(error), 300)}') from error
    return quantization


def _config(path: Path, settings: dict[str, Any]) -> ModelConfig:
    try:
        return ModelConfig.from_dict(settings)
    except (ValueError, TypeError) as error:
        raise ValueError(f'checkpoint {path}: {error}') from error


def _check_weights(
    path: Path, file: Any, expected: dict[str, Tensor], allowed: dict[str, Tensor]
) -> None:
    """Compare names, shapes and kinds of the stored weights with those of the configuration.

    Args:
        path: For the message.
        file: The open checkpoint.
        expected: Weights by name.
        allowed: The same of tensors that may lack.
    """
    stored, known = set(file.keys()), {**expected, **allowed}
    problems = [f'{name} is missing' for name in expected if name not in stored]
    problems += [f'{clean(name, 100)} is unknown' for name in sorted(stored - set(known))]
    for name in stored & set(known):
        entry, wanted = file.get_slice(name), known[name]
        kinds = _FLOATS if wanted.is_floating_point() else _INTEGERS
        shape, kind = list(entry.get_shape()), entry.get_dtype()
        if shape != list(wanted.shape) or kind not in kinds:
            problems.append(f'{name} is {kind} {shape}, not {kinds[0]} {list(wanted.shape)}')
    if problems:
        shown = '; '.join(problems[:5]) + ('; ...' if len(problems) > 5 else '')
        raise ValueError(f'weights of {path} do not fit its own configuration: {shown}')


def _check_finite(path: Path, weights: dict[str, Tensor]) -> None:
    """Refuse weights that are no numbers; all in one look, as there are hundreds of tensors."""
    if torch.isfinite(torch.cat([value.flatten() for value in weights.values()])).all():
        return
    name = next(name for name, value in weights.items() if not torch.isfinite(value).all())
    raise ValueError(f'checkpoint {path}: {name} holds NaN or infinity; train it anew')


def _read_json(path: Path, metadata: dict[str, str], key: str) -> dict[str, Any]:
    """Decode one entry of a checkpoint's metadata, a JSON object."""
    try:
        value = json.loads(metadata.get(key, ''))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f'checkpoint {path}: its {key} is missing or damaged ({error})'
        ) from error
    if not isinstance(value, dict):
        raise ValueError(
            f'checkpoint {path}: its {key} is {clean(repr(value), 100)}, not a JSON object'
        )
    return value
