# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What depth.launch.py makes of its arguments, under the real launch where it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

launch = pytest.importorskip('launch')
pytest.importorskip('launch_ros')

ROOT = Path(__file__).parent.parent
SPEC = importlib.util.spec_from_file_location('depth', ROOT / 'launch' / 'depth.launch.py')
PARAMETERS = str(ROOT / 'config' / 'depth_node.yaml')


@pytest.fixture
def file():
    module = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(module)
    return module


def context(file, **given):
    context = launch.LaunchContext()
    defaults = {name: default for name, default, *_ in file.ARGUMENTS}
    values = defaults | {'params_file': PARAMETERS} | given
    context.launch_configurations.update(values)
    return context


def test_camera_info_is_remapped_only_where_it_was_given(file):
    assert file._remappings(context(file, image_topic='/front/image')) == [
        ('image', '/front/image')
    ]
    # Even where it equals the name that the node would have given it.
    given = context(file, image_topic='/front/image', camera_info_topic='/camera/camera_info')
    assert file._remappings(given) == [
        ('image', '/front/image'),
        ('camera_info', '/camera/camera_info'),
        ('/front/camera_info', '/camera/camera_info'),
    ]
    relative = context(file, camera_info_topic='calibration')
    assert file._remappings(relative)[1:] == [('camera_info', 'calibration')]


def test_only_given_arguments_override_the_parameter_file(file):
    assert file._overrides(context(file)) == {}
    given = file._overrides(context(file, use_sim_time='true', image_transport='compressed'))
    assert {name: value.value_type for name, value in given.items()} == {
        'image_transport': str,
        'use_sim_time': bool,
    }


def test_topics_of_several_cameras_are_named_after_them(file):
    given = context(file, cameras='[front, left]', namespace='/robot', image_topic='color/image')
    assert file._remappings(given) == [
        ('front/image', 'front/color/image'),
        ('left/image', 'left/color/image'),
    ]
    assert file._namespace(given) == '/robot'
    assert file._camera_namespace(given) == '/robot/front'
    value = file._overrides(given)['cameras']
    assert value.evaluate(given) == ['front', 'left']
    given = context(file, cameras='[front]', image_topic='image_raw', camera_info_topic='info')
    assert file._remappings(given) == [
        ('front/image', 'front/image_raw'),
        ('front/camera_info', 'front/info'),
    ]
    assert file._namespace(context(file)) == 'camera'


@pytest.mark.parametrize(
    ('given', 'reason'),
    [
        ({'cameras': 'front'}, 'a list of names is needed'),
        ({'cameras': '[1]'}, 'a list of names is needed'),
        ({'cameras': '[front]', 'camera_name': 'rear'}, 'camera_name rear and cameras'),
        ({'cameras': '[front]', 'image_topic': '/rear/image'}, 'would be that of every camera'),
        ({'cameras': '[front]', 'camera_info_topic': '/info'}, 'would be that of every camera'),
    ],
)
def test_impossible_cameras_end_the_launch(file, given, reason):
    with pytest.raises(RuntimeError, match=reason):
        file._cameras(context(file, **given))


def test_parameter_file_that_does_not_exist_is_an_error(file):
    assert file._params_file(context(file)) == Path(PARAMETERS)
    with pytest.raises(RuntimeError, match=r'params_file /no/such\.yaml: there is no such file'):
        file._params_file(context(file, params_file='/no/such.yaml'))


@pytest.mark.parametrize('where', ['/**', '/**/depth_node', '/camera/depth_node'])
def test_transport_is_the_arguments_or_else_the_files(file, tmp_path, where):
    assert file._transport(context(file)) == 'raw'
    path = tmp_path / 'own.yaml'
    path.write_text(f'{where}:\n  ros__parameters:\n    image_transport: compressed\n')
    assert file._transport(context(file, params_file=str(path))) == 'compressed'
    both = context(file, params_file=str(path), image_transport='raw')
    assert file._transport(both) == 'raw'


