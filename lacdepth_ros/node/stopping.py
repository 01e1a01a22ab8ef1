# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the process ends on a signal: at once while it starts, in order afterwards, always with 0.

Imported before anything that takes time, so that no signal meets Python's own handlers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

stop = threading.Event()
"""Set when a signal asked the process to end."""
_has_started = threading.Event()


def listen() -> None:
    """Take the signals: until `started`, they end the process at once."""
    for number in SIGNALS:
        signal.signal(number, _on_signal)


def started() -> None:
    """From here on there is something to put in order: a signal only sets `stop`."""
    _has_started.set()


def leave(status: int) -> NoReturn:
    """End the process without taking PyTorch and the interpreter apart.

    That takes a second, on a busy machine more than the 5 s after which launch sends SIGTERM, and
    waits for a network that is still being loaded. The middleware must be shut down already.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def _on_signal(*_: Any) -> None:
    stop.set()
    if not _has_started.is_set():
        leave(0)
