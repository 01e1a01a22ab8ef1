# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bag replayed through the node: the node's parameters, and the answers that were worst."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from lacdepth_ros.session.result import AnsweredFrame

NAMESPACE = '/lacdepth_replay'
KEPT = 4
"""Worst frames kept for the pictures."""


class WorstFrames:
    """Keeps the answers with the largest abs_rel; an observer of `SessionResult`."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, AnsweredFrame]] = []

    def __call__(self, answer: AnsweredFrame) -> None:
        """Take in one answer."""
        if answer.record.errors:
            item = (answer.record.errors['abs_rel'], answer.record.index, answer)
            (heapq.heappush if len(self._heap) < KEPT else heapq.heappushpop)(self._heap, item)

    @property
    def frames(self) -> list[AnsweredFrame]:
        """The worst answers, worst first."""
        return [answer for _, _, answer in sorted(self._heap, reverse=True)]


def node_parameters(
    given: Mapping[str, Any], *, transport: str, rectified: bool, lockstep: bool, encoding: str
) -> dict[str, Any]:
    """Parameters of a node that is measured: those given, and what a replay needs.

    In lockstep every frame must arrive, so images and camera_infos are asked for reliably. The
    range is left open: caps belong to the protocol of the evaluation.
    """
    reliable: dict[str, Any] = {
        'image_reliability': 'reliable',
        'qos_overrides': {
            f'{NAMESPACE}/camera_info': {'subscription': {'reliability': 'reliable'}}
        },
    }
    return {
        **given,
        'autostart': False,  # the session takes it through its states
        'use_sim_time': True,
        'image_transport': transport,
        'image_is_rectified': rectified,
        'depth_encoding': encoding,
        'min_depth': 0.0,
        'max_depth': 1000.0,
        **(reliable if lockstep else {}),
    }


def read_parameters(path: Path) -> dict[str, Any]:
    """Parameters of the depth node in a parameter file, whatever namespace they are for.

    Those of '/**' count, and those of depth_node in any namespace, later ones over earlier ones.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no YAML, or holds no such parameters.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding='utf-8-sig'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f'{path}: not a YAML file ({error})') from error
    found: dict[str, Any] = {}
    nodes = list(_nodes(tree))
    for name, parameters in nodes:
        if name == '/**' or name.endswith('/depth_node'):
            found |= parameters
    if not found:
        raise ValueError(
            f'{path}: no ros__parameters of /**, depth_node or NAMESPACE/depth_node in this file; '
            f'it has those of {", ".join(name for name, _ in nodes) or "no node"}'
        )
    return found


def _nodes(tree: Any, name: str = '') -> Iterator[tuple[str, dict[str, Any]]]:
    """Full name and parameters of every node of a parameter file; names may be nested."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        if key == 'ros__parameters':
            yield name, dict(value or {})
        else:
            yield from _nodes(value, f'{name}/{str(key).strip("/")}')
