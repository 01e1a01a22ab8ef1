# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What lacdepth evaluate and lacdepth benchmark measured, as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

METRICS = {
    'abs_rel': '.3f',
    'sq_rel': '.3f',
    'rmse': '.3f',
    'rmse_log': '.3f',
    'log10': '.3f',
    'silog': '.1f',
    'delta1': '.3f',
    'delta2': '.3f',
    'delta3': '.3f',
}
STAGES = ('network', 'stamp_to_publish', 'arrival')
FRAME_STAGES = ('decode', 'preprocess', 'network', 'postprocess', 'cloud', 'publish')


def accuracy(evaluated: Any) -> str:
    """One row per group."""
    rows = [
        (name, f'{values["frames"]:.0f}', *(f'{values[m]:{f}}' for m, f in METRICS.items()))
        for name, values in evaluated['groups'].items()
    ]
    return table(('frames', 'n', *METRICS), rows)


def calibration(groups: Any) -> str:
    """One row per group."""
    rows = [
        (
            name,
            *(f'{100 * values["coverage"][level]:.0f}' for level in ('50', '68', '90', '95')),
            f'{values["relative_std"]:.2f}',
            f'{values["std_factor"] or float("inf"):.2f}',
        )
        for name, values in groups.items()
    ]
    return table(('frames', '50 %', '68 %', '90 %', '95 %', 'std / depth', 'factor'), rows)


def sizes(rows: Any) -> str:
    """One row per network."""
    keys = ('parameters', 'encoder_parameters')
    cells = [
        (row['network'], *(f'{row[k] / 1e6:.2f}' for k in keys), f'{row["macs"] / 1e9:.1f}')
        for row in rows
    ]
    return table(('network', 'parameters [M]', 'encoder [M]', 'multiply-adds [G]'), cells)


def at(row: Any) -> str:
    """Size of the input in words."""
    return f'{row["height"]} x {row["width"]}'


def times(rows: Any) -> str:
    """One row per network, size, engine and precision."""
    cells = [
        (
            *(row['network'], at(row), row['engine'], row['precision']),
            *(f'{row["parameters"] / 1e6:.1f}', f'{row["macs"] / 1e9:.1f}'),
            milliseconds(row[name] for name in ('p50_ms', 'p95_ms', 'p99_ms')),
            *(f'{row["ratio"]:.2f}', f'{row["share_of_peak"]:.0%}'),
        )
        for row in rows
    ]
    head = (
        *('network', 'input', 'engine', 'precision', 'parameters [M]', 'multiply-adds [G]'),
        *('p50 / p95 / p99 [ms]', 'ratio', 'of peak'),
    )
    return table(head, cells)


def peaks(found: Any) -> str:
    """What the machine can do at most, in words."""
    return '; '.join(
        f'{precision}: {peak["gmacs"]:.0f} G, {peak["probe"]}' for precision, peak in found.items()
    )


def node(rows: Any) -> str:
    """One row per set of subscribed topics."""
    cells = [
        (
            *(row['subscribed'], row['engine']),
            *(pair(row[s]) for s in STAGES),
            f'{row["overhead_ms"]:.1f}',
        )
        for row in rows
    ]
    head = ('subscribed', 'engine', 'network', 'stamp to publish', 'arrival', 'overhead, p50')
    return table(head, cells)


def stages(rows: Any) -> str:
    """One row per stage of a frame, one column per set of subscribed topics."""
    names = [name for name in FRAME_STAGES if any(name in row['stages'] for row in rows)]
    cells = [
        (name, *(milliseconds(row['stages'].get(name, {}).values()) for row in rows))
        for name in names
    ]
    return table(('stage', *(row['subscribed'] for row in rows)), cells)


def under_load(rows: Any) -> str:
    """One row per number of cameras, topics and pace."""
    cells = [
        (
            *(f'{row["cameras"]}', row['subscribed'], f'{row["rate"]:g}'),
            *(f'{row[k]:.0%}' for k in ('answered', 'fewest_answered')),
            milliseconds(row['latency_ms']),
            *(f'{row[k]:.0f}' for k in ('cpu_percent', 'resident_mb')),
        )
        for row in rows
    ]
    head = (
        *('cameras', 'subscribed', 'each [Hz]', 'answered', 'of the worst camera'),
        *('p50 / p95 / p99 [ms]', 'CPU [%]', 'memory [MiB]'),
    )
    return table(head, cells)


def milliseconds(values: Iterable[float]) -> str:
    """Percentiles in milliseconds, with a digit after the point where they are small."""
    return ' / '.join(f'{value:.0f}' if value >= 20 else f'{value:.1f}' for value in values)


def pair(milliseconds: tuple[float, float]) -> str:
    """Two percentiles as people read them."""
    return ' / '.join(f'{value:.0f}' for value in milliseconds)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
