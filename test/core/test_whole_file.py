# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A file is replaced as a whole, or stays what it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from lacdepth_ros.core.whole_file import whole_file


def test_file_appears_when_it_is_done(tmp_path: Path) -> None:
    path = tmp_path / 'new' / 'a.txt'
    with whole_file(path) as draft:
        draft.write_text('half')
        assert draft.name == '.a.txt.partial' and not path.exists()
        draft.write_text('whole')
    assert path.read_text() == 'whole'
    assert list(path.parent.iterdir()) == [path]


def test_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / 'a.txt'
    path.write_text('old')
    with pytest.raises(OSError, match='disk'), whole_file(path) as draft:
        draft.write_text('half')
        raise OSError('disk')
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]
