# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A replay's result as JSON, as lines for people, as Markdown and as an HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.core.whole_file import write_json, write_text
from lacdepth_ros.evaluation.report.page import (
    Part,
    figure,
    heading,
    paragraph,
    picture,
    table,
    write_page,
)
from lacdepth_ros.evaluation.report.tables import format_markdown, format_table, report_tables
from lacdepth_ros.session.result import AnsweredFrame, FrameRecord, SessionResult, percentiles
from lacdepth_ros.session.timeline import describe_closed

HTML, MARKDOWN, JSON = 'report.html', 'report.md', 'report.json'
STAGES = {
    'decode': 'decode and rectify',
    'preprocess': 'resize and normalise',
    'network': 'network',
    'postprocess': 'back to metres of the image',
    'predict': 'the three above together',
    'filter': 'average over time',
    'publish': 'make and publish the messages',
}
"""What the node times itself, in order, in words."""
_FATES = ('received', 'answered', 'replaced', 'failed', 'unpaired')


def as_dict(result: SessionResult, facts: dict[str, Any]) -> dict[str, Any]:
    """All that was counted and measured, as JSON holds it.

    Args:
        result: Of the replay.
        facts: What was run on what, such as 'bag', 'mode' and 'checkpoint'.
    """
    return {
        **facts,
        'frames_sent': len(result.records),
        'frames_received': result.received[result.depth_topic],
        'share_answered': result.share_answered,
        'frames_without_truth': len(result.without_ground_truth),
        'unanswered': result.unanswered,
        'unscored': [{'id': name, 'reason': reason} for name, reason in result.unscored],
        'unsent': [
            {'index': frame.index, 'stamp': frame.stamp, 'reason': frame.reason}
            for frame in result.unsent
        ],
        'messages_received': dict(result.received),
        'messages_late': result.late,
        'messages_repeated': result.repeated,
        'failure': result.failure or None,
        'latency_ms': percentiles(result.latencies()),
        'stages_ms': result.stages(),
        'node_frames': {fate: int(result.node.get(f'frames {fate}', 0)) for fate in _FATES},
        'lag_ms': percentiles(result.lag_ms),
        'closed_steps_s': result.closed_steps,
        'stability': result.stability or None,
        **result.report.to_dict(),
        'timeline': [_moment(record) for record in result.records],
    }


def describe(result: SessionResult, facts: dict[str, Any]) -> str:
    """The result in a few lines and the table of errors."""
    lines = _summary(result, facts)
    report = result.report
    if report.frames:
        lines += ['', format_table(report)]
    if report.assumed:
        lines.append(f'assumed: {report.assumed}')
    return '\n'.join(lines)


def write_report(
    folder: Path,
    result: SessionResult,
    facts: dict[str, Any],
    images: BagImages,
    worst: Sequence[AnsweredFrame],
) -> None:
    """Write report.html, report.md and report.json.

    Args:
        folder: Exists.
        result: Of the replay.
        facts: As for `as_dict`.
        images: Of the bag, for the pictures of the worst frames.
        worst: The answers with the largest errors, worst first.

    Raises:
        OSError: A file cannot be written.
    """
    title = f'Replay of {Path(facts["bag"]).absolute().name}'
    write_json(folder / JSON, as_dict(result, facts))
    lines = [f'# {title}', '', *(f'- {line}' for line in _summary(result, facts)), '']
    report = result.report
    if report.frames:
        lines.append(format_markdown(report))
    if latencies := _latency_rows(result):
        lines += ['**Latency**', '', '| stage | p50 [ms] | p95 [ms] |', '|---|---:|---:|']
        lines += [f'| {name} | {p50:.1f} | {p95:.1f} |' for name, p50, p95 in latencies]
    write_text(folder / MARKDOWN, '\n'.join(lines) + '\n')
    write_page(folder / HTML, title, _parts(result, facts, images, worst))


def _parts(
    result: SessionResult,
    facts: dict[str, Any],
    images: BagImages,
    worst: Sequence[AnsweredFrame],
) -> Iterable[Part]:
    """The fragments of the page, in order."""
    from lacdepth_ros.evaluation.report.pictures import ratio_legend
    from lacdepth_ros.session import replay_figures

    yield from (paragraph(line) for line in _summary(result, facts))
    if result.report.frames:
        yield from _errors(result)
    if latencies := _latency_rows(result):
        yield heading('Latency')
        yield figure(
            replay_figures.latency_along_drive(result),
            'From publishing the image to the arrival of its depth at the subscriber.',
        )
        rows = [(name, f'{p50:.1f}', f'{p95:.1f}') for name, p50, p95 in latencies]
        yield table(('stage', 'p50 [ms]', 'p95 [ms]'), rows)
    if worst:
        yield heading('Worst frames')
        yield picture(ratio_legend(940), 'colours of the error: predicted over true depth')
        for sheet, caption in replay_figures.worst_frames(result, worst, images):
            yield picture(sheet, caption)
    if missing := _missing_rows(result):
        yield heading('Not answered, not sent or not scored')
        yield table(('frame', 'why'), missing)
    yield heading('What was run')
    yield table(('what', 'value'), facts.items())


