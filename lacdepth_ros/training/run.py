# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One training run in one folder, from its first step or resumed."""

from __future__ import annotations

import json
import logging
import math
import pickle
import signal
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from lightning.pytorch.trainer.states import TrainerStatus

from lacdepth_ros.models.checkpoint import FOCAL_PER_WIDTH
from lacdepth_ros.models.provenance import inherited
from lacdepth_ros.training.checkpointing import (
    BEST,
    CONTINUE,
    LAST,
    CheckpointKeeper,
    saved_descent,
    write_whole,
)
from lacdepth_ros.training.first_look import first_look
from lacdepth_ros.training.module import ARCHITECTURE
from lacdepth_ros.training.runlog import FILE, RunLog, peak_memory_mb
from lacdepth_ros.training.settings import TrainingCLI

LOG = logging.getLogger('lacdepth.train')
CONFIG = 'config.yaml'
RESULTS = 'results.json'
FIXED = ('network', 'optimizer')
"""Sections of `model` that live in the saved state: other values would be ignored silently."""

EXPECTED_WARNINGS = (
    r'.*does not have many workers',  # the recipe says how many
    r'.*in eval mode at the start of training',  # frozen parts and the average are meant to be
    r'.*isinstance\(treespec, LeafSpec\)',  # Lightning's with newer torch versions
)


class TrainingRun:
    """A run that is ready to start.

    In its folder appear best.safetensors, last.ckpt, config.yaml (every setting, usable as a
    recipe), log.jsonl, tensorboard/ and, at the end, results.json.

    Args:
        arguments: --config RECIPE and overrides such as --model.optimizer.encoder_lr 1e-4.
        output: Folder of the run's files; made when missing.
        resume: Continue from output/last.ckpt with the same losses as an unbroken run.

    Raises:
        FileNotFoundError: A named file does not exist, or there is no run to resume.
        FileExistsError: The folder holds a run already, and it shall not be resumed.
        ValueError: A setting is unknown or impossible, or does not fit the run to be resumed.
    """

    def __init__(self, arguments: Sequence[str], output: str | Path, *, resume: bool) -> None:
        self.output = Path(output)
        self._state = self.output / LAST
        state = _saved_state(self._state) if resume else None
        held = [name for name in (LAST, BEST) if (self.output / name).exists()]
        if held and not resume:
            remedy = 'continue it with --resume' if LAST in held else 'move it away'
            raise FileExistsError(
                f'{self.output} holds a run already ({", ".join(held)}); {remedy}, or name '
                'another folder'
            )
        self.cli = TrainingCLI(arguments, self.output, state)
        self.settings = self.cli.settings
        if resume:
            _check_fixed_settings(self.output / CONFIG, self.settings)
        if self.settings['model']['compile'] and self._device.type == 'cpu':
            raise ValueError(
                'model.compile is for GPUs: on the CPU the backward pass of the compiled network '
                'fails (replication_pad2d_backward of channels-last maps); leave it out'
            )
        self._resume = resume
        if not resume and self.cli.model.network_config.trained:
            # Lightning's sanity check draws none of the run's random numbers.
            self.cli.trainer.num_sanity_val_steps = math.inf
        first_look(self.cli.datamodule.entries, 'data.train_manifest')
        first_look(self.cli.datamodule.val_entries, 'data.val_manifest')
        self._keeper.provenance = {
            **self._descent(state),
            'training': json.dumps(self.settings),
            FOCAL_PER_WIDTH: f'{self.cli.datamodule.focal_per_width:.6g}',
        }
        if self.cli.trainer.is_global_zero:
            if not resume:  # what a run left that was killed before its first state
                (self.output / FILE).unlink(missing_ok=True)
            text = yaml.safe_dump(self.settings, sort_keys=False)
            write_whole(self.output / CONFIG, text.encode())

    def fit(self) -> dict[str, Any]:
        """Train to the last step; return what results.json holds.

        Raises:
            FloatingPointError: A loss was not finite.
            MemoryError: The device has too little memory.
            OSError: The disk is full.
            ValueError: No validation frame could be measured, or the run ended before its first
                validation: there is no best network then.
        """
        begun = time.monotonic()
        trainer = self.cli.trainer
        try:
            with warnings.catch_warnings():
                for message in EXPECTED_WARNINGS:
                    warnings.filterwarnings('ignore', message=message)
                trainer.fit(
                    self.cli.model,
                    datamodule=self.cli.datamodule,
                    ckpt_path=self._state if self._resume else None,
                    weights_only=True,
                )
        except RuntimeError as error:
            if _is_out_of_memory(error):
                raise MemoryError(self._memory_advice(error)) from error
            raise
        except SystemExit:
            # Lightning turns signals into exits of its own.
            if trainer.received_sigterm:
                raise SystemExit(128 + signal.SIGTERM) from None
            if trainer.state.status == TrainerStatus.INTERRUPTED:
                raise KeyboardInterrupt from None
            raise
        if not self._keeper.best:
            raise ValueError(self._validation_advice())
        results = self._results(time.monotonic() - begun)
        if trainer.is_global_zero:
            if results['better_than_start'] is False:
                LOG.warning('WARNING: %s', self._start_advice())
            write_whole(self.output / RESULTS, json.dumps(results, indent=2).encode())
        return results

    def _descent(self, state: Mapping[str, Any] | None) -> dict[str, str]:
        """What the run descends from: as its state tells, for the file may change or go."""
        if state is not None and (told := saved_descent(state)) is not None:
            return told
        start = self.settings['model']['network']['checkpoint']
        return inherited(start) if start else {}

    def _results(self, seconds: float) -> dict[str, Any]:
        network, trainer = self.cli.model.network, self.cli.trainer
        speed = self._log.clock.read()
        score, step = self._keeper.best[0]
        start = self._keeper.start
        return {
            'score': score,
            'best_step': step,
            'best_checkpoint': BEST,
            'start': start,
            'better_than_start': start and score < start['score'],
            'val': self._keeper.best_result,
            'steps': trainer.global_step,
            'parameters': sum(p.numel() for p in network.parameters()),
            'session': {
                'steps': speed.steps,
                'seconds': seconds,
                'images_per_s': speed.images_per_s,
                'data_wait_share': speed.data_wait_share,
                'peak_memory_mb': peak_memory_mb(self._device),
                'unreadable_frames_replaced': self._log.skipped,
                'device': str(self._device),
                'processes': trainer.world_size,
                'precision': trainer.precision,
            },
            'settings': self.settings,
        }

    @property
    def _device(self) -> torch.device:
        device: torch.device = self.cli.trainer.strategy.root_device
        return device

    @property
    def _keeper(self) -> CheckpointKeeper:
        return next(c for c in self.cli.trainer.callbacks if isinstance(c, CheckpointKeeper))  # type: ignore[attr-defined]

    @property
    def _log(self) -> RunLog:
        return next(c for c in self.cli.trainer.callbacks if isinstance(c, RunLog))  # type: ignore[attr-defined]

    def _validation_advice(self) -> str:
        trainer = self.cli.trainer
        return (
            f'the run ended at step {trainer.global_step} before its first validation, so there '
            f'is no {BEST}; {CONTINUE}, or validate sooner '
            f'(trainer.val_check_interval={trainer.val_check_interval})'
        )

    def _start_advice(self) -> str:
        assert self._keeper.start is not None
        start, best = self.settings['model']['network']['checkpoint'], self.output / BEST
        score, step = self._keeper.best[0]
        return (
            f'no step is better than the start: abs_rel {self._keeper.start["score"]:.4f} before '
            f'the first step, {score:.4f} at the best one, {step}, whose trained weights '
            f'{best} holds. Use the start ({start}) as it is, or train anew with lower '
            'model.optimizer.encoder_lr and decoder_lr or frames of more places, or try weights '
            f'between the two: lacdepth blend {start} {best} OUT'
        )

    def _memory_advice(self, error: RuntimeError) -> str:
        data = self.cli.datamodule
        name = 'crops' if data.augment.crops else 'crop'
        height, width = max(data.augment.crops or [data.augment.crop], key=math.prod)
        first = str(error).splitlines()[0]
        return (
            f'out of memory on {self._device} with data.batch_size={data.batch_size} and views of '
            f'{height} rows and {width} columns (data.augment.{name}; {first}); halve '
            'data.batch_size and double trainer.accumulate_grad_batches and '
            'trainer.val_check_interval, or choose trainer.precision bf16-mixed or smaller '
            f'{name}, and continue with lacdepth train --resume; lacdepth ablate, whose rows '
            'compare runs of one budget, starts anew in another --output'
        )


