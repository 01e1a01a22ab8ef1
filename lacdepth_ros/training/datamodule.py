# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""DepthDataModule: which views every process trains on, and which frames it validates."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader, Dataset, Sampler
from typing_extensions import override

from lacdepth_ros.core.preprocessing import focal_length
from lacdepth_ros.data.indexing import spread
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.augment import check_fixed_crop
from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.training.stream import StreamConfig, ViewStream, draw_weights

WORKERS_START = 'fork' if sys.platform == 'linux' else None
"""Python 3.14 would have workers from a server, which take a gigabyte each and outlive a training
that is killed: PyTorch has them watch their parent, which then is the server."""


class Frame:
    """A validation frame as a worker read it.

    Attributes:
        number: Its place among the validation frames.
        entry: Its line of the manifest.
    """

    # No dataclass: Lightning would take it apart to look for tensors.

    def __init__(self, number: int, entry: ManifestEntry) -> None:
        self.number, self.entry = number, entry
        self._content: Sample | OSError | ValueError
        try:
            self._content = entry.load()
        except (OSError, ValueError) as error:
            self._content = error

    def sample(self) -> Sample:
        """The frame.

        Raises:
            OSError, ValueError: It could not be read.
        """
        if isinstance(self._content, Sample):
            return self._content
        raise self._content