def test_rviz_subscribes_compressed_images_by_their_topic(file, monkeypatch):
    monkeypatch.setattr(file, 'CONFIG', str(ROOT / 'config'))
    assert file._rviz_config(context(file)) == ROOT / 'config' / 'depth.rviz'
    changed = file._rviz_config(context(file, image_transport='compressed')).read_text()
    assert changed.count('Value: /camera/image_raw/compressed\n') == 1
    assert 'Value: /camera/image_raw\n' not in changed


def test_rviz_follows_the_clock_of_the_node(file, monkeypatch):
    monkeypatch.setattr(file, 'CONFIG', str(ROOT / 'config'))
    seen = {}
    monkeypatch.setattr(file, 'Node', lambda **options: seen.update(options))
    assert file._rviz(context(file)) == []
    [note, _] = file._rviz(context(file, rviz='true', rviz_frame='front', use_sim_time='true'))
    assert [list(parameters) for parameters in seen['parameters']] == [['use_sim_time']]
    assert 'rviz_frame (front)' in launch.utilities.perform_substitutions(
        launch.LaunchContext(), note.msg
    )


@pytest.mark.parametrize(('text', 'metres'), [('0.4', 0.4), ('1', 1.0)])
def test_the_height_of_the_camera_is_a_number(file, text, metres):
    given = context(file, camera_height=text)
    assert file._overrides(given)['camera_height'].evaluate(given) == metres


@pytest.mark.parametrize(
    ('given', 'height', 'clock'),
    [
        ({}, '', ''),
        ({'camera_frame': 'eye', 'z': '0.5'}, '0.5', ''),
        ({'camera_frame': 'eye', 'z': '0.5', 'camera_height': '0.7'}, '0.7', ''),
        ({'z': '0.5', 'use_sim_time': 'true'}, '', 'true'),
    ],
)
def test_a_pose_for_nav2_tells_the_node_its_height(given, height, clock):
    path = ROOT / 'launch' / 'nav2_depth.launch.py'
    spec = importlib.util.spec_from_file_location('nav2_depth', path)
    spec.loader.exec_module(nav2 := importlib.util.module_from_spec(spec))
    nav2.SHARE = str(ROOT)
    there = context(nav2, **given)
    [depth] = nav2._depth(there)
    passed = dict(depth.launch_arguments)
    assert (passed['camera_height'], passed['use_sim_time']) == (height, clock)
    assert len(nav2._nav2(there)) == 3


def test_a_video_is_played_with_the_camera_that_was_given():
    path = ROOT / 'launch' / 'examples' / 'video.launch.py'
    spec = importlib.util.spec_from_file_location('video', path)
    spec.loader.exec_module(video := importlib.util.module_from_spec(spec))
    for given, options in (
        ({}, []),
        ({'intrinsics': '1 2 3 4'}, ['--intrinsics', '1', '2', '3', '4']),
        ({'camera_info': 'a.yaml'}, ['--camera-info', 'a.yaml']),
    ):
        there = context(video, input='drive.mp4', **given)
        [process] = video._play(there)
        _, *words = [launch.utilities.perform_substitutions(there, w) for w in process.cmd[1:]]
        assert words == ['--loop', '--input', 'drive.mp4', *options]


@pytest.mark.parametrize(
    ('given', 'wanted'),
    [
        ({}, 'shipped'),
        ({'FASTDDS_DEFAULT_PROFILES_FILE': 'three'}, 'three'),
        ({'FASTRTPS_DEFAULT_PROFILES_FILE': 'two'}, 'two'),
        (
            {'FASTDDS_DEFAULT_PROFILES_FILE': 'three', 'FASTRTPS_DEFAULT_PROFILES_FILE': 'two'},
            'two',
        ),
    ],
)
def test_the_profile_of_the_user_reaches_what_is_launched(file, monkeypatch, given, wanted):
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    monkeypatch.setattr(file, 'profile_path', lambda: Path('shipped'))
    for name in file.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    there = launch.LaunchContext()
    actions = file.generate_launch_description().entities
    [profile] = [
        action
        for action in actions
        if isinstance(action, launch.actions.SetEnvironmentVariable)
        and there.perform_substitution(action.name[0]) == 'FASTRTPS_DEFAULT_PROFILES_FILE'
    ]
    assert launch.utilities.perform_substitutions(there, profile.value) == wanted
