# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The shipped Fast DDS profile and the allocator settings."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from lacdepth_ros.core.runtime import release_free_memory, tune_allocator
from lacdepth_ros.node import dds_profile
from lacdepth_ros.node.dds_profile import VARIABLES, apply_dds_profile, describe_dds_profile

DDS = '{http://www.eprosima.com}'
IMAGE_AND_CLOUD = 1242 * 375 * (4 + 16)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in (*VARIABLES, 'RMW_IMPLEMENTATION'):
        monkeypatch.delenv(name, raising=False)


def test_shipped_segment_holds_a_depth_image_and_a_cloud():
    root = ElementTree.parse(dds_profile.profile_path()).getroot()
    [segment] = root.iter(f'{DDS}segment_size')
    [message] = root.iter(f'{DDS}maxMessageSize')
    assert int(segment.text) >= IMAGE_AND_CLOUD
    assert int(message.text) <= int(segment.text)


@pytest.mark.parametrize(
    ('distribution', 'name'),
    [('jazzy', VARIABLES[1]), ('kilted', VARIABLES[0])],
)
def test_profile_is_set_under_the_name_of_the_distribution(monkeypatch, distribution, name):
    environment = {'ROS_DISTRO': distribution}
    monkeypatch.setattr('os.environ', environment)
    assert describe_dds_profile().startswith('none: ')
    apply_dds_profile()
    assert environment == {'ROS_DISTRO': distribution, name: str(dds_profile.profile_path())}
    assert describe_dds_profile().startswith('shipped: ')


@pytest.mark.parametrize(
    ('version', 'name'),
    [('7.1.6', VARIABLES[1]), ('8.0.0', VARIABLES[0]), ('9.1.2', VARIABLES[0])],
)
def test_wheels_are_told_apart_by_their_version(monkeypatch, version, name):
    monkeypatch.setattr('os.environ', {})
    monkeypatch.setattr('importlib.metadata.version', lambda package: version)
    assert dds_profile.profile_variable() == name


@pytest.mark.parametrize(('distribution', 'read'), [('jazzy', 1), ('kilted', 0), ('lyrical', 0)])
@pytest.mark.parametrize('given', [0, 1])
def test_profile_of_the_user_counts_under_either_name(
    monkeypatch, tmp_path, distribution, read, given
):
    """Fast DDS 2 reads only the one, Fast DDS 3 only the other, both without a word."""
    own = tmp_path / 'my own.xml'
    own.touch()
    environment = {'ROS_DISTRO': distribution, VARIABLES[given]: str(own)}
    monkeypatch.setattr('os.environ', environment)
    if given != read:
        assert describe_dds_profile() == (
            f'none: {VARIABLES[given]} is not read by this Fast DDS, images above 512 KB get '
            f"lost; set {VARIABLES[read]}='{own}'"
        )
    apply_dds_profile()
    assert environment[VARIABLES[read]] == environment[VARIABLES[given]] == str(own)
    assert describe_dds_profile() == f'set by the user: {own}'


def test_what_is_read_goes_before_what_is_not(monkeypatch, tmp_path):
    paths = [str(tmp_path / name) for name in ('three.xml', 'two.xml')]
    environment = dict(zip(VARIABLES, paths, strict=True))
    monkeypatch.setattr('os.environ', environment)
    monkeypatch.setitem(environment, 'ROS_DISTRO', 'jazzy')
    apply_dds_profile()
    assert [environment[name] for name in VARIABLES] == paths
    assert describe_dds_profile().startswith(f'missing file {paths[1]}: set {VARIABLES[1]}=')


@pytest.mark.parametrize(
    ('asked', 'said'),
    [
        ('', 'none: '),
        ('rmw_fastrtps_cpp', 'none: '),
        ('rmw_fastrtps_dynamic_cpp', 'none: '),
        ('rmw_cyclonedds_cpp', 'not used by rmw_cyclonedds_cpp'),
    ],
)
def test_the_profile_is_told_of_fast_dds_alone(monkeypatch, asked, said):
    monkeypatch.setenv('RMW_IMPLEMENTATION', asked)
    assert describe_dds_profile().startswith(said)


def test_other_middleware_is_named(monkeypatch):
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_zenoh_cpp')
    assert describe_dds_profile() == 'not used by rmw_zenoh_cpp'


def test_allocator_is_tuned_where_it_can_be():
    assert tune_allocator() is True
    release_free_memory()


def test_allocator_is_left_alone_elsewhere(monkeypatch):
    monkeypatch.setattr('ctypes.CDLL', lambda name: object())
    assert tune_allocator() is False
    release_free_memory()
