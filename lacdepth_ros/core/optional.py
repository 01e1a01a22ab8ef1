# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Libraries that only engines, training and some data sets need."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

REPORTING = 'openvino_telemetry'
"""Comes with openvino, and tells its maker of every import and conversion unless a file in the
user's home forbids it. Without it openvino reports nothing."""
NO_REPORTS = 'ORT_DISABLE_TELEMETRY'
"""onnxruntime reports each session to its maker, from its own code, unless this is set before it
is imported."""


def load_library(name: str, purpose: str) -> Any:
    """Import a library, kept from reporting that it is used.

    Args:
        name: Module, such as 'scipy.io'.
        purpose: What it is needed for, to end the message with.

    Raises:
        ModuleNotFoundError: It is not installed; the message says how to install it.
    """
    sys.modules.setdefault(REPORTING, None)  # type: ignore[arg-type]  # None: not to be imported
    os.environ.setdefault(NO_REPORTS, '1')
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        package = name.split('.', maxsplit=1)[0]
        raise ModuleNotFoundError(
            f'{package} is needed for {purpose}: run pip install {package}'
        ) from missing
