# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Looks at the machine: libraries, processor, network, ROS, shared memory."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from lacdepth_ros.core.installation import describe_missing, missing_modules
from lacdepth_ros.session.doctor.finding import Finding

SMALL_SHM = 256 * 2**20
"""Bytes of /dev/shm below which camera, node and one subscriber do not find room."""
_LIBRARIES = ('numpy', 'opencv-python', 'simplejpeg', 'torch', 'torchvision', 'safetensors')
_ENGINES = {'openvino': 'openvino', 'onnxruntime': 'onnxruntime', 'tensorrt': 'tensorrt'}
_SHM_NAMES = ('fastdds_', 'fastrtps_', 'sem.fast')


def look_at_machine(checkpoint: Path | None, device: str) -> Iterator[Finding]:
    """Everything that can be seen without listening to topics.

    Args:
        checkpoint: File; None is the one shipped with the package.
        device: What the node is to compute on.
    """
    yield _python()
    yield _libraries()
    if not missing_modules(['torch']):
        yield _attempt('device', lambda: _device(device))
        yield _attempt('checkpoint', lambda: _checkpoint(checkpoint, device))
    yield _ros()
    yield _dds_profile()
    yield look_at_shared_memory()


def _attempt(matter: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (OSError, ValueError) as error:
        return Finding('error', matter, str(error))


def _python() -> Finding:
    cores = len(os.sched_getaffinity(0))
    system = f'{platform.system()} {platform.machine()}, {cores} cores'
    return Finding('ok', 'python', f'{platform.python_version()} ({sys.executable}), {system}')


def _libraries() -> Finding:
    if missing := missing_modules(['numpy', 'cv2', 'torch', 'torchvision', 'safetensors']):
        return Finding('error', 'libraries', describe_missing(missing))
    versions = [f'{name} {_version(name)}' for name in _LIBRARIES]
    engines = [name for name, module in _ENGINES.items() if find_spec(module)]
    return Finding('ok', 'libraries', f'{", ".join(versions)}; engines: eager {" ".join(engines)}')


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # from the distribution, under another name
        return 'installed'


def _device(name: str) -> Finding:
    import torch

    from lacdepth_ros.models.engines.devices import check_device, processor_name

    check_device(name)
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return Finding(
        'ok', 'device', f'{name}; {processor_name()}; GPUs: {", ".join(gpus) or "none"}'
    )


def _checkpoint(path: Path | None, device: str) -> Finding:
    from lacdepth_ros.models.predictor import DepthPredictor

    predictor = DepthPredictor.from_checkpoint(path, device=device, engine='eager')
    predictor.warm_up(375, 1242)
    predictor.close()
    config = predictor.config
    return Finding(
        'ok',
        'checkpoint',
        f'{path or "shipped"}: {config.name}, sha256 {predictor.checkpoint_hash}, trained for a '
        f'focal length of {config.focal_px:.0f} px, up to {config.range_end:.3g} m; sees a street',
    )


def _ros() -> Finding:
    if missing_modules(['rclpy']):
        return Finding('error', 'ROS 2', 'no rclpy in this Python', describe_missing(['rclpy']))
    if find_spec('rclpy.event_handler') is None:
        return Finding('error', 'ROS 2', 'Humble or older', 'use Jazzy or newer')
    where = os.environ.get('ROS_DISTRO') or 'the wheels from PyPI'
    middleware = os.environ.get('RMW_IMPLEMENTATION') or 'rmw_fastrtps_cpp (default)'
    domain = os.environ.get('ROS_DOMAIN_ID') or '0'
    reach = os.environ.get('ROS_AUTOMATIC_DISCOVERY_RANGE') or 'SUBNET'
    if os.environ.get('ROS_LOCALHOST_ONLY') == '1':  # outdated, and still counts
        reach = 'LOCALHOST'
    return Finding('ok', 'ROS 2', f'{where}, {middleware}, domain {domain}, discovery {reach}')


def _dds_profile() -> Finding:
    """The profile in this shell: what a camera driver that is started from it gets."""
    from lacdepth_ros.node.dds_profile import describe_dds_profile, profile_setting

    matter, text = 'Fast DDS profile of this shell', describe_dds_profile()
    if text.startswith(('shipped', 'set by the user', 'not used')):
        return Finding('ok', matter, text)
    text = f'{text} for a camera driver that is started from it (the node sets its own)'
    return Finding('warning', matter, text, f'export {profile_setting()}')


def look_at_shared_memory(folder: Path = Path('/dev/shm')) -> Finding:
    """Room for messages, and what dead processes and other users left there."""
    matter = f'shared memory {folder}'
    if not folder.is_dir():
        return Finding('warning', matter, 'is missing: large messages take the slow way')
    usage = shutil.disk_usage(folder)
    in_use = _mapped_files()
    files = [path for path in folder.iterdir() if path.name.startswith(_SHM_NAMES)]
    others = [path for path in files if _owner(path) not in (None, os.getuid())]
    dead = [path for path in files if path not in in_use and path not in others]
    dead = [path for path in dead if not path.name.startswith('sem.') and '_el' not in path.name]
    text = (
        f'{usage.free / 2**20:.0f} of {usage.total / 2**20:.0f} MB free; {len(dead)} segments '
        f'of no living process, {len(others)} of other users'
    )
    if usage.free < SMALL_SHM:
        remedy = (
            'give it 256 MB at least (docker run --ipc host, or --shm-size=256m where the camera '
            'driver runs in the same container); fastdds shm clean'
        )
        return Finding('warning', matter, text, remedy)
    if others and os.getuid():
        remedy = 'segments of other users cannot be opened: run driver and node as one user'
        return Finding('warning', matter, text, remedy)
    return Finding('ok', matter, text, 'fastdds shm clean' if dead else '')


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:  # gone by now
        return None


def _mapped_files() -> set[Path]:
    """Files of shared memory that a process of ours, or that we may look at, has mapped."""
    mapped: set[Path] = set()
    for maps in Path('/proc').glob('[0-9]*/maps'):
        try:
            lines = maps.read_text().splitlines()
        except OSError:  # another user's, or gone by now
            continue
        mapped.update(Path(line.split()[-1]) for line in lines if '/dev/shm/' in line)
    return mapped
