# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The newest-frame slot and its thread, without ROS."""

from __future__ import annotations

import threading

import pytest

from lacdepth_ros.node.worker import NewestFrameWorker, network_thread

TIMEOUT = 60.0


class Recorder:
    """Holds every item until released."""

    def __init__(self):
        self.items, self.errors = [], []
        self.started, self.release = threading.Semaphore(0), threading.Semaphore(0)

    def process(self, item):
        self.started.release()
        assert self.release.acquire(timeout=TIMEOUT)
        if item == 'bad':
            raise ValueError(item)
        self.items.append(item)


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def thread():
    with network_thread() as executor:
        yield executor


@pytest.fixture
def worker(recorder, thread):
    return NewestFrameWorker(thread, recorder.process, recorder.errors.append)


def test_newest_item_replaces_the_waiting_one(recorder, worker):
    assert worker.submit(1) is False
    assert recorder.started.acquire(timeout=TIMEOUT)
    assert worker.submit(2) is False
    assert worker.submit(3) is True
    recorder.release.release(2)
    assert recorder.started.acquire(timeout=TIMEOUT)
    worker.stop()
    assert recorder.items == [1, 3]


def test_stop_waits_for_the_item_in_flight_and_drops_the_waiting_one(recorder, worker):
    worker.submit(1)
    assert recorder.started.acquire(timeout=TIMEOUT)
    worker.submit(2)
    threading.Timer(0.05, recorder.release.release).start()
    worker.stop()
    worker.stop()
    assert recorder.items == [1]


def test_error_is_handed_over_and_the_thread_goes_on(recorder, worker):
    recorder.release.release(2)
    for item in ('bad', 'good'):
        worker.submit(item)
        assert recorder.started.acquire(timeout=TIMEOUT)
    worker.stop()
    assert recorder.items == ['good']
    assert [str(error) for error in recorder.errors] == ['bad']


def test_thread_outlives_an_error_handler_that_fails(recorder, thread, capfd):
    def fail(error):
        raise RuntimeError('no log any more')

    worker = NewestFrameWorker(thread, recorder.process, fail)
    recorder.release.release(2)
    for item in ('bad', 'good'):
        worker.submit(item)
        assert recorder.started.acquire(timeout=TIMEOUT)
        thread.submit(lambda: None).result(timeout=TIMEOUT)  # the item before it is done
    worker.stop()
    assert recorder.items == ['good']
    assert 'no log any more' in capfd.readouterr().err


def test_everything_runs_in_the_one_thread_also_after_a_pause(recorder, thread):
    seen = {thread.submit(threading.get_ident).result()}
    worker = NewestFrameWorker(
        thread, lambda _: seen.add(threading.get_ident()), recorder.errors.append
    )
    for item in (1, 2):
        worker.submit(item)
        thread.submit(lambda: None).result(timeout=TIMEOUT)  # the item before it is done
    worker.stop()
    assert len(seen) == 1 and threading.get_ident() not in seen


def test_item_after_the_stop_is_not_processed(recorder, worker):
    worker.stop()
    assert worker.submit(1) is False
    worker.stop()
    assert recorder.items == [] and not recorder.started.acquire(blocking=False)
