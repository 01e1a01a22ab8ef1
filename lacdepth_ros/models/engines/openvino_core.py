# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO's Core: one for the process, as long as it lives.

OpenVINO's CPU plugin, which a Core loads, gives the thread a stack for signals and unmaps it when
the Core goes. Where two of them do not go in reverse order and in the thread that they came in,
the thread is left with a stack that is no longer there, and the next signal that Python handles
(Ctrl-C, SIGTERM, the end of a data loader's worker) ends the process by SIGSEGV without a word.
"""

from __future__ import annotations

import functools
from typing import Any

from lacdepth_ros.core.optional import load_library


def openvino_core(purpose: str) -> Any:
    """The openvino.Core of this process.

    Args:
        purpose: What it is needed for, to end the message with.

    Raises:
        ModuleNotFoundError: openvino is not installed.
    """
    return _core(load_library('openvino', purpose))


@functools.cache
def _core(library: Any) -> Any:
    return library.Core()
