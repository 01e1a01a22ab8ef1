# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
