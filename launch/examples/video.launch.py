# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on a video, images or a KITTI drive, played in a loop by `lacdepth play`."""

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import ExecutableInPackage, FindPackageShare

SHARE = FindPackageShare('lacdepth_ros')
ARGUMENTS = (
    ('input', None, 'Video file, folder of images, ...'),
    ('intrinsics', '', "fx fy cx cy in pixels (empty: those of the training's camera)"),
    ('camera_info', '', 'Instead of intrinsics a calibration file'),
)


def generate_launch_description() -> LaunchDescription:
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    # The node first: its launch file sets the DDS profile.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={'image_topic': 'image_raw'}.items(),
    )
    return LaunchDescription([*arguments, depth, OpaqueFunction(function=_play)])


def _play(context: LaunchContext) -> list:
    source, *camera = (LaunchConfiguration(name).perform(context) for name, *_ in ARGUMENTS)
    # Not the Python of `ros2 launch`, which may lack what the workspace's venv has.
    program = ExecutableInPackage(package='lacdepth_ros', executable='lacdepth')
    command = [program, 'play', '--loop', '--input', source]
    for option, value in zip(('--intrinsics', '--camera-info'), camera, strict=True):
        command += [option, *value.split()] if value else []
    return [ExecuteProcess(cmd=command, output='screen')]
