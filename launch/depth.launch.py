# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts depth_node, brings it to active, and opens RViz on request."""

import tempfile
from pathlib import Path

import yaml
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit, OnProcessStart
from launch.events import matches_action
from launch.events.process import ProcessExited
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare
from lifecycle_msgs.msg import Transition

from lacdepth_ros.core.runtime import END_WITH_PARENT
from lacdepth_ros.node.dds_profile import VARIABLES, profile_path, profile_variable

CONFIG = PathJoinSubstitution([FindPackageShare('lacdepth_ros'), 'config'])
AS_IN_FILE = ' (empty: as in params_file)'
LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')
ARGUMENTS = (
    ('params_file', PathJoinSubstitution([CONFIG, 'depth_node.yaml']), 'Parameters of the node'),
    ('camera_name', 'camera', 'Namespace of the camera; results appear beside its topics'),
    ('cameras', '', 'Instead of camera_name several that share one node, such as [front, left]'),
    ('namespace', '', 'Namespace above camera_name or cameras'),
    ('image_topic', 'image_raw', 'Camera image; relative to namespace and camera_name, or /full'),
    ('image_transport', '', 'How images come' + AS_IN_FILE, '', 'raw', 'compressed'),
    ('camera_info_topic', '', 'camera_info of the image (empty: the sibling of image_topic)'),
    ('checkpoint', '', 'Checkpoint file' + AS_IN_FILE),
    ('device', '', 'Torch device, e.g. cpu or cuda' + AS_IN_FILE),
    ('camera_height', '', 'Of the lens above the ground [m]' + AS_IN_FILE),
    ('use_sim_time', '', 'Follow /clock, true or false' + AS_IN_FILE),
    ('autostart', 'true', 'Configure and activate the node'),
    ('rviz', 'false', 'Open RViz with image, depth and cloud'),
    ('rviz_frame', 'camera_optical_frame', 'Fixed frame of RViz: frame_id of the images'),
    ('log_level', 'info', 'Least severity that is logged', *LEVELS),
)
DEFAULTS = {name: default for name, default, *_ in ARGUMENTS}
RVIZ_IMAGE = '/camera/image_raw'  # as config/depth.rviz names it
OVERRIDES = {
    'image_transport': str,
    'checkpoint': str,
    'device': str,
    'camera_height': float,
    'use_sim_time': bool,
    'cameras': list[str],
}


def generate_launch_description() -> LaunchDescription:
    arguments = [
        DeclareLaunchArgument(
            name, default_value=default, description=description, choices=choices or None
        )
        for name, default, description, *choices in ARGUMENTS
    ]
    variable = profile_variable()
    profile: str | EnvironmentVariable = str(profile_path())
    for name in sorted(VARIABLES, key=lambda name: name == variable):  # that one has the last word
        profile = EnvironmentVariable(name, default_value=profile)
    environment = [
        SetEnvironmentVariable(variable, profile),
        # A launch that is killed could not stop its node.
        SetEnvironmentVariable(END_WITH_PARENT, '1'),
    ]
    # RViz first: where it is not installed nothing has been started yet that would be left over.
    actions = [OpaqueFunction(function=_rviz), OpaqueFunction(function=_start)]
    return LaunchDescription([*arguments, *environment, *actions])


def _start(context: LaunchContext) -> list:
    """Make the node; arguments that were given override the parameter file."""
    node = LifecycleNode(
        package='lacdepth_ros',
        executable='depth_node',
        name='depth_node',
        namespace=_namespace(context),
        # Launch itself takes the node through its states, or nobody shall.
        parameters=[str(_params_file(context)), _overrides(context), {'autostart': False}],
        remappings=_remappings(context),
        ros_arguments=['--log-level', LaunchConfiguration('log_level')],
        output='screen',
    )
    configure = OnProcessStart(
        target_action=node, on_start=[_change(node, Transition.TRANSITION_CONFIGURE)]
    )
    activate = OnStateTransition(
        target_lifecycle_node=node,
        start_state='configuring',
        goal_state='inactive',
        entities=[_change(node, Transition.TRANSITION_ACTIVATE)],
    )
    autostart = IfCondition(LaunchConfiguration('autostart'))
    handlers = [RegisterEventHandler(h, condition=autostart) for h in (configure, activate)]
    return [*handlers, *_end_with(node), node]


def _params_file(context: LaunchContext) -> Path:
    """The parameter file; rclpy would go on without one that does not exist."""
    path = Path(LaunchConfiguration('params_file').perform(context)).expanduser()
    if not path.is_file():
        raise RuntimeError(f'params_file {path}: there is no such file')
    return path


def _overrides(context: LaunchContext) -> dict:
    """Parameters whose arguments were given."""
    return {
        name: ParameterValue(LaunchConfiguration(name), value_type=value_type)
        for name, value_type in OVERRIDES.items()
        if LaunchConfiguration(name).perform(context)
    }


