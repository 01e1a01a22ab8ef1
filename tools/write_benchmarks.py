# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure everything that the documents quote, on this machine, and write docs/benchmarks.md.

    make benchmarks DATA=DATA/val/manifest.jsonl OPTIONS='-- --peers --cameras 1 3'

Its first table is the one that the README shows; copy it there, a test compares the two.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / 'docs' / 'benchmarks.md'
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
PACKAGES = ('lacdepth_ros', 'torch', 'numpy', 'openvino', 'opencv-python', 'ros-rclpy')
LITE = 'lacdepth-lite'
STAGES = ('network', 'stamp_to_publish', 'arrival')
FRAME_STAGES = ('decode', 'preprocess', 'network', 'postprocess', 'cloud', 'publish')


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', type=Path, required=True, help='manifest of frames to measure')
    parser.add_argument('--device', default='cpu')
    parser.add_argument(
        'benchmark', nargs='*', help='after --: further options of lacdepth benchmark'
    )
    args = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        evaluated = lacdepth(folder, 'evaluate', '--data', str(args.data), '--device', args.device)
        measured = lacdepth(folder, 'benchmark', '--device', args.device, *args.benchmark)
    PAGE.write_text(
        '\n\n'.join(page(args.device, load, evaluated, measured)) + '\n', encoding='utf-8'
    )
    print(f'wrote {PAGE}')
    return 0


def page(device: str, load: float, evaluated: Any, measured: Any) -> list[str]:
    """Its paragraphs."""
    return [
        '# Benchmarks',
        f'Written by `make benchmarks DATA=...` ({Path(__file__).name}), not by hand.',
        machine(device, load),
        '## In short',
        summary(evaluated, measured),
        '## Accuracy',
        'Of the shipped checkpoint, by `lacdepth evaluate`, on places that it was not trained on, '
        f'but for the room of 7-Scenes, a smoke check ({protocol(evaluated)}).',
        accuracy(evaluated),
        '## Calibration of the uncertainty',
        'Share [%] of the pixels whose error lies inside the interval that the predicted standard '
        'deviation gives for 50, 68, 90 and 95 %, and the factor that would make it right.',
        calibration(evaluated['calibration']['groups']),
        '## Size',
        f'At {at(measured["sizes"][0])}, by `lacdepth benchmark`.',
        sizes(measured['sizes']),
        '## Time of a forward pass',
        'With the same threads and input; the rows of a network at one size are interleaved with '
        'the first row and with what gives the peak, so that a slow moment affects all. The ratio '
        'is to the first row; of peak: of the most multiply-adds a second in the same rounds '
        f'({peaks(measured["peaks"])}); of each the fastest round. '
        'Networks that are not ours are built by transformers, with random weights.',
        times(measured['times']),
        '## The node',
        'Frames of 1242 x 375, one every 0.3 s; p50 / p95 [ms]. The overhead is what the node '
        'adds to the network until it has published.',
        node(measured['node']),
        'Where the time goes, p50 / p95 / p99 [ms]:',
        stages(measured['node']),
        '## Under load',
        'Frames of 1242 x 375 at the pace of cameras; latency from sending to the arrival of the '
        'last topic subscribed. CPU: 100 % is one core; the sender takes its share of them.',
        under_load(measured['load']),
    ]


def lacdepth(folder: str, *arguments: str) -> Any:
    """Run a command in a process of its own, as users do; returns its JSON."""
    report = Path(folder) / f'{arguments[0]}.json'
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main', *arguments, '--json', str(report)]
    subprocess.run(command, check=True)
    return json.loads(report.read_text())


def machine(device: str, load: float) -> str:
    """What it was measured on."""
    cores = len(os.sched_getaffinity(0))
    installed = {d.name.lower(): d.version for d in metadata.distributions()}
    versions = ', '.join(f'{name} {installed[name]}' for name in PACKAGES if name in installed)
    return table(
        ('', ''),
        [
            ('date', datetime.datetime.now(datetime.timezone.utc).date().isoformat()),
            ('processor', f'{processor()}, {cores} cores; load {load:.1f} when it began'),
            ('device', device),
            ('versions', f'Python {platform.python_version()}, {versions}'),
        ],
    )


def processor() -> str:
    """Name, family and model."""
    text = Path('/proc/cpuinfo').read_text()
    name, family, model = (
        re.search(rf'^{key}\s*: (.*)$', text, re.MULTILINE)
        for key in ('model name', 'cpu family', 'model')
    )
    assert name and family and model
    return f'{name[1]} (family {family[1]}, model {model[1]})'


def summary(evaluated: Any, measured: Any) -> str:
    """The table that the README quotes."""
    size = next(row for row in measured['sizes'] if row['network'] == LITE)
    time = {
        f'{row["engine"]} {row["precision"]}': row
        for row in measured['times']
        if row['network'] == LITE and at(row) == at(size)
    }
    depth = measured['node'][0]
    errors = [
        (f'abs_rel on {name} ({values["frames"]:.0f} frames)', f'{values["abs_rel"]:.3f}')
        for name, values in evaluated['groups'].items()
    ]
    return table(
        ('of lacdepth-lite', ''),
        [
            *errors,
            ('parameters', f'{size["parameters"] / 1e6:.2f} M'),
            (f'multiply-adds at {at(size)}', f'{size["macs"] / 1e9:.1f} G'),
            (
                f'forward pass at {at(size)}, {" / ".join(time)}, p50',
                f'{" / ".join(format(row["p50_ms"], ".0f") for row in time.values())} ms',
            ),
            (
                'node, stamp of a 1242 x 375 image to published depth, p50 / p95',
                f'{pair(depth["stamp_to_publish"])} ms',
            ),
        ],
    )


def protocol(evaluated: Any) -> str:
    """The settings that differ between papers."""
    given = evaluated['protocol']
    flip = 'with' if given['flip_average'] else 'without'
    caps = f'{given["min_depth_eval"]:g} to {given["max_depth_eval"]:g} m'
    return f'{given["crop"]} crop, {caps}, {flip} flip averaging, mean over images'


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


if __name__ == '__main__':
    sys.exit(main())
