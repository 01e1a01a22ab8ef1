# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PLY files, read back byte by byte."""

from __future__ import annotations

import numpy as np

from lacdepth_ros.viz.ply import write_ply


def test_ply_holds_the_valid_points_and_their_colors(tmp_path):
    points = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
    colors = np.arange(100, 118, dtype=np.uint8).reshape(2, 3, 3)
    points[0, 1] = np.nan
    path = tmp_path / 'cloud.ply'
    write_ply(path, points, colors)
    header, _, body = path.read_bytes().partition(b'end_header\n')
    lines = header.decode().splitlines()
    assert lines[:2] == ['ply', 'format binary_little_endian 1.0']
    assert 'element vertex 5' in lines
    properties = [line.split()[1:] for line in lines if line.startswith('property')]
    assert properties == [
        *(['float', axis] for axis in 'xyz'),
        *(['uchar', channel] for channel in ('red', 'green', 'blue')),
    ]
    record = np.dtype([('xyz', '<f4', 3), ('rgb', 'u1', 3)])
    vertices = np.frombuffer(body, record)
    kept = [0, 2, 3, 4, 5]
    np.testing.assert_array_equal(vertices['xyz'], points.reshape(-1, 3)[kept])
    np.testing.assert_array_equal(vertices['rgb'], colors.reshape(-1, 3)[kept])
