# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""depth_node on a USB camera by usb_cam; calibrate it and give camera_info_url."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('lacdepth_ros')


def generate_launch_description() -> LaunchDescription:
    # The node first: its launch file sets the DDS profile that the driver needs as well.
    depth = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'depth.launch.py'])),
        launch_arguments={'image_topic': 'image_raw'}.items(),
    )
    camera = Node(
        package='usb_cam',
        executable='usb_cam_node_exe',
        namespace='camera',
        parameters=[
            {
                'video_device': '/dev/video0',
                'frame_id': 'camera_optical_frame',
                'camera_info_url': LaunchConfiguration('camera_info_url'),
            }
        ],
    )
    url = DeclareLaunchArgument(
        'camera_info_url',
        default_value='',
        description='Calibration, such as file:///home/me/front.yaml (empty: '
        '~/.ros/camera_info/default_cam.yaml, where there is one)',
    )
    return LaunchDescription([url, depth, camera])
