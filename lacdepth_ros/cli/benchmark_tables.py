# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The tables that `lacdepth benchmark` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

STAGES = ('decode', 'preprocess', 'network', 'postprocess', 'cloud', 'publish')
"""Of a frame on its way through the node, in this order."""


def sizes(rows: Sequence[Any]) -> str:
    """Parameters and multiply-adds, one row per network."""
    cells = [
        (
            row['network'],
            *(f'{row[name] / 1e6:.2f}' for name in ('parameters', 'encoder_parameters')),
            f'{row["macs"] / 1e9:.1f}',
        )
        for row in rows
    ]
    title = f'size, at {rows[0]["height"]}x{rows[0]["width"]}'
    return table(title, ('network', 'parameters [M]', 'encoder [M]', 'GMAC'), cells)


def times(rows: Sequence[Any], peaks: Mapping[str, Any], rounds: int) -> str:
    """Forward passes, one row per combination, and what they are held against."""
    cells = [
        (
            row['network'],
            f'{row["height"]}x{row["width"]}',
            row['engine'],
            row['precision'],
            f'{row["parameters"] / 1e6:.1f}',
            f'{row["macs"] / 1e9:.1f}',
            *(f'{row[name]:.1f}' for name in ('p50_ms', 'p95_ms', 'p99_ms')),
            f'{row["ratio"]:.2f}',
            f'{row["share_of_peak"]:.0%}',
        )
        for row in rows
    ]
    head = (
        *('network', 'input', 'engine', 'precision', 'parameters [M]', 'GMAC'),
        *('p50 [ms]', 'p95', 'p99', 'ratio', 'of peak'),
    )
    lines = (
        f'peak in {precision}: {peak["gmacs"]:.0f} GMAC/s, {peak["probe"]}'
        for precision, peak in peaks.items()
    )
    return '\n'.join([table(f'forward pass, {rounds} interleaved rounds', head, cells), *lines])


def node(rows: Sequence[Any]) -> str:
    """Stages of the node, one column per set of subscribed topics."""
    blocks = []
    for row in rows:
        names = [name for name in STAGES if name in row['stages']]
        names += [name for name in row['stages'] if name.startswith('stamp_to')]
        cells = [
            (name, *(f'{row["stages"][name][p]:.1f}' for p in ('p50', 'p95', 'p99')))
            for name in names
        ]
        title = (
            f'node, {row["subscribed"]}, {row["frames"]} frames of 1242x375 one by one, '
            f'{row["engine"]}; overhead {row["overhead_ms"]:.1f} ms'
        )
        blocks.append(table(title, ('stage', 'p50 [ms]', 'p95', 'p99'), cells))
    return '\n'.join(blocks)


def load(rows: Sequence[Any]) -> str:
    """The node at the pace of cameras, one row per run."""
    cells = [
        (
            str(row['cameras']),
            row['subscribed'],
            f'{row["rate"]:g}',
            f'{row["answered"]:.0%}',
            f'{row["fewest_answered"]:.0%}',
            *([f'{value:.1f}' for value in row['latency_ms']] or '---'),
            f'{row["cpu_percent"]:.0f}',
            f'{row["resident_mb"]:.0f}',
        )
        for row in rows
    ]
    head = (
        *('cameras', 'subscribed', 'each [Hz]', 'answered', 'least', 'p50 [ms]', 'p95', 'p99'),
        *('CPU [%]', 'memory [MiB]'),
    )
    return table(f'node under load, {rows[0]["engine"]}', head, cells)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for a terminal: the first column to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [f'\n{title}']
    for first, *others in lines:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        text.append('  '.join([first.ljust(widths[0]), *cells]))
    return '\n'.join(text)