def _errors(result: SessionResult) -> Iterable[Part]:
    """Tables and curves of what was scored."""
    from lacdepth_ros.evaluation.report.figures import distance_figure
    from lacdepth_ros.session import replay_figures

    report = result.report
    yield paragraph(f'Protocol: {report.protocol.describe()}.')
    if report.assumed:
        yield paragraph(f'Assumed: {report.assumed}.')
    for errors in report_tables(report):
        yield heading(errors.title)
        yield table(errors.header, errors.rows)
    yield figure(distance_figure(report), 'Over true depth; bars: pixels.')
    yield heading('Error along the drive')
    yield figure(
        replay_figures.error_along_drive(result),
        'abs_rel of each published depth image against the ground truth of its stamp.',
    )


def _summary(result: SessionResult, facts: dict[str, Any]) -> list[str]:
    """The most important in lines of text."""
    sent, received = len(result.records), result.received[result.depth_topic]
    pace = 'in lockstep' if facts['rate'] is None else f'at {facts["rate"]:g} times its pace'
    lines = [
        f'{received} of {sent} frames answered ({result.share_answered:.1%}), sent {pace}, '
        f'matched by stamp; {"scored" if result.report.frames else "received"}: '
        f'{result.depth_topic} as published'
    ]
    if result.failure:
        lines.append(f'ended early: {result.failure}')
    if latency := percentiles(result.latencies()):
        lines.append(
            f'stamp to depth p50 {latency["p50"]:.0f} ms, p95 {latency["p95"]:.0f} ms, '
            f'largest {latency["max"]:.0f} ms'
        )
    if network := result.stages().get('network'):
        lines.append(f'network alone p50 {network["p50"]:.0f} ms, p95 {network["p95"]:.0f} ms')
    if lag := percentiles(result.lag_ms):
        lines.append(f'the replay itself sent p95 {lag["p95"]:.1f} ms late')
    lines += filter(None, [describe_closed(result.closed_steps)])
    lines += _stability(result.stability)
    if result.without_ground_truth and result.report.frames:
        lines.append(f'{len(result.without_ground_truth)} answered frames have no ground truth')
    if unpredicted := result.report.unpredicted:
        lines.append(f'{unpredicted:.2%} of the pixels with ground truth have no published depth')
    lines.append(f'ground truth: {facts["truth"]}')
    return lines


def _stability(measured: dict[str, Any]) -> list[str]:
    """Flicker and drift in words."""
    lines = []
    if measured.get('flicker') is not None:
        lines.append(
            f'flicker {measured["flicker"]:.2%} of depth from frame to frame, of the whole image '
            f'{measured["scale_flicker"]:.2%}; camera motion {measured["camera_motion"]} '
            f'({measured["pairs"]} pairs)'
        )
    if measured.get('scale_drift') is not None:
        lines.append(
            f'scale {measured["scale"]:.3f} of ground truth, +- {measured["scale_std"]:.2%} over '
            f'frames, drift {measured["scale_drift"]:+.2%} over the drive'
        )
    return lines


def _latency_rows(result: SessionResult) -> list[tuple[str, float, float]]:
    """Name, p50 and p95 [ms] of what the node timed and of the whole way."""
    stages = result.stages()
    rows = [
        (f'node: {words}', stages[name]['p50'], stages[name]['p95'])
        for name, words in STAGES.items()
        if name in stages
    ]
    whole = percentiles(result.latencies())
    return (
        [*rows, ('image published to depth received', whole['p50'], whole['p95'])] if whole else []
    )


def _missing_rows(result: SessionResult) -> list[tuple[str, str]]:
    """Name of each frame that is missing from the means, and why."""
    rows = [(name, 'not answered') for name in result.unanswered]
    rows += [(frame.id, f'not sent: {frame.reason}') for frame in result.unsent]
    rows += result.unscored
    return rows + [(name, 'no ground truth') for name in result.without_ground_truth]


def _moment(record: FrameRecord) -> dict[str, Any]:
    return {
        'id': record.id,
        'index': record.index,
        'stamp': record.stamp,
        'latency_ms': {topic: round(value, 2) for topic, value in record.latency_ms.items()},
        'abs_rel': record.errors.get('abs_rel'),
        'problem': record.problem or None,
    }
