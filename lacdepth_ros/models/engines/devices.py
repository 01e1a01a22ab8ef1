# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What this machine can compute on."""

from __future__ import annotations

import hashlib
import importlib.util
import platform
from pathlib import Path

import torch

from lacdepth_ros.models.engines.openvino_core import openvino_core

CPUINFO = Path('/proc/cpuinfo')
BF16_FLAGS = {'avx512_bf16', 'amx_bf16', 'bf16'}
"""Names in /proc/cpuinfo of instructions that multiply bf16, on x86 and Arm."""
FP16_FLAG = 'asimdhp'
"""The same of instructions that multiply fp16, on Arm."""
INT8_FLAG = 'avx2'
"""The same of instructions that multiply 8-bit integers faster than OpenVINO multiplies floats."""


def check_device(name: str) -> torch.device:
    """Turn 'cpu', 'cuda', 'cuda:N' or 'xpu' (an Intel GPU) into a device that exists here.

    Raises:
        ValueError: Unknown or absent device; the message names those present.
    """
    present = ['cpu', *(f'cuda:{i}' for i in range(torch.cuda.device_count()))]
    allowed = [*present, 'cuda'] if len(present) > 1 else present
    if name == 'xpu' and has_intel_gpu():
        return torch.device(name)
    if name not in allowed:
        raise ValueError(f'device {name!r} is not available on this machine; use one of {allowed}')
    return torch.device(name)


def computes_bf16() -> bool:
    """Tell whether this processor multiplies bf16 itself; elsewhere it would be slower."""
    if not CPUINFO.is_file():
        return platform.machine() == 'arm64'  # Apple's, of which all recent ones do
    return not BF16_FLAGS.isdisjoint(CPUINFO.read_text().split())


def computes_fp16() -> bool:
    """Tell whether this processor is one of Arm's that multiplies fp16, twice as many as fp32."""
    if not CPUINFO.is_file():
        return platform.machine() == 'arm64'
    return FP16_FLAG in CPUINFO.read_text().split()


def computes_int8() -> bool:
    """Tell whether OpenVINO gains by 8-bit integers on this processor, an x86 with AVX2."""
    return CPUINFO.is_file() and INT8_FLAG in CPUINFO.read_text().split()


def is_x86() -> bool:
    """Tell whether this processor is one of x86-64."""
    return platform.machine() in ('x86_64', 'AMD64')


def has_intel_gpu() -> bool:
    """Tell whether OpenVINO is installed and finds a GPU."""
    if importlib.util.find_spec('openvino') is None:
        return False
    devices: list[str] = openvino_core('Intel GPUs').available_devices
    return any(name.startswith('GPU') for name in devices)


def processor_name() -> str:
    """Name of the processor, as its maker has it."""
    text = CPUINFO.read_text() if CPUINFO.is_file() else ''
    names = [line.partition(':')[2] for line in text.splitlines() if line[:10] == 'model name']
    return (names[0] if names else platform.processor() or platform.machine()).strip()


def processor_kind() -> str:
    """Its name and what it can compute: of Arm's, many have no name of their own."""
    told = ('flags', 'Features', 'CPU implementer', 'CPU part')
    text = CPUINFO.read_text() if CPUINFO.is_file() else ''
    facts = sorted({line for line in text.splitlines() if line.startswith(told)})
    return f'{processor_name()} {hashlib.sha256(str(facts).encode()).hexdigest()[:16]}'
