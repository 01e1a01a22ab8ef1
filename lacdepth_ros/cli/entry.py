# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The console script `lacdepth`: Ctrl-C ends it without a traceback from its first line on."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn

from lacdepth_ros.cli.console import (
    INTERRUPTED,
    escape_what_cannot_be_shown,
    show_warnings_as_lines,
)


def main() -> int:
    """Run the command line of this process and return its exit code."""
    escape_what_cannot_be_shown()
    show_warnings_as_lines()
    if heard := signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from lacdepth_ros.cli.main import main as run

    if heard:  # from here on there may be something to put in order
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


def _leave(*_: Any) -> NoReturn:
    os._exit(INTERRUPTED)


if __name__ == '__main__':
    sys.exit(main())
