# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Interpolated depth for every frame of a manifest, and a manifest that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from lacdepth_ros.core.processes import map_in_processes
from lacdepth_ros.data.depth_completion import complete_depth
from lacdepth_ros.data.files import write_depth_png
from lacdepth_ros.data.indexing import Progress
from lacdepth_ros.data.made import MadeFiles
from lacdepth_ros.data.manifest import MANIFEST, ManifestEntry, write_manifest

_NOTES = 'densify.json'


def densify(
    entries: Sequence[ManifestEntry], folder: Path, *, width: int, workers: int, progress: Progress
) -> dict[str, str]:
    """Write the interpolated depth of every frame and folder/manifest.jsonl.

    PNGs that were made of the same ground truth are kept, so an interrupted run goes on where it
    stopped. Frames that cannot be interpolated stay in the manifest without `dense`.

    Args:
        entries: Frames with ground truth.
        folder: Where the PNGs and the manifest go; made when it is not there.
        width: Width [px] at which wider images are interpolated.
        workers: Processes at work at once; 1 = this one.
        progress: Called with the number of frames done and of all frames.

    Returns:
        What went wrong, by the frames' ids.

    Raises:
        ValueError: The folder's PNGs have another width, or an id or path leads where it must not.
    """
    paths = [_path(folder, entry) for entry in entries]
    _check_outputs(entries, folder, paths)
    failures: dict[str, str] = {}
    with MadeFiles(folder / _NOTES, {'width': width}) as made:
        jobs = [
            (entry, path)
            for entry, path in zip(entries, paths, strict=True)
            if not made.has(path, *_made_of(entry))
        ]
        results = _results(partial(_make, width), jobs, workers)
        for done, ((entry, path), failure) in enumerate(zip(jobs, results, strict=True)):
            progress(len(entries) - len(jobs) + done, len(entries))
            if failure is not None:
                failures[entry.id] = failure
            else:
                made.add(path, *_made_of(entry))
    progress(len(entries), len(entries))
    write_manifest(
        folder / MANIFEST,
        (
            entry.row() if entry.id in failures else {**entry.row(), 'dense': path}
            for entry, path in zip(entries, paths, strict=True)
        ),
    )
    return failures


def _made_of(entry: ManifestEntry) -> tuple[list[Path], float]:
    """What a frame's interpolated depth is made of: files, and the scale of its PNG."""
    return [entry.image, entry.depth], entry.depth_scale


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


def _check_outputs(entries: Sequence[ManifestEntry], folder: Path, paths: Sequence[Path]) -> None:
    """Refuse to write over what was measured."""
    sources = {
        file.resolve()
        for entry in entries
        for file in (entry.image, entry.depth, entry.dense)
        if file is not None
    }
    manifests = {Path(entry.where.rpartition(':')[0]).resolve() for entry in entries}
    written = [path for path in paths if path.resolve() in sources]
    if (manifest := folder / MANIFEST).resolve() in manifests:
        written.append(manifest)
    if written:
        raise ValueError(
            f'{written[0]} belongs to the data set and would be written over; name another folder '
            f'than {folder}'
        )
