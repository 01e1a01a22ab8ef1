# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on the color camera of a RealSense, beside or instead of its own depth."""

from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SHARE, DRIVER = FindPackageShare('lacdepth_ros'), FindPackageShare('realsense2_camera')


def generate_launch_description() -> LaunchDescription:
    # The node first: its launch file sets the DDS profile that the driver needs as well.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={'image_topic': '/camera/camera/color/image_raw'}.items(),
    )
    camera = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([DRIVER, 'launch', 'rs_launch.py'])),
        launch_arguments={'enable_depth': 'false'}.items(),
    )
    return LaunchDescription([depth, camera])
