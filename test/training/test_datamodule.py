# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the data of a training refuses before its first step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.training.datamodule import DepthDataModule
from lacdepth_ros.training.stream import StreamConfig


def write_sizes(folder: Path, **sizes: tuple[int, int]) -> str:
    """A manifest of frames of these groups and sizes (width, height), without their files."""
    lines = [
        {
            'id': f'{group}/0',
            'image': 'a.png',
            'depth': 'd.png',
            'depth_scale': 256,
            'K': [700, 700, width / 2, height / 2],
            'width': width,
            'height': height,
        }
        for group, (width, height) in sizes.items()
    ]
    path = folder / 'sizes.jsonl'
    path.write_text(''.join(json.dumps(line) + '\n' for line in lines))
    return str(path)


def data_module(manifest: str, augment: dict[str, Any], **stream: Any) -> DepthDataModule:
    return DepthDataModule(
        stream=StreamConfig(**stream),
        augment=AugmentConfig(**augment),
        protocol=EvaluationProtocol(),
        train_manifest=manifest,
        val_manifest=manifest,
    )


@pytest.mark.parametrize(
    ('fixed_crop', 'fitting', 'other', 'reason'),
    [
        ('kitti', (1242, 375), (1200, 370), '1200x370, smaller than the 1216x352'),
        ('nyu', (640, 480), (320, 240), 'made for 640x480, not 320x240'),
    ],
)
def test_frame_that_no_view_can_be_cut_from(
    tmp_path: Path, fixed_crop: str, fitting: Any, other: Any, reason: str
) -> None:
    manifest = write_sizes(tmp_path, fitting=fitting, other=other)
    with pytest.raises(ValueError, match=rf'sizes\.jsonl:2: other/0.* {reason}'):
        data_module(manifest, {'fixed_crop': fixed_crop})
    data = data_module(manifest, {'fixed_crop': fixed_crop}, group_weights={'other': 0})
    assert len(data.entries) == 2  # a frame that is never drawn does not matter
