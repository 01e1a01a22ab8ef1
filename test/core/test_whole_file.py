# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A file is replaced as a whole, or stays what it was."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from lacdepth_ros.core.whole_file import DiskFullError, whole_file, write_bytes, write_text


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


def test_bytes_and_texts(tmp_path: Path) -> None:
    write_bytes(tmp_path / 'a', b'\0\1')
    write_text(str(tmp_path / 'b'), 'm\u00b2')
    assert (tmp_path / 'a').read_bytes() == b'\0\1'
    assert (tmp_path / 'b').read_text(encoding='utf-8') == 'm\u00b2'


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='needs /dev/full')
def test_full_disk_is_named_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / 'a.txt'
    path.write_text('old')
    with pytest.raises(DiskFullError) as failure, whole_file(path):
        Path('/dev/full').write_text('x')  # what the system says names no file
    assert failure.value.errno == errno.ENOSPC
    assert str(failure.value).startswith(f'{path} cannot be written, ')
    assert str(failure.value).endswith('free some space and run again')
    assert path.read_text() == 'old'
    with pytest.raises(DiskFullError, match=r'inner'), whole_file(path):
        raise DiskFullError(errno.ENOSPC, tmp_path / 'inner')
