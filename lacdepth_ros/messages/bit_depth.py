# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How many of the 16 bits of a value a camera uses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BIT_DEPTHS = (8, 10, 12, 14, 16)
"""Bits that the values of cameras have."""


SPECKS = 0.001
"""Share of an image's values that may be too bright for its bits: pixels that are broken."""
LINES = 0.01
"""Share of its rows, or columns, with such values: lines that are broken, or hold telemetry."""
SETTLED = 100
"""Images after which a camera has hardly shown less than it can."""


class BitDepth:
    """Bits that the 16-bit values of one camera hold: the fewest that hold all seen so far.

    They only ever grow, so the picture does not flicker with its brightest pixel. A camera whose
    values are shifted to the upper bits holds 16. Specks and single lines do not count: one wrong
    value would darken all that comes after it.

    Args:
        fixed: Bits that the user knows; 0 = find out.

    Attributes:
        bits: 0 before the first value.
        outgrown: What they were before they last grew after SETTLED images; 0 if they did not.
    """

    def __init__(self, fixed: int = 0) -> None:
        self._fixed = fixed
        self._images = 0
        self.bits = fixed
        self.outgrown = 0

    def full_scale(self, values: npt.NDArray[np.uint16]) -> int:
        """The value that stands for white in an image (H, W, C); specks may be brighter.

        Raises:
            ValueError: The bits are fixed, and the image needs more.
        """
        needed = _bits_needed(values, self.bits)
        if self._fixed and needed > self._fixed:
            raise ValueError(
                f'a value of {values.max()} needs more than the {self._fixed} bits that are set; '
                f'set image_bits to one of {BIT_DEPTHS}, or to 0 to find out'
            )
        if needed > self.bits and self._images >= SETTLED:
            self.outgrown = self.bits
        self._images += 1
        self.bits = needed
        return int(2**self.bits - 1)


def _bits_needed(values: npt.NDArray[np.uint16], least: int) -> int:
    """The fewest of BIT_DEPTHS, `least` or more, that hold an image but for specks."""
    brightest = values.max()
    for bits in BIT_DEPTHS:
        if bits >= least and (brightest < 2**bits or not _matters(values >= 2**bits)):
            return bits
    raise AssertionError('16 bits hold every value')


def _matters(bright: npt.NDArray[np.bool_]) -> bool:
    """Whether so many values (H, W, C) are bright that they are part of the picture."""
    if bright.mean() <= SPECKS:
        return False
    return all(bright.any(axis=axes).mean() > LINES for axes in ((1, 2), (0, 2)))
