# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service of the topics, and words for what does not fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

if TYPE_CHECKING:
    from rclpy.node import Node

_UNKNOWN = '_NODE_NAME_UNKNOWN_'
CAMERA_INFO_DEPTH = 10
"""camera_info is small; losing one would lose its image."""


def image_qos(reliability: str) -> QoSProfile:
    """Newest image only; best effort matches every publisher."""
    return _profile(ReliabilityPolicy[reliability.upper()], depth=1)


def camera_info_qos() -> QoSProfile:
    """A few camera_infos, so that each image finds its own."""
    return _profile(ReliabilityPolicy.BEST_EFFORT, depth=CAMERA_INFO_DEPTH)


def latched_qos() -> QoSProfile:
    """The last camera_info of publishers that keep it for late subscribers."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=CAMERA_INFO_DEPTH,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )


def output_qos() -> QoSProfile:
    """Newest result only; reliable matches every subscriber."""
    return _profile(ReliabilityPolicy.RELIABLE, depth=1)


def overridable() -> QoSOverridingOptions:
    """Let the user override history, depth, reliability and durability of a topic."""
    return QoSOverridingOptions(
        (
            QoSPolicyKind.HISTORY,
            QoSPolicyKind.DEPTH,
            QoSPolicyKind.RELIABILITY,
            QoSPolicyKind.DURABILITY,
        )
    )


def describe_incompatible_publishers(node: Node, topic: str, ours: QoSProfile, event: Any) -> str:
    """Say that a publisher of `topic` offers less than our subscription asks for."""
    theirs = [_words(info) for info in node.get_publishers_info_by_topic(topic)]
    remedy = f'qos_overrides.{topic}.subscription.* or, for images, image_reliability'
    sides = f'we subscribe {_words_of(ours)}; publishers: {"; ".join(theirs)}'
    return _mismatch(topic, sides, remedy, event)


def describe_incompatible_subscribers(node: Node, topic: str, ours: QoSProfile, event: Any) -> str:
    """Say that a subscriber of `topic` asks for more than our publisher offers."""
    theirs = [_words(info) for info in node.get_subscriptions_info_by_topic(topic)]
    remedy = f'qos_overrides.{topic}.publisher.*'
    sides = f'we publish {_words_of(ours)}; subscribers: {"; ".join(theirs)}'
    return _mismatch(topic, sides, remedy, event)


def _profile(reliability: ReliabilityPolicy, *, depth: int) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=reliability,
        durability=DurabilityPolicy.VOLATILE,
    )


def _mismatch(topic: str, sides: str, remedy: str, event: Any) -> str:
    policy = qos_policy_name_from_kind(event.last_policy_kind)
    return (
        f'incompatible QoS ({policy}) on {topic}: {sides}. '
        f'Nothing passes between them: change one side, here with {remedy}'
    )


def keeps_messages(endpoint: Any) -> bool:
    """Whether a publisher keeps its last messages for subscribers that come later."""
    profile = endpoint.qos_profile
    return bool(
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
        and profile.reliability == ReliabilityPolicy.RELIABLE
    )


def name_of(endpoint: Any) -> str:
    """Full name of the node that a publisher or subscription belongs to, as far as it is known.

    It comes as a message of its own, which does not arrive where no message does.
    """
    if endpoint.node_name == _UNKNOWN:
        return 'somebody whose name did not arrive'
    return f'{endpoint.node_namespace.rstrip("/")}/{endpoint.node_name}'


def _words(endpoint: Any) -> str:
    return f'{name_of(endpoint)} {_words_of(endpoint.qos_profile)}'


def _words_of(profile: QoSProfile) -> str:
    return f'{profile.reliability.name.lower()}, {profile.durability.name.lower()}'
