# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Records what a running depth node takes in and gives out, where there is no `ros2 bag`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from lacdepth_ros.bags.opening import header_stamp
from lacdepth_ros.bags.reader import CAMERA_INFO, COMPRESSED, IMAGE, TRANSFORMS
from lacdepth_ros.messages.topics import DEPTH, DERIVED, UNCERTAINTY
from lacdepth_ros.node.dds_profile import apply_dds_profile
from lacdepth_ros.node.log_folder import ensure_log_folder
from lacdepth_ros.node.publishers import TOPICS
from lacdepth_ros.session.node_process import NodeError

if TYPE_CHECKING:
    from lacdepth_ros.bags.writer import BagWriter

NODE = 'depth_node'
IMAGES = (IMAGE, COMPRESSED)
_INPUTS = (*IMAGES, CAMERA_INFO)
_TRANSFORMS = dict.fromkeys(('/tf', '/tf_static'), TRANSFORMS)
_REMAPPED = "remap no topic of a camera, or record by 'ros2 bag record'"
_QUEUE = 50  # messages of a topic that wait while the disk is busy
_POLL = 0.05  # seconds
_SETTLED = 1.0  # seconds without a new topic after which all of a node's are known
_LAST_WORDS = 1.0  # seconds after the end in which answers under way still count


@dataclass(frozen=True, slots=True)
class NodeTopics:
    """What a depth node is connected to.

    Attributes:
        kinds: Type of each topic to record.
        image: Topic of the images that it takes.
        depth: Topic of the depth that it publishes.
    """

    kinds: Mapping[str, str]
    image: str
    depth: str


