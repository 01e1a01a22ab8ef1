# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write constraints.txt: the versions, in this virtual environment, of all the project installs.

Run by `make constraints` in the environment that `make test-newest` has just tested. A version
that needs a newer Python than the oldest one we support is marked so, and there pip is free.
"""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PROJECT, OLDEST, NEWEST = 'lacdepth_ros', 10, 14
"""Python 3.10 to 3.14: those that the ROS 2 wheels exist for."""
TORCHS_OWN = ('nvidia-', 'cuda-', 'triton')
"""What PyTorch pins itself, by the kind of its build."""
HEAD = """\
# The versions that the tests were run with; `make` installs with them (pip install -c).
# Written by `make constraints` after `make test-newest`; do not edit by hand.
"""


def needed(project: str) -> set[str]:
    """Names of all that the project's requirements and extras bring, directly or not."""
    found: set[str] = set()
    extras = metadata.metadata(project).get_all('Provides-Extra') or []
    waiting = [(project, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        for text in metadata.requires(name) or []:
            requirement = Requirement(text)
            marker = requirement.marker
            if marker and not any(marker.evaluate({'extra': e}) for e in (*wanted, '')):
                continue
            inner = canonicalize_name(requirement.name)
            if inner not in found and not inner.startswith(TORCHS_OWN):
                found.add(inner)
                waiting.append((inner, frozenset(requirement.extras)))
    return found - {canonicalize_name(project)}


def constraint(name: str) -> str:
    """One line: the version without the label of a local build, and the Pythons it runs on."""
    version = metadata.version(name).partition('+')[0]
    allowed = SpecifierSet(metadata.metadata(name).get('Requires-Python') or '')
    minors = [minor for minor in range(OLDEST, NEWEST + 1) if f'3.{minor}.99' in allowed]
    marker = f'; python_version >= "3.{minors[0]}"' if minors[0] > OLDEST else ''
    return f'{name}=={version}{marker}'


def main() -> int:
    """Write the file next to this folder."""
    lines = [constraint(name) for name in sorted(needed(PROJECT))]
    path = Path(__file__).parents[1] / 'constraints.txt'
    path.write_text(HEAD + ''.join(f'{line}\n' for line in lines), encoding='utf-8')
    print(f'{path}: {len(lines)} versions')
    return 0


if __name__ == '__main__':
    sys.exit(main())
