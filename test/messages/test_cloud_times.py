# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Times of points: those of measured ones, in nanoseconds since the header's stamp."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lacdepth_ros.messages.cloud_times import times_from_message
from lacdepth_ros.messages.clouds import points_from_message

SEC, NANOSEC = 1_700_000_000, 250_000_000
SWEEP = np.array([-0.05, -0.01, 0.0, 0.04])  # s; the second one was not measured


def cloud(field: str, datatype: int, kind: str, values: np.ndarray) -> SimpleNamespace:
    names = ('x', 'y', 'z', field)
    row = np.dtype([(name, '<f4') for name in names[:3]] + [(field, kind)])
    rows = np.ones(len(values), row)
    rows['z'][1] = np.nan
    rows[field] = values
    fields = [
        SimpleNamespace(name=name, offset=row.fields[name][1], datatype=7, count=1)
        for name in names
    ]
    fields[3].datatype = datatype
    stamp = SimpleNamespace(sec=SEC, nanosec=NANOSEC)
    return SimpleNamespace(
        header=SimpleNamespace(stamp=stamp),
        height=1,
        width=len(rows),
        fields=fields,
        is_bigendian=False,
        point_step=row.itemsize,
        row_step=0,
        data=rows.tobytes(),
    )


@pytest.mark.parametrize(
    ('field', 'datatype', 'kind', 'values', 'error'),
    [
        ('time', 7, '<f4', SWEEP, 10),
        ('offset_time', 6, '<u4', (SWEEP * 1e9).astype(np.int64) % 2**32, 0),
        ('ts', 7, '<f4', SWEEP, 10),  # SICK multiScan
        ('point_time_offset', 5, '<i4', SWEEP * 1e9, 0),  # Blickfeld
        ('time_offset_ns', 5, '<i4', SWEEP * 1e9, 0),
        ('time_usec', 5, '<i4', SWEEP * 1e6, 0),
        ('ts_nsec', 8, '<f8', SEC * 1e9 + NANOSEC + SWEEP * 1e9, 300),
        ('offset_time', 5, '<i4', SWEEP * 1e9, 0),
        ('time', 5, '<i4', SWEEP * 1e6, 0),
        ('T', 8, '<f8', SWEEP * 1e3, 0),
        ('timestamp', 8, '<f8', SEC + NANOSEC / 1e9 + SWEEP, 300),
        ('timestamp', 8, '<f8', SEC * 1e9 + NANOSEC + SWEEP * 1e9, 300),
        ('timestamp', 8, '<f8', SEC * 1e6 + NANOSEC / 1e3 + SWEEP * 1e6, 300),
    ],
)
def test_units_and_origins_are_told_apart(
    field: str, datatype: int, kind: str, values: np.ndarray, error: int
) -> None:
    message = cloud(field, datatype, kind, values)
    times = times_from_message(message)
    assert times is not None and times.field == field and times.offsets is not None
    assert len(times.offsets) == len(points_from_message(message))
    np.testing.assert_allclose(times.offsets, SWEEP[[0, 2, 3]] * 1e9, rtol=0, atol=error)


@pytest.mark.parametrize('field', ['t', 'offset_time'])
def test_a_short_sweep_in_whole_nanoseconds_is_no_longer_one_in_microseconds(field: str) -> None:
    """0 to 1 ms, and a sweep of 0.1 ms, which microseconds would make one of 100 ms."""
    for longest in (1_000_000, 100_000):
        message = cloud(field, 6, '<u4', np.linspace(0, longest, 4))
        assert times_from_message(message).offsets is None


def test_times_that_fit_two_origins_are_not_guessed() -> None:
    """A simulation that has just begun: since 0 as well as since the header's stamp."""
    for nanosec, expected in ((300_000_000, SWEEP[[0, 2, 3]]), (60_000_000, None)):
        message = cloud('timestamp', 8, '<f8', nanosec / 1e9 + SWEEP)
        message.header.stamp = SimpleNamespace(sec=0, nanosec=nanosec)
        offsets = times_from_message(message).offsets
        if expected is None:
            assert offsets is None
        else:
            np.testing.assert_allclose(offsets, expected * 1e9, rtol=0, atol=1)


@pytest.mark.parametrize(
    ('field', 'values', 'unknown'),
    [
        ('time', np.zeros(4), False),  # a flash, or a simulator
        ('intensity', SWEEP, False),
        ('time', np.array([0, 7.0, 0, 0]), False),  # of the one that was not measured
        ('time', np.array([0, 0.0, 0, 1500]), True),
        ('time', np.array([100, 0.0, 100, 100.05]), True),
        ('time', np.array([0, 0.0, 0, np.nan]), True),
        ('lidar_nsec', np.array([0, 0.0, 5e8, 9e8]), True),
        ('distance_centimeter', np.array([500.0, 1000, 3000, 20000]), False),
        ('time_of_flight', np.array([10.0, 33, 100, 200]), False),  # nanoseconds
        ('lifetime', np.array([0.1, 0.15, 0.2, 0.22]), False),  # of a radar's tracks
    ],
)
def test_what_tells_no_times(field: str, values: np.ndarray, unknown: bool) -> None:
    times = times_from_message(cloud(field, 8, '<f8', values))
    assert (times is not None) == unknown
    assert times is None or times.offsets is None


def with_field(message: SimpleNamespace, name: str, values: np.ndarray) -> SimpleNamespace:
    """The cloud with one more field of float32."""
    rows = np.frombuffer(message.data, np.dtype((np.void, message.point_step)))
    wider = np.dtype([('old', 'V', message.point_step), (name, '<f4')])
    wide = np.zeros(len(rows), wider)
    wide['old'], wide[name] = rows, values
    message.fields.append(
        SimpleNamespace(name=name, offset=message.point_step, datatype=7, count=1)
    )
    message.point_step, message.data = wider.itemsize, wide.tobytes()
    return message


def test_nanoseconds_beside_seconds_are_no_times_since_the_stamp() -> None:
    """As SICK has them; those of a sweep early in a second would pass for such."""
    message = cloud('lidar_nsec', 6, '<u4', np.array([2e7, 6e7, 7e7, 1.2e8]))
    assert times_from_message(message).offsets is not None
    times = times_from_message(with_field(message, 'lidar_sec', np.full(4, 17.0)))
    assert times.field == 'lidar_nsec' and times.offsets is None


def test_a_byte_tells_no_times() -> None:
    assert times_from_message(cloud('time_status', 2, 'u1', np.array([0, 10, 20, 90]))) is None


def test_the_field_that_fits_a_sweep_counts() -> None:
    """Seconds and nanoseconds of the sensor's own clock beside the time since the stamp."""
    times = times_from_message(with_field(cloud('timestamp', 8, '<f8', 5000 + SWEEP), 'ts', SWEEP))
    assert times.field == 'ts'
    np.testing.assert_allclose(times.offsets, SWEEP[[0, 2, 3]] * 1e9, rtol=0, atol=10)
