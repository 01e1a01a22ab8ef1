# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that appear under their name when they are whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, ending: str = '.partial') -> Iterator[Path]:
    """Let the body write another file, which takes this one's name and place when it is done.

    An error leaves the old file as it was and removes the new one. A killed process leaves
    `.<name>.partial` behind, which no tool takes for done.

    Args:
        path: The file; its folder is made when it is missing.
        ending: What the other file's name ends with, for libraries that judge by it.

    Yields:
        The path to write to, in the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f'.{path.name}{ending}')
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
