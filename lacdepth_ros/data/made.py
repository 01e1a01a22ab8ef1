# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files made of others: kept while they are those that would be made again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from lacdepth_ros.core.whole_file import write_text

_NOTED = 256  # files after which the notes are written: so many are made again after a kill


class MadeFiles:
    """Notes, in a file of their folder, of what the folder's other files were made of.

    Used in a `with`, at whose end they are written. The folder may be moved together with what
    its files were made of.

    Args:
        path: The file of the notes; it appears when the first file was added.
        settings: What all files of the folder have in common, as JSON holds it.

    Raises:
        ValueError: The folder was made with other settings, or the notes are damaged.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any] | None = None) -> None:
        self._path, self._settings = path, dict(settings or {})
        self._files: dict[str, str] = {}
        self._new = 0
        if path.is_file():
            self._read()

    def __enter__(self) -> MadeFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._new:
            self._write()

    def has(self, path: Path, sources: Iterable[Path], facts: object = None) -> bool:
        """Whether a file is there and was made of these.

        Args:
            path: The file, in the folder or deeper.
            sources: The files that it is made of: their places, times and sizes count.
            facts: What else it is made of, as JSON holds it.
        """
        digest = self._digest(path, sources, facts)
        return digest is not None and self._files.get(self._name(path)) == digest

    def add(self, path: Path, sources: Iterable[Path], facts: object = None) -> None:
        """Note that a file was made, of what `has` takes."""
        digest = self._digest(path, sources, facts)
        if digest is None:
            return  # a source went meanwhile
        self._files[self._name(path)] = digest
        self._new += 1
        if self._new % _NOTED == 0:
            self._write()

    def _digest(self, path: Path, sources: Iterable[Path], facts: object) -> str | None:
        """What tells a file and its sources from others; None where one is missing."""
        files = (path, *sources)  # the file itself, too: a killed run may have replaced it
        try:
            states = [(file, file.stat()) for file in files]
        except FileNotFoundError:
            return None
        told = [(self._name(file), x.st_mtime_ns, x.st_size) for file, x in states]
        return hashlib.sha256(json.dumps([told, facts]).encode()).hexdigest()[:32]

    def _name(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._path.parent)).as_posix()

    def _read(self) -> None:
        try:
            found = json.loads(self._path.read_text(encoding='utf-8'))
            self._files = dict(found.get('files', {}))  # older notes have none
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(
                f'{self._path} is damaged ({error}); remove it, and the files next to it are made '
                'anew'
            ) from error
        for name, value in self._settings.items():
            if found.get(name) != value:
                raise ValueError(
                    f'{self._path.parent} was made with {name} {found.get(name)}, not with '
                    f'{value}; ask for the same or name another folder'
                )

    def _write(self) -> None:
        write_text(self._path, json.dumps({**self._settings, 'files': self._files}) + '\n')
