# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameter files that have nothing for the node they were given to; ROS says nothing of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

PARAMETERS = 'ros__parameters'
_WILDCARDS = {'/**': '(?:/[^/]+)*', '/*': '/[^/]+'}


def unheard_files(arguments: Sequence[str], node: str) -> Iterator[str]:
    """Yield a line for each file whose parameters are all for nodes of other names.

    Args:
        arguments: Command line of the process.
        node: Full name.
    """
    for option, file in pairwise(arguments):
        if option != '--params-file':
            continue
        names = list(_names(_content(file)))
        if names and not any(_is_for(name, node) for name in names):
            others = ', '.join(f'/{name.lstrip("/")}' for name in names)
            yield (
                f'{file} has no parameters for {node}, but for {others}: begin it with {node}: '
                'or, for nodes of any name, /**:'
            )


def _content(file: str) -> Any:
    try:
        return yaml.safe_load(Path(file).read_text(encoding='utf-8'))
    except (OSError, ValueError, yaml.YAMLError):
        return None  # ROS has said so


def _names(level: Any, above: str = '') -> Iterator[str]:
    """Names of nodes that have parameters, which may be spread over nested namespaces."""
    if not isinstance(level, dict):
        return
    for key, value in level.items():
        if key == PARAMETERS:
            yield above
        else:
            yield from _names(value, f'{above}/{key}' if above else str(key))


def _is_for(name: str, node: str) -> bool:
    """Whether parameters under this name are for that node, as rcl matches them."""
    parts = re.split(r'(/\*\*|/\*)(?=/|$)', f'/{name.lstrip("/")}')
    pattern = ''.join(_WILDCARDS.get(part) or re.escape(part) for part in parts)
    return re.fullmatch(pattern, node) is not None
