# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The one thread that runs the network, and the newest item of each source for it."""

from __future__ import annotations

import ctypes
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
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


def run_unless(
    stop: threading.Event,
    pool: ThreadPoolExecutor,
    work: Callable[[], Item],
    meanwhile: Callable[[], object],
) -> Item:
    """Do the work in the pool's thread and return its result, or raise its error.

    `meanwhile` is called here again and again until it is done.

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
        meanwhile()
    return future.result()


class UnpreparedError(Exception):
    """Says of an item that something must be made before it can be processed, which takes seconds.

    Args:
        prepare: Makes it, beside the thread that processes items.
    """

    def __init__(self, prepare: Callable[[], None]) -> None:
        super().__init__()
        self.prepare = prepare


class NewestFrameWorker(Generic[Item]):
    """Runs what sources submit in a thread of a single-threaded executor: the newest of each.

    An item that waits while the thread is busy is replaced by its source's next one: a slow
    network sees fresh frames instead of a growing queue. Sources that wait take turns: each has
    one place in the queue, which a newer item keeps, and the next item goes to its end. However
    often one source submits, the others are served as often as they can be.

    A source whose item is unprepared waits, its newest item with it, while the others go on.

    Args:
        thread: Runs everything but preparations; outlives the worker.
    """

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self._waiting: OrderedDict[Source[Item], Item] = OrderedDict()
        self._running: Future[None] | None = None
        self._held: dict[Source[Item], threading.Thread] = {}
        self._lock = threading.Lock()
        self._one_preparation = threading.Lock()

    def source(
        self,
        process: Callable[[Item], None],
        on_error: Callable[[Exception], None],
        on_replaced: Callable[[], None],
    ) -> Source[Item]:
        """Open a source of items.

        Args:
            process: Called in the thread, one item of one source at a time. It may raise
                UnpreparedError, and is called again with the source's newest item when that is
                made, or could not be made.
            on_error: Called in the thread with what `process` raised; the thread goes on, even
                when this raises as well.
            on_replaced: Called for each item that gave way to a newer one.
        """
        return Source(self, process, on_error, on_replaced)

    def wait(self, timeout: float | None = None) -> None:
        """Wait until nothing is processed any more; for when all sources have been stopped.

        Args:
            timeout: Seconds for which to wait; None waits until it is done.
        """
        with self._lock:
            running = self._running
        if running is not None:
            wait([running], timeout)
        with self._lock:
            preparations = list(self._held.values())
        for preparation in preparations:
            preparation.join(timeout)

    def _submit(self, source: Source[Item], item: Item) -> None:
        with self._lock:
            if source.stopped:
                return
            replaced = source in self._waiting
            self._waiting[source] = item
            self._go_on()
        if replaced:
            source.on_replaced()

    def _go_on(self) -> None:
        if self._running is None:
            self._running = self._thread.submit(self._run)

    def _stop(self, source: Source[Item]) -> bool:
        with self._lock:
            source.stopped = True
            return self._waiting.pop(source, None) is not None

    def _next(self) -> tuple[Source[Item], Item] | None:
        with self._lock:
            for source in self._waiting:
                if source not in self._held:
                    return source, self._waiting.pop(source)
            self._running = None
        return None

    def _run(self) -> None:
        while (turn := self._next()) is not None:
            source, item = turn
            try:
                source.process(item)
            except UnpreparedError as unprepared:
                self._hold(source, item, unprepared.prepare)
            except Exception as error:
                _report(source.on_error, error)
            del turn, item  # frees the frame's memory while the thread waits

    def _hold(self, source: Source[Item], item: Item, prepare: Callable[[], None]) -> None:
        """Prepare in a thread that ends with it: OpenMP keeps helpers for each that lives."""
        thread = threading.Thread(target=self._prepare, args=(source, prepare), daemon=True)
        with self._lock:
            replaced = source.stopped or source in self._waiting
            if not replaced:
                self._waiting[source] = item
            if not source.stopped:  # nobody would use what takes seconds to make
                self._held[source] = thread
                thread.start()
        if replaced:
            source.on_replaced()

    def _prepare(self, source: Source[Item], prepare: Callable[[], None]) -> None:
        # What cannot be prepared is met again, and reported, when the item is processed.
        with self._one_preparation, suppress(Exception):
            prepare()
        with self._lock:
            del self._held[source]
            self._go_on()


class Source(Generic[Item]):
    """Where the items of one camera go in; made by `NewestFrameWorker.source`."""

    def __init__(
        self,
        worker: NewestFrameWorker[Item],
        process: Callable[[Item], None],
        on_error: Callable[[Exception], None],
        on_replaced: Callable[[], None],
    ) -> None:
        self._worker = worker
        self.process = process
        self.on_error = on_error
        self.on_replaced = on_replaced
        self.stopped = False

    def submit(self, item: Item) -> None:
        """Let an item wait for its turn, in place of one that has not been started."""
        self._worker._submit(self, item)

    def stop(self) -> bool:
        """Take no more items and drop the one that waits; True when there was one. Idempotent."""
        return self._worker._stop(self)


def _report(on_error: Callable[[Exception], None], error: Exception) -> None:
    """Hand the error on; the thread outlives a handler that fails itself."""
    try:
        on_error(error)
    except Exception:  # stderr is what is left when the log itself failed
        traceback.print_exc()
