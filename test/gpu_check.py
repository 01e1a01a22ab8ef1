# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`make gpu-check`: the tests that need a GPU and its timings, in one JSON.

Needs the package's folder on the path, pytest, torch, torchvision, numpy, opencv and safetensors;
no ROS and no network. About ten minutes each for tests and timings, most of them for compiling;
what is done by then is in the JSON when a run is cut short. Where a run may take no longer, two
runs: --skip-times and --skip-tests, with two outputs.
"""

from __future__ import annotations

import argparse
import copy
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from lacdepth_ros.core.percentiles import percentiles_at
from lacdepth_ros.evaluation.benchmark import interleaved_times
from lacdepth_ros.models.assumed_camera import centered_camera
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.config import preset
from lacdepth_ros.models.engines.build import PRECISIONS, build_engine
from lacdepth_ros.models.engines.parity import street_input
from lacdepth_ros.models.lacdepth import LacDepth

SIZES = ((278, 920), (352, 1216))
ENGINES = ('eager', 'compiled')
GPU = torch.device('cuda')


def main() -> int:
    """Write the JSON; 0 when every test passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--output', type=Path, default=Path('gpu_check.json'))
    parser.add_argument('--rounds', type=int, default=50, help='timed rounds')
    parser.add_argument('--skip-tests', action='store_true')
    parser.add_argument('--skip-times', action='store_true')
    args = parser.parse_args()
    if not torch.cuda.is_available():
        print('gpu-check needs a CUDA device, and PyTorch sees none', file=sys.stderr)
        return 2
    result: dict[str, Any] = {'machine': machine(), 'tests': [], 'times': []}

    def save() -> None:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(json.dumps(result, indent=2) + '\n')

    save()
    if not args.skip_tests:

        def take(row: dict[str, Any]) -> None:
            result['tests'].append(row)
            save()

        run_tests(take)
    for name, model, size in () if args.skip_times else networks():
        for row in times(name, model, size, args.rounds):
            print(row, flush=True)
            result['times'].append(row)
        save()
    bad = [test['name'] for test in result['tests'] if test['outcome'] != 'passed']
    if not args.skip_tests and not result['tests']:
        bad = ['no test was run']
    print(f'wrote {args.output}; {len(result["tests"])} tests, not passed: {bad or "none"}')
    return 1 if bad else 0


def networks() -> Iterator[tuple[str, LacDepth, tuple[int, int]]]:
    """Names, networks and input sizes to time."""
    for size in SIZES:
        yield 'lacdepth-lite', load_checkpoint()[0], size
    yield 'lacdepth-r101', LacDepth(preset('lacdepth-r101')).eval(), SIZES[-1]


def machine() -> dict[str, Any]:
    """Say on what the figures were taken."""
    properties = torch.cuda.get_device_properties(GPU)
    return {
        'gpu': properties.name,
        'memory_gib': round(properties.total_memory / 2**30, 1),
        'capability': list(torch.cuda.get_device_capability()),
        'torch': torch.__version__,
        'cuda': torch.version.cuda,
        'cudnn': torch.backends.cudnn.version(),
        'python': platform.python_version(),
    }


class Outcomes:
    """Plugin of pytest that hands on every test as soon as it is done: a run may be cut short."""

    def __init__(self, take: Callable[[dict[str, Any]], None]) -> None:
        self._take = take

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hand on the result of a test that ran, or why it did not."""
        if report.when != 'call' and report.passed:
            return
        row = {'name': report.nodeid.rsplit('::')[-1], 'outcome': report.outcome}
        row |= {'seconds': round(report.duration, 2), **dict(report.user_properties)}
        if not report.passed:
            row['text'] = report.longreprtext[-2000:]
        print(row, flush=True)
        self._take(row)


def run_tests(take: Callable[[dict[str, Any]], None]) -> None:
    """Run the tests marked gpu."""
    path = Path(__file__).parent / 'models' / 'test_gpu.py'
    pytest.main([str(path), '-m', 'gpu', '-q', '--tb=short'], plugins=[Outcomes(take)])


def times(name: str, model: LacDepth, size: tuple[int, int], rounds: int) -> list[dict[str, Any]]:
    """Time one frame by engine and precision, interleaved, and say what was used to get ready."""
    camera = centered_camera(model.config.focal_px, width=size[1], height=size[0])
    inputs, _ = street_input(model.config, camera, GPU)
    rows: dict[str, dict[str, Any]] = {}
    runners: dict[str, Callable[[], None]] = {}
    engines = []
    for engine_name in ENGINES:
        for precision in PRECISIONS:
            start, before = time.perf_counter(), torch.cuda.memory_allocated()
            engine = build_engine(engine_name, copy.deepcopy(model), GPU, precision)
            engine.run(*inputs)
            torch.cuda.synchronize()
            key = f'{engine_name} {precision}'
            rows[key] = {
                'network': name,
                'height': size[0],
                'width': size[1],
                'engine': engine_name,
                'precision': precision,
                'ready_s': round(time.perf_counter() - start, 2),
                'held_mib': round((torch.cuda.memory_allocated() - before) / 2**20, 1),
            }
            runners[key] = lambda engine=engine: (
                engine.run(*inputs),
                torch.cuda.synchronize(),
            )
            engines.append(engine)
    for key, milliseconds in interleaved_times(runners, rounds).items():
        rows[key]['p50_ms'], rows[key]['p95_ms'] = percentiles_at(milliseconds, (50, 95))
    for engine in engines:
        engine.close()
    return list(rows.values())


if __name__ == '__main__':
    raise SystemExit(main())
