# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The choice of an engine: the fastest that is there and passes, never another one silently."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from tiny_networks import tiny_network
from torch import Tensor

from lacdepth_ros.models.assumed_camera import centered_camera
from lacdepth_ros.models.engines import build, choice, gate
from lacdepth_ros.models.engines.build import EngineSpec, candidates
from lacdepth_ros.models.engines.choice import EngineChooser
from lacdepth_ros.models.engines.eager import EagerEngine
from lacdepth_ros.models.engines.engine import Outputs
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantization import Levels, Quantization

CAMERA = centered_camera(535.0, 96, 64)
CPU, GPU, XPU = (torch.device(name) for name in ('cpu', 'cuda', 'xpu'))


class OffEngine(EagerEngine):
    """Stands for another engine: depth is that of the reference, off by a share."""

    version = '1'
    off = 0.0
    closed = 0
    takes: ClassVar = {'int8': 15.0, 'bf16': 20.0, 'fp32': 40.0}
    fault: Exception | None = None

    def __init__(self, model: LacDepth, device: torch.device, precision: str) -> None:
        if self.fault is not None:
            raise self.fault
        super().__init__(model, device, 'fp32')
        self.milliseconds = self.takes[precision]

    def run(self, image: Tensor, *constants: Tensor) -> Outputs:
        depth, std, summary = super().run(image, *constants)
        return depth * (1 + self.off), std, summary

    def close(self) -> None:
        type(self).closed += 1


class SameEngine(EagerEngine):
    """Stands for another engine: the depth of the reference, in two thirds of its time."""

    version = '1'
    milliseconds = 40.0


@pytest.fixture(autouse=True)
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[OffEngine]:
    """Put OffEngine in OpenVINO's place, on a processor that computes bf16."""
    monkeypatch.setenv('LACDEPTH_CACHE', str(tmp_path))

    def build_engine(name: str, *args: Any) -> EagerEngine:
        kinds = {'eager': EagerEngine, 'openvino': OffEngine, 'onnxruntime': SameEngine}
        return kinds[name](*args)

    engines = {
        **build.ENGINES,
        'openvino': EngineSpec(('', ''), ('cpu',), 'sys'),
        'onnxruntime': EngineSpec(('', ''), ('cpu',), 'sys', 'openvino'),
    }
    for target in (build, choice):
        monkeypatch.setattr(target, 'ENGINES', engines)
    monkeypatch.setattr(gate, 'build_engine', build_engine)
    monkeypatch.setattr(
        gate, 'least_milliseconds', lambda engine, *_: getattr(engine, 'milliseconds', 60.0)
    )
    monkeypatch.setattr(build, 'computes_bf16', lambda: True)
    monkeypatch.setattr(build, 'computes_fp16', lambda: False)
    monkeypatch.setattr(build, 'computes_int8', lambda: False)
    monkeypatch.setattr(choice, 'is_x86', lambda: True)
    takes = {'bf16': 20.0, 'fp32': 40.0}
    for name, value in (('off', 0.0), ('closed', 0), ('fault', None), ('takes', takes)):
        monkeypatch.setattr(OffEngine, name, value)
    return OffEngine


def choose(engine: str = 'auto', precision: str = 'auto') -> choice.Choice:
    return EngineChooser(tiny_network(), CPU, engine, precision).choose(CAMERA)


def test_fastest_that_passes_is_taken(other: type[OffEngine]) -> None:
    chosen = choose()
    assert (chosen.name, chosen.precision) == ('openvino', 'bf16')
    assert isinstance(chosen.engine, other) and chosen.parity is not None
    assert not chosen.refused and other.closed == 1, 'the slower one'
    assert str(chosen).startswith(
        'openvino bf16, measured: openvino bf16 20.0 ms, openvino fp32 40.0 ms, eager fp32 '
        '60.0 ms (against float32: 0.00% median'
    )


