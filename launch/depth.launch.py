# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Starts depth_node, brings it to active, and opens RViz on request."""

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessStart
from launch.events import matches_action
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare
from lifecycle_msgs.msg import Transition

from lacdepth_ros.core.child_process import END_WITH_PARENT
from lacdepth_ros.node.dds_profile import profile_path, profile_variable

CONFIG = PathJoinSubstitution([FindPackageShare('lacdepth_ros'), 'config'])
AS_IN_FILE = ' (empty: as in params_file)'
ARGUMENTS = (
    ('params_file', PathJoinSubstitution([CONFIG, 'depth_node.yaml']), 'Parameters of the node'),
    ('camera_name', 'camera', 'Namespace of the camera; results appear beside its topics'),
    ('namespace', '', 'Namespace above camera_name'),
    ('image_topic', 'image_raw', 'Camera image; relative to namespace and camera_name, or /full'),
    ('camera_info_topic', 'camera_info', 'camera_info of the image'),
    ('checkpoint', '', 'Checkpoint file' + AS_IN_FILE),
    ('device', '', 'Torch device, e.g. cpu or cuda' + AS_IN_FILE),
    ('use_sim_time', '', 'Follow /clock, true or false' + AS_IN_FILE),
    ('autostart', 'true', 'Configure and activate the node'),
    ('rviz', 'false', 'Open RViz with image, depth and cloud'),
    ('rviz_frame', 'camera_optical_frame', 'Fixed frame of RViz: frame_id of the images'),
    ('log_level', 'info', 'debug, info, warn, error or fatal'),
)
OVERRIDES = {'checkpoint': str, 'device': str, 'use_sim_time': bool}


def generate_launch_description() -> LaunchDescription:
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    variable = profile_variable()
    profile = EnvironmentVariable(variable, default_value=str(profile_path()))
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
    overrides = {
        name: ParameterValue(LaunchConfiguration(name), value_type=value_type)
        for name, value_type in OVERRIDES.items()
        if LaunchConfiguration(name).perform(context)
    }
    node = LifecycleNode(
        package='lacdepth_ros',
        executable='depth_node',
        name='depth_node',
        namespace=_namespace(context),
        parameters=[ParameterFile(LaunchConfiguration('params_file')), overrides],
        remappings=[
            ('image', LaunchConfiguration('image_topic')),
            ('camera_info', LaunchConfiguration('camera_info_topic')),
        ],
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
    return [*handlers, node]


def _change(node: LifecycleNode, transition: int) -> EmitEvent:
    event = ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=transition)
    return EmitEvent(event=event)


def _namespace(context: LaunchContext) -> str:
    """Join namespace and camera_name; relative, so that a surrounding namespace counts too."""
    above, camera = (
        LaunchConfiguration(name).perform(context) for name in ('namespace', 'camera_name')
    )
    if camera.startswith('/'):
        return camera
    if above == '/':
        return f'/{camera}'
    return '/'.join(part for part in (above.rstrip('/'), camera) if part)


def _rviz(context: LaunchContext) -> list:
    node = Node(
        package='rviz2',
        executable='rviz2',
        namespace=_namespace(context),
        arguments=[
            '-d',
            PathJoinSubstitution([CONFIG, 'depth.rviz']),
            '-f',
            LaunchConfiguration('rviz_frame'),
        ],
        remappings=[
            ('/camera/image_raw', LaunchConfiguration('image_topic')),
            ('/camera/depth/image_color', 'depth/image_color'),
            ('/camera/points', 'points'),
        ],
        condition=IfCondition(LaunchConfiguration('rviz')),
    )
    return [node]
