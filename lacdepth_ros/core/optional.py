# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Libraries that only training and some data sets need."""

from __future__ import annotations

import importlib
from typing import Any


def load_library(name: str, purpose: str) -> Any:
    """Import a library of the extra 'train'.

    Args:
        name: Module, such as 'scipy.io'.
        purpose: What it is needed for, to end the message with.

    Raises:
        ModuleNotFoundError: It is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        package = name.split('.', maxsplit=1)[0]
        raise ModuleNotFoundError(
            f'{package} is needed for {purpose}: run pip install {package}'
        ) from missing