class DepthDataModule(LightningDataModule):
    """Random views of a manifest for training, whole frames of another for validation.

    Args:
        train_manifest: manifest.jsonl of the training frames, or a list of such files.
        train_frames: Train on so many of them, spread evenly over the list; null for all. Tells
            what more frames of a kind would bring.
        val_manifest: manifest.jsonl of the frames that choose the best checkpoint.
        val_domain: Validate only on frames whose 'domain' tag is this; null for all.
        batch_size: Views that one process takes in a step.
        workers: Processes that prepare data, for each training process.
        stream: Which frames are drawn, and how often.
        augment: Random view drawn of each frame.
        protocol: What counts in validation.
        seed: Seed of data order and augmentation.

    Raises:
        FileNotFoundError: A manifest is missing.
        ValueError: A manifest or a setting is impossible.
    """

    def __init__(
        self,
        *,
        stream: StreamConfig,
        augment: AugmentConfig,
        protocol: EvaluationProtocol,
        train_manifest: str | list[str] = '',
        train_frames: int | None = None,
        val_manifest: str = '',
        val_domain: str | None = None,
        batch_size: int = 4,
        workers: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise ValueError(f'batch_size={batch_size} must be positive')
        if workers < 0:
            raise ValueError(f'workers={workers} must not be negative')
        if not train_manifest or not val_manifest:
            raise ValueError(
                'data.train_manifest and data.val_manifest must be set: in the recipe, or with '
                '--data.train_manifest PATH --data.val_manifest PATH'
            )
        paths = [train_manifest] if isinstance(train_manifest, str) else train_manifest
        entries = [e for path in paths for e in read_manifest(Path(path).expanduser())]
        if train_frames is not None and not 1 <= train_frames <= len(entries):
            raise ValueError(
                f'train_frames={train_frames} must lie in 1 .. {len(entries)}, the frames of '
                f'{train_manifest}'
            )
        self.entries = spread(entries, train_frames)
        self.val_entries = validation_entries(Path(val_manifest).expanduser(), val_domain)
        self.stream_config, self.augment, self.protocol = stream, augment, protocol
        self.batch_size, self.workers, self.seed = batch_size, workers, seed
        # What no view can be drawn with must come to light now, not when its frame is drawn.
        weights = draw_weights(self.entries, stream)
        for entry in (self.entries[i] for i in weights.nonzero()[0]):
            check_fixed_crop(entry.camera, augment, f'{entry.where}: {entry.id}')

    @property
    def focal_per_width(self) -> float:
        """Focal length over width of the training frames, the median: their field of view."""
        return median(focal_length(e.camera) / e.camera.width for e in self.entries)

    @override
    def train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """Views of this process, from the first one that no step has used yet."""
        trainer = self.trainer
        assert trainer is not None
        network = trainer.lightning_module.network
        assert isinstance(network, LacDepth)
        per_step = self.batch_size * trainer.world_size * trainer.accumulate_grad_batches
        stream = ViewStream(
            self.entries,
            self.stream_config,
            self.augment,
            model=network.config,
            length=trainer.max_steps * per_step,
            per_step=per_step,
            seed=self.seed,
        )
        order = ViewOrder(
            lambda: trainer.global_step * per_step,
            len(stream),
            batch_size=self.batch_size,
            rank=trainer.global_rank,
            world_size=trainer.world_size,
        )
        return DataLoader(
            stream,
            batch_sampler=order,
            num_workers=self.workers,
            multiprocessing_context=WORKERS_START if self.workers else None,
            prefetch_factor=4 if self.workers else None,
            pin_memory=trainer.strategy.root_device.type == 'cuda',
            worker_init_fn=_outlive_sigterm,
            generator=torch.Generator(),  # leaves the network's random numbers alone
        )

    @override
    def val_dataloader(self) -> DataLoader[Frame]:
        """Frames of this process: every frame belongs to exactly one."""
        assert self.trainer is not None
        numbers = range(self.trainer.global_rank, len(self.val_entries), self.trainer.world_size)
        return DataLoader(
            _Frames(self.val_entries),
            sampler=numbers,
            batch_size=None,
            num_workers=min(1, self.workers),
            multiprocessing_context=WORKERS_START if self.workers else None,
            collate_fn=_unchanged,
            worker_init_fn=_outlive_sigterm,
            generator=torch.Generator(),
        )

    @override
    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """Tensors go to the device; frames stay, as the predictor moves what it needs."""
        if isinstance(batch, Frame):
            return batch
        return super().transfer_batch_to_device(batch, device, dataloader_idx)


def _outlive_sigterm(_: int) -> None:
    """Leave SIGTERM to the training process, which ends its workers once its state is saved.

    `timeout`, service managers and SLURM send it to all processes of a job at once.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class ViewOrder(Sampler[list[int]]):
    """Batches of view numbers for one process: of every joint batch its own stretch.

    It has no length: for Lightning the whole training is then one epoch.

    Args:
        first: Tells the first view to be drawn; asked when iteration begins.
        length: Number of views in all.
        batch_size: Views in a batch of one process.
        rank: Number of this process.
        world_size: Number of processes.
    """

    def __init__(
        self,
        first: Callable[[], int],
        length: int,
        *,
        batch_size: int,
        rank: int,
        world_size: int,
    ) -> None:
        self._first, self._length = first, length
        self._batch_size, self._rank, self._world_size = batch_size, rank, world_size

    def __iter__(self) -> Iterator[list[int]]:
        joint = self._batch_size * self._world_size
        for start in range(self._first(), self._length, joint):
            own = start + self._rank * self._batch_size
            yield list(range(own, own + self._batch_size))


class _Frames(Dataset[Frame]):
    """Reads the frames of a manifest."""

    def __init__(self, entries: Sequence[ManifestEntry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: int) -> Frame:
        return Frame(index, self._entries[index])


def validation_entries(path: Path, domain: str | None) -> list[ManifestEntry]:
    """Frames of a validation manifest, of one domain where it is named.

    Raises:
        FileNotFoundError: There is no such manifest.
        ValueError: It cannot be read, or no frame is of this domain.
    """
    entries = read_manifest(path)
    chosen = [e for e in entries if domain in (None, e.tags.get('domain'))]
    if not chosen:
        raise ValueError(
            f'{path} has no frame of domain {domain!r}; the domains are '
            f'{sorted({str(e.tags.get("domain")) for e in entries})}'
        )
    return chosen


def _unchanged(frame: Any) -> Any:
    return frame
