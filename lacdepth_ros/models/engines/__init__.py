# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Engines: the ways to run a network, behind one interface (engine.py), one file each."""
