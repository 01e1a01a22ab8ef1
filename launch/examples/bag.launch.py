# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on a bag that `ros2 bag play` plays, with the time of the bag."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('lacdepth_ros')


def generate_launch_description() -> LaunchDescription:
    # The node first: its launch file sets the DDS profile that the player needs as well.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={
            'image_topic': LaunchConfiguration('image_topic'),
            'use_sim_time': 'true',
        }.items(),
    )
    command = ['ros2', 'bag', 'play', '--clock', '100', LaunchConfiguration('bag')]
    player = ExecuteProcess(cmd=command, output='screen')
    arguments = [
        DeclareLaunchArgument('bag', description='Bag folder, or its .mcap or .db3 file'),
        DeclareLaunchArgument('image_topic', default_value='/camera/image_raw'),
    ]
    return LaunchDescription([*arguments, depth, player])
