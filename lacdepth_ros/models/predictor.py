# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""DepthPredictor: an image and its camera in, metric depth of the same pixels out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lacdepth_ros.core.camera import Camera, check_camera_height, check_input_scale
from lacdepth_ros.core.preprocessing import (
    check_image,
    focal_length,
    image_to_tensor,
    input_camera,
    input_doubt,
)
from lacdepth_ros.models.assumed_camera import assumed_camera, centered_camera
from lacdepth_ros.models.checkpoint import FOCAL_PER_WIDTH, checkpoint_hash, load_checkpoint
from lacdepth_ros.models.engines.build import AUTO
from lacdepth_ros.models.engines.choice import Choice, EngineChooser
from lacdepth_ros.models.engines.devices import check_device
from lacdepth_ros.models.engines.engine import Engine, Outputs, network_constants
from lacdepth_ros.models.engines.street import street_view
from lacdepth_ros.models.lacdepth import PAD_MULTIPLE, LacDepth, pad_to_multiple
from lacdepth_ros.models.prediction import DepthPrediction, finish, mix

_BEYOND = 10.0  # times max_depth that bins without an upper end may reach
_FLAT = 1e-5  # share of the depth by which even an untrained network's differs over a picture


class DepthPredictor:
    """Runs a network on images of any size and camera; for one thread at a time.

    Args:
        model: A network in evaluation mode; it may be changed and moved, so hand over a copy if
            the original is still needed.
        provenance: The checkpoint's.
        device: 'cpu', 'cuda', 'cuda:N' or 'xpu' (an Intel GPU). Never replaced by another.
        precision: 'fp32', 'bf16' (CPU and GPU), 'fp16' (GPU, or OpenVINO on Arm), 'int8' (OpenVINO
            on x86, with a checkpoint that holds its scales), or 'auto'.
        engine: One of engines.build.ENGINES, or 'auto' for the fastest one. All but 'eager' in
            'fp32', the reference, must give its depth on a stored street, or are refused; that
            is found out by `warm_up`, or else by the first prediction.
        input_size: (height, width) of the network's input; None resizes each image to the focal
            length that the checkpoint was trained for (`input_camera`).
        input_scale: Share of that focal length, 0.5 to 1, in place of input_size: fewer pixels in
            less time, and larger errors (docs/checkpoints.md).
        focal_scaling: Scale depth by the input's focal length over the checkpoint's. Off, the
            network's own metres are returned, right only for a camera like the training one.
        camera_height: Height of the camera above the ground [m]; None assumes the checkpoint's.

    Raises:
        ValueError: An impossible setting; the message names what is possible.
    """

    def __init__(
        self,
        model: LacDepth,
        provenance: dict[str, str] | None = None,
        *,
        device: str = 'cpu',
        precision: str = 'fp32',
        engine: str = 'eager',
        input_size: tuple[int, int] | None = None,
        input_scale: float = 1.0,
        focal_scaling: bool = True,
        camera_height: float | None = None,
    ) -> None:
        self._device = check_device(device)
        self.config = model.config
        self.calibration = model.calibration
        self._chooser = EngineChooser(model, self._device, engine, precision)
        self._choice: Choice | None = None
        self.provenance = dict(provenance or {})
        self.device = device
        self.input_size = input_size
        self.input_scale = check_input_scale(input_scale, input_size)
        self.focal_scaling = focal_scaling
        self.camera_height = self.config.camera_height_m
        if camera_height is not None:
            self.camera_height = check_camera_height(camera_height)
        self.timings: dict[str, float] = {}
        self.checkpoint_hash = ''

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: str | Path | None = None,
        *,
        device: str = 'cpu',
        precision: str = AUTO,
        engine: str = AUTO,
        input_size: tuple[int, int] | None = None,
        input_scale: float = 1.0,
        focal_scaling: bool = True,
        camera_height: float | None = None,
    ) -> DepthPredictor:
        """Load a checkpoint (None: the one shipped with the package); see the class for the rest.

        Unless told otherwise, the fastest engine runs it.

        Raises:
            FileNotFoundError: No such checkpoint.
            ValueError: Not a LacDepth checkpoint, damaged, or a setting is impossible.
        """
        check_device(device)  # before the weights are read
        model, provenance = load_checkpoint(checkpoint)
        predictor = cls(
            model,
            provenance,
            device=device,
            precision=precision,
            engine=engine,
            input_size=input_size,
            input_scale=input_scale,
            focal_scaling=focal_scaling,
            camera_height=camera_height,
        )
        predictor.checkpoint_hash = checkpoint_hash(checkpoint)
        return predictor

    def predict(
        self,
        image: npt.NDArray[np.uint8],
        camera: Camera,
        *,
        flip_average: bool = False,
        camera_height: float | None = None,
    ) -> DepthPrediction:
        """Estimate the depth of a rectified image.

        Args:
            image: (H, W, 3) uint8 RGB.
            camera: Intrinsics of these pixels.
            flip_average: Average with the prediction of the mirrored image (twice the time).
            camera_height: Of this image's camera above the ground [m]; None: the predictor's.

        Raises:
            ValueError: The image is not (H, W, 3) uint8, or the camera is of another size.
        """
        start = time.perf_counter()
        check_image(image, camera)
        network_camera = self._input_camera(camera)
        engine = self._ready(network_camera)
        size = (network_camera.height, network_camera.width)
        tensor = image_to_tensor(image, engine.input_device, size, PAD_MULTIPLE)
        ready = time.perf_counter()
        outputs = self._run(engine, tensor, network_camera, flip_average)
        if self._device.type == 'cuda':
            torch.cuda.synchronize(self._device)
        done = time.perf_counter()
        height = self.camera_height if camera_height is None else camera_height
        scale = check_camera_height(height) / self.config.camera_height_m
        if self.focal_scaling:
            scale *= focal_length(network_camera) / self.config.focal_px
        prediction = finish(outputs, camera, scale, self.config.range_end, self.calibration)
        end = time.perf_counter()
        self.timings = {
            'preprocess': 1e3 * (ready - start),
            'network': 1e3 * (done - ready),
            'postprocess': 1e3 * (end - done),
        }
        return prediction

    @property
    def intervals(self) -> Mapping[float, float]:
        """Half widths, in std, of the intervals that hold a share of the errors, by share.

        {} where the checkpoint is not calibrated.
        """
        return {} if self.calibration is None else self.calibration.intervals

    def doubt(self, camera: Camera) -> str:
        """Say what the network's input lacks with this camera, '' when nothing does.

        Raises:
            ValueError: The input would have too many pixels.
        """
        doubt = input_doubt(self._input_camera(camera), self.config.focal_px)
        if doubt and self.input_scale != 1:
            doubt = f'input_scale is {self.input_scale:g}: {doubt}'
        return doubt

    def preparation(self, camera: Camera) -> str:
        """Say what the next prediction with this camera must wait for, '' for nothing.

        Raises:
            ValueError: The input would have too many pixels.
        """
        seen = self._input_camera(camera)
        padded = _padded(seen)
        if self._choice is None or self._choice.engine.knows(padded.height, padded.width):
            return ''
        name = self._choice.name
        return (
            f'{name} makes the network ready for images of {camera.width}x{camera.height} (input '
            f'{seen.width}x{seen.height}): the first takes seconds, unless it did so once before'
        )

    def prepare(self, camera: Camera) -> None:
        """Make ready what `preparation` tells of, while predictions go on in their thread.

        Engines that cannot do so leave it to the next prediction.
        """
        seen = _padded(self._input_camera(camera))
        if self._choice is not None:
            constants = network_constants(self.config, seen)
            self._choice.engine.prepare(seen.height, seen.width, *constants)

    def assumed_camera(self, width: int, height: int) -> Camera:
        """Camera to assume for an image of unknown intrinsics: the training field of view.

        The focal length is that of the checkpoint's training cameras scaled by the width, the
        principal point the centre. Depth is only as right as this guess; tell the user.

        Raises:
            ValueError: The checkpoint does not say what it was trained with.
        """
        return assumed_camera(self.provenance, width, height)

    def warm_up(self, height: int, width: int) -> None:
        """Run once on a rendered street of an image size: the first real frame waits for nothing.

        Raises:
            ValueError: What comes out is no depth: NaN, infinite, or beyond the range that the
                network was made for.
        """
        camera = centered_camera(self.config.focal_px, width, height)  # which is not shrunk
        if FOCAL_PER_WIDTH in self.provenance:
            camera = self.assumed_camera(width, height)
        self._check_depth(self.predict(street_view(camera).image, camera))

    def _check_depth(self, prediction: DepthPrediction) -> None:
        """Refuse depth that a network with sound weights does not give, on any picture."""
        depth = prediction.depth
        focal = focal_length(prediction.camera) if self.focal_scaling else self.config.focal_px
        farthest = self.config.max_depth * max(1.0, focal / self.config.focal_px) * _BEYOND
        least, most = float(np.min(depth)), float(np.max(depth))  # NaN when one pixel is
        if not (0 < least < most < farthest and most - least > _FLAT * most):
            raise ValueError(
                f'the network {self.config.name} gives no depth on a rendered street: '
                f'{least:g} .. {most:g} m (NaN where one pixel is), run by {self._choice}; its '
                'weights are damaged'
            )

    def close(self) -> None:
        """Let go of the network and of what its engine made; no prediction may follow."""
        if self._choice is not None:
            self._choice.engine.close()

    @property
    def choice(self) -> Choice | None:
        """The engine in use and why it is that one; None before `warm_up` or a prediction."""
        return self._choice

    def _input_camera(self, camera: Camera) -> Camera:
        return input_camera(camera, self.input_scale * self.config.focal_px, self.input_size)

    def _ready(self, network_camera: Camera) -> Engine:
        """The engine, chosen for the first input's camera."""
        if self._choice is None:
            self._choice = self._chooser.choose(_padded(network_camera))
            del self._chooser  # with its copy of the network
        return self._choice.engine

    def _run(self, engine: Engine, tensor: Tensor, camera: Camera, flip_average: bool) -> Outputs:
        """Map the padded input to what an engine gives for its camera's pixels, not calibrated.

        Engines see padded sizes only: so cameras whose inputs differ by a few pixels share one.
        """
        seen = (..., slice(camera.height), slice(camera.width))
        *maps, summary = engine.run(tensor, *network_constants(self.config, camera, tensor.device))
        depth, spread = (x[seen] for x in maps)
        if not flip_average:
            return depth, spread, summary
        constants = network_constants(self.config, camera.flipped(), tensor.device)
        mirrored = engine.run(pad_to_multiple(tensor[seen].flip(3), PAD_MULTIPLE), *constants)[:2]
        return *mix(depth, spread, *(x[seen].flip(3) for x in mirrored)), summary


def _padded(camera: Camera) -> Camera:
    """Camera of what the network computes for a camera's input."""
    return camera.padded(right=-camera.width % PAD_MULTIPLE, bottom=-camera.height % PAD_MULTIPLE)
