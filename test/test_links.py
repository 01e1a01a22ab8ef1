# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Links between the documents lead somewhere, down to the heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ('.', 'docs', 'docs/decisions', 'lacdepth_ros/checkpoints')
DOCUMENTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob('*.md'))
LINK = re.compile(r'\]\(([^)\s]+)\)')


def anchors(document: Path) -> set[str]:
    """Anchors of its headings, as GitHub makes them."""
    headings = re.findall(r'^#+ (.+)$', document.read_text(), flags=re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in LINK.findall(document.read_text()):
        if '://' in link:
            continue
        name, _, anchor = link.partition('#')
        target = document.parent / name if name else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_documents_were_found() -> None:
    assert {'README.md', 'CONTRIBUTING.md', 'install.md'} <= {path.name for path in DOCUMENTS}
