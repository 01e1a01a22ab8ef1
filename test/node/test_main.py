# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the node's process sets up before PyTorch is imported."""

from __future__ import annotations

import os

import cv2
import pytest

pytest.importorskip('rclpy')

from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.node.main import SPINS, calm_openmp, load_predictor


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, SPINS),
        ({'GOMP_SPINCOUNT': '7'}, '7'),
        ({'OMP_WAIT_POLICY': 'active'}, None),
    ],
)
def test_openmp_spins_little_unless_the_user_said_otherwise(monkeypatch, given, expected):
    for name in ('GOMP_SPINCOUNT', 'OMP_WAIT_POLICY'):
        monkeypatch.setenv(name, '')  # so that the test's end takes back what calm_openmp sets
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    calm_openmp()
    assert os.environ.get('GOMP_SPINCOUNT') == expected


def test_opencv_has_one_thread_beside_a_network_on_the_cpu(monkeypatch):
    """Its waiting threads took the cores from the network's."""
    monkeypatch.setattr(DepthPredictor, 'from_checkpoint', lambda *_, **options: options['device'])
    before = cv2.getNumThreads()
    cv2.setNumThreads(-1)
    every = cv2.getNumThreads()
    try:
        assert load_predictor(None, device='cpu') == 'cpu'
        assert cv2.getNumThreads() == 1
        load_predictor(None, device='cuda')
        assert cv2.getNumThreads() == every
    finally:
        cv2.setNumThreads(before)
