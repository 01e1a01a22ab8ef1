# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The executable `depth_node`: prepares the process, spins the node, ends cleanly on signals."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from lacdepth_ros.core.runtime import END_WITH_PARENT, die_with_parent, share_cores, tune_process
from lacdepth_ros.node import stopping
from lacdepth_ros.node.dds_profile import apply_dds_profile
from lacdepth_ros.node.log_folder import ensure_log_folder
from lacdepth_ros.node.node import DepthNode
from lacdepth_ros.node.parameter_files import unheard_files

if TYPE_CHECKING:
    from lacdepth_ros.models.predictor import DepthPredictor

POLL = 0.2
"""Seconds after which the spinning loop looks for a signal at the latest."""


def load_predictor(checkpoint: Path | None, **options: Any) -> DepthPredictor:
    """Load a checkpoint; PyTorch is imported only now, so that the node is up at once."""
    from lacdepth_ros.models.predictor import DepthPredictor

    share_cores(options['device'])
    return DepthPredictor.from_checkpoint(checkpoint, **options)


def main(
    args: list[str] | None = None,
    predictor_factory: Callable[..., DepthPredictor] = load_predictor,
) -> int:
    """Run the node until SIGINT or SIGTERM.

    Args:
        args: Command line with --ros-args; None = sys.argv.
        predictor_factory: Makes the predictor when the node is configured.

    Returns:
        Exit status 0.
    """
    if os.environ.get(END_WITH_PARENT):
        die_with_parent()
    stopping.listen()
    ensure_log_folder()
    apply_dds_profile()
    tune_process()
    stopping.started()
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    node = DepthNode(predictor_factory, stop=stopping.stop)
    for line in unheard_files(sys.argv if args is None else args, node.get_fully_qualified_name()):
        node.get_logger().warning(line)
    try:
        _spin(node)
    finally:
        node.shut_down()
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _spin(node: DepthNode) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok() and not stopping.stop.is_set():
        _spin_once(executor, node)
    executor.shutdown()


def _spin_once(executor: SingleThreadedExecutor, node: DepthNode) -> None:
    try:
        executor.spin_once(timeout_sec=POLL)
    except ExternalShutdownException:
        return
    except Exception:  # one bad callback (an illegal transition in Jazzy) must not end the node
        node.get_logger().error(f'callback failed: {traceback.format_exc()}')
