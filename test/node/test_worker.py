# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The newest-frame slot and its thread, without ROS."""

from __future__ import annotations

import threading

import pytest

from lacdepth_ros.node.worker import NewestFrameWorker, UnpreparedError, network_thread

TIMEOUT = 60.0


class Recorder:
    """Holds every item until released."""

    def __init__(self):
        self.items, self.errors, self.replaced = [], [], 0
        self.started, self.release = threading.Semaphore(0), threading.Semaphore(0)

    def source_of(self, worker):
        return worker.source(self.process, self.errors.append, self.count)

    def count(self):
        self.replaced += 1

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
def worker(thread):
    return NewestFrameWorker(thread)


@pytest.fixture
def source(worker, recorder):
    return recorder.source_of(worker)


def test_newest_item_replaces_the_waiting_one(recorder, worker, source):
    source.submit(1)
    assert recorder.started.acquire(timeout=TIMEOUT)
    source.submit(2)
    assert recorder.replaced == 0
    source.submit(3)
    assert recorder.replaced == 1
    recorder.release.release(2)
    assert recorder.started.acquire(timeout=TIMEOUT)
    assert source.stop() is False
    worker.wait()
    assert recorder.items == [1, 3]


def test_stop_drops_the_waiting_item_and_the_one_in_flight_is_waited_for(recorder, worker, source):
    source.submit(1)
    assert recorder.started.acquire(timeout=TIMEOUT)
    source.submit(2)
    threading.Timer(0.05, recorder.release.release).start()
    assert source.stop() is True
    worker.wait()
    assert source.stop() is False
    worker.wait()
    assert recorder.items == [1]


def test_sources_that_wait_take_turns_and_keep_their_place(recorder, worker):
    """However often one submits; a newer item does not go to the end of the queue."""
    sources = {name: recorder.source_of(worker) for name in 'abc'}
    for item in ('a1', 'b1', 'a2', 'c1', 'a3', 'b2', 'a4'):
        sources[item[0]].submit(item)
        if item == 'a1':
            assert recorder.started.acquire(timeout=TIMEOUT)
    for following in ('a5', 'a6', ''):
        recorder.release.release()
        assert recorder.started.acquire(timeout=TIMEOUT)
        if following:
            sources['a'].submit(following)
    recorder.release.release(2)
    worker.wait()
    assert recorder.items == ['a1', 'b2', 'a5', 'c1', 'a6']


def test_source_that_is_stopped_leaves_the_others_alone(recorder, worker):
    first, second = (recorder.source_of(worker) for _ in range(2))
    first.submit(1)
    assert recorder.started.acquire(timeout=TIMEOUT)
    first.submit(2)
    second.submit(3)
    assert first.stop() is True
    first.submit(4)
    recorder.release.release(2)
    worker.wait()
    assert recorder.items == [1, 3]


def test_error_is_handed_over_and_the_thread_goes_on(recorder, worker, source):
    recorder.release.release(2)
    for item in ('bad', 'good'):
        source.submit(item)
        assert recorder.started.acquire(timeout=TIMEOUT)
    worker.wait()
    assert recorder.items == ['good']
    assert [str(error) for error in recorder.errors] == ['bad']


def test_thread_outlives_an_error_handler_that_fails(recorder, worker, thread, capfd):
    def fail(error):
        raise RuntimeError('no log any more')

    source = worker.source(recorder.process, fail, recorder.count)
    recorder.release.release(2)
    for item in ('bad', 'good'):
        source.submit(item)
        assert recorder.started.acquire(timeout=TIMEOUT)
        thread.submit(lambda: None).result(timeout=TIMEOUT)  # the item before it is done
    assert recorder.items == ['good']
    assert 'no log any more' in capfd.readouterr().err


def test_everything_runs_in_the_one_thread_also_after_a_pause(recorder, worker, thread):
    seen = {thread.submit(threading.get_ident).result()}
    source = worker.source(
        lambda _: seen.add(threading.get_ident()), recorder.errors.append, recorder.count
    )
    for item in (1, 2):
        source.submit(item)
        thread.submit(lambda: None).result(timeout=TIMEOUT)  # the item before it is done
    assert len(seen) == 1 and threading.get_ident() not in seen


def test_item_after_the_stop_is_not_processed(recorder, worker, source):
    source.stop()
    source.submit(1)
    worker.wait()
    assert recorder.items == [] and not recorder.started.acquire(blocking=False)


class Preparation:
    """What the items of one source need first; it takes until `release`."""

    def __init__(self, failure=None):
        self.failure, self.asked, self.seen, self.replaced = failure, 0, [], 0
        self.started, self.release = threading.Event(), threading.Event()

    def source_of(self, worker):
        return worker.source(self.process, self.seen.append, self.count)

    def count(self):
        self.replaced += 1

    def process(self, item):
        self.asked += 1
        if self.asked == 1:
            raise UnpreparedError(self.prepare)
        if self.failure:
            raise self.failure
        self.seen.append(item)

    def prepare(self):
        self.started.set()
        assert self.release.wait(TIMEOUT)
        if self.failure:
            raise self.failure


def test_a_source_that_is_prepared_delays_no_other_and_goes_on_with_its_newest(recorder, worker):
    preparation = Preparation()
    unprepared, other = preparation.source_of(worker), recorder.source_of(worker)
    unprepared.submit(1)
    assert preparation.started.wait(TIMEOUT)
    recorder.release.release(2)
    for item in ('a', 'b'):
        unprepared.submit(item)
        other.submit(item)
        assert recorder.started.acquire(timeout=TIMEOUT)
    assert preparation.seen == [] and preparation.replaced == 2
    preparation.release.set()
    worker.wait()
    worker.wait()  # for what followed the preparation
    assert preparation.seen == ['b'] and recorder.items == ['a', 'b']


def test_what_cannot_be_prepared_is_reported_when_the_item_is_processed(worker):
    preparation = Preparation(failure=ValueError('no such size'))
    preparation.release.set()
    preparation.source_of(worker).submit(1)
    worker.wait()
    worker.wait()
    worker.wait()
    assert preparation.seen == [preparation.failure] and preparation.asked == 2


def test_source_that_is_stopped_while_it_is_prepared_drops_its_item(worker):
    preparation = Preparation()
    source = preparation.source_of(worker)
    source.submit(1)
    assert preparation.started.wait(TIMEOUT)
    assert source.stop() is True
    preparation.release.set()
    worker.wait()
    assert preparation.seen == [] and preparation.asked == 1


def test_nothing_is_prepared_for_a_source_that_was_stopped_meanwhile(worker):
    preparation = Preparation()
    asked, go_on = threading.Event(), threading.Event()

    def process(item):
        asked.set()
        assert go_on.wait(TIMEOUT)
        raise UnpreparedError(preparation.prepare)

    source = worker.source(process, preparation.seen.append, preparation.count)
    source.submit(1)
    assert asked.wait(TIMEOUT)
    source.stop()
    go_on.set()
    worker.wait()
    assert not preparation.started.is_set() and preparation.replaced == 1
