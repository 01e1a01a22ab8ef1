# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A long run of the node with faults mixed in: is it still what it was at the beginning?"""

from __future__ import annotations

import dataclasses
import json
import time
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from lacdepth_ros.core.stamps import set_stamp
from lacdepth_ros.core.whole_file import whole_file
from lacdepth_ros.messages.images import color_to_message
from lacdepth_ros.models.engines.street import street_view
from lacdepth_ros.session.client import DepthClient
from lacdepth_ros.session.node_process import NodeProcess
from lacdepth_ros.session.vital_signs import VitalSigns, problems, take
from lacdepth_ros.synthetic.sample import KITTI_CAMERA

KINDS = ('good', 'damaged')
"""Of the frames: first words of their counts."""
_BACKLOG = 1.0  # seconds by which frames may lag behind their schedule before it is given up
_START = 60.0  # seconds a transition may take


@dataclass(frozen=True)
class SoakPlan:
    """What to do to the node.

    Attributes:
        seconds: Length of the run at most.
        frames: Frames after which it ends; 0 = none.
        rate: Frames per second; a frame waits for the answer to the one before.
        faults: Share of the frames that are damaged.
        round_every: Frames between two rounds through all states of the lifecycle; 0 = none.
        scales: Range of the images' size, of 1242 x 375.
        patience: Seconds a good frame may take.
        seed: Of the random choices.
    """

    seconds: float = 3600.0
    frames: int = 0
    rate: float = 10.0
    faults: float = 0.2
    round_every: int = 500
    scales: tuple[float, float] = (0.2, 1.0)
    patience: float = 10.0
    seed: int = 0


@dataclass
class SoakResult:
    """What came of it.

    Attributes:
        counts: Frames by kind and fate, answers that nobody waited for any more, and rounds.
        seconds: That it took.
        signs: Of the node's process, once a second.
        exit_status: Of the process, ended by SIGINT.
        problems: What must not be, in words.
    """

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    signs: list[VitalSigns] = field(default_factory=list)
    exit_status: int | None = None
    problems: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write soak.json into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        values = {
            'counts': dict(self.counts),
            'seconds': self.seconds,
            'signs': [dataclasses.asdict(sign) for sign in self.signs],
            'exit_status': self.exit_status,
            'problems': self.problems,
        }
        with whole_file(folder / 'soak.json') as draft:
            draft.write_text(json.dumps(values, indent=1), encoding='utf-8')


def soak(
    process: NodeProcess, client: DepthClient, plan: SoakPlan, show: Callable[[str], None]
) -> SoakResult:
    """Send frames, good and damaged, and take the node through its states, for a long time.

    Args:
        process: The node, running; it is ended.
        client: Of that node.
        plan: What to do.
        show: Told once a minute how it goes.

    Raises:
        NodeError: The node ended or refused a transition.
    """
    result, rng = SoakResult(), np.random.default_rng(plan.seed)
    _bring_up(client)
    start, frames, next_sign, next_word = time.monotonic(), 0, 0.0, 60.0
    due = start
    while (now := time.monotonic() - start) < plan.seconds and (
        frames < plan.frames or not plan.frames
    ):
        if now >= next_sign:
            result.signs.append(take(process.pid, now, frames))
            next_sign = now + min(1.0, plan.seconds / 60)
        if now >= next_word:
            sign = result.signs[-1]
            show(f'{now / 60:.0f} min, {frames} frames, {sign.resident_mb:.0f} MB')
            next_word += 60.0
        frames += 1
        if plan.round_every and frames % plan.round_every == 0:
            _round(client)
            result.counts['rounds'] += 1
        due = max(due + 1 / plan.rate, time.monotonic() - _BACKLOG)
        _frame(client, plan, rng, due, result.counts)
        client.spin_for(due - time.monotonic())
    result.seconds = time.monotonic() - start
    result.counts['answers too late'] = client.late
    _judge(process, result)
    return result


def _judge(process: NodeProcess, result: SoakResult) -> None:
    result.exit_status = process.stop()
    result.problems = problems(result.signs)
    if missing := result.counts['good unanswered']:
        result.problems.append(f'{missing} good frames were not answered')
    if wrong := result.counts['damaged answered']:
        result.problems.append(f'{wrong} damaged frames were answered')
    if late := result.counts['answers too late']:
        result.problems.append(f'{late} answers came late, or to damaged frames')
    if result.exit_status != 0:
        result.problems.append(f'the process ended with status {result.exit_status}')


def _bring_up(client: DepthClient) -> None:
    client.change_state('configure', _START)
    client.change_state('activate', _START)
    client.wait_for_topics(_START)


def _round(client: DepthClient) -> None:
    client.change_state('deactivate', _START)
    client.change_state('cleanup', _START)
    _bring_up(client)


def _frame(
    client: DepthClient,
    plan: SoakPlan,
    rng: np.random.Generator,
    due: float,
    counts: Counter[str],
) -> None:
    message, info = _good(rng, plan.scales)
    kind, patience = 'good', plan.patience
    if rng.random() < plan.faults:
        FAULTS[rng.integers(len(FAULTS))](message, info)
        kind, patience = 'damaged', due - time.monotonic()  # nothing comes: until the next one
    answer = client.exchange(message, info, patience)
    counts[f'{kind} {"answered" if answer.messages else "unanswered"}'] += 1


def _good(rng: np.random.Generator, scales: tuple[float, float]) -> tuple[Image, Any]:
    """The street in a size that changes from frame to frame, and its camera_info."""
    scale = rng.uniform(*scales)
    view = street_view(KITTI_CAMERA.resized(round(1242 * scale), round(375 * scale)))
    camera = view.camera
    header = Header(frame_id='camera_optical_frame')
    set_stamp(header.stamp, time.time_ns())
    region = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    k = camera.K
    info = SimpleNamespace(
        width=camera.width,
        height=camera.height,
        distortion_model='plumb_bob',
        d=[-0.01, 0.002, 0.0, 0.0, 0.0],
        k=k.ravel(),
        r=np.eye(3).ravel(),
        p=np.hstack([k, np.zeros((3, 1))]).ravel(),
        binning_x=0,
        binning_y=0,
        roi=region,
    )
    return color_to_message(Image, view.image, header), info


def _truncate(message: Image, _: Any) -> None:
    message.data = array('B', message.data[: len(message.data) // 2])


def _forget_size(message: Image, _: Any) -> None:
    message.width = message.height = 0


def _rename(message: Image, _: Any) -> None:
    message.encoding = 'rainbow9\n' + 'x' * 100_000


def _lose_focal_length(_: Image, info: Any) -> None:
    info.k = [float('nan'), *list(info.k)[1:]]


def _change_size(_: Image, info: Any) -> None:
    info.width += 8


def _bend(_: Image, info: Any) -> None:
    info.d = [1e9, -1e9, 1e9, -1e9, 1e9]


def _grow(_: Image, info: Any) -> None:
    info.width = info.height = 2**32 - 1


FAULTS: tuple[Callable[[Image, Any], None], ...] = (
    _truncate,
    _forget_size,
    _rename,
    _lose_focal_length,
    _change_size,
    _bend,
    _grow,
)
