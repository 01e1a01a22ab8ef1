# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node with Nav2's local costmap and collision monitor on its clouds, to try them alone.

A robot that runs Nav2 already merges config/nav2_costmap.yaml into its own parameters and starts
this with nav2:=false.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, TextSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('lacdepth_ros')
ARGUMENTS = (
    ('image_topic', 'image_raw', 'Camera image; relative to /camera, or /full'),
    ('camera_info_topic', '', 'camera_info of the image (empty: the sibling of image_topic)'),
    ('params_file', PathJoinSubstitution([SHARE, 'config', 'depth_node.yaml']), 'Of depth_node'),
    ('nav2_params', PathJoinSubstitution([SHARE, 'config', 'nav2_costmap.yaml']), 'Of Nav2'),
    ('nav2', 'true', 'Start local costmap and collision monitor too'),
    ('device', '', 'Torch device, e.g. cpu or cuda (empty: as in params_file)'),
    ('use_sim_time', '', 'Follow /clock, true or false (empty: as in params_file; Nav2: false)'),
    (
        'camera_height',
        '',
        'Of the lens above the ground [m] (empty: z with camera_frame, else as in params_file)',
    ),
    ('camera_frame', '', 'frame_id of the images; with it the pose below is published as tf'),
    ('base_frame', 'base_link', 'Frame of the robot, on the ground below it'),
    ('x', '0.0', 'Camera ahead of base_frame [m]'),
    ('y', '0.0', 'Camera left of base_frame [m]'),
    ('z', '1.65', 'Camera above base_frame, that is above the ground [m]'),
    ('pitch', '0.0', 'Camera turned down [rad]'),
)
MANAGER = {
    'autostart': True,
    'node_names': ['local_costmap/local_costmap', 'collision_monitor'],
    # Nav2's costmap forms no bond when it runs alone: a manager that waited for one, as it does
    # by default, would call it misconfigured, and start nothing after it.
    'bond_timeout': 0.0,
}


def generate_launch_description() -> LaunchDescription:
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    # The node first: its launch file sets the DDS profile.
    functions = [OpaqueFunction(function=make) for make in (_depth, _tf, _nav2)]
    return LaunchDescription([*arguments, *functions])


def _depth(context: LaunchContext) -> list:
    """The node; a pose that is published as tf tells it how high its camera is, too."""
    passed = ('image_topic', 'camera_info_topic', 'params_file', 'device', 'use_sim_time')
    given = {name: LaunchConfiguration(name).perform(context) for name, *_ in ARGUMENTS}
    height = given['camera_height'] or (given['z'] if given['camera_frame'] else '')
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments=[*((name, given[name]) for name in passed), ('camera_height', height)],
    )
    return [depth]


def _tf(context: LaunchContext) -> list:
    """Publish the camera's pose where nothing else does: camera axes, then the optical frame."""
    frame = LaunchConfiguration('camera_frame').perform(context)
    if not frame:
        return []
    body = f'{frame}_body'
    pose = [
        part
        for name in ('x', 'y', 'z', 'pitch')
        for part in (f'--{name}', LaunchConfiguration(name))
    ]
    base = LaunchConfiguration('base_frame')
    turn = ['--roll', '-1.5707963', '--yaw', '-1.5707963']  # x forward -> z forward (REP 103)
    return [
        _static(['--frame-id', base, '--child-frame-id', body, *pose]),
        _static(['--frame-id', body, '--child-frame-id', frame, *turn]),
    ]


def _static(arguments: list) -> Node:
    return Node(package='tf2_ros', executable='static_transform_publisher', arguments=arguments)


def _nav2(context: LaunchContext) -> list[Node]:
    simulated = TextSubstitution(
        text=LaunchConfiguration('use_sim_time').perform(context) or 'false'
    )
    parameters = [
        LaunchConfiguration('nav2_params'),
        {'use_sim_time': ParameterValue(simulated, value_type=bool)},
    ]
    common = {'output': 'screen', 'condition': IfCondition(LaunchConfiguration('nav2'))}
    return [
        Node(
            package='nav2_costmap_2d',
            executable='nav2_costmap_2d',
            name='local_costmap',
            namespace='local_costmap',
            parameters=parameters,
            **common,
        ),
        Node(
            package='nav2_collision_monitor',
            executable='collision_monitor',
            name='collision_monitor',
            parameters=parameters,
            **common,
        ),
        Node(
            package='nav2_lifecycle_manager',
            executable='lifecycle_manager',
            name='lifecycle_manager_depth',
            parameters=[MANAGER, parameters[1]],
            **common,
        ),
    ]
