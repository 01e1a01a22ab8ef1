# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A look at some training frames before the first step: hours on wrong data teach nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from lacdepth_ros.data.check import check_entries
from lacdepth_ros.data.indexing import spread
from lacdepth_ros.data.manifest import ManifestEntry

LOOKED_AT = 16
"""Frames looked at, spread evenly over the manifest."""
_HARMLESS = ('repeated image', 'repeated ground truth')
_LOG = logging.getLogger(__name__)


def first_look(entries: Sequence[ManifestEntry], what: str) -> None:
    """Look at a few frames as `lacdepth data check` does; warn of what some of them have.

    Args:
        entries: Frames to train or validate on.
        what: What messages call them, such as 'data.train_manifest'.

    Raises:
        ValueError: Every frame looked at has the same fault, so it is no accident.
    """
    some = spread(entries, LOOKED_AT)
    report, _ = check_entries(some, lambda *_: None)
    for kind, messages in report.problems.items():
        if kind in _HARMLESS:
            continue
        advice = "see 'lacdepth data check'"
        if len(messages) >= len(some):
            raise ValueError(
                f'{what}: {kind} in all of the {len(some)} frames looked at, first: '
                f'{messages[0]}; {advice}'
            )
        _LOG.warning(
            '%s: %s in %d of the %d frames looked at, first: %s; %s',
            what,
            kind,
            len(messages),
            len(some),
            messages[0],
            advice,
        )
