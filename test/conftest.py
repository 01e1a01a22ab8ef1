# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures shared by the tests: a private ROS domain, and the bench around the node."""

from __future__ import annotations

import gc
import os

import pytest

# The tests' networks are tiny: a second thread costs more than it brings.
os.environ.setdefault('OMP_NUM_THREADS', '1')

FEWEST_TESTS = 1000
"""A run of the whole suite that finds fewer has been cut short by something."""
_found = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    config.stash[_found] = len(items)  # before -k and -m take any out


def pytest_sessionfinish(session):
    """Fail a run of everything that found next to nothing, instead of calling it green."""
    found = session.config.stash.get(_found, 0)
    whole = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if whole and found < FEWEST_TESTS and session.exitstatus != pytest.ExitCode.INTERRUPTED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f'\nonly {found} tests were found, not {FEWEST_TESTS}: is a plugin in the way?')


@pytest.fixture(scope='session')
def ros_domain():
    """Initialise rclpy in a DDS domain of this run alone, with the shipped profile."""
    rclpy = pytest.importorskip('rclpy')
    from lacdepth_ros.node.dds_profile import apply_dds_profile

    os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    apply_dds_profile()
    rclpy.init()
    gc.freeze()  # every bench collects garbage: spare it the imported modules
    yield
    gc.unfreeze()
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
