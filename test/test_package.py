# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What `import lacdepth_ros` offers, and what it does not import for that."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

import lacdepth_ros
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.prediction import DepthPrediction
from lacdepth_ros.models.predictor import DepthPredictor


def test_names_are_those_of_their_modules() -> None:
    assert lacdepth_ros.Camera is Camera
    assert lacdepth_ros.DepthPredictor is DepthPredictor
    assert lacdepth_ros.DepthPrediction is DepthPrediction
    assert set(lacdepth_ros.__all__) <= set(dir(lacdepth_ros))


def test_version_is_that_of_the_installed_package() -> None:
    try:
        installed = metadata.version('lacdepth_ros')
    except metadata.PackageNotFoundError:
        pytest.skip('the package is not installed')
    assert lacdepth_ros.__version__ == installed


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'DepthPredicter'; it has \['Camera'"):
        lacdepth_ros.DepthPredicter  # noqa: B018


def test_import_stays_fast_until_a_name_is_used() -> None:
    code = (
        'import sys, lacdepth_ros\n'
        'heavy = {"torch", "numpy", "cv2", "importlib.metadata"}\n'
        'assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n'
        'lacdepth_ros.Camera\n'
        'assert "numpy" in sys.modules and "torch" not in sys.modules\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