def _cameras(context: LaunchContext) -> list:
    """Names of several cameras; [] when there is only one, in a namespace of its own."""
    text = LaunchConfiguration('cameras').perform(context)
    names = yaml.safe_load(text) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RuntimeError(f'cameras {text}: a list of names is needed, such as [front, left]')
    if not names:
        return []
    given = {
        name: LaunchConfiguration(name).perform(context)
        for name in ('camera_name', 'image_topic', 'camera_info_topic')
    }
    if given['camera_name'] != DEFAULTS['camera_name']:
        raise RuntimeError(f'camera_name {given["camera_name"]} and cameras {text}: give one')
    for name in ('image_topic', 'camera_info_topic'):
        if given[name].startswith('/'):
            raise RuntimeError(
                f'{name} {given[name]} would be that of every camera in {text}: give it as it is '
                'called below their names'
            )
    return names


def _remappings(context: LaunchContext) -> list:
    """Names of the inputs. The node listens to the sibling of the image unless told otherwise."""
    image, info = (
        LaunchConfiguration(name).perform(context) for name in ('image_topic', 'camera_info_topic')
    )
    folder, slash, _ = image.rpartition('/')
    pairs = [('image', image)]
    if info:  # the sibling too: `camera_info` to the name it has anyway would say nothing
        infos = {'camera_info': info, f'{folder}{slash}camera_info': info}
        pairs += infos.items()
    prefixes = [f'{camera}/' for camera in _cameras(context)] or ['']
    return [(prefix + ours, prefix + theirs) for prefix in prefixes for ours, theirs in pairs]


def _end_with(node: LifecycleNode) -> list:
    """End the launch, with a failure, when the node ends before it has changed its state.

    Without a node that answers, launch would wait for it for ever.
    """
    transitions = []

    def judge(event: ProcessExited, _: LaunchContext) -> None:
        if event.returncode and not transitions:
            raise RuntimeError(f'depth_node ended at its start, with status {event.returncode}')

    changed = OnStateTransition(
        target_lifecycle_node=node, entities=[OpaqueFunction(function=transitions.append)]
    )
    exited = OnProcessExit(target_action=node, on_exit=judge)
    return [RegisterEventHandler(handler) for handler in (changed, exited)]


def _change(node: LifecycleNode, transition: int) -> EmitEvent:
    event = ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=transition)
    return EmitEvent(event=event)


def _namespace(context: LaunchContext) -> str:
    """Namespace of the node: the only camera's, or the one above several."""
    if _cameras(context):
        return LaunchConfiguration('namespace').perform(context)
    return _camera_namespace(context)


def _camera_namespace(context: LaunchContext) -> str:
    """Join namespace and the (first) camera's name; relative to a surrounding namespace."""
    above, camera = (
        LaunchConfiguration(name).perform(context) for name in ('namespace', 'camera_name')
    )
    camera = next(iter(_cameras(context)), camera)
    if camera.startswith('/'):
        return camera
    if above == '/':
        return f'/{camera}'
    return '/'.join(part for part in (above.rstrip('/'), camera) if part)


def _rviz(context: LaunchContext) -> list:
    if not IfCondition(LaunchConfiguration('rviz')).evaluate(context):
        return []
    frame = LaunchConfiguration('rviz_frame').perform(context)
    image = LaunchConfiguration('image_topic').perform(context)
    node = Node(
        package='rviz2',
        executable='rviz2',
        namespace=_camera_namespace(context),
        arguments=['-d', str(_rviz_config(context)), '-f', frame],
        parameters=[{k: v for k, v in _overrides(context).items() if k == 'use_sim_time'}],
        remappings=[
            (f'{RVIZ_IMAGE}/compressed', f'{image}/compressed'),
            (RVIZ_IMAGE, image),
            ('/camera/depth/image_color', 'depth/image_color'),
            ('/camera/points', 'points'),
        ],
    )
    note = (
        f'RViz shows the cloud only if rviz_frame ({frame}) is the frame_id of the images, or '
        'tf leads from that to it'
    )
    return [LogInfo(msg=note), node]


def _rviz_config(context: LaunchContext) -> Path:
    """The shipped file; for compressed images a copy of it that names their topic."""
    shipped = Path(PathJoinSubstitution([CONFIG, 'depth.rviz']).perform(context))
    if _transport(context) != 'compressed':
        return shipped
    changed = Path(tempfile.mkdtemp(prefix='lacdepth_')) / shipped.name
    topic = f'Value: {RVIZ_IMAGE}\n'
    text = shipped.read_text(encoding='utf-8')
    changed.write_text(text.replace(topic, f'Value: {RVIZ_IMAGE}/compressed\n'), encoding='utf-8')
    return changed


def _transport(context: LaunchContext) -> str:
    """How the images come: as the argument says, or else the parameter file."""
    given = LaunchConfiguration('image_transport').perform(context)
    if given:
        return given
    levels = [yaml.safe_load(_params_file(context).read_text(encoding='utf-8'))]
    while levels:
        level = levels.pop()
        if isinstance(level, dict):
            if 'image_transport' in level:
                return level['image_transport']
            levels += level.values()
    return 'raw'
