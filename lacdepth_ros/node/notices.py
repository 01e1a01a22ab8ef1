# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the node has to say about its input: logged when it is new, in the diagnostics always."""

from __future__ import annotations

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

LOG_PERIOD = 5.0
"""Seconds in which a repeated complaint is logged once."""
IDLE_SECONDS = 5.0
"""Seconds without the transition that must come next after which that is said."""
NEXT_STEPS = {'unconfigured': 'configure', 'inactive': 'activate'}
"""Transition that a node waits for, by state; it waits for none in others."""
_MAX_TEXTS = 64
_NUMBERS = re.compile(r'\d+')


class ThrottledLog:
    """Passes a text on once in LOG_PERIOD seconds; texts that differ only in numbers are one.

    Each text has its own clock, so that one complaint does not hide another. Of many different
    texts at once (a publisher that sends nonsense) _MAX_TEXTS pass. Thread-safe.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def say(self, write: Callable[[str], object], text: str, key: str | None = None) -> None:
        """Write the text, unless it was written a moment ago.

        Args:
            write: Such as a logger's warning.
            text: What to write.
            key: What tells complaints apart; None = the text without its numbers.
        """
        if self._due(_NUMBERS.sub('#', text) if key is None else key):
            write(text)

    def _due(self, key: str) -> bool:
        now = self._clock()
        with self._lock:
            while self._last and now - next(iter(self._last.values())) >= LOG_PERIOD:
                self._last.popitem(last=False)
            if key in self._last or len(self._last) >= _MAX_TEXTS:
                return False
            self._last[key] = now
        return True


class Notices:
    """What is doubtful about the input at the moment, one text for each matter. Thread-safe.

    Args:
        warn: Called with each text when it comes up or changes, and again every LOG_PERIOD
            seconds in which it is put again.
        clock: Seconds.
    """

    def __init__(
        self, warn: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._warn = warn
        self._clock = clock
        self._texts: dict[str, tuple[str, float]] = {}
        self._log = ThrottledLog(clock)
        self._lock = threading.Lock()

    def put(self, matter: str, text: str, seconds: float = math.inf) -> None:
        """Say what is doubtful about a matter; '' when nothing is any longer.

        Args:
            matter: Replaces what was said about it before.
            text: What to say.
            seconds: Time after which it is forgotten.
        """
        with self._lock:
            self._texts.pop(matter, None)
            if text:
                self._texts[matter] = text, self._clock() + seconds
        if text:
            self._log.say(self._warn, text)

    def text(self) -> str:
        """All that is doubtful now, '' when nothing is."""
        now = self._clock()
        with self._lock:
            return '; '.join(text for text, until in self._texts.values() if now < until)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._texts.clear()


class Idleness:
    """Says once that the node waits for somebody to take it to its next state."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._awaited, self._since, self._told = '', clock(), False

    def is_due(self, awaited: str) -> bool:
        """Whether it is time to say that `awaited` (a transition, '' for none) does not come."""
        now = self._clock()
        if awaited != self._awaited:
            self._awaited, self._since, self._told = awaited, now, False
        if not awaited or self._told or now - self._since < IDLE_SECONDS:
            return False
        self._told = True
        return True
