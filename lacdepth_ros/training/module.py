# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""LacDepthModule: one step of training and one frame of validation, for Lightning's trainer."""

from __future__ import annotations

import copy
import logging
from typing import Any

import numpy as np
import torch
import torch.distributed
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.optim import Optimizer
from typing_extensions import override

from lacdepth_ros.core.preprocessing import normalize
from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.models.lacdepth import LacDepth, NetworkOutput
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.training.datamodule import DepthDataModule, Frame
from lacdepth_ros.training.objective import LossConfig, training_loss
from lacdepth_ros.training.optim import (
    OptimizerConfig,
    ScheduleConfig,
    build_average,
    build_optimizer,
    build_schedule,
)
from lacdepth_ros.training.parts import NetworkConfig, build_network, training_mode
from lacdepth_ros.training.validation import FrameScores, ValidationResult

LOG = logging.getLogger('lacdepth.train')
CHECK_STEPS = 20
ARCHITECTURE = 'architecture'
"""Key of a saved state: the ModelConfig of its weights."""
MAPS = ('depth', 'std', 'relative', 'summary')


class LacDepthModule(LightningModule):
    """The network in training, and the moving average of its weights that is validated and saved.

    Several processes train as one process of their joint batch would: the maps of all of them
    enter the loss, so that its means and roots are those of the whole batch.

    Args:
        network: Architecture, first weights, frozen parts.
        optimizer: Optimiser and learning rates.
        schedule: Learning rate over the steps.
        loss: Weights of the losses.
        ema_decay: Decay of the moving average, in [0, 1).
        channels_last: Lay tensors out as (B, H, W, C), quicker on CPUs and in bf16 and fp16.
        compile: Compile the network with torch.compile: minutes once, quicker steps afterwards.
        seed: Seed of what is random inside the network (such as stochastic depth).

    Raises:
        FileNotFoundError: A file of weights is missing.
        ValueError: A setting is impossible.
    """

    def __init__(
        self,
        *,
        network: NetworkConfig,
        optimizer: OptimizerConfig,
        schedule: ScheduleConfig,
        loss: LossConfig,
        ema_decay: float = 0.999,
        channels_last: bool = True,
        compile: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if not 0 <= ema_decay < 1:
            raise ValueError(f'ema_decay={ema_decay} must lie in [0, 1)')
        self.network_config, self.loss_config = network, loss
        self.optimizer_config, self.schedule_config = optimizer, schedule
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.seed = seed
        self.network = build_network(network).to(memory_format=self.memory_format)
        self.average = build_average(self.network, ema_decay)
        if compile:
            self.network.compile()
        self.result: ValidationResult | None = None
        self._first_bad_step: Tensor | None = None
        self.train()

    @property
    def averaged_network(self) -> LacDepth:
        """The network of the averaged weights, in evaluation mode."""
        network = self.average.module
        assert isinstance(network, LacDepth)
        return network

    @override
    def train(self, mode: bool = True) -> LacDepthModule:
        """Training mode of all but what is frozen; the average is always in evaluation mode."""
        super().train(mode)
        if mode:
            training_mode(self.network, self.network_config)
        self.average.eval()
        return self

    @override
    def configure_optimizers(self) -> Any:
        """Optimiser and schedule, which moves on with every step."""
        optimizer = build_optimizer(
            self.network, self.optimizer_config, fused=self.trainer.precision != '16-mixed'
        )
        schedule = build_schedule(optimizer, self.schedule_config, self.trainer.max_steps)
        return [optimizer], [{'scheduler': schedule, 'interval': 'step'}]

    @override
    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Draw what is random in a step from (seed, step, process): a resumed run repeats it."""
        number = self.trainer.fit_loop.total_batch_idx
        torch.manual_seed(random_seed(self.seed, number, self.global_rank))

    @override
    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> dict[str, Any]:
        """Loss of a batch of views; 'parts' holds its summands for the logs."""
        image = normalize(batch['image']).contiguous(memory_format=self.memory_format)
        output = self.network(image, batch['intrinsics'])
        with torch.autocast(self.device.type, enabled=False):
            output, ground_truth = self._joint_batch(output, batch)
            progress = self.global_step / self.trainer.max_steps
            parts = training_loss(
                output, ground_truth, self.network.config, self.loss_config, progress
            )
        self._watch(parts['loss'].detach())
        # Every process holds the gradient of its own views; the trainer then takes the mean.
        loss = parts['loss'] * self.trainer.world_size
        return {'loss': loss, 'parts': {name: value.detach() for name, value in parts.items()}}

    def check_loss(self) -> None:
        """Stop a run of which a loss was not finite.

        Raises:
            FloatingPointError: It was not; names the first such step.
        """
        if self._first_bad_step is not None and (step := int(self._first_bad_step)):
            raise FloatingPointError(
                f'the loss of step {step} is not finite; lower model.optimizer.encoder_lr and '
                'decoder_lr, lengthen model.schedule.warmup, or train with trainer.precision '
                '32-true, and start again, or continue from the last good state with '
                'lacdepth train --resume'
            )

    def _watch(self, loss: Tensor) -> None:
        """Note the first step whose loss is not finite; a GPU is waited for only now and then."""
        if self._first_bad_step is None:
            self._first_bad_step = torch.zeros((), dtype=torch.int64, device=loss.device)
        bad = (self._first_bad_step == 0) & ~torch.isfinite(loss)
        self._first_bad_step = torch.where(bad, self.global_step + 1, self._first_bad_step)
        if loss.device.type == 'cpu' or self.global_step % CHECK_STEPS == 0:
            self.check_loss()

    @override
    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the gradient's norm.

        Lightning refuses to for fused optimisers, which matters only where fp16 scales gradients.
        """
        if self.trainer.precision == '16-mixed' or gradient_clip_algorithm == 'value':
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        elif gradient_clip_val:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), gradient_clip_val)

    @override
    def optimizer_step(
        self, epoch: int, batch_idx: int, optimizer: Optimizer | Any, optimizer_closure: Any = None
    ) -> None:
        """Make a step, then let the average follow."""
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        self.average.update_parameters(self.network)

    @override
    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Let the state tell its own architecture."""
        checkpoint[ARCHITECTURE] = self.network.config.to_dict()

    @override
    def on_validation_start(self) -> None:
        """Take the averaged weights as a predictor: the same code as everywhere else."""
        self.predicting_network = copy.deepcopy(self.averaged_network)
        self._predictor = DepthPredictor(
            self.predicting_network, device=str(self.device), focal_scaling=True
        )
        self._evaluator = DepthEvaluator(self._data.protocol)
        self._scores = FrameScores([e.group for e in self._data.val_entries]).to(self.device)

    @override
    def validation_step(self, frame: Frame, batch_idx: int) -> dict[str, Any]:
        """Measure a frame; returns it with its prediction (None where it cannot be measured)."""
        prediction = metrics = None
        try:
            sample = frame.sample()
            flip = self._data.protocol.flip_average
            prediction = self._predictor.predict(
                sample.image,
                sample.camera,
                flip_average=flip,
                camera_height=sample.camera_height,
            )
            metrics = self._evaluator.add(
                id=sample.id, group=sample.group, pred=prediction.depth, target=sample.depth
            )
        except (OSError, ValueError) as error:
            LOG.warning('validation frame %s skipped: %s', frame.entry.id, error)
        self._scores.update(frame.number, metrics)
        return {'frame': frame, 'prediction': prediction}

    @override
    def on_validation_epoch_end(self) -> None:
        """Put the scores of all processes together; the score chooses the best checkpoint."""
        self.result = result = self._scores.result()
        self.log_dict(result.curves())
        del self._predictor, self.predicting_network, self._evaluator, self._scores

    @property
    def _data(self) -> DepthDataModule:
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(data, DepthDataModule)
        return data

    def _joint_batch(
        self, output: NetworkOutput, batch: dict[str, Tensor]
    ) -> tuple[NetworkOutput, dict[str, Tensor]]:
        """Maps and ground truth of all processes; only this one's own maps carry a gradient."""
        ground_truth = {name: batch[name] for name in ('depth', 'dense')}
        if self.trainer.world_size == 1:
            return output, ground_truth
        maps = [_gather(getattr(output, name), keep_own=True) for name in MAPS]
        return NetworkOutput(*maps), {name: _gather(x) for name, x in ground_truth.items()}


def random_seed(seed: int, number: int, rank: int) -> int:
    """A seed of its own for a batch and a process."""
    return int(np.random.SeedSequence([seed, number, rank]).generate_state(1, np.uint64)[0])


def _gather(own: Tensor, *, keep_own: bool = False) -> Tensor:
    """Concatenate a tensor (B, ...) of all processes to (world B, ...), in their order."""
    own_values = own.detach().contiguous()
    everyone = [torch.empty_like(own_values) for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather(everyone, own_values)
    if keep_own:
        everyone[torch.distributed.get_rank()] = own
    return torch.cat(everyone)
