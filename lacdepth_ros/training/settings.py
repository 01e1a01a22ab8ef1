# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From a recipe and dotted overrides to the module, the data and the trainer they describe."""

from __future__ import annotations

import argparse
import json
import logging
import re
import warnings
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger
from typing_extensions import override

from lacdepth_ros.training.checkpointing import CheckpointKeeper, WholeFiles
from lacdepth_ros.training.datamodule import DepthDataModule
from lacdepth_ros.training.module import ARCHITECTURE, LacDepthModule
from lacdepth_ros.training.parts import NetworkConfig
from lacdepth_ros.training.pictures import ValidationPictures
from lacdepth_ros.training.recipes import find_recipe
from lacdepth_ros.training.runlog import RunLog

TRAINER_DEFAULTS: dict[str, Any] = {
    'devices': 1,
    'precision': 'bf16-mixed',
    'max_steps': 10000,
    'val_check_interval': 1000,
    'gradient_clip_val': 1.0,
    'log_every_n_steps': 50,
    'enable_progress_bar': False,
    'enable_model_summary': False,
}
IMPOSED: dict[str, Any] = {
    'max_epochs': -1,  # the stream of views is one endless epoch
    'check_val_every_n_epoch': None,
    'enable_checkpointing': False,  # CheckpointKeeper's work
    'use_distributed_sampler': False,  # ViewOrder's work
    'num_sanity_val_steps': 0,  # TrainingRun validates a trained start with it
}
CALLBACKS = {'checkpoint': CheckpointKeeper, 'log': RunLog, 'pictures': ValidationPictures}
SEEDED = ('model', 'data')
EXPECTED_WARNINGS = (
    r"LightningCLI's args parameter is intended",
    r'(?s).*JsonargparseDeprecationWarning',  # Lightning's calls, not ours
    r'(?s).*``instantiate_classes`` was deprecated',
)

_UNKNOWN = (
    re.compile(r"Group '(?P<group>\S+)' does not accept option '(?P<key>[^']+)'"),
    re.compile(r"(?P<group>)Option '(?P<key>[^']+)' is not accepted"),
    re.compile(r'(?P<group>)unrecognized arguments: --(?P<key>[^\s=]+)'),
)


