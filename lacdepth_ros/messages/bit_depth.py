# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How many of the 16 bits of a value a camera uses."""

from __future__ import annotations

BIT_DEPTHS = (8, 10, 12, 14, 16)
"""Bits that the values of cameras have."""


class BitDepth:
    """Bits that the 16-bit values of one camera hold: the fewest that hold all seen so far.

    They only ever grow, so the picture does not flicker with its brightest pixel. A camera whose
    values are shifted to the upper bits holds 16.

    Args:
        fixed: Bits that the user knows; 0 = find out.

    Attributes:
        bits: 0 before the first value.
    """

    def __init__(self, fixed: int = 0) -> None:
        self._fixed = fixed
        self.bits = fixed

    def full_scale(self, brightest: int) -> int:
        """The value that stands for white, given the brightest value of an image.

        Raises:
            ValueError: The bits are fixed, and the value needs more.
        """
        needed = next(bits for bits in BIT_DEPTHS if brightest < 2**bits)
        if self._fixed and needed > self._fixed:
            raise ValueError(
                f'a value of {brightest} needs more than the {self._fixed} bits that are set; set '
                f'image_bits to one of {BIT_DEPTHS}, or to 0 to find out'
            )
        self.bits = max(self.bits, needed)
        return int(2**self.bits - 1)
