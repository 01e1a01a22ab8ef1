# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run says: one line per minute, log.jsonl for programs, TensorBoard curves."""

from __future__ import annotations

import json
import logging
import resource
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from typing_extensions import override

from lacdepth_ros.training.clock import Speed, StepClock
from lacdepth_ros.training.module import LacDepthModule

LOG = logging.getLogger('lacdepth.train')
FILE = 'log.jsonl'


class RunLog(Callback):
    """Writes log.jsonl and TensorBoard's curves, and says a line now and then.

    log.jsonl holds a JSON object a line: 'loss' and its parts every log_every_n_steps steps,
    'images_per_s' and 'data_wait_share' with every line that is said, 'val' at every validation,
    that of a trained start at step 0.

    Args:
        every_seconds: Time between two lines.
    """

    def __init__(self, every_seconds: float = 60.0) -> None:
        if not every_seconds > 0:
            raise ValueError(f'every_seconds={every_seconds} must be positive')
        self.every_seconds = every_seconds
        self.clock = StepClock()
        self._skipped = torch.zeros((), dtype=torch.int64)
        self._sums: dict[str, Tensor] = {}
        self._batches = 0
        self._said, self._said_at = self.clock.read(), time.monotonic()
        self._step = 0

    @property
    def skipped(self) -> int:
        """Frames that could not be read and were replaced, in this session and process."""
        return int(self._skipped)

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say what is used; forget what an interrupted run logged after its last state."""
        self._step = trainer.global_step
        if trainer.is_global_zero:
            _drop_rows_after(_path(trainer), trainer.global_step)
            _say_setup(trainer, pl_module)
        self._said, self._said_at = self.clock.read(), time.monotonic()
        self.clock.wait()

    @override
    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """The batch is there."""
        self.clock.begin_batch()

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Add the batch up; say a line and write the curves where they are due."""
        parts: dict[str, Tensor] = outputs['parts']
        steps, self._step = trainer.global_step - self._step, trainer.global_step
        self.clock.end_batch(steps=steps, images=len(batch['depth']) * trainer.world_size)
        self._skipped = self._skipped.to(batch['skipped'].device) + batch['skipped'].sum()
        self._batches += 1
        for name, value in parts.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        if trainer.is_global_zero:
            every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]
            if steps and trainer.global_step % every == 0:
                self._write_losses(trainer, parts)
            if time.monotonic() - self._said_at > self.every_seconds:
                self._say_line(trainer)
        self.clock.wait()

    @override
    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Validation is not training."""
        self.clock.pause()

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what the validation found."""
        assert isinstance(pl_module, LacDepthModule)
        if (result := pl_module.result) is not None and trainer.is_global_zero:
            errors = '  '.join(f'{n} {g["abs_rel"]:.4f}' for n, g in result.groups.items())
            skipped = f'  {result.skipped} frames SKIPPED' if result.skipped else ''
            LOG.info('step %d  val abs_rel %s  score %.4f%s',
                trainer.global_step, errors, result.score, skipped)  # fmt: skip
            _append(trainer, {'step': trainer.global_step, 'val': result.to_dict()})
            if trainer.sanity_checking:  # of which Lightning draws nothing
                for logger in trainer.loggers:
                    logger.log_metrics(result.curves(), trainer.global_step)
        self.clock.wait()

    def _write_losses(self, trainer: Trainer, parts: dict[str, Tensor]) -> None:
        values = {name: float(value) for name, value in parts.items()}
        rates = learning_rates(trainer)
        _append(trainer, {'step': trainer.global_step, **values, 'lr': rates})
        curves = {f'loss/{name}': value for name, value in values.items()}
        curves |= {f'lr/{name}': rate for name, rate in rates.items()}
        for logger in trainer.loggers:
            logger.log_metrics(curves, trainer.global_step)

    def _say_line(self, trainer: Trainer) -> None:
        total = self.clock.read()
        speed, self._said, self._said_at = total - self._said, total, time.monotonic()
        means = {name: float(value) / self._batches for name, value in self._sums.items()}
        LOG.info('%s', progress_line(
            trainer.global_step, trainer.max_steps, means, learning_rates(trainer), speed,
            self.skipped))  # fmt: skip
        self._sums, self._batches = {}, 0
        row = {
            'step': trainer.global_step,
            'images_per_s': speed.images_per_s,
            'data_wait_share': speed.data_wait_share,
            'skipped': self.skipped,
        }
        _append(trainer, row)
        curves = {f'speed/{name}': row[name] for name in ('images_per_s', 'data_wait_share')}
        for logger in trainer.loggers:
            logger.log_metrics(curves, trainer.global_step)


def progress_line(
    step: int,
    max_steps: int,
    losses: dict[str, float],
    rates: dict[str, float],
    speed: Speed,
    skipped: int,
) -> str:
    """The line for people: where the run is, its losses, its speed, what is left."""
    left = (max_steps - step) / speed.steps_per_s / 60 if speed.steps_per_s else float('inf')
    parts = ' '.join(f'{name} {value:.3f}' for name, value in losses.items())
    text = (
        f'step {step}/{max_steps}  {parts}  lr {rates.get("decoder", 0.0):.2e}  '
        f'{speed.steps_per_s:.2f} it/s  {speed.images_per_s:.1f} img/s  '
        f'{100 * speed.data_wait_share:.1f} % waiting for data  {left:.0f} min left'
    )
    return text + (f'  {skipped} unreadable frames replaced' if skipped else '')


def learning_rates(trainer: Trainer) -> dict[str, float]:
    """Of the encoder and of the rest, as the next step uses them."""
    groups = trainer.optimizers[0].param_groups
    return {n: g['lr'] for n, g in zip(('encoder', 'decoder'), groups, strict=True)}


def peak_memory_mb(device: torch.device) -> float:
    """Largest memory [MB] that tensors took on a GPU, or this process on a CPU."""
    if device.type == 'cuda':
        return torch.cuda.max_memory_allocated(device) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _say_setup(trainer: Trainer, module: LightningModule) -> None:
    assert isinstance(module, LacDepthModule)
    trained = sum(p.numel() for p in module.network.parameters() if p.requires_grad)
    device = trainer.strategy.root_device
    name = f' ({torch.cuda.get_device_name(device)})' if device.type == 'cuda' else ''
    LOG.info(
        'step %d of %d on %s%s, %d process(es) by %s, precision %s, %d CPU threads; '
        '%.2f M parameters, %.2f M of them trained',
        trainer.global_step, trainer.max_steps, device, name, trainer.world_size,
        type(trainer.strategy).__name__, trainer.precision, torch.get_num_threads(),
        sum(p.numel() for p in module.network.parameters()) / 1e6, trained / 1e6,
    )  # fmt: skip


def _path(trainer: Trainer) -> Path:
    return Path(trainer.default_root_dir) / FILE


def _append(trainer: Trainer, row: dict[str, Any]) -> None:
    with _path(trainer).open('a') as file:
        file.write(json.dumps(row) + '\n')


def _drop_rows_after(path: Path, step: int) -> None:
    """Leave the rows up to a step; a row that a killed run left half-written goes, too."""
    if not path.is_file():
        return
    kept = []
    for line in path.read_text().splitlines():
        with suppress(json.JSONDecodeError):
            if json.loads(line)['step'] <= step:
                kept.append(line + '\n')
    path.write_text(''.join(kept))
