# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Interleaved forward passes of ours and of the peers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lacdepth_ros.evaluation import forward_times, peers
from lacdepth_ros.evaluation.forward_times import Combination, Work
from lacdepth_ros.evaluation.peak import Peak, Probe

CPU = torch.device('cpu')


class OneConvolution(nn.Module):
    """A network of transformers, as far as it matters here: 3 to 1 channels, 3x3."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, image: torch.Tensor) -> Any:
        return SimpleNamespace(predicted_depth=self.convolution(image)[:, 0])


@pytest.fixture
def one_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    load = peers.load_library
    monkeypatch.setattr(
        peers, 'load_library', lambda name, why: name == peers.LIBRARY or load(name, why)
    )
    peer = peers.Peer(14, lambda _: OneConvolution())
    monkeypatch.setattr(peers, 'PEERS', {'one': peer})


def test_ratio_is_that_of_medians_and_share_of_peak_that_of_the_fastest_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network of half the best probe's work in that probe's time has half of its speed."""
    first = Combination('a', 'eager', 'fp32', 8, 8)
    second = Combination('b', 'eager', 'fp32', 8, 8)
    probes = {'slow': Probe(10**9, int), 'fast': Probe(8 * 10**9, int)}
    taken = {
        ('fp32', 'slow'): [1.0, 2.0, 1.0],
        ('fp32', 'fast'): [2.0, 2.0, 9.0],
        first: [2.0, 2.0, 2.0],
        second: [8.0, 4.0, 3.0],
    }
    monkeypatch.setattr(forward_times, 'interleaved_times', lambda *_: taken)
    monkeypatch.setattr(forward_times, 'probes', lambda *_: probes)
    work = Work(10, 4 * 10**9)
    runners: forward_times.Runners = {first: (work, int), second: (work, int)}
    rows, peaks = forward_times.time_networks([lambda: runners], 3, CPU)
    assert [row.combination for row in rows] == [first, second]
    assert [row.milliseconds for row in rows] == [(2.0, 2.0, 2.0), (4.0, 7.6, 7.92)]
    assert [row.ratio for row in rows] == [1.0, 2.0]
    assert [row.share_of_peak for row in rows] == [0.5, pytest.approx(1 / 3)]
    assert peaks == {'fp32': Peak('fast', 4000.0)}


def test_networks_are_held_one_at_a_time_and_all_are_compared_with_the_first_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second network is timed while the machine is half as fast, the first way with it."""
    alive: list[str] = []
    made: list[list[str]] = []

    class Network:
        def __init__(self, name: str) -> None:
            self.name = name
            alive.append(name)
            made.append(sorted(alive))

        def __del__(self) -> None:
            alive.remove(self.name)

        def __call__(self) -> None: ...

    ways = [Combination(name, 'eager', 'fp32', 8, 8) for name in ('a', 'a2', 'b', 'c')]
    turns = iter([(1.0, {}), (2.0, {ways[2]: 10.0}), (1.0, {ways[3]: 3.0})])

    def times(runners: dict[Any, Any], _: int) -> dict[Any, list[float]]:
        slower, own = next(turns)
        return {name: [own.get(name, 2.0 * slower)] for name in runners}

    def network(*names: int) -> forward_times.Made:
        return lambda: {ways[i]: (Work(1, 10**9), Network(ways[i].network)) for i in names}

    monkeypatch.setattr(forward_times, 'interleaved_times', times)
    monkeypatch.setattr(forward_times, 'probes', lambda *_: {'probe': Probe(10**9, int)})
    shown: list[tuple[int, int]] = []
    rows, peaks = forward_times.time_networks(
        [network(0, 1), network(2), network(3)], 3, CPU, lambda *counts: shown.append(counts)
    )
    assert made == [['a'], ['a', 'a2'], ['a', 'b'], ['a', 'c']]
    assert [row.ratio for row in rows] == [1.0, 1.0, 2.5, 1.5]
    assert [row.share_of_peak for row in rows] == pytest.approx([1, 1, 0.4, 2 / 3])
    assert peaks == {'fp32': Peak('probe', 500.0)}
    assert shown == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_peers_get_the_nearest_size_and_are_counted(one_peer: None) -> None:
    [make] = forward_times.peer_networks(['one'], [(30, 50)], [('eager', 'fp32')])
    runners = make()
    [(combination, (work, run))] = runners.items()
    assert (combination.height, combination.width) == (28, 56)
    assert work == Work(parameters=28, macs=27 * 28 * 56)
    depth = run()
    assert isinstance(depth, torch.Tensor) and depth.shape == (1, 28, 56)


def test_peers_run_reduced_and_only_where_an_engine_is_theirs(one_peer: None) -> None:
    ways = [('eager', 'bf16'), ('compiled', 'fp16')]
    [make] = forward_times.peer_networks(['one'], [(28, 28)], ways)
    runners = make()
    [(combination, (_, run))] = runners.items()
    assert (combination.engine, combination.precision) == ('eager', 'bf16')
    depth = run()
    assert isinstance(depth, torch.Tensor) and depth.dtype == torch.bfloat16


def test_peers_are_held_one_way_at_a_time(one_peer: None) -> None:
    ways = [('eager', 'fp32'), ('eager', 'bf16')]
    made = forward_times.peer_networks(['one'], [(28, 28), (28, 42)], ways)
    combinations = [list(make()) for make in made]
    assert [[(c.width, c.precision) for c in some] for some in combinations] == [
        [(28, 'fp32')],
        [(28, 'bf16')],
        [(42, 'fp32')],
        [(42, 'bf16')],
    ]


def test_peers_under_openvino_compute_what_they_are(one_peer: None) -> None:
    pytest.importorskip('openvino')
    network = peers.build_peer('one')
    for name, values in network.named_parameters():
        values.fill_(2.5 if name.endswith('bias') else 0.0)
    run = peers.peer_runner(network, 28, 42, engine='openvino', precision='fp32')
    [depth] = run().values()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(depth, np.full((1, 28, 42), 2.5, np.float32))


def test_without_transformers_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, 'LIBRARY', 'transformers_that_nobody_has')
    with pytest.raises(ModuleNotFoundError, match='pip install transformers_that_nobody_has'):
        peers.build_peer('zoedepth')


@pytest.mark.parametrize('name', ['depth-anything-v2-small', 'dpt-dinov2-small', 'glpn-kitti'])
def test_peers_have_the_size_of_those_that_were_published(name: str) -> None:
    pytest.importorskip('transformers')
    millions = {'depth-anything-v2-small': 24.8, 'dpt-dinov2-small': 37.2, 'glpn-kitti': 61.2}
    network = peers.build_peer(name, 'meta')
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count / 1e6 == pytest.approx(millions[name], abs=0.1)