class DepthRecorder:
    """Finds a depth node on the ROS graph and writes its topics into a bag."""

    def __init__(self) -> None:
        ensure_log_folder()
        apply_dds_profile()
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = Node('depth_recorder', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.interrupted = False
        self._stamps: dict[str, Counter[int]] = {}
        self._answers: Counter[int] = Counter()
        self._frames: int | None = None

    def find(
        self,
        name: str | None,
        timeout: float,
        *,
        camera: str | None = None,
        derived: bool = False,
        report: Callable[[str], None] = lambda _: None,
    ) -> NodeTopics:
        """Wait for an active depth node and find what it takes and gives.

        Args:
            name: Full name, such as '/camera/depth_node'; None takes the only depth node there is.
            timeout: Seconds to wait.
            camera: Which of several cameras that share the node; None takes the only one.
            derived: Also record the outputs that can be made again.
            report: Is told what keeps it waiting, once that has stayed the same for a second.

        Raises:
            NodeError: There is no such node or camera, it is not active, or several could be
                meant.
        """
        deadline = time.monotonic() + timeout
        complaint, found, since, told = '', None, 0.0, ''
        while time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=_POLL)
            try:
                topics = self._topics(self._full_name(name), camera, derived)
            except NodeError as error:  # it may still be starting
                if found is not None or str(error) != complaint:
                    complaint, found, since = str(error), None, time.monotonic()
                elif complaint != told and time.monotonic() - since > _SETTLED:
                    report(told := complaint)
                continue
            if topics != found:  # the topics of a node are discovered one by one
                found, since = topics, time.monotonic()
            elif time.monotonic() - since > _SETTLED:
                return found
        if found is not None:
            return found
        raise NodeError(f'{complaint} (waited {timeout:g} s)')

    def record(
        self,
        bag: BagWriter,
        topics: NodeTopics,
        ended: Callable[[], bool],
        frames: int | None = None,
    ) -> tuple[int, int]:
        """Write messages as they come until `ended` or a KeyboardInterrupt.

        Args:
            bag: Where to.
            topics: What to record.
            ended: Asked again and again.
            frames: Ends it too: so many depth images, and nothing that is newer than they are.

        Returns:
            Images from the first to the last that has recorded depth, and how many of them have.
        """
        # Stamps need not differ: a bag that is played in a loop repeats them, and some cameras
        # leave them at 0.
        self._stamps = {topics.image: Counter(), topics.depth: Counter()}
        self._answers, self._frames = self._stamps[topics.depth], frames
        # Depth last: the node computes for subscribers alone, so a frame would lack what it saw
        # subscribed one frame later.
        for topic in sorted(topics.kinds, key=topics.depth.__eq__):
            self._subscribe(bag, topic, topics.kinds[topic])
        try:
            while not ended() and not self._complete:
                self._executor.spin_once(timeout_sec=_POLL)
        except KeyboardInterrupt:  # the usual way to end a recording
            self.interrupted = True
        deadline = time.monotonic() + _LAST_WORDS
        while time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=_POLL)
        answers = self._answers
        first, last = (min(answers), max(answers)) if answers else (0, 0)
        images = self._stamps[topics.image]
        recorded = Counter({stamp: images[stamp] for stamp in images if first <= stamp <= last})
        return recorded.total(), (recorded & answers).total()

    def close(self) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _full_name(self, wanted: str | None) -> tuple[str, str]:
        """Name and namespace of the node."""
        found = sorted({*self._node.get_node_names_and_namespaces()})
        full = {f'{space.rstrip("/")}/{name}': (name, space) for name, space in found}
        if wanted is not None and '/' + wanted.lstrip('/') in full:
            return full['/' + wanted.lstrip('/')]
        ours = self._depth_nodes(full)
        names = ', '.join(ours) or 'none'
        if wanted is not None:
            raise NodeError(f'no node {wanted!r} on the graph; depth nodes there: {names}')
        if len(ours) > 1:
            raise NodeError(f'several depth nodes ({names}); name one with --node')
        if not ours:
            raise NodeError(f'no depth node ({NODE}) on the graph; name another with --node')
        return full[ours[0]]

    def _depth_nodes(self, full: Mapping[str, tuple[str, str]]) -> list[str]:
        """Those with the node's own name, and those that publish what only it does."""
        topics = [topic for topic, _ in self._node.get_topic_names_and_types()]
        publishing = {
            f'{info.node_namespace.rstrip("/")}/{info.node_name}'
            for topic in topics
            if topic.endswith(f'/{UNCERTAINTY}')
            for info in self._node.get_publishers_info_by_topic(topic)
        }
        return [name for name, both in full.items() if both[0] == NODE or name in publishing]

    def _topics(self, node: tuple[str, str], camera: str | None, derived: bool) -> NodeTopics:
        """The topics of the node; NodeError when it is not active."""
        name, space = node
        published = dict(self._node.get_publisher_names_and_types_by_node(name, space))
        own = f'{space.rstrip("/")}/'
        cameras = _cameras(published, own)
        prefix = own + _camera(cameras, camera)
        taken = {
            topic: kinds[0]
            for topic, kinds in self._node.get_subscriber_names_and_types_by_node(name, space)
            if kinds[0] in _INPUTS
        }
        alone = len(cameras) == 1  # then all is its own, wherever that was remapped to
        inputs = {t: kind for t, kind in taken.items() if alone or t.startswith(prefix)}
        outputs = {
            prefix + topic: published[prefix + topic][0]
            for topic in TOPICS
            if prefix + topic in published and (derived or topic not in DERIVED)
        }
        images = [topic for topic, kind in taken.items() if kind in IMAGES]
        image = next((topic for topic in images if topic in inputs), None)
        if not images:
            raise NodeError(f'{own}{name} is not active')
        if prefix + DEPTH not in outputs:
            raise NodeError(f'{own}{name} publishes no {prefix}{DEPTH}: {_REMAPPED}')
        if image is None:
            names = ', '.join(images)
            raise NodeError(f'{own}{name} takes {names}, none below {prefix}: {_REMAPPED}')
        there = {topic for topic, _ in self._node.get_topic_names_and_types()}
        transforms = {t: kind for t, kind in _TRANSFORMS.items() if t in there and _known(kind)}
        return NodeTopics({**inputs, **outputs, **transforms}, image, prefix + DEPTH)

    def _subscribe(self, bag: BagWriter, topic: str, kind: str) -> None:
        """Record a topic with the QoS that its publishers offer, or one that any would fit."""
        offers = [i.qos_profile for i in self._node.get_publishers_info_by_topic(topic)]
        # A camera that starts later may offer best effort alone.
        reliable = bool(offers) and all(
            offer.reliability == ReliabilityPolicy.RELIABLE for offer in offers
        )
        latched = bool(offers) and all(
            offer.durability == DurabilityPolicy.TRANSIENT_LOCAL for offer in offers
        )
        bag.add_topic(topic, kind, latched=latched)
        profile = QoSProfile(
            depth=_QUEUE,
            reliability=(
                ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
            ),
            durability=(
                DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
            ),
        )
        self._node.create_subscription(
            _message_class(kind), topic, partial(self._take, bag, topic), profile, raw=True
        )

    @property
    def answered(self) -> int:
        """Depth images recorded so far."""
        return self._answers.total()

    @property
    def _complete(self) -> bool:
        return self._frames is not None and self.answered >= self._frames

    def _take(self, bag: BagWriter, topic: str, data: bytes) -> None:
        if self._complete and topic not in _TRANSFORMS:
            newest = max(self._answers, default=0)
            if self._stamps.get(topic) is self._answers or header_stamp(data) > newest:
                return
        bag.write_serialized(topic, time.time_ns(), data)
        if topic in self._stamps:
            self._stamps[topic][header_stamp(data)] += 1


def _message_class(kind: str) -> Any:
    package, _, name = kind.split('/')
    return getattr(import_module(f'{package}.msg'), name)


def _known(kind: str) -> bool:
    """Whether this installation has the type; the wheels of PyPI lack tf2_msgs."""
    try:
        _message_class(kind)
    except ImportError:
        return False
    return True


def _cameras(published: Iterable[str], own: str) -> list[str]:
    """A node's cameras by its topics, below its namespace `own`: 'name/', '' for one without."""
    ends = [t for t in published if t.startswith(own) and t.endswith('/' + DEPTH)]
    return sorted(t[len(own) : -len(DEPTH)] for t in ends)


def _camera(cameras: Sequence[str], wanted: str | None) -> str:
    """Which of a node's cameras is meant; '' where it has none.

    Raises:
        NodeError: There are several and none was named, or none of that name.
    """
    names = ', '.join(c.rstrip('/') for c in cameras if c)
    if wanted is not None:
        if f'{wanted.strip("/")}/' not in cameras:
            raise NodeError(f'camera {wanted}: the node has {names or "none with a name"}')
        return f'{wanted.strip("/")}/'
    if len(cameras) > 1:
        raise NodeError(f'the node serves several cameras ({names}); name one with --camera')
    return cameras[0] if cameras else ''
