# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures shared by the tests: a private ROS domain, and the bench around the node."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TextIO

import pytest

from lacdepth_ros.core.optional import NO_REPORTS, REPORTING
from lacdepth_ros.core.runtime import tune_allocator

# Looking for garbage among what test modules import takes a third of the time to import them.
gc.disable()

# As in the package's own commands: images' memory is kept, not mapped and cleared for each anew.
tune_allocator()

# Some tests import openvino and onnxruntime themselves, which would report that.
sys.modules[REPORTING] = None
os.environ.setdefault(NO_REPORTS, '1')

# The tests' networks are tiny: a second thread costs more than it brings.
os.environ.setdefault('OMP_NUM_THREADS', '1')

# Set before any test, so that the programs under test stay in the domain, too.
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'

# Compiled networks are this run's own: neither read from the user's cache nor left in it.
_CACHE = tempfile.TemporaryDirectory(prefix='lacdepth_test_')
os.environ['LACDEPTH_CACHE'] = _CACHE.name

# A shell's background job ignores Ctrl-C, and so would all that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

FEWEST_TESTS = 1000
"""A run of the whole suite that finds fewer has been cut short by something."""
MOST_WORKERS = 8
DOMAINS = range(1, 100)
"""DDS domains for the tests; 100 and 101 are left to the test of how one is chosen."""
_found = pytest.StashKey[int]()
_domain_lock = pytest.StashKey[TextIO]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    config.stash[_found] = len(items)  # before -k and -m take any out
    if hasattr(config, 'workeroutput'):  # one of several processes of pytest-xdist
        config.workeroutput['found'] = len(items)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Hear from a process of pytest-xdist how many tests there are; the first one finds none."""
    node.config.stash[_found] = getattr(node, 'workeroutput', {}).get('found', 0)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """As many processes as cores for -n auto, but no more than pay: each loads PyTorch anew."""
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop():
    """Look for garbage from now on, but not among what lives as long as this process."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish(session):
    """Fail a run of everything that found next to nothing, instead of calling it green."""
    found = session.config.stash.get(_found, 0)
    whole = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if whole and found < FEWEST_TESTS and session.exitstatus != pytest.ExitCode.INTERRUPTED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f'\nonly {found} tests were found, not {FEWEST_TESTS}: is a plugin in the way?')


def pytest_configure(config):
    """Give this process a DDS domain that no other run of these tests uses, as long as it lives.

    pytest-xdist runs several at a time, and more than one run may share the machine.
    """
    for domain in DOMAINS:
        path = Path(tempfile.gettempdir(), f'lacdepth_ros_test_domain_{os.getuid()}_{domain}.lock')
        lock = path.open('w')
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        config.stash[_domain_lock] = lock
        os.environ['ROS_DOMAIN_ID'] = str(domain)
        return
    raise pytest.UsageError(f'all of {len(DOMAINS)} DDS domains are in use by runs of these tests')


@pytest.fixture(scope='module', autouse=True)
def young_heap():
    """Leave what lives when a file's tests begin, such as libraries, out of every later search.

    Nodes look for garbage when they give back a network, and benches when they close.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope='session')
def ros_domain():
    """Initialise rclpy in the DDS domain of this process alone, with the shipped profile."""
    rclpy = pytest.importorskip('rclpy')
    from lacdepth_ros.node.dds_profile import apply_dds_profile

    apply_dds_profile()
    rclpy.init()
    yield
    rclpy.shutdown()


@pytest.fixture
def make_bench(ros_domain):
    """Return a function that builds benches with parameter overrides, closed at the end."""
    from ros_bench import Bench

    benches = []

    def make(factory=None, **overrides):
        benches.append(Bench(factory, **overrides))
        return benches[-1]

    yield make
    while benches:
        benches.pop().close()
    gc.collect()  # the lifecycle services of a node live until then and would take requests


@pytest.fixture
def client(ros_domain):
    """Return a client alone, for a node in another process."""
    from ros_client import Client

    client = Client()
    yield client
    client.close()


@pytest.fixture
def bench(make_bench):
    """Return a bench with the node's default parameters."""
    return make_bench()
