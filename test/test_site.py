# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pages of the documentation site: every link between them leads to one of them."""

from __future__ import annotations

import importlib.util
import posixpath
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

DOCS = Path(__file__).parents[1] / 'docs'
LINK = re.compile(r'\]\((?!\w+:)([^)#\s]+)(?:#[^)\s]*)?\)')


def site_pages() -> dict[str, str]:
    """Text of each page by its path in the site, as the hooks hand it on."""
    pytest.importorskip('mkdocs')
    spec = importlib.util.spec_from_file_location('hooks', DOCS / 'hooks.py')
    assert spec is not None and spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    pages = {str(p.relative_to(DOCS)): p.read_text(encoding='utf-8') for p in DOCS.rglob('*.md')}
    hooks.File = SimpleNamespace(generated=lambda _, page, content: (page, content))
    pages |= dict(hooks.on_files([], None))
    return {path: hooks.on_page_markdown(text) for path, text in pages.items()}


def test_links_between_pages_lead_to_pages() -> None:
    pages = site_pages()
    assert {'index.md', 'model_card.md', 'changelog.md', 'decisions/index.md'} <= pages.keys()
    lost, followed = [], 0
    for path, text in pages.items():
        for link in LINK.findall(text):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
            followed += 1
            outside = target.startswith('..')  # files of the package are not on the site
            if target not in pages and (outside or not (DOCS / target).is_file()):
                lost.append(f'{path}: {link}')
    assert followed > 100
    assert not lost
