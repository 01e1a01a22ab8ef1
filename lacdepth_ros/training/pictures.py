# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""TensorBoard pictures of the validation: input, ground truth, prediction, bin centers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle
from typing_extensions import override

from lacdepth_ros.data.sample import Sample
from lacdepth_ros.models.attractor import BinModule
from lacdepth_ros.models.prediction import DepthPrediction
from lacdepth_ros.training.datamodule import Frame
from lacdepth_ros.training.module import LacDepthModule
from lacdepth_ros.viz.colors import colorize_depth

_NEAREST = 1.0  # metres of the warmest colour


class ValidationPictures(Callback):
    """Shows some validation frames, and where the bins of the first one lie.

    Args:
        frames: Number of frames, the first ones of the manifest; 0 = no pictures.
    """

    def __init__(self, frames: int = 4) -> None:
        if frames < 0:
            raise ValueError(f'frames={frames} must not be negative')
        self.frames = frames
        self._centers: Tensor | None = None
        self._hook: RemovableHandle | None = None

    @override
    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen to the bins of the network that predicts."""
        assert isinstance(pl_module, LacDepthModule)
        self._centers = None
        bins = getattr(pl_module.predicting_network, 'bins', None)
        if _writers(trainer) and self.frames and isinstance(bins, BinModule):
            self._hook = bins.register_forward_hook(self._listen)

    @override
    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Show the frame, if it is one of those to be shown."""
        self._stop_listening()
        frame: Frame = outputs['frame']
        prediction: DepthPrediction | None = outputs['prediction']
        if frame.number >= self.frames or prediction is None:
            return
        assert isinstance(pl_module, LacDepthModule)
        farthest = pl_module.network.config.max_depth
        picture = comparison(frame.sample(), prediction, farthest)
        for writer in _writers(trainer):
            step = trainer.global_step
            writer.add_image(f'val/{frame.entry.id}', picture, step, dataformats='HWC')
            if self._centers is not None:
                writer.add_histogram('bins/centers [m]', self._centers, step)
        self._centers = None

    @override
    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the network alone."""
        self._stop_listening()

    def _listen(self, module: nn.Module, _inputs: Any, output: tuple[Tensor, Tensor]) -> None:
        assert isinstance(module, BinModule)
        centers = module.to_meters(output[0].float())
        self._centers = centers.mean(dim=(0, 2, 3)).cpu()  # (num_bins,)

    def _stop_listening(self) -> None:
        if self._hook is not None:
            self._hook.remove()
            self._hook = None


def comparison(
    sample: Sample, prediction: DepthPrediction, max_depth: float
) -> npt.NDArray[np.uint8]:
    """Image, true depth and predicted depth one below the other, (3 H, W, 3) uint8 RGB."""
    size = sample.image.shape[1], sample.image.shape[0]
    ground_truth = colorize_depth(sample.depth, min_depth=_NEAREST, max_depth=max_depth)
    # Single LiDAR points would vanish in a thumbnail.
    ground_truth = np.asarray(cv2.dilate(ground_truth, np.ones((3, 3), np.uint8)), np.uint8)
    pred = colorize_depth(prediction.depth, min_depth=_NEAREST, max_depth=max_depth)
    assert pred.shape[1::-1] == size
    return np.concatenate([sample.image, ground_truth, pred])


def _writers(trainer: Trainer) -> list[Any]:
    return [x.experiment for x in trainer.loggers if isinstance(x, TensorBoardLogger)]
