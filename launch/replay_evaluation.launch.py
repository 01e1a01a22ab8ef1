# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sends a bag through depth_node and scores what it publishes; `lacdepth bag evaluate` does it."""

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    OpaqueFunction,
    SetEnvironmentVariable,
)
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage

from lacdepth_ros.core.runtime import END_WITH_PARENT

ARGUMENTS = (
    ('bag', None, 'Bag folder, or its .mcap or .db3 file'),
    ('mode', 'lockstep', "Wait for each answer, or send at the camera's pace", 'realtime'),
    ('rate', '', 'Speed of the camera in realtime, 0.1 to 10 (empty: 1)'),
    ('image_topic', '', 'Images, raw or compressed (empty: the only ones)'),
    (
        'truth_topic',
        '',
        'Depth topic of the bag that holds the ground truth (empty: the only one)',
    ),
    ('truth', '', 'KITTI raw drive, manifest or folder of depth PNGs, instead of a topic'),
    ('checkpoint', '', 'Checkpoint file (empty: the shipped one)'),
    ('device', '', 'Torch device, e.g. cpu or cuda (empty: as in params_file)'),
    ('camera_height', '', 'Of the lens above the ground [m] (empty: as in params_file)'),
    ('params_file', '', 'Parameters of the node'),
    ('frames', '', 'Send at most so many images'),
    ('json', '', 'File for every figure'),
    ('report', '', 'Folder for report.html, report.md, report.json and node.log'),
)
OPTIONS = [name for name, *_ in ARGUMENTS if name not in ('bag', 'mode', 'rate')]


def generate_launch_description() -> LaunchDescription:
    arguments = [
        DeclareLaunchArgument(
            name,
            default_value=default,
            description=description,
            choices=[default, *others] if others else None,
        )
        for name, default, description, *others in ARGUMENTS
    ]
    environment = SetEnvironmentVariable(END_WITH_PARENT, '1')
    return LaunchDescription([*arguments, environment, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list:
    """Make the process; empty arguments are left to the command's own defaults."""
    values = {name: LaunchConfiguration(name).perform(context) for name, *_ in ARGUMENTS}
    if values['mode'] == 'lockstep' and values['rate']:
        raise RuntimeError('rate is for mode:=realtime; in lockstep each frame waits')
    # Not the Python of `ros2 launch`, which may lack what the workspace's venv has.
    program = ExecutableInPackage(package='lacdepth_ros', executable='lacdepth')
    command = [program, 'bag', 'evaluate', values['bag']]
    if values['mode'] == 'realtime':
        command += ['--rate', values['rate'] or '1']
    for name in OPTIONS:
        if values[name]:
            command += [f'--{name.replace("_", "-")}', values[name]]
    # After ctrl-C it ends its node and reports what was answered: more than launch's 5 s.
    process = ExecuteProcess(
        cmd=command, output='screen', emulate_tty=True, sigterm_timeout='30', on_exit=_judge
    )
    return [process]


def _judge(event: ProcessExited, _: LaunchContext) -> None:
    """Let `ros2 launch` end with a failure where the evaluation did."""
    if event.returncode:
        raise RuntimeError(f'the replay evaluation ended with status {event.returncode}')
