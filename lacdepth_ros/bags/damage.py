# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What of a bag cannot be read: counted by topic, named, and never more than it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path


class Damage:
    """Messages that cannot be read; the same ones are counted once, however often they are met."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Hashable], int] = {}
        self._first: dict[str, str] = {}

    def add(self, topic: str, place: Hashable, reason: str, count: int = 1) -> None:
        """Note messages of a topic that cannot be read.

        Args:
            topic: Their topic.
            place: What tells them from others: a time of recording, or a part of a file.
            reason: Why, and where in the bag.
            count: How many they are.
        """
        self._found[topic, place] = count
        self._first.setdefault(topic, reason)

    @property
    def counts(self) -> Counter[str]:
        """Number of them, by topic."""
        counts: Counter[str] = Counter()
        for (topic, _), count in self._found.items():
            counts[topic] += count
        return counts

    def lines(self, path: Path) -> Iterator[str]:
        """A line about each topic that has any, for people.

        Args:
            path: The bag.
        """
        for topic, count in sorted(self.counts.items()):
            noun = 'message' if count == 1 else 'messages'
            first = self._first[topic]
            yield f'{path}: {count} damaged {noun} of {topic} left out; the first: {first}'
