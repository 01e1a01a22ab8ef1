# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on the color camera of an OAK."""

from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SHARE, DRIVER = FindPackageShare('lacdepth_ros'), FindPackageShare('depthai_ros_driver')


def generate_launch_description() -> LaunchDescription:
    # The node first: its launch file sets the DDS profile that the driver needs as well.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={'camera_name': 'oak', 'image_topic': '/oak/rgb/image_raw'}.items(),
    )
    camera = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(
            PathJoinSubstitution([DRIVER, 'launch', 'camera.launch.py'])
        ),
        launch_arguments={'name': 'oak'}.items(),
    )
    return LaunchDescription([depth, camera])
