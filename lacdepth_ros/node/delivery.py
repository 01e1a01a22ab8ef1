# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What else must hold for messages to arrive, which differs from middleware to middleware."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lacdepth_ros.node.dds_profile import profile_path
from lacdepth_ros.node.middleware import is_fast_dds, middleware


@dataclass(frozen=True, slots=True)
class Delivery:
    """Remedies, as parts of sentences.

    Attributes:
        large_images: What to do where images above 512 KB get lost.
        found: What to check where a driver was found and nothing arrives.
        unfound: What to check where no driver was found.
    """

    large_images: str
    found: str
    unfound: str


def delivery() -> Delivery:
    """The remedies for the middleware of this process."""
    domain = os.environ.get('ROS_DOMAIN_ID') or '0'
    unfound = f'is the camera on, and its ROS_DOMAIN_ID {domain}?'
    if is_fast_dds():
        return Delivery(
            f'start the camera driver with the Fast DDS profile {profile_path()}',
            'does it send? It must run as the same user as the node and share its /dev/shm '
            '(containers: docker run --ipc host)',
            unfound,
        )
    if middleware() == 'rmw_cyclonedds_cpp':
        buffers = 'give sockets larger buffers (sysctl net.core.rmem_max, on both machines)'
        return Delivery(buffers, 'does it send?', unfound)
    if middleware() == 'rmw_zenoh_cpp':
        unfound += ' Is the router on (ros2 run rmw_zenoh_cpp rmw_zenohd)?'
    return Delivery(f'see what {middleware()} needs for them', 'does it send?', unfound)
