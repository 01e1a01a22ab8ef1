# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bench for the node: the node with a fake predictor, and the client, in one executor."""

from __future__ import annotations

import threading

from rclpy.parameter import Parameter
from ros_client import Client
from ros_fakes import FakeFactory

from lacdepth_ros.node.node import DepthNode
from lacdepth_ros.node.publishers import TOPICS


class Bench(Client):
    """Node under test and its client; double underscores in names of overrides mean dots."""

    def __init__(self, factory=None, **overrides) -> None:
        super().__init__()
        self.factory = factory or FakeFactory()
        # Most stamps of the tests are numbers of frames, and no times of this machine.
        values = {'diagnostics_period': 0.1, 'use_sim_time': True} | overrides
        parameters = [Parameter(name.replace('__', '.'), value=v) for name, v in values.items()]
        self.node = DepthNode(self.factory, parameter_overrides=parameters)
        self.executor.add_node(self.node)

    def leftovers(self):
        """Topics of the node beyond those of an unconfigured one, and its worker threads."""
        own = [e.topic_name for e in (*self.node.publishers, *self.node.subscriptions)]
        ours = {f'/{topic}' for topic in TOPICS} | {'/image', '/camera_info'}
        threads = [t.name for t in threading.enumerate() if t.name.startswith('depth_worker')]
        return sorted(ours.intersection(own)) + threads

    @property
    def camera(self):
        """The node's only camera."""
        [camera] = self.node._cameras.values()
        return camera

    @property
    def counts(self):
        """Frames by fate; a snapshot would take the failures away from the diagnostics."""
        return self.camera.statistics._counts

    def took(self, images):
        """Wait until the node has received so many images since it was configured."""
        arrived = self.spin_until(lambda: self.counts['received'] >= images)
        assert arrived, f'{self.counts} of {images} images'

    @property
    def predictor(self):
        return self.factory.predictors[-1]

    def close(self):
        for predictor in getattr(self.factory, 'predictors', []):
            predictor.release.set()
        self.node.shut_down()
        self.node.destroy_node()
        super().close()
        del self.node, self.executor
