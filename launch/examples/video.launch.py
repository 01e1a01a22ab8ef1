# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on a video, images or a KITTI drive, played in a loop by `lacdepth play`."""

import sys

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('lacdepth_ros')


def generate_launch_description() -> LaunchDescription:
    # The node first: its launch file sets the DDS profile.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={'image_topic': 'image_raw'}.items(),
    )
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main', 'play', '--loop', '--input']
    player = ExecuteProcess(cmd=[*command, LaunchConfiguration('input')], output='screen')
    source = DeclareLaunchArgument('input', description='Video file, folder of images, ...')
    return LaunchDescription([source, depth, player])
