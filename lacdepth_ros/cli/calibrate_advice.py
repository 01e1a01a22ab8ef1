# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What `lacdepth calibrate` found, and what to put into the node's YAML, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lacdepth_ros.evaluation.scale import ScaleFit

USABLE = (0.05, 20.0)
"""Factors that a camera at 0.1 to 33 m may need whose height was not told."""


def describe(fit: ScaleFit, told: float | None, usual: float) -> str:
    """What was found, and what to do.

    Args:
        fit: What was found.
        told: Height that depth was computed for [m]; None where frames differ.
        usual: That a node takes which is told none [m].
    """
    frames = f'{fit.frames} frames' if fit.frames > 1 else 'one frame'
    readings = f'{fit.readings} readings' if fit.readings > 1 else 'one reading'
    lines = [
        f'{readings} of {frames}, {fit.nearest:.3g} to {fit.farthest:.3g} m',
        f'true / predicted: {_factor(fit)}',
    ]
    if fit.halves is None:
        lines.append(
            f'typical error: {fit.error_before:.1%}, after the factor {fit.error_after:.1%}'
        )
    lines += [
        f'  {half.nearest:.3g} to {half.farthest:.3g} m: {_factor(half)}, typical error '
        f'{half.error_before:.1%}'
        for half in fit.halves or ()
    ]
    lines += _on_distance(fit)
    if told is None:
        lines.append(
            'depth was computed for the heights that the frames tell: tell the node its own'
        )
    elif told != usual:
        lines.append(f'depth was computed for camera_height: {told:g}: tell the node as well')
    return '\n'.join([*lines, *_advice(fit, told)])


def _factor(fit: ScaleFit) -> str:
    if fit.factor_range is None:
        return f'{fit.factor:.4g} (one reading: how sure is unknown)'
    low, high = fit.factor_range
    return f'{fit.factor:.4g} (95 %: {low:.3g} to {high:.3g})'


def _on_distance(fit: ScaleFit) -> list[str]:
    """Whether errors depend on distance, in words."""
    if fit.slope is None or fit.slope_range is None:
        return ['whether errors depend on distance: unknown, give more readings, near and far']
    low, high = fit.slope_range
    slope = (
        f'd ln(true / predicted) / d ln(true) = {fit.slope:+.3f} (95 %: {low:+.3f}, {high:+.3f})'
    )
    if fit.halves is None:
        return [f'errors do not depend on distance in a way that matters: {slope}']
    return [
        f'ERRORS DEPEND ON DISTANCE: {slope}',
        'no factor cures that. Check the intrinsics and what the checkpoint is for '
        '(lacdepth checkpoints); else fine-tune it',
    ]


def _advice(fit: ScaleFit, told: float | None) -> list[str]:
    """What to put into the node's YAML; of what is near, where no factor puts all right."""
    best, title = fit.best, "put into the node's YAML" + (' one of' if told else '')
    if best.is_right:
        what = 'depth' if fit.halves is None else 'what is near'
        return [f'{what} is right: leave camera_height and depth_scale as they are']
    if fit.halves is not None:
        near, far = fit.halves
        left = near.factor / far.factor
        title += f' (for what is near; farther away predicted / true is then {left:.2f})'
    if not USABLE[0] <= best.factor <= USABLE[1]:
        return [
            f'NO SUCH CAMERA: a factor of {best.factor:.3g} is none that a height or a focal '
            'length explains. Are the true depths in metres, and of these pixels?'
        ]
    if fit.halves is None and fit.error_after > 1.1 * fit.error_before:
        return [
            'THE FACTOR MAKES IT WORSE: the readings contradict each other; look for a wrong one'
        ]
    if not (best.decides or fit.decides):
        return [_undecided(best)]
    if best.factor_range is None or best.factor_range[0] <= 1 <= best.factor_range[1]:
        title += ', for now (few readings: more will move it)'
    height = (
        [f'  camera_height: {told * best.factor:.3g}   # metres, for {told:g}'] if told else []
    )
    return [f'{title}:', *height, f'  depth_scale: {best.factor:.4g}']


def _undecided(best: ScaleFit) -> str:
    """That the readings give no factor which is sure to be better than none."""
    if best.factor_range is None:
        why = 'one reading may be one that the network gets wrong'
    else:
        low, high = best.factor_range
        why = f'the factor lies between {low:.2g} and {high:.2g}, which 1 does, too'
    return (
        f'THE READINGS DO NOT DECIDE IT: {why}. Leave camera_height and depth_scale as they are, '
        'and give more readings, near and far, on things and on the ground'
    )
