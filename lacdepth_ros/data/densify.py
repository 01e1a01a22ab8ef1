# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Interpolated depth for every frame of a manifest, and a manifest that names it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from lacdepth_ros.core.processes import map_in_processes
from lacdepth_ros.core.whole_file import write_text
from lacdepth_ros.data.depth_completion import complete_depth
from lacdepth_ros.data.files import write_depth_png
from lacdepth_ros.data.indexing import Progress
from lacdepth_ros.data.manifest import ManifestEntry, write_manifest

_SETTINGS = 'densify.json'


def densify(
    entries: Sequence[ManifestEntry], folder: Path, *, width: int, workers: int, progress: Progress
) -> dict[str, str]:
    """Write the interpolated depth of every frame and folder/manifest.jsonl.

    PNGs that are already there are kept, so an interrupted run goes on where it stopped. Frames
    that cannot be interpolated stay in the manifest without `dense`.

    Args:
        entries: Frames with ground truth.
        folder: Where the PNGs and the manifest go; made when it is not there.
        width: Width [px] at which wider images are interpolated.
        workers: Processes at work at once; 1 = this one.
        progress: Called with the number of frames done and of all frames.

    Returns:
        What went wrong, by the frames' ids.

    Raises:
        ValueError: The folder holds PNGs of another width, or an id is no file name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _keep_settings(folder, width)
    paths = [_path(folder, entry) for entry in entries]
    jobs = [(e, path) for e, path in zip(entries, paths, strict=True) if not path.is_file()]
    failures: dict[str, str] = {}
    results = _results(partial(_make, width), jobs, workers)
    for done, ((entry, _), failure) in enumerate(zip(jobs, results, strict=True)):
        progress(len(entries) - len(jobs) + done, len(entries))
        if failure is not None:
            failures[entry.id] = failure
    progress(len(entries), len(entries))
    write_manifest(
        folder / 'manifest.jsonl',
        (
            {**entry.row(), 'dense': path} if path.is_file() else entry.row()
            for entry, path in zip(entries, paths, strict=True)
        ),
    )
    return failures


def _results(
    make: Callable[[tuple[ManifestEntry, Path]], str | None],
    jobs: Sequence[tuple[ManifestEntry, Path]],
    workers: int,
) -> Iterator[str | None]:
    """The result of every job, in order."""
    if workers == 1 or len(jobs) < 2:
        yield from map(make, jobs)
        return
    yield from map_in_processes(make, jobs, workers)


def _make(width: int, job: tuple[ManifestEntry, Path]) -> str | None:
    """Write the interpolated depth of a frame; the reason when that cannot be done."""
    entry, path = job
    try:
        sample = entry.load()
        dense = complete_depth(sample.image, sample.depth, width=width)
    except (OSError, ValueError) as error:
        return str(error)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_depth_png(path, dense, entry.depth_scale)
    return None


def _path(folder: Path, entry: ManifestEntry) -> Path:
    path = folder / f'{entry.id}.png'
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f'{entry.where}: id {entry.id!r} leads out of {folder}; rename the frame')
    return path


def _keep_settings(folder: Path, width: int) -> None:
    """Note the settings, or make sure that the folder's files were made with the same ones."""
    path, settings = folder / _SETTINGS, {'width': width}
    if not path.is_file():
        write_text(path, json.dumps(settings) + '\n')
    elif (found := json.loads(path.read_text(encoding='utf-8'))) != settings:
        raise ValueError(
            f'{folder} was made with {found}, not with {settings}; ask for the same or name '
            'another folder'
        )
