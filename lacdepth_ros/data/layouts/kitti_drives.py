# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the drives of KITTI raw and the depth benchmark lie, as unpacked from KITTI's archives.

Anywhere within three folders below the root:

    2011_09_26/2011_09_26_drive_0009_sync/image_02/data/0000000005.png   (or .jpg), raw
    2011_09_26/2011_09_26_drive_0009_sync/velodyne_points/data/0000000005.bin
    train/2011_09_26_drive_0009_sync/proj_depth/groundtruth/image_02/0000000005.png

The last may as well lie under val/, in no such folder, or in the raw drive itself. The root may be
a drive, whatever its name is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lacdepth_ros.data.layouts.kitti_splits import KittiKey

SOUGHT = 'KITTI raw drive (<date>_drive_<number>_sync/image_02/data, up to three folders deep)'
"""What is looked for, as errors name it."""
_PATTERNS = ('*_sync', '*/*_sync', '*/*/*_sync')
_IMAGES = Path('image_02', 'data')
_ANNOTATED = Path('proj_depth', 'groundtruth')
_SUFFIXES = ('.png', '.jpg')
"""Endings of KITTI's images: as they are published, and as many convert them."""


def holds_drives(root: Path) -> bool:
    """Whether `KittiTree.find` finds something at a folder, be it to complain of it."""
    return any((folder / _IMAGES).is_dir() for folder in _folders(root))


@dataclass(frozen=True, slots=True)
class KittiTree:
    """Where the drives of a download lie.

    Attributes:
        raw: Folder of each drive's images and scans, by the drive's name, in its order.
        annotated: Folder of each drive's annotated depth; it may be the same.
    """

    raw: dict[str, Path]
    annotated: dict[str, Path]

    @classmethod
    def find(cls, root: Path) -> KittiTree:
        """Look for drives at `root` and three folders deep.

        Raises:
            FileNotFoundError: There is no drive with images.
            ValueError: A drive lies in two places, or is not rectified.
        """
        root, *folders = _folders(root)
        if root.name.endswith('_extract'):
            raise ValueError(
                f'{root}: not rectified; download the drive "synced+rectified" (_sync)'
            )
        raw = _by_name([path for path in (root, *folders) if (path / _IMAGES).is_dir()])
        annotated = _by_name([path for path in (root, *folders) if (path / _ANNOTATED).is_dir()])
        if not raw:
            raise FileNotFoundError(f'{root}: no {SOUGHT}')
        return cls(dict(sorted(raw.items())), annotated)

    def image(self, key: KittiKey) -> Path | None:
        """The image of a frame, None where there is none."""
        if key.drive not in self.raw:
            return None
        stem = self.raw[key.drive] / f'image_{key.camera:02d}' / 'data' / key.frame
        paths = (stem.with_suffix(suffix) for suffix in _SUFFIXES)
        return next((path for path in paths if path.is_file()), None)

    def annotation(self, key: KittiKey) -> Path | None:
        """The annotated depth of a frame, None where there is none."""
        folder = self._annotation_folder(key)
        path = folder / f'{key.frame}.png' if folder else None
        return path if path and path.is_file() else None

    def has_annotations(self, key: KittiKey) -> bool:
        """Whether the frame's drive has annotated depth of its camera."""
        folder = self._annotation_folder(key)
        return folder is not None and folder.is_dir()

    def scan(self, key: KittiKey) -> Path | None:
        """The Velodyne scan of a frame, None where there is none."""
        path = self.raw[key.drive] / 'velodyne_points' / 'data' / f'{key.frame}.bin'
        return path if path.is_file() else None

    def frames(self) -> list[KittiKey]:
        """Every frame of the left colour camera, in order."""
        return [
            KittiKey(drive, 2, frame)
            for drive, folder in self.raw.items()
            for frame in sorted(
                {path.stem for path in (folder / _IMAGES).iterdir() if path.suffix in _SUFFIXES}
            )
        ]

    def _annotation_folder(self, key: KittiKey) -> Path | None:
        if key.drive not in self.annotated:
            return None
        return self.annotated[key.drive] / _ANNOTATED / f'image_{key.camera:02d}'


def _folders(root: Path) -> list[Path]:
    """The root and the drives' folders below it."""
    # Names count, so no '..' may remain; resolve() would also replace links by what they are of.
    root = Path(os.path.abspath(root))  # noqa: PTH100
    return [root, *(path for pattern in _PATTERNS for path in sorted(root.glob(pattern)))]


def _by_name(folders: list[Path]) -> dict[str, Path]:
    """Drive name -> folder; a drive must lie in one place."""
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.name in found:
            raise ValueError(
                f'{folder.name} lies in {found[folder.name].parent} and in {folder.parent}; name '
                'the root of one copy'
            )
        found[folder.name] = folder
    return found
