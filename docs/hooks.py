# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pages of the site whose text lies elsewhere in the repository, with their links led over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {
    'README.md': 'index.md',
    'CONTRIBUTING.md': 'contributing.md',
    'CHANGELOG.rst': 'changelog.md',
    'lacdepth_ros/checkpoints/lacdepth_lite.md': 'model_card.md',
    'docs/decisions/': 'decisions/index.md',
}
"""What the repository holds, and the page that shows it."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages."""
    for source, page in PAGES.items():
        path = ROOT / source
        text = _decisions(path) if path.is_dir() else path.read_text(encoding='utf-8')
        if path.suffix == '.rst':  # the rest of our changelog is Markdown as well
            text = re.sub(r'^\^+\n(.*)\n\^+$', r'# \1', text, flags=re.MULTILINE)
        files.append(File.generated(config, page, content=_with_links(text)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links of a page in docs/ to what other pages of the site show."""
    for source, page in PAGES.items():
        markdown = markdown.replace(f'](../{source}', f']({page}')
    return markdown


def _with_links(text: str) -> str:
    """Links from the repository's root, or from two folders below it, as links between pages."""
    for source, page in PAGES.items():
        text = text.replace(f']({source})', f']({page})')
    return text.replace('](../../docs/', '](').replace('](docs/', '](')


def _decisions(folder: Path) -> str:
    """A list of the pages by their titles."""
    titles = {path.name: path.open(encoding='utf-8').readline() for path in folder.glob('*.md')}
    lines = [f'- [{titles[name].lstrip("# ").strip()}]({name})' for name in sorted(titles)]
    return '\n'.join(['# Decisions', '', *lines, ''])
