# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Work spread over processes, which end at once when it fails or is interrupted."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from typing import TypeVar

from lacdepth_ros.core.runtime import prepare_worker

Job = TypeVar('Job')
Result = TypeVar('Result')


def map_in_processes(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int
) -> Iterator[Result]:
    """Yield the result of every job, in order.

    Args:
        function: At the top level of a module, or a partial of such a one.
        jobs: What it is called with.
        workers: Processes. They are spawned: a forked one would inherit the locks of the threads
            of OpenCV, OpenVINO and the middleware.
    """
    others = set(active_children())
    with ProcessPoolExecutor(workers, get_context('spawn'), prepare_worker) as pool:
        with _without_interrupts():
            results = pool.map(function, jobs)
        try:
            yield from results
        except BaseException:
            for worker in set(active_children()) - others:
                worker.terminate()
            raise  # the pool, now broken, drops its jobs and waits for the workers' ends


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Leave Ctrl-C out of what is started here, until it is ready to ignore it; it waits here."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