class TrainingCLI(LightningCLI):
    """LightningCLI with the sections model, data, trainer, checkpoint, log and pictures.

    Args:
        arguments: --config RECIPE and overrides such as --model.optimizer.encoder_lr 1e-4.
        output: Folder of the run's files.
        resumed: State of the run that is continued: what it starts from may have gone since, and
            curves after its step are drawn anew.
        build: Whether to build model, data and trainer, or only to read the settings.

    Attributes:
        settings: Every setting, as YAML holds it.

    Raises:
        FileNotFoundError: A named file does not exist.
        ValueError: A setting is unknown (the message names the known ones) or impossible.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        output: Path,
        resumed: Mapping[str, Any] | None = None,
        *,
        build: bool = True,
    ) -> None:
        self._output, self._resumed, self._build = output, resumed, build
        for name in ('lightning.pytorch', 'lightning.fabric'):
            logging.getLogger(name).setLevel(logging.WARNING)  # RunLog says what matters
        try:
            with warnings.catch_warnings():
                for message in EXPECTED_WARNINGS:
                    warnings.filterwarnings('ignore', message=message)
                super().__init__(
                    LacDepthModule,
                    DepthDataModule,
                    args=_with_paths(arguments),
                    run=False,
                    save_config_callback=None,
                    trainer_defaults={**TRAINER_DEFAULTS, **IMPOSED},
                    seed_everything_default=0,
                    parser_kwargs={'exit_on_error': False, 'allow_abbrev': False},
                    auto_configure_optimizers=False,
                    load_from_checkpoint_support=False,
                )
        except argparse.ArgumentError as error:
            raise ValueError(_explain(self.parser, str(error))) from error
        except MisconfigurationException as error:
            hint = ' (--trainer.accelerator cpu, say)' if 'backend' in str(error) else ''
            raise ValueError(f'trainer: {error}{hint}') from error

    @override
    def add_core_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the sections of model, data and trainer.

        They are built in this order: what is wrong with the data comes to light before the model
        asks for its first weights, which may be a long download.
        """
        parser.add_lightning_class_args(Trainer, 'trainer')
        parser.set_defaults({f'trainer.{k}': v for k, v in self.trainer_defaults.items()})
        parser.add_lightning_class_args(DepthDataModule, 'data')
        parser.add_lightning_class_args(LacDepthModule, 'model')

    @override
    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the sections of the callbacks; one seed serves all."""
        for section, callback in CALLBACKS.items():
            parser.add_lightning_class_args(callback, section)
        for section in SEEDED:
            parser.link_arguments('seed_everything', f'{section}.seed')

    @override
    def instantiate_classes(self) -> None:
        """Note the settings, and build what they describe."""
        self.settings = self._all_settings()
        if not self._build:
            return
        if self._resumed is not None:
            _leave_out_first_weights(self.config['model']['network'], self._resumed)
        super().instantiate_classes()

    def _all_settings(self) -> dict[str, Any]:
        values: dict[str, Any]
        values = self.config.as_dict()
        values.pop('config', None)
        values = json.loads(json.dumps(values))  # tuples become lists
        for section in SEEDED:
            del values[section]['seed']  # seed_everything sets it
        return values

    @override
    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """The trainer, with what this package imposes on it."""
        config = self.config_init['trainer']
        _check_trainer(config)
        plugins = config['plugins'] or []
        plugins = plugins if isinstance(plugins, list) else [plugins]
        logger = config['logger']
        if logger is None or logger is True:
            logger = TensorBoardLogger(
                self._output,
                name='',
                version='tensorboard',
                purge_step=self._resumed['global_step'] if self._resumed else None,
            )
        trainer = super().instantiate_trainer(
            default_root_dir=self._output,
            logger=logger,
            plugins=[*plugins, WholeFiles()],
            **IMPOSED,
            **kwargs,
        )
        if str(config['precision']).startswith('16') and not trainer.precision.startswith('16'):
            raise ValueError(  # where Lightning would go on in another precision
                f'trainer.precision={config["precision"]} needs a GPU; on the CPU use bf16-mixed '
                'or 32-true'
            )
        return trainer


def complete_recipe(arguments: Sequence[str]) -> str:
    """The recipe with all overrides and defaults in it, as YAML.

    Raises:
        FileNotFoundError: A named recipe does not exist.
        ValueError: A setting is unknown or of the wrong type.
    """
    settings = TrainingCLI(arguments, Path(), build=False).settings
    return yaml.safe_dump(settings, sort_keys=False)


def _leave_out_first_weights(network: MutableMapping[str, Any], state: Mapping[str, Any]) -> None:
    """Change `model.network` to one that the state then fills."""
    if network['preset'] is None:  # the architecture is that of the checkpoint
        if ARCHITECTURE not in state:
            return  # a state of an earlier release: only the checkpoint tells
        network['preset'] = NetworkConfig().preset  # of which every field is given anew
        network['architecture'] = state[ARCHITECTURE]
    network['checkpoint'] = network['encoder_weights'] = None


def _check_trainer(config: Mapping[str, Any]) -> None:
    """Refuse settings of the trainer that a run could not follow."""
    for name, imposed in IMPOSED.items():
        if config[name] != imposed:
            raise ValueError(
                f'trainer.{name}={config[name]} is not possible, as this package sets it to '
                f'{imposed}; leave it out, and give the length of a run as trainer.max_steps'
            )
    for name in ('max_steps', 'accumulate_grad_batches'):
        if not config[name] > 0:
            raise ValueError(f'trainer.{name}={config[name]} must be positive')
    if config['limit_val_batches'] == 0:
        raise ValueError(
            'trainer.limit_val_batches=0 leaves nothing to choose the best network by; give '
            'at least 1, or null for all validation frames'
        )
    interval, accumulated = config['val_check_interval'], config['accumulate_grad_batches']
    if isinstance(interval, int) and (beyond := interval % accumulated):
        # The state saved by the validation would hold half a step.
        below, above = interval - beyond, interval - beyond + accumulated
        nearest = f'{below} or {above}' if below else f'{above}'
        raise ValueError(
            f'trainer.val_check_interval={interval} counts batches and must be a multiple of '
            f'trainer.accumulate_grad_batches={accumulated}: give {nearest}'
        )


def _with_paths(arguments: Sequence[str]) -> list[str]:
    """The arguments with the names of shipped recipes replaced by their paths."""
    paths = list(arguments)
    for i, name in enumerate(paths[1:], start=1):
        if paths[i - 1] == '--config':
            paths[i] = str(find_recipe(name))
    return paths


def _explain(parser: LightningArgumentParser, message: str) -> str:
    """Name the known settings where one is unknown."""
    for pattern in _UNKNOWN:
        if found := pattern.search(message):
            key = '.'.join(filter(None, (found['group'], found['key'])))
            known = (action.dest for action in parser._actions)
            return f'unknown setting {key}; {_known_beside(key, known)}'
    if 'are required' in message:
        return f'{message}; give them in the recipe or as --NAME VALUE'
    return message


def _known_beside(key: str, known: Iterable[str]) -> str:
    """The settings of the innermost section of the key that exists."""
    names = {name for name in known if '-' not in name}
    section = key
    while section:
        section = section.rpartition('.')[0]
        prefix = f'{section}.' if section else ''
        inside = {n.removeprefix(prefix).split('.')[0] for n in names if n.startswith(prefix)}
        if inside:
            where = f'those of {section}' if section else 'the sections'
            return f'{where} are {sorted(inside - {"config", "help", "print_config", "print_"})}'
    return 'see lacdepth train --print_config'
