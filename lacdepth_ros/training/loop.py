# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The training loop: views in, the best checkpoint on the validation frames out."""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from lacdepth_ros.data.manifest import ManifestEntry, read_manifest
from lacdepth_ros.evaluation.evaluate import evaluate
from lacdepth_ros.evaluation.report import EvaluationReport
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.predictor import DepthPredictor, check_device
from lacdepth_ros.preprocessing import normalise
from lacdepth_ros.training.config import TrainingConfig
from lacdepth_ros.training.objective import LossConfig, training_loss
from lacdepth_ros.training.optim import build_average, build_optimizer, build_schedule
from lacdepth_ros.training.parts import freeze, renew, training_mode
from lacdepth_ros.training.state import check_fixed_settings, read_state, write_state
from lacdepth_ros.training.stream import StreamConfig, ViewStream

LOG = logging.getLogger('lacdepth.train')
LOG_SECONDS = 60.0


class Trainer:
    """One run in one folder: config.json, best.safetensors, last.pt (for resume), log.jsonl.

    Args:
        config: The run.
        output: Folder of its files; created.
        resume: Continue from output/last.pt with the same losses as an unbroken run.

    Raises:
        FileNotFoundError: A file the configuration names, or last.pt on resume, is missing.
        ValueError: The configuration is impossible.
    """

    def __init__(self, config: TrainingConfig, output: str | Path, *, resume: bool) -> None:
        self.config = config
        self.output = Path(output)
        if resume:
            check_fixed_settings(self.output / 'config.json', config)
        torch.manual_seed(config.seed)
        self.device = check_device(config.device)
        self.entries = read_manifest(config.train_manifest)
        self.val_entries = validation_entries(config)
        model = build_model(config)
        freeze(model, config.frozen)
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        self.stream = build_stream(self.entries, config, model.config.focal_px)
        self.average = build_average(self.model, config)
        self.optimizer = build_optimizer(self.model, config)
        self.schedule = build_schedule(self.optimizer, config)
        self.step = 0
        self.best = float('inf')
        if resume:
            self._load_state()
        self.output.mkdir(parents=True, exist_ok=True)
        (self.output / 'config.json').write_text(json.dumps(config.to_dict(), indent=2))

    def fit(self) -> Path:
        """Train to the last iteration; return the path of the best checkpoint."""
        losses: list[float] = []
        logged = time.monotonic()
        for batch in self._batches():
            losses.append(self._train_step(batch))
            if time.monotonic() - logged > LOG_SECONDS:
                self._log_progress(losses, time.monotonic() - logged)
                losses, logged = [], time.monotonic()
            if self.step % self.config.validate_every == 0 or self.step == self.config.iterations:
                self._validate()
                self._save_state()
        return self.output / 'best.safetensors'

    def _batches(self) -> Iterator[dict[str, Tensor]]:
        size = self.config.batch_size
        remaining = range(self.step * size, self.config.iterations * size)
        return iter(
            DataLoader(
                self.stream,
                batch_size=size,
                sampler=remaining,
                num_workers=self.config.workers,
                prefetch_factor=4 if self.config.workers else None,
                pin_memory=self.device.type == 'cuda',
                generator=torch.Generator(),  # leaves the network's random numbers alone
            )
        )

    def _train_step(self, batch: dict[str, Tensor]) -> float:
        training_mode(self.model, self.config.frozen)
        loss = self._loss(batch)
        if not bool(torch.isfinite(loss)):
            value = float(loss.detach())
            raise FloatingPointError(
                f'the loss of step {self.step + 1} is {value}; lower encoder_lr and decoder_lr'
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.optimizer.step()
        self.schedule.step()
        self.average.update_parameters(self.model)
        self.step += 1
        return float(loss.detach())

    def _loss(self, batch: dict[str, Tensor]) -> Tensor:
        batch = {name: x.to(self.device, non_blocking=True) for name, x in batch.items()}
        image = normalise(batch['image'])
        bf16 = self.config.precision == 'bf16'
        with torch.autocast(self.device.type, torch.bfloat16) if bf16 else nullcontext():
            output = self.model(image.contiguous(memory_format=torch.channels_last))
        progress = self.step / self.config.iterations
        losses = training_loss(
            output, batch, self.model.config, loss_config(self.config), progress
        )
        return losses['loss']

    def _validate(self) -> None:
        predictor = DepthPredictor(
            copy.deepcopy(self._averaged_network()), device=self.config.device, focal_scaling=True
        )
        report = evaluate(predictor, self.val_entries)
        for frame in report.skipped:
            LOG.warning('validation frame %s skipped: %s', frame.id, frame.reason)
        if not report.frames:
            raise ValueError(f'no frame of {self.config.val_manifest} could be measured')
        score = selection_score(report)
        groups = {name: round(g['abs_rel'], 4) for name, g in report.groups.items()}
        LOG.info('step %d  val abs_rel %s  score %.4f', self.step, groups, score)
        self._append_log({'step': self.step, 'val': report.to_dict(), 'score': score})
        if score < self.best:
            self.best = score
            save_checkpoint(
                self.output / 'best.safetensors',
                self._averaged_network(),
                self._provenance(score),
            )

    def _averaged_network(self) -> LacDepth:
        network = self.average.module
        assert isinstance(network, LacDepth)
        return network

    def _provenance(self, score: float) -> dict[str, str]:
        return {
            'step': str(self.step),
            'val_abs_rel': f'{score:.4f}',
            'training': json.dumps(self.config.to_dict()),
        }

    def _log_progress(self, losses: list[float], seconds: float) -> None:
        mean = sum(losses) / len(losses)
        rate = len(losses) / seconds
        left = (self.config.iterations - self.step) / rate / 60
        LOG.info(
            'step %d/%d  loss %.3f  lr %.2e  %.2f it/s  %.0f min left',
            self.step,
            self.config.iterations,
            mean,
            self.schedule.get_last_lr()[1],
            rate,
            left,
        )
        self._append_log({'step': self.step, 'loss': mean, 'iterations_per_s': rate})

    def _append_log(self, row: dict[str, Any]) -> None:
        with (self.output / 'log.jsonl').open('a') as file:
            file.write(json.dumps(row) + '\n')

    def _save_state(self) -> None:
        state = {
            'step': self.step,
            'best': self.best,
            'model': self.model.state_dict(),
            'average': self.average.state_dict(),
            'optimizer': self.optimizer.state_dict(),
            'schedule': self.schedule.state_dict(),
            'rng': self._device_module().get_rng_state(),
        }
        write_state(self.output / 'last.pt', state)

    def _load_state(self) -> None:
        state = read_state(self.output / 'last.pt')
        self.step, self.best = state['step'], state['best']
        self.model.load_state_dict(state['model'])
        self.average.load_state_dict(state['average'])
        self.optimizer.load_state_dict(state['optimizer'])
        self.schedule.load_state_dict(state['schedule'])
        self._device_module().set_rng_state(state['rng'])

    def _device_module(self) -> Any:
        """The module that holds the random state of the network's device."""
        return torch.cuda if self.device.type == 'cuda' else torch


def build_stream(
    entries: list[ManifestEntry], config: TrainingConfig, focal_px: float
) -> ViewStream:
    """The views of the whole run."""
    return ViewStream(
        entries,
        StreamConfig(
            group_weights=config.group_weights,
            synthetic_share=config.synthetic_share,
            synthetic_scenes=config.synthetic_scenes,
        ),
        config.augment,
        focal_px=focal_px,
        length=config.iterations * config.batch_size,
        seed=config.seed,
    )


def loss_config(config: TrainingConfig) -> LossConfig:
    """The run's weights of the losses."""
    return LossConfig(
        relative_weight=config.relative_weight,
        far_weight=config.far_weight,
        spread_weight=config.spread_weight,
        auxiliary_weight=config.auxiliary_weight,
    )


def build_model(config: TrainingConfig) -> LacDepth:
    """Build the network: from a checkpoint's weights, or from the encoder's alone."""
    if config.checkpoint is None:
        return LacDepth(config.model_config(), config.encoder_weights)
    model, _ = load_checkpoint(config.checkpoint)
    if model.config != config.model_config():
        raise ValueError(
            f'checkpoint {config.checkpoint} holds another architecture ({model.config}) than the '
            f'configuration asks for ({config.model_config()}); make preset and model agree'
        )
    renew(model, config.renewed)
    return model


def validation_entries(config: TrainingConfig) -> list[ManifestEntry]:
    """Frames of the validation manifest, of one domain where the configuration names it."""
    entries = read_manifest(config.val_manifest)
    chosen = [e for e in entries if config.val_domain in (None, e.tags.get('domain'))]
    if not chosen:
        raise ValueError(
            f'{config.val_manifest} has no frame of domain {config.val_domain!r}; the domains are '
            f'{sorted({str(e.tags.get("domain")) for e in entries})}'
        )
    return chosen


def selection_score(report: EvaluationReport) -> float:
    """Mean abs_rel over the groups: a large group must not outvote a small one."""
    return sum(group['abs_rel'] for group in report.groups.values()) / len(report.groups)
