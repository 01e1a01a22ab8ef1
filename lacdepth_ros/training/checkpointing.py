# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run leaves behind: the best networks, and the state that --resume continues from."""

from __future__ import annotations

import errno
import io
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.utilities.exceptions import SIGTERMException
from safetensors import SafetensorError
from typing_extensions import override

from lacdepth_ros.core.whole_file import whole_file
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
from lacdepth_ros.models.provenance import DESCENT
from lacdepth_ros.training.module import LacDepthModule
from lacdepth_ros.training.validation import ValidationResult

LAST = 'last.ckpt'
BEST = 'best.safetensors'
CONTINUE = 'continue (lacdepth train with --resume, lacdepth ablate as it was called)'
"""What to do with a run whose state is saved, as errors say it."""
CLOCK_STEPS = 10
"""Steps between two looks at the clock, which several processes must agree on."""


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file that appears whole or not at all, even when the machine stops meanwhile.

    Raises:
        OSError: The disk is full or the folder cannot be written; the message says what to do.
    """
    try:
        with whole_file(path) as draft, draft.open('wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name, too, must be on the disk
        finally:
            os.close(folder)
    except OSError as error:
        raise disk_error(error, path, len(content)) from error


def disk_error(error: OSError, path: Path, size: int | None = None) -> OSError:
    """The error that tells what to do about a file that could not be written."""
    needed = f' ({size / 1e6:.0f} MB)' if size is not None else ''
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(path.parent).free / 1e6
        advice = f'the disk is full, {free:.0f} MB are left: free some space'
    else:
        advice = f'{error.strerror}: make the folder writable'
    follows = 'start again'
    if (path.parent / LAST).exists():
        follows = f'{CONTINUE}; the state that was saved before is untouched'
    return OSError(error.errno, f'{path}{needed} could not be written, {advice}, then {follows}')


class WholeFiles(TorchCheckpointIO):
    """Lightning's checkpoints as files that appear whole or not at all."""

    @override
    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Write a state; Lightning asks the first process alone."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        # Released at once: left to the traceback of a full disk, it makes Python 3.12.1 crash
        # when that garbage is collected.
        with content.getbuffer() as view:
            write_whole(Path(path), view)


