# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One worker thread fed through a slot that only ever holds the newest item."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar('Item')


class NewestFrameWorker(Generic[Item]):
    """Runs `process` on the newest submitted item, in one thread of its own.

    An item that waits while the thread is busy is replaced by the next one: a slow network sees
    fresh frames instead of a growing queue.

    Args:
        process: Called in the worker's thread, one item at a time.
        on_error: Called in the worker's thread with what `process` raised; the thread goes on.
    """

    def __init__(
        self, process: Callable[[Item], None], on_error: Callable[[Exception], None]
    ) -> None:
        self._process = process
        self._on_error = on_error
        self._slot: Item | None = None
        self._stopping = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='depth_worker', daemon=True)
        self._thread.start()

    def submit(self, item: Item) -> bool:
        """Put the item in the slot; True when it replaced one that had not been started."""
        with self._wake:
            replaced = self._slot is not None
            self._slot = item
            self._wake.notify()
        return replaced

    def stop(self) -> None:
        """Drop the waiting item, wait for the one in flight, end the thread. Idempotent."""
        with self._wake:
            self._stopping = True
            self._slot = None
            self._wake.notify()
        self._thread.join()

    def _next(self) -> Item | None:
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or self._slot is not None)
            item, self._slot = self._slot, None
        return item

    def _run(self) -> None:
        while (item := self._next()) is not None:
            try:
                self._process(item)
            except Exception as error:
                self._on_error(error)
            del item  # frees the frame's memory while the thread waits
