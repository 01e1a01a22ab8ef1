# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on the left color camera of a ZED (wrapper 5; docs/cameras.md has older topics)."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SHARE, DRIVER = FindPackageShare('lacdepth_ros'), FindPackageShare('zed_wrapper')


def generate_launch_description() -> LaunchDescription:
    # The node first: its launch file sets the DDS profile that the driver needs as well.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={
            'camera_name': 'zed',
            'image_topic': '/zed/zed_node/rgb/color/rect/image',
        }.items(),
    )
    camera = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(
            PathJoinSubstitution([DRIVER, 'launch', 'zed_camera.launch.py'])
        ),
        launch_arguments={'camera_model': LaunchConfiguration('camera_model')}.items(),
    )
    model = DeclareLaunchArgument('camera_model', description='zed, zedm, zed2, zed2i, zedx, ...')
    return LaunchDescription([model, depth, camera])