class CheckpointKeeper(Callback):
    """Exports the best networks, and saves the state of the run for --resume.

    In the run's folder: best.safetensors, the averaged weights with the smallest validation
    error; with keep_best > 1 the best ones as step_NNNNNNN.safetensors too; last.ckpt, the
    newest state. The start of a fine-tuning is measured, and never one of the best networks.

    Args:
        every_steps: Save the state after so many steps, besides after every validation.
        every_minutes: Save it after so many minutes at the latest.
        keep_best: Number of best networks to keep.
    """

    def __init__(
        self, every_steps: int = 500, every_minutes: float = 10.0, keep_best: int = 1
    ) -> None:
        for name, value in (
            ('every_steps', every_steps),
            ('every_minutes', every_minutes),
            ('keep_best', keep_best),
        ):
            if not value > 0:
                raise ValueError(f'{name}={value} must be positive')
        self.every_steps, self.every_seconds = every_steps, 60 * every_minutes
        self.keep_best = keep_best
        self.provenance: dict[str, str] = {}
        """What every exported network says of the run."""
        self.best: list[tuple[float, int]] = []
        """(score, step) of the best networks, best first."""
        self.best_result: dict[str, Any] = {}
        """What the validation of the best one found."""
        self.start: dict[str, Any] | None = None
        """What the validation before the first step found; None where there was none."""
        self._saved_step, self._saved_time = -1, time.monotonic()
        self._resumed_step: int | None = None

    @override
    def state_dict(self) -> dict[str, Any]:
        """The best so far, and the start: what it was, and what it could."""
        descent = {key: self.provenance[key] for key in DESCENT if key in self.provenance}
        return {
            'best': self.best,
            'best_result': self.best_result,
            'start': self.start,
            'descent': descent,
        }

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from the best so far."""
        self.best = [(float(score), int(step)) for score, step in state_dict['best']]
        self.best_result = state_dict['best_result']
        self.start = state_dict.get('start')  # not in those of earlier releases

    @override
    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Count the batches of a step as this run accumulates them.

        Views follow the steps. With another batch size, or of a state saved within a step, the
        saved number of batches would end a step too early or let a validation fall into one.
        """
        progress = checkpoint['loops']['fit_loop']['epoch_loop.batch_progress']
        self._resumed_step = checkpoint['global_step']
        done = self._resumed_step * trainer.accumulate_grad_batches
        for counts in (progress['total'], progress['current']):
            shift = done - counts['processed']
            counts.update({name: count + shift for name, count in counts.items()})

    @override
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Export the best network where the run was killed, or the disk full, before it was."""
        assert isinstance(pl_module, LacDepthModule)
        step = self._resumed_step
        if step is None or step not in (s for _, s in self.best):
            return
        name = BEST if self.best[0][1] == step else _step_name(step)
        if not _holds(Path(trainer.default_root_dir) / name, step):
            self._export_best(trainer, pl_module, step)

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count from here."""
        self._saved_step, self._saved_time = trainer.global_step, time.monotonic()

    @override
    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any, **__: Any
    ) -> None:
        """Save the state where it is due, unless a validation follows, which saves it itself.

        A state saved between a step and its validation would lose the validation.
        """
        if trainer.global_step >= trainer.max_steps:
            trainer.should_stop = True  # Lightning then validates after the last step, too
        if self._between_steps(trainer) and not _validates_now(trainer) and self._due(trainer):
            self._save_state(trainer, pl_module)

    @override
    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the network if it is among the best, and save the state."""
        assert isinstance(pl_module, LacDepthModule) and pl_module.result is not None
        if trainer.sanity_checking:
            self.start = pl_module.result.to_dict()
            return
        pl_module.check_loss()
        self._rank(pl_module.result, trainer.global_step)
        # First the state: a run that ends between the two can be resumed and then exports.
        self._save_state(trainer, pl_module)
        self._export_best(trainer, pl_module, trainer.global_step)

    @override
    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Save the state when asked to end, as SLURM does before it takes the machine away."""
        if isinstance(exception, SIGTERMException) and self._between_steps(trainer):
            self._save_state(trainer, pl_module)

    def _between_steps(self, trainer: Trainer) -> bool:
        """Whether no gradient is being accumulated."""
        fresh = trainer.global_step != self._saved_step
        return fresh and not trainer.fit_loop._should_accumulate()

    def _due(self, trainer: Trainer) -> bool:
        if trainer.global_step % self.every_steps == 0:
            return True
        if trainer.global_step % CLOCK_STEPS:
            return False
        late = time.monotonic() - self._saved_time > self.every_seconds
        return bool(trainer.strategy.broadcast(late))

    def _save_state(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, LacDepthModule)
        pl_module.check_loss()  # never replace a good state by a spoilt one
        trainer.save_checkpoint(Path(trainer.default_root_dir) / LAST)
        self._saved_step, self._saved_time = trainer.global_step, time.monotonic()

    def _rank(self, result: ValidationResult, step: int) -> None:
        self.best = sorted({*self.best, (result.score, step)})[: self.keep_best]
        if self.best[0] == (result.score, step):
            self.best_result = result.to_dict()

    def _export_best(self, trainer: Trainer, module: LacDepthModule, step: int) -> None:
        """Write the network of this step if it is among the best, and remove what is no more."""
        scores = {best: score for score, best in self.best}
        if step not in scores or not trainer.is_global_zero:
            return
        folder = Path(trainer.default_root_dir)
        self._export(module, folder / _step_name(step), scores[step], step)
        if self.best[0][1] == step:
            _copy_whole(folder / _step_name(step), folder / BEST)
        kept = {_step_name(best) for best in scores} if self.keep_best > 1 else set()
        for file in folder.glob('step_*.safetensors'):
            if file.name not in kept:
                file.unlink()

    def _export(self, module: LacDepthModule, path: Path, score: float, step: int) -> None:
        provenance = {
            'step': str(step),
            'val_abs_rel': f'{score:.4f}',
            **({'start_val_abs_rel': f'{self.start["score"]:.4f}'} if self.start else {}),
            **self.provenance,
        }
        try:
            save_checkpoint(path, module.averaged_network, provenance)
        except OSError as error:
            raise disk_error(error, path) from error
        except SafetensorError as error:  # its only way to tell that the disk is full
            raise disk_error(OSError(errno.ENOSPC, str(error)), path) from error


def saved_descent(state: Mapping[str, Any]) -> dict[str, str] | None:
    """What the run of a saved state descends from; None in states of earlier releases."""
    descent: dict[str, str] | None
    descent = state['callbacks'][CheckpointKeeper.__qualname__].get('descent')
    return descent


def _copy_whole(source: Path, target: Path) -> None:
    write_whole(target, source.read_bytes())


def _holds(path: Path, step: int) -> bool:
    """Whether the network of a step lies there."""
    try:
        return load_checkpoint(path)[1].get('step') == str(step)
    except (FileNotFoundError, ValueError):
        return False


def _step_name(step: int) -> str:
    return f'step_{step:07d}.safetensors'


def _validates_now(trainer: Trainer) -> bool:
    """Whether the trainer will validate before the next step."""
    loop = trainer.fit_loop.epoch_loop
    fetcher = trainer.fit_loop._data_fetcher
    assert fetcher is not None
    return loop._should_check_val_fx(fetcher)
