# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What keeps frames from being answered, told from when messages came; knows no ROS."""

from __future__ import annotations

import time
from collections.abc import Callable

from lacdepth_ros.messages.info_rate import NEWEST, TOLERATED, is_seldom, pairing_remedy
from lacdepth_ros.node.delivery import Delivery
from lacdepth_ros.node.elsewhere import NOBODY
from lacdepth_ros.node.loss import LossMeter
from lacdepth_ros.node.pairing import Pairing, PairingMeter

SILENCE = 2.0
"""Seconds without a message after which something is wrong."""
TOLERATED_LOSS = 0.2
"""Share of lost images above which something is wrong."""


class InputWatch:
    """Takes note of what arrives, and says in words what does not.

    Args:
        image_topic: Resolved name.
        info_topic: Resolved name.
        caches_info: One camera_info serves every image.
        publishers: Returns the names of who publishes on a topic, '' if nobody.
        other_types: Returns in words who publishes another message type on a topic, '' if nobody.
        delivery: What the middleware needs.
        clock: Seconds.
    """

    def __init__(
        self,
        image_topic: str,
        info_topic: str,
        *,
        caches_info: bool,
        publishers: Callable[[str], str],
        other_types: Callable[[str], str],
        delivery: Delivery,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._image_topic = image_topic
        self._info_topic = info_topic
        self._caches_info = caches_info
        self._publishers = publishers
        self._other_types = other_types
        self._delivery = delivery
        self._clock = clock
        self._start = self._last_image = self._last_info = self._last_pair = clock()
        self._has_info = False
        self._unstamped: set[str] = set()
        self._loss = LossMeter()
        self._pairing = PairingMeter()

    def saw_image(self, stamp_ns: int) -> None:
        """Take note of an image."""
        self._last_image = self._clock()
        self._loss.add_image(self._last_image, stamp_ns)
        self._pairing.images += 1
        self._note_stamp(self._image_topic, stamp_ns)

    def saw_info(self, stamp_ns: int, *, of_image: bool) -> None:
        """Take note of a camera_info, which is of the image's camera or of another one."""
        self._last_info = self._clock()
        self._has_info = True
        if of_image:
            self._loss.add_info(self._last_info, stamp_ns)
            self._pairing.infos += 1
        self._note_stamp(self._info_topic, stamp_ns)

    def saw_pair(self) -> None:
        """Take note that an image found its camera_info."""
        self._last_pair = self._clock()

    def saw_unpaired(self) -> None:
        """Take note that an image was given up without a camera_info."""
        self._pairing.unpaired += 1

    def silence(self, *, frames_differ: bool = False) -> str:
        """Say what has been missing for a while ('' when frames flow), with what to check.

        Args:
            frames_differ: Images and camera_infos that wait have the same stamps, but not the same
                frame_id.
        """
        now = self._clock()
        no_image = now - self._last_image > SILENCE
        no_info = now - self._last_info > SILENCE and not (self._caches_info and self._has_info)
        if no_image and no_info:
            return self._nothing_arrives()
        if no_image:
            return (
                f'camera_info arrives but no image on {self._image_topic}: check the topic; if '
                f'images are above 512 KB, {self._delivery.large_images}'
                f'{self._other(self._image_topic)}'
            )
        if now - self._last_pair <= SILENCE:
            return ''
        if no_info and self._has_info:
            return (
                f'images go on, but the last camera_info on {self._info_topic} was more than '
                f'{SILENCE:.0f} s ago: is its publisher still there? If it sends one seldom or '
                f'once, set {NEWEST}'
            )
        if no_info:
            return (
                f'images arrive but no camera_info on {self._info_topic}: check the topic'
                f'{self._other(self._info_topic)}'
            )
        return self._none_pairs(frames_differ)

    def unpaired(self) -> str:
        """Say that part of the images find no camera_info ('' when all do), with the remedy."""
        now = self._clock()
        if self._last_pair == self._start or now - self._last_pair > SILENCE:
            self._pairing.restart()  # nothing is paired, and `silence` says why
            return ''
        seen = self._pairing.look(now)
        if seen is None or seen.unpaired <= TOLERATED:
            return ''
        return (
            f'{100 * seen.unpaired:.0f} % of the images find no camera_info and are not answered: '
            f'{self._some_pair(seen)}'
        )

    def lost(self) -> float:
        """Share of the images that were sent but did not arrive."""
        return self._loss.share(self._clock())

    def loss(self) -> str:
        """Say that images get lost ('' when they do not), with the remedy."""
        share = self.lost()
        # What does not come at all is missing, not lost on the way: `silence` says what to check.
        if share <= TOLERATED_LOSS or self._clock() - self._last_image > SILENCE:
            return ''
        return (
            f'{100 * share:.0f} % of the images get lost on the way: '
            f'{self._delivery.large_images}, or ask the camera driver for fewer or smaller images'
        )

    def _nothing_arrives(self) -> str:
        said = f'no message on {self._image_topic} and {self._info_topic}'
        if self._other_types(self._image_topic) == NOBODY:
            return f'{said}: {self._delivery.unfound}'
        if other := self._other(self._image_topic) + self._other(self._info_topic):
            return said + other
        if names := self._publishers(self._image_topic):
            return f'{said}, though {names} publishes images: {self._delivery.found}'
        return f'{said}: {self._delivery.unfound}'

    def _none_pairs(self, frames_differ: bool) -> str:
        if self._unstamped:
            return (
                f'stamps of {" and ".join(sorted(self._unstamped))} are 0, so images find no '
                'camera_info: set cache_camera_info'
            )
        topics = f'{self._image_topic} and {self._info_topic}'
        if frames_differ:
            return (
                f'stamps of {topics} agree, but their frame_ids do not, so images find no '
                'camera_info'
            )
        if self._loss.agreement(since=self._last_pair) > 0:
            return self._comes_late()
        return f'stamps of {topics} never agree: set sync_tolerance or cache_camera_info'

    def _some_pair(self, seen: Pairing) -> str:
        rates = (
            f'{self._image_topic} comes with {seen.image_rate:.1f} Hz, {self._info_topic} with '
            f'{seen.info_rate:.1f} Hz'
        )
        remedy = pairing_remedy(seen.image_rate, seen.info_rate)
        if is_seldom(seen.image_rate, seen.info_rate):
            return f'{rates}; {remedy}'
        if self._loss.agreement() > 1 - TOLERATED:
            return self._comes_late()
        return f'{rates}, but their stamps agree now and then only: {remedy}'

    def _comes_late(self) -> str:
        return (
            f'stamps of {self._image_topic} and {self._info_topic} agree, but one of the two '
            'comes too late for the other: set sync_queue_size to more than so many frames'
        )

    def _note_stamp(self, topic: str, stamp_ns: int) -> None:
        if stamp_ns:
            self._unstamped.discard(topic)
        else:
            self._unstamped.add(topic)

    def _other(self, topic: str) -> str:
        words = self._other_types(topic)
        return f'; {topic} is published by {words}' if words else ''
