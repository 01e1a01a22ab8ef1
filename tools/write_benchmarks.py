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
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmark_tables import (
    accuracy,
    at,
    calibration,
    node,
    pair,
    peaks,
    sizes,
    stages,
    table,
    times,
    under_load,
)

PAGE = Path(__file__).parents[1] / 'docs' / 'benchmarks.md'
PACKAGES = ('lacdepth_ros', 'torch', 'numpy', 'openvino', 'opencv-python', 'ros-rclpy')
LITE = 'lacdepth-lite'
HEAD = ('of lacdepth-lite', '')


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', type=Path, required=True, help='manifest of frames to measure')
    parser.add_argument('--device', default='cpu')
    parser.add_argument(
        '--accuracy-only',
        action='store_true',
        help='measure accuracy and calibration of new weights; times stay as they are on the page',
    )
    parser.add_argument(
        'benchmark', nargs='*', help='after --: further options of lacdepth benchmark'
    )
    args = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        evaluated = lacdepth(folder, 'evaluate', '--data', str(args.data), '--device', args.device)
        if args.accuracy_only:
            PAGE.write_text(renewed(PAGE.read_text(encoding='utf-8'), evaluated), encoding='utf-8')
            print(f'wrote {PAGE}')
            return 0
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
        *errors_found(evaluated),
        '## Size',
        f'At {at(measured["sizes"][0])}, by `lacdepth benchmark`.',
        sizes(measured['sizes']),
        '## Time of a forward pass',
        'With the same threads and input; the rows of a network of ours at one size, and each row '
        'of another, are interleaved with the first row and with what gives the peak, so that a '
        'slow moment affects all. The ratio '
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


def errors_found(evaluated: Any) -> list[str]:
    """Paragraphs on accuracy and calibration."""
    return [
        '## Accuracy',
        f'Of the shipped checkpoint, by `lacdepth evaluate` on {today()}, on places that it was '
        f'not trained on, but for the room of 7-Scenes, a smoke check ({protocol(evaluated)}).',
        accuracy(evaluated),
        '## Calibration of the uncertainty',
        'Share [%] of the pixels whose error lies inside the interval that the predicted standard '
        'deviation gives for 50, 68, 90 and 95 %, and the factor that would make it right.',
        calibration(evaluated['calibration']['groups']),
    ]


def renewed(text: str, evaluated: Any) -> str:
    """The page with the errors of other weights, which take as long as those before."""
    before, _, rest = text.partition('## Accuracy\n')
    _, _, timed = rest.partition('## Size\n')
    lines = [line for line in before.splitlines() if not line.startswith('| abs_rel on ')]
    first = lines.index(table(HEAD, []).splitlines()[0]) + 2
    lines[first:first] = table(HEAD, error_rows(evaluated)).splitlines()[2:]
    found = '\n\n'.join(errors_found(evaluated))
    return '\n'.join([*lines, found, '', '## Size', timed])


def error_rows(evaluated: Any) -> list[tuple[str, str]]:
    """What the summary says of each group of frames."""
    return [
        (f'abs_rel on {name} ({values["frames"]:.0f} frames)', f'{values["abs_rel"]:.3f}')
        for name, values in evaluated['groups'].items()
    ]


def today() -> str:
    """The date, in UTC."""
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def lacdepth(folder: str, *arguments: str) -> Any:
    """Run a command in a process of its own, as users do; returns its JSON."""
    report = Path(folder) / f'{arguments[0]}.json'
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main', *arguments, '--json', str(report)]
    subprocess.run(command, check=True)
    return json.loads(report.read_text())


def machine(device: str, load: float) -> str:
    """What it was measured on."""
    cores = len(os.sched_getaffinity(0))
    versions = ', '.join(f'{name} {version}' for name in PACKAGES if (version := installed(name)))
    return table(
        ('', ''),
        [
            ('date', today()),
            ('processor', f'{processor()}, {cores} cores; load {load:.1f} when it began'),
            ('device', device),
            ('versions', f'Python {platform.python_version()}, {versions}'),
        ],
    )


def installed(package: str) -> str:
    """Version of a package, '' where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ''


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
    return table(
        HEAD,
        [
            *error_rows(evaluated),
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


if __name__ == '__main__':
    sys.exit(main())
