# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The one thread that touches the network, and a slot that only ever holds the newest item."""

from __future__ import annotations

import ctypes
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Item = TypeVar('Item')
THREAD_NAME = 'depth_worker'
_POLL = 0.1  # seconds between looks at whether the process is to end


def network_thread() -> ThreadPoolExecutor:
    """One thread for all that PyTorch does in a node, from loading the network to the last frame.

    OpenMP keeps a pool of threads for every thread that ever computed something. With more of
    them than cores, every operation of the network waits for its helpers to be woken: loaded in
    one thread and run in another, it took 1.6 times as long on two cores.
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=THREAD_NAME)


def run_unless(stop: threading.Event, pool: ThreadPoolExecutor, work: Callable[[], Item]) -> Item:
    """Do the work in the pool's thread and return its result, or raise its error.

    When `stop` is set before it is done, the thread gets an InterruptedError as soon as it runs
    Python again, and this one at once. A thread that goes on importing PyTorch on a busy machine
    takes the interpreter, again and again, from the one that ends the process: for seconds.

    Raises:
        InterruptedError: `stop` was set.
    """
    future = pool.submit(work)
    while not wait([future], _POLL).done:
        if stop.is_set():
            for thread in pool._threads:  # which the library shows to nobody
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(InterruptedError)
                )
            raise InterruptedError('the process ends')
    return future.result()


class NewestFrameWorker(Generic[Item]):
    """Runs `process` on the newest submitted item, in a thread of a single-threaded executor.

    An item that waits while the thread is busy is replaced by the next one: a slow network sees
    fresh frames instead of a growing queue.

    Args:
        thread: Runs everything; outlives the worker.
        process: Called in the thread, one item at a time.
        on_error: Called in the thread with what `process` raised; the thread goes on, even when
            this raises as well.
    """

    def __init__(
        self,
        thread: ThreadPoolExecutor,
        process: Callable[[Item], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._thread = thread
        self._process = process
        self._on_error = on_error
        self._slot: Item | None = None
        self._running: Future[None] | None = None
        self._stopping = False
        self._lock = threading.Lock()

    def submit(self, item: Item) -> bool:
        """Put the item in the slot; True when it replaced one that had not been started."""
        with self._lock:
            if self._stopping:
                return False
            replaced = self._slot is not None
            self._slot = item
            if self._running is None:
                self._running = self._thread.submit(self._run)
        return replaced

    def stop(self, timeout: float | None = None) -> bool:
        """Drop the waiting item and wait for the one in flight; True when there was one to drop.

        Idempotent.

        Args:
            timeout: Seconds for which to wait; None waits until it is done.
        """
        with self._lock:
            self._stopping = True
            dropped = self._slot is not None
            self._slot = None
            running = self._running
        if running is not None:
            wait([running], timeout)
        return dropped

    def _next(self) -> Item | None:
        with self._lock:
            item, self._slot = self._slot, None
            if item is None:
                self._running = None
        return item

    def _run(self) -> None:
        while (item := self._next()) is not None:
            try:
                self._process(item)
            except Exception as error:
                self._report(error)
            del item  # frees the frame's memory while the thread waits

    def _report(self, error: Exception) -> None:
        """Hand the error on; the thread outlives a handler that fails itself."""
        try:
            self._on_error(error)
        except Exception:  # stderr is what is left when the log itself failed
            traceback.print_exc()