@pytest.mark.slow
def test_fastest_is_what_this_machine_measures_not_what_is_expected(
    other: type[OffEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    other.takes = {'bf16': 50.0, 'fp32': 45.0}
    assert choose().precision == 'fp32' and other.closed == 1
    choose()
    choose()
    monkeypatch.setattr(gate, 'least_milliseconds', None)
    again = choose()
    assert again.precision == 'fp32', 'measured at three starts, not at every one'
    assert again.milliseconds == {'openvino bf16': 50, 'openvino fp32': 45, 'eager fp32': 60}


def test_a_first_start_on_a_busy_machine_does_not_decide_for_good(
    other: type[OffEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    other.takes = {'bf16': 900.0, 'fp32': 901.0}
    assert choose().name == 'eager'
    other.takes = {'bf16': 20.0, 'fp32': 40.0}
    assert choose().precision == 'bf16'


def test_reference_is_taken_where_it_is_the_fastest(other: type[OffEngine]) -> None:
    other.takes = {'bf16': 70.0, 'fp32': 70.0}
    chosen = choose()
    assert (chosen.name, chosen.parity, other.closed) == ('eager', None, 2)
    assert '(the reference)' in str(chosen)


def test_time_is_the_least_of_runs_after_one_that_compiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    now, took = [0.0], [9.0, 0.03, 0.02, 0.5, 0.7]

    class Slow:
        def run(self, image: Tensor) -> None:
            now[0] += took.pop(0)

    monkeypatch.setattr(gate.time, 'perf_counter', lambda: now[0])
    least = gate.least_milliseconds(Slow(), torch.zeros(1))  # type: ignore[arg-type]
    assert least == pytest.approx(20)
    assert not took, 'a second of runs is enough'


def test_engine_that_was_named_is_not_timed(other: type[OffEngine]) -> None:
    chosen = choose('openvino', 'bf16')
    assert not chosen.milliseconds and str(chosen).startswith('openvino bf16 (against')


def test_reduced_precision_may_be_off_a_little_and_float32_may_not(other: type[OffEngine]) -> None:
    other.off = 0.004
    assert choose().precision == 'bf16'
    other.closed = 0
    chosen = choose(precision='fp32')
    assert (chosen.name, chosen.precision) == ('onnxruntime', 'fp32')
    assert 'largest 0.0040 exceeds 0.0010' in chosen.refused['openvino fp32']
    assert other.closed == 1  # refused


def test_engine_too_far_off_is_passed_over_with_its_figures(other: type[OffEngine]) -> None:
    other.off = 0.02
    chosen = choose()
    assert chosen.name == 'onnxruntime'
    assert list(chosen.milliseconds) == ['onnxruntime fp32', 'eager fp32']
    assert list(chosen.refused) == ['openvino bf16', 'openvino fp32']
    assert 'median 0.0200 exceeds 0.0100' in str(chosen)
    assert other.closed == 2


def test_engine_that_was_named_is_never_replaced(other: type[OffEngine]) -> None:
    other.off = 0.02
    for precision in ('bf16', 'fp32'):
        with pytest.raises(ValueError, match=r'openvino .* too far from float32 PyTorch'):
            choose('openvino', precision)
    with pytest.raises(ValueError, match=r'no engine can be used.*openvino bf16.*openvino fp32'):
        choose('openvino')


def test_engine_that_breaks_is_passed_over_only_where_the_choice_is_free(
    other: type[OffEngine],
) -> None:
    other.fault = RuntimeError('no such instruction')
    assert choose().refused['openvino fp32'] == 'no such instruction'
    with pytest.raises(RuntimeError, match='no such instruction'):
        choose('openvino', 'fp32')


def test_missing_package_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = EngineSpec(('', ''), ('cpu',), 'no_such_package')
    monkeypatch.setitem(choice.ENGINES, 'openvino', spec)
    monkeypatch.setitem(choice.ENGINES, 'onnxruntime', spec)
    chosen = choose()
    assert chosen.name == 'eager'
    assert 'openvino fp32: pip install no_such_package to get it' in str(chosen)


@pytest.mark.slow
def test_engine_that_is_always_slower_is_tried_only_where_the_faster_one_cannot_be_used(
    other: type[OffEngine],
) -> None:
    assert 'onnxruntime fp32' not in choose().milliseconds
    other.fault = RuntimeError('no such instruction')
    chosen = choose()
    assert set(chosen.milliseconds) == {'onnxruntime fp32', 'eager fp32'}
    assert set(chosen.refused) == {'openvino bf16', 'openvino fp32'}
    assert chosen.name == 'onnxruntime'


def test_both_are_tried_on_arm_where_neither_was_measured(
    other: type[OffEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, 'is_x86', lambda: False)
    other.takes = {'bf16': 50.0, 'fp32': 45.0}
    chosen = choose()
    assert chosen.name == 'onnxruntime'
    assert set(chosen.milliseconds) == {
        'openvino bf16',
        'openvino fp32',
        'onnxruntime fp32',
        'eager fp32',
    }


def test_half_precision_is_tried_on_a_cpu_that_multiplies_it(
    other: type[OffEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, 'computes_fp16', lambda: True)
    monkeypatch.setattr(build, 'computes_bf16', lambda: False)
    other.takes = {'fp16': 15.0, 'fp32': 40.0}
    assert (choose().name, choose().precision) == ('openvino', 'fp16')
    assert candidates('openvino', 'auto', CPU) == [('openvino', 'fp16'), ('openvino', 'fp32')]
    assert candidates('auto', 'fp16', CPU) == [('openvino', 'fp16')]
    assert ('openvino', 'fp16') in build.runnable(CPU)
    for engine in ('eager', 'onnxruntime'):
        with pytest.raises(ValueError, match="'fp16' is OpenVINO's on the cpu alone"):
            candidates(engine, 'fp16', CPU)


@pytest.mark.slow
def test_integers_are_tried_where_the_processor_has_them(
    other: type[OffEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, 'computes_int8', lambda: True)
    other.takes = {'int8': 15.0, 'bf16': 20.0, 'fp32': 40.0}
    assert choose().precision == 'int8', 'the stand-in needs no scales'
    assert candidates('openvino', 'auto', CPU) == [
        ('openvino', 'int8'),
        ('openvino', 'bf16'),
        ('openvino', 'fp32'),
    ]
    assert candidates('auto', 'int8', CPU) == [('openvino', 'int8')]
    assert candidates('onnxruntime', 'auto', CPU) == [('onnxruntime', 'fp32')]
    with pytest.raises(ValueError, match="'int8' needs a checkpoint that holds scales"):
        choose('openvino', 'int8')
    model = tiny_network()
    model.quantization = Quantization({'fusion.merges.0.0': Levels(2.0, True, None)})
    first = EngineChooser(copy.deepcopy(model), CPU, 'openvino', 'int8').choose(CAMERA)
    monkeypatch.setattr(gate, 'compare', None)
    assert EngineChooser(copy.deepcopy(model), CPU, 'openvino', 'int8').choose(CAMERA).parity == (
        first.parity
    )
    model.quantization = Quantization({'fusion.merges.0.0': Levels(1.0, True, None)})
    with pytest.raises(TypeError):  # other integers are measured anew
        EngineChooser(model, CPU, 'openvino', 'int8').choose(CAMERA)


@pytest.mark.slow
def test_figures_are_kept_for_the_same_network_only(
    other: type[OffEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = choose()
    monkeypatch.setattr(gate, 'compare', None)
    assert choose().parity == first.parity
    with pytest.raises(TypeError):
        EngineChooser(tiny_network(seed=1), CPU, 'openvino', 'bf16').choose(CAMERA)
    for other_camera in (CAMERA.padded(right=32), dataclasses.replace(CAMERA, fx=400.0)):
        with pytest.raises(TypeError):
            EngineChooser(tiny_network(), CPU, 'openvino', 'bf16').choose(other_camera)
    other.version = '2'
    with pytest.raises(TypeError):
        choose('openvino', 'bf16')


def test_candidates_by_request_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    assert candidates('auto', 'auto', CPU)[0] == ('openvino', 'bf16')
    assert candidates('auto', 'bf16', CPU)[::2] == [('openvino', 'bf16'), ('eager', 'bf16')]
    assert candidates('onnxruntime', 'auto', CPU) == [('onnxruntime', 'fp32')]
    assert candidates('openvino', 'auto', CPU) == [('openvino', 'bf16'), ('openvino', 'fp32')]
    assert candidates('eager', 'auto', CPU) == [('eager', 'fp32')]
    assert candidates('auto', 'auto', GPU)[0] == ('compiled', 'fp16')
    assert candidates('auto', 'auto', GPU)[-1] == ('eager', 'fp32')
    assert candidates('eager', 'bf16', CPU) == [('eager', 'bf16')]
    monkeypatch.setattr(build, 'computes_bf16', lambda: False)
    assert candidates('auto', 'auto', CPU)[0] == ('openvino', 'fp32')
    assert candidates('auto', 'bf16', CPU)[0] == ('openvino', 'bf16'), 'asked for, so given'
    assert ('onnxruntime', 'fp32') in candidates('auto', 'auto', CPU)


def test_runnable_is_what_is_installed_and_the_reference(monkeypatch) -> None:
    eager = [('eager', 'fp32'), ('eager', 'bf16')]
    present, missing = (EngineSpec(('', ''), ('cpu',), x) for x in ('sys', 'no_such_package'))
    monkeypatch.setitem(build.ENGINES, 'onnxruntime', missing)
    assert build.runnable(CPU) == [*eager, ('openvino', 'fp32'), ('openvino', 'bf16')]
    monkeypatch.setitem(build.ENGINES, 'openvino', missing)
    assert build.runnable(CPU) == eager
    assert ('compiled', 'fp16') in build.runnable(GPU)
    monkeypatch.setitem(build.ENGINES, 'onnxruntime', present)
    assert build.runnable(CPU) == [*eager, ('onnxruntime', 'fp32')]


@pytest.mark.parametrize(
    ('engine', 'precision', 'device', 'message'),
    [
        ('magic', 'fp32', CPU, "'magic'.*'auto', 'eager'"),
        ('eager', 'int4', CPU, "'int4'.*'auto', 'fp32', 'bf16', 'fp16', 'int8'"),
        ('eager', 'int8', CPU, "'int8' is OpenVINO's on the cpu alone, not of engine 'eager'"),
        ('auto', 'int8', GPU, "'int8' is OpenVINO's on the cpu alone.*'cuda'"),
        ('auto', 'fp16', CPU, 'needs a GPU, or an Arm CPU'),
        ('compiled', 'auto', CPU, "'compiled' cannot run on device 'cpu'"),
        ('openvino', 'auto', GPU, "'openvino' cannot run on device 'cuda'"),
    ],
)
def test_impossible_request_is_refused(engine, precision, device, message) -> None:
    with pytest.raises(ValueError, match=message):
        candidates(engine, precision, device)
