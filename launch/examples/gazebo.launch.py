# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on a camera of a running Gazebo world whose sensor publishes on /camera."""

from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('lacdepth_ros')
BRIDGED = [
    '/camera@sensor_msgs/msg/Image[gz.msgs.Image',
    '/camera_info@sensor_msgs/msg/CameraInfo[gz.msgs.CameraInfo',
    '/clock@rosgraph_msgs/msg/Clock[gz.msgs.Clock',
]


def generate_launch_description() -> LaunchDescription:
    # The node first: its launch file sets the DDS profile that the bridge needs as well.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={
            'image_topic': '/camera',
            'camera_info_topic': '/camera_info',
            'use_sim_time': 'true',
        }.items(),
    )
    bridge = Node(package='ros_gz_bridge', executable='parameter_bridge', arguments=BRIDGED)
    return LaunchDescription([depth, bridge])