def train(arguments: Sequence[str], output: str | Path, *, resume: bool = False) -> dict[str, Any]:
    """Train as `lacdepth train` does, and return what results.json holds.

    See `TrainingRun` for the arguments and the errors.
    """
    return TrainingRun(arguments, output, resume=resume).fit()


def _saved_state(path: Path) -> dict[str, Any]:
    """What the state of a run says beside its tensors, which would keep a replaced file on disk.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Damaged, or no state of a run.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist; there is no run to resume')
    try:
        state = torch.load(path, map_location='cpu', weights_only=True, mmap=True)
        told = {name: state[name] for name in ('global_step', 'callbacks')}
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError, KeyError, TypeError) as error:
        raise ValueError(f'{path} is damaged or no state of a run ({error})') from error
    if ARCHITECTURE in state:  # not in those of earlier releases
        told[ARCHITECTURE] = state[ARCHITECTURE]
    return told


def _check_fixed_settings(path: Path, settings: dict[str, Any]) -> None:
    """Refuse to resume the run whose config.yaml is at path with other FIXED settings."""
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist; the run cannot be resumed without it')
    before = yaml.safe_load(path.read_text(encoding='utf-8'))['model']
    now = settings['model']
    changed = [
        f'model.{section}.{name}: {before[section].get(name)!r} -> {value!r}'
        for section in FIXED
        for name, value in now[section].items()
        if before[section].get(name) != value
    ]
    if changed:
        raise ValueError(
            f'the run of {path.parent} cannot be resumed with other settings ({"; ".join(changed)}'
            '); keep them, or start a new run with model.network.checkpoint: best.safetensors of '
            'this one'
        )


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a GPU, or the CPU's allocator, had no memory left."""
    return isinstance(error, torch.OutOfMemoryError) or 'allocate memory' in str(error)
