# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The files and the few lines that a demo run leaves behind."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lacdepth_ros.core.whole_file import write_json
from lacdepth_ros.data.files import write_image
from lacdepth_ros.messages.topics import DEPTH, POINTS
from lacdepth_ros.session.demo import PROTOCOL, TOPICS, DemoFrames
from lacdepth_ros.session.demo_page import write_demo_page
from lacdepth_ros.session.demo_sheet import demo_sheet
from lacdepth_ros.session.node_process import LOG
from lacdepth_ros.session.result import FrameRecord, SessionResult, percentiles
from lacdepth_ros.viz.ply import write_ply

PAGE, SHEET, PLY, BAG = 'index.html', 'contact_sheet.png', 'cloud.ply', 'demo.mcap'
SUMMARY = 'summary.json'
_PACKAGES = ('lacdepth_ros', 'torch', 'numpy', 'opencv-python', 'ros-rclpy', 'ros-fastdds')


def foreign_files(folder: Path) -> list[Path]:
    """Files in the way of the results that no demo wrote; the log is nobody's treasure."""
    there = [folder / n for n in (PAGE, SHEET, PLY, BAG, SUMMARY) if (folder / n).exists()]
    with suppress(OSError, ValueError, TypeError):
        if 'messages_received' in json.loads((folder / SUMMARY).read_bytes()):
            return []
    return there


def remove_old_results(folder: Path) -> None:
    """Remove what an earlier run left, so that nothing old passes for new."""
    for name in (PAGE, SHEET, PLY, BAG, SUMMARY, LOG):
        (folder / name).unlink(missing_ok=True)


def write_results(
    folder: Path, result: SessionResult, kept: DemoFrames, facts: dict[str, Any]
) -> None:
    """Write the summary, and the pictures where there was an answer.

    Args:
        folder: Exists.
        result: Of the run.
        kept: Its answers to show.
        facts: What else the summary says, such as 'input' and 'checkpoint'; 'assumed' are the
            texts of what nobody gave and the metres depend on.

    Raises:
        OSError: A file cannot be written.
    """
    write_json(folder / SUMMARY, _summary(result, facts))
    if kept.shown:
        title = f'{Path(str(facts["input"])).name}: depth from one camera'
        headline, assumed = _headline(result), facts['assumed']
        sheet = demo_sheet(kept.shown, f'{title}, {headline}', assumed)
        write_image(folder / SHEET, sheet)
        summary = f'{headline}. Assumed: {_doubt(assumed)}.' if assumed else f'{headline}.'
        write_demo_page(folder / PAGE, kept.shown, result, title, summary)
        if find_spec('rosbags') is not None:  # an extra: the demo does without
            from lacdepth_ros.session.demo_bag import write_demo_bag

            write_demo_bag(folder / BAG, kept.shown, result.node)
    if kept.middle is not None:
        write_ply(folder / PLY, kept.middle.points, kept.middle.colors)


def describe(folder: Path, result: SessionResult, facts: dict[str, Any]) -> str:
    """The summary for people."""
    lines = [
        f'{result.received[DEPTH]} of {len(result.records)} frames answered with their own stamps '
        f'({facts["input"]})'
    ]
    if latency := percentiles(result.latencies()):
        cloud = percentiles(result.latencies(POINTS))
        also = f'; cloud p50 {cloud["p50"]:.0f} ms, p95 {cloud["p95"]:.0f} ms' if cloud else ''
        lines.append(
            f'  latency  depth p50 {latency["p50"]:.0f} ms, p95 {latency["p95"]:.0f} ms after '
            f'its image was published{also}'
        )
    if errors := _errors(result):
        lines.append(
            f'  errors   abs_rel {errors["abs_rel"]:.3f}, rmse {errors["rmse"]:.2f} m, delta1 '
            f'{errors["delta1"]:.3f} over {errors["frames"]} frames with ground truth'
        )
    if facts['assumed']:
        lines.append(f'  assumed  {_doubt(facts["assumed"])}')
    notes = {
        PAGE: '(open in a browser)',
        SHEET: '',
        BAG: '(open with Foxglove, layout config/foxglove.json)',
        PLY: '(open with MeshLab or CloudCompare)',
        SUMMARY: '',
        LOG: '',
    }
    there = [name for name in notes if (folder / name).exists()]
    for label, name in zip(['look at', *[''] * len(there)], there, strict=False):
        lines.append(f'  {label:8} {folder / name} {notes[name]}'.rstrip())
    return '\n'.join(lines)


def _doubt(assumed: Sequence[str]) -> str:
    return f'{", ".join(assumed)}; where yours differ every depth is wrong by a common factor'


def _summary(result: SessionResult, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        **facts,
        'frames_sent': len(result.records),
        'frames_received': result.received[DEPTH],
        'messages_received': {topic: result.received[topic] for topic in TOPICS},
        'messages_late': result.late,
        'unanswered': result.unanswered,
        'failure': result.failure or None,
        'unreadable': [{'id': frame.id, 'reason': frame.reason} for frame in result.unsent],
        'latency_ms': percentiles(result.latencies()),
        'cloud_latency_ms': percentiles(result.latencies(POINTS)),
        'errors': _errors(result),
        'versions': _versions(),
        'frames': [_frame(record) for record in result.records],
    }


def _frame(record: FrameRecord) -> dict[str, Any]:
    latency_ms = {topic: round(value, 2) for topic, value in record.latency_ms.items()}
    errors = {name: round(value, 5) for name, value in record.errors.items()}
    about = {'id': record.id, 'stamp': record.stamp, 'latency_ms': latency_ms}
    return about | ({'errors': errors} if errors else {})


def _errors(result: SessionResult) -> dict[str, Any] | None:
    """Mean metrics over the frames with ground truth, and the protocol; None without one."""
    if not result.report.frames:
        return None
    mean = {name: round(value, 5) for name, value in result.report.overall.items()}
    return {'frames': result.report.frames, **mean, 'protocol': PROTOCOL.to_dict()}


def _headline(result: SessionResult) -> str:
    parts = [f'{result.received[DEPTH]} of {len(result.records)} frames answered']
    if latency := percentiles(result.latencies()):
        parts.append(f'{latency["p50"]:.0f} ms a frame')
    if errors := _errors(result):
        parts.append(f'abs_rel {errors["abs_rel"]:.3f}')
    return ', '.join(parts)


def _versions() -> dict[str, str]:
    """Versions of what took part; distributions that are not installed by pip are left out."""
    versions = {'python': platform.python_version()}
    if distro := os.environ.get('ROS_DISTRO'):
        versions['ros_distro'] = distro
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions
