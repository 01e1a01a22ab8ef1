# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""camera_info messages as common drivers publish them, each with the right answer.

Written by hand after the drivers' documentation and calibration files in their repositories: what
counts is their form (sizes, distortion model, number of coefficients, zeros, region, binning).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from fake_messages import FakeCameraInfo

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
ZEROS = (0.0,) * 9
Pinhole = tuple[float, float, float, float]


@dataclass(frozen=True)
class Case:
    """A message and what must become of it.

    Attributes:
        name: Driver and mode.
        size: Width and height in the message.
        k: fx, fy, cx, cy of K.
        answer: fx, fy, cx, cy of the depth image; None where the message must be refused.
        image: Width and height of the image that comes with it; None = `size`.
        p: fx, fy, cx, cy of P; None = as K, zeros = all zeros.
        rectified: The image is a rectified one.
        reason: What the refusal says.
        doubt: What the warning says, '' when there is none.
    """

    name: str
    size: tuple[int, int]
    k: Pinhole
    answer: Pinhole | None = None
    image: tuple[int, int] | None = None
    p: Pinhole | None = None
    tx: float = 0.0
    model: str = 'plumb_bob'
    d: tuple[float, ...] = ()
    r: tuple[float, ...] = IDENTITY
    skew: float = 0.0
    binning: tuple[int, int] = (0, 0)
    roi: tuple[int, int, int, int] = (0, 0, 0, 0)
    rectified: bool = False
    reason: str = ''
    doubt: str = ''
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def info(self) -> FakeCameraInfo:
        """The message."""
        width, height = self.size
        return FakeCameraInfo(
            width=width,
            height=height,
            distortion_model=self.model,
            d=list(self.d),
            k=_k(*self.k, self.skew),
            r=list(self.r),
            p=_p(*(self.p or self.k), self.tx),
            binning_x=self.binning[0],
            binning_y=self.binning[1],
            roi=SimpleNamespace(
                **dict(zip(('x_offset', 'y_offset', 'width', 'height'), self.roi, strict=True))
            ),
            **self.more,
        )


def _k(fx: float, fy: float, cx: float, cy: float, skew: float) -> list[float]:
    return [fx, skew, cx, 0.0, fy, cy, 0.0, 0.0, 1.0 if fx or fy else 0.0]


def _p(fx: float, fy: float, cx: float, cy: float, tx: float) -> list[float]:
    return [fx, 0.0, cx, tx, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0 if fx or fy else 0.0, 0.0]


NONE: Pinhole = (0.0, 0.0, 0.0, 0.0)
USB = (612.4, 611.9, 321.7, 243.2)
WIDE = (285.8, 286.1, 320.4, 241.0)

CASES = [
    Case('usb_cam, uncalibrated', (640, 480), NONE, model='', reason='calibrate the camera'),
    Case('v4l2_camera, calibrated at another size', (640, 480), NONE, model='', r=ZEROS,
         reason='no calibration, or one of another image size: calibrate the camera at this size'),
    Case('usb_cam, calibrated, raw', (640, 480), USB, (590.1, 598.6, 322.9, 244.4),
         p=(590.1, 598.6, 322.9, 244.4), d=(0.06, -0.13, 0.001, 0.002, 0.0)),
    Case('usb_cam, calibrated, image_rect', (640, 480), USB, (590.1, 598.6, 322.9, 244.4),
         p=(590.1, 598.6, 322.9, 244.4), d=(0.06, -0.13, 0.001, 0.002, 0.0), rectified=True),
    Case('usb_cam, K of another mode', (1280, 720), USB, reason='would be that of a 644x487'),
    Case('gscam, no P', (1280, 720), (912.0, 911.0, 640.2, 361.5), (912.0, 911.0, 640.2, 361.5),
         p=NONE, d=(-0.3, 0.1, 0.0, 0.0, 0.0), doubt='p is all zeros'),
    Case('gscam, no P, no R', (1280, 720), (912.0, 911.0, 640.2, 361.5),
         (912.0, 911.0, 640.2, 361.5), p=NONE, r=ZEROS, doubt='r is all zeros'),
    Case('gscam, no P, image_rect', (1280, 720), (912.0, 911.0, 640.2, 361.5),
         (912.0, 911.0, 640.2, 361.5), p=NONE, rectified=True, doubt='p is all zeros'),
    Case('realsense D435 color 1280x720', (1280, 720), (915.3, 914.9, 643.1, 358.8),
         (915.3, 914.9, 643.1, 358.8), d=(0.0,) * 5),
    Case('realsense D435 infra2, rectified', (848, 480), (425.1, 425.1, 424.6, 239.4),
         (425.1, 425.1, 424.6, 239.4), tx=-21.3, d=(0.0,) * 5, rectified=True),
    Case('realsense D455 color 640x480', (640, 480), (382.4, 381.8, 318.2, 243.4),
         (382.4, 381.8, 318.2, 243.4), d=(-0.056, 0.067, 0.0001, 0.0005, -0.022)),
    Case('realsense T265 fisheye1', (848, 800), (285.8, 285.9, 421.5, 399.9),
         (285.8, 285.9, 421.5, 399.9), model='equidistant', d=(-0.005, 0.04, -0.037, 0.006)),
    Case('realsense T265, five coefficients', (848, 800), (285.8, 285.9, 421.5, 399.9),
         (285.8, 285.9, 421.5, 399.9), model='kannala_brandt4',
         d=(-0.005, 0.04, -0.037, 0.006, 0.0)),
    Case('zed2 left, HD720, rectified', (1280, 720), (527.9, 527.9, 640.6, 365.9),
         (527.9, 527.9, 640.6, 365.9), d=(0.0,) * 5, rectified=True),
    Case('zed2 right, raw', (1280, 720), (528.3, 528.1, 637.7, 358.6),
         (527.9, 527.9, 640.6, 365.9), p=(527.9, 527.9, 640.6, 365.9), tx=-63.4,
         d=(-0.041, 0.009, -0.0002, 0.0001, -0.005)),
    Case('zedx, rational, raw', (1920, 1200), (741.2, 741.1, 958.2, 596.4),
         (741.2, 741.1, 958.2, 596.4), model='rational_polynomial',
         d=(0.41, -0.12, 0.0001, -0.00002, -0.0063, 0.77, -0.14, -0.02)),
    Case('depthai OAK-D rgb, 14 coefficients', (1280, 720), (1003.9, 1003.6, 646.2, 358.0),
         (1003.9, 1003.6, 646.2, 358.0), model='rational_polynomial',
         d=(2.4, -53.2, 0.001, -0.0003, 225.1, 2.3, -52.3, 222.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    Case('depthai OAK-D mono left', (640, 400), (400.9, 400.9, 318.8, 200.9),
         (400.9, 400.9, 318.8, 200.9), model='rational_polynomial',
         d=(-4.7, 6.9, 0.001, -0.0004, 25.6, -4.8, 7.4, 24.9)),
    Case('depthai OAK-D left, rectified: P of the right one', (1280, 720),
         (799.2, 798.9, 646.1, 362.9),
         (804.6, 804.3, 633.7, 351.2), p=(804.6, 804.3, 633.7, 351.2), d=(0.0,) * 8,
         model='rational_polynomial', rectified=True),
    Case('depthai v3 OAK-D left, rectified: R not cleared', (1280, 720),
         (799.2, 798.9, 646.1, 362.9),
         (804.6, 804.3, 633.7, 351.2), p=(804.6, 804.3, 633.7, 351.2), d=(0.0,) * 8,
         r=(1.0, 0.004, -0.011, -0.004, 1.0, 0.006, 0.011, -0.006, 1.0),
         model='rational_polynomial', rectified=True),
    Case('azure kinect rgb 1536p', (2048, 1536), (973.6, 973.4, 1022.3, 780.8),
         (973.6, 973.4, 1022.3, 780.8), model='rational_polynomial',
         d=(0.46, -2.6, 0.0006, -0.0001, 1.5, 0.34, -2.4, 1.4)),
    Case('kinect v1, openni, no calibration file', (640, 480), (525.0, 525.0, 319.5, 239.5),
         (525.0, 525.0, 319.5, 239.5), d=(0.0,) * 5),
    Case('kinect v2 hd, kinect2_bridge', (1920, 1080), (1059.9, 1053.9, 954.9, 523.7),
         (1059.9, 1053.9, 954.9, 523.7), d=(0.056, -0.074, 0.0014, -0.0017, 0.024)),
    Case('orbbec astra, zeros of eight', (640, 480), (519.4, 519.4, 313.4, 242.1),
         (519.4, 519.4, 313.4, 242.1), d=(0.04, -0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    Case('orbbec femto, plumb_bob of eight', (1280, 720), (748.6, 748.4, 636.4, 363.1),
         (748.6, 748.4, 636.4, 363.1), d=(0.08, -0.1, 0.0001, 0.0, 0.04, 0.01, -0.02, 0.003)),
    Case('spinnaker, binning 4', (2064, 1544), (1746.0, 1745.5, 1030.9, 770.2),
         (436.5, 436.375, 257.35, 192.175), image=(516, 386), binning=(4, 4)),
    Case('spinnaker, binning 4, rows lost', (2064, 1544), (1746.0, 1745.5, 1030.9, 770.2),
         image=(516, 384), binning=(4, 4), reason='2064x1544 with binning 4 = 516x386'),
    Case('spinnaker, K of the binned image', (2064, 1544), (436.5, 436.4, 257.4, 192.2),
         image=(516, 386), binning=(4, 4), reason='2064x1544 with binning 4'),
    Case('spinnaker, binning 2, K binned', (2064, 1544), (873.0, 872.8, 515.2, 384.9),
         image=(1032, 772), binning=(2, 2), reason='would be that of a 1031x771 image'),
    Case('pylon, window of the sensor', (1280, 960), (1250.0, 1251.0, 650.0, 478.0),
         (1250.0, 1251.0, 330.0, 238.0), image=(640, 480), roi=(320, 240, 640, 480)),
    Case('pylon, window, size already cropped', (640, 480), (1250.0, 1251.0, 330.0, 238.0),
         roi=(100, 80, 640, 480), reason=r'roi 640x480 at \(100, 80\) does not fit 640x480'),
    Case('pylon, window and binning', (1280, 960), (1250.0, 1251.0, 650.0, 478.0),
         (625.0, 625.5, 164.75, 118.75), image=(320, 240), roi=(320, 240, 640, 480),
         binning=(2, 2)),
    Case('avt_vimba, full window', (1936, 1216), (1350.7, 1350.2, 966.1, 603.6),
         (1350.7, 1350.2, 966.1, 603.6), roi=(0, 0, 1936, 1216), binning=(1, 1)),
    Case('camera_calibration, fisheye', (640, 480), WIDE, WIDE, model='fisheye',
         d=(0.01, -0.004, 0.001, 0.0)),
    Case('foxglove, kannala_brandt', (640, 480), WIDE, WIDE, model='kannala_brandt',
         d=(0.01, -0.004, 0.001, 0.0)),
    Case('mynteye, in capitals', (640, 480), WIDE, model='KANNALA_BRANDT',
         d=(0.01, -0.004, 0.001, 0.0), reason="'KANNALA_BRANDT' is not supported"),
    Case('camodocal, intrinsics among the coefficients', (640, 480), WIDE, model='kannala_brandt',
         d=(0.01, -0.004, 0.001, 0.002, 285.8, 286.1, 320.4, 241.0),
         reason='equidistant has 8 coefficients'),
    Case('image_undistort, radtan', (640, 480), USB, USB, model='radtan',
         d=(0.06, -0.13, 0.001, 0.002)),
    Case('realsense, brown_conrady', (640, 480), USB, USB, model='brown_conrady',
         d=(0.06, -0.13, 0.001, 0.002, 0.0)),
    Case('realsense, inverse_brown_conrady', (640, 480), USB, model='inverse_brown_conrady',
         d=(0.06, -0.13, 0.001, 0.002, 0.0), reason='is not supported'),
    Case('kalibr, skewed', (640, 480), USB, USB, skew=1.5, d=(0.0,) * 4),
    Case('kalibr, a skew of rounding', (640, 480), USB, USB, skew=2e-7),
    Case('kitti raw, image_02', (1242, 375), (721.5377, 721.5377, 609.5593, 172.854),
         (721.5377, 721.5377, 609.5593, 172.854), tx=44.85728, rectified=True),
    Case('kitti2bag, rectified image_raw with K of the sensor', (1242, 375),
         (959.791, 956.925, 696.022, 224.181), (721.5377, 721.5377, 609.5593, 172.854),
         p=(721.5377, 721.5377, 609.5593, 172.854), tx=44.85728,
         d=(-0.3691, 0.1969, 0.00135, 0.00057, -0.0677), doubt='% of the image rectified by K'),
    Case('image_proc, image_rect of a camera without distortion', (640, 480), USB,
         (590.1, 598.6, 322.9, 244.4), p=(590.1, 598.6, 322.9, 244.4), d=(0.0,) * 5,
         rectified=True, doubt='image_proc hands such images on as image_rect without'),
    Case('nuscenes front, no distortion', (1600, 900), (1266.4, 1266.4, 816.3, 491.5),
         (1266.4, 1266.4, 816.3, 491.5)),
    Case('gazebo, 80 degrees', (800, 600), (476.7, 476.7, 400.5, 300.5),
         (476.7, 476.7, 400.5, 300.5), tx=-0.0, d=(0.0,) * 5),
    Case('carla, 90 degrees', (800, 600), (400.0, 400.0, 400.0, 300.0),
         (400.0, 400.0, 400.0, 300.0), d=(0.0,) * 5),
    Case('isaac sim, 130 degrees, no D', (1280, 720), (298.4, 298.4, 640.0, 360.0),
         (298.4, 298.4, 640.0, 360.0), doubt='130 degrees without distortion'),
    Case('webots, K of the full image on a half-size one', (640, 360),
         (1108.5, 1108.5, 640.0, 360.0), reason='would be that of a 1281x721 image'),
    Case('pal, analog grabber', (720, 576), (800.0, 875.0, 359.5, 287.5),
         (800.0, 875.0, 359.5, 287.5)),
    Case('pal, one field of two', (720, 288), (800.0, 437.5, 359.5, 143.5),
         (800.0, 437.5, 359.5, 143.5), doubt='fx / fy = 800 / 437.5 = 1.83: pixels are square in '
         'nearly every camera; images are stretched until they are square by these numbers'),
    Case('sensor that merges pairs of rows', (1280, 960), (1000.0, 1000.0, 639.5, 479.5),
         (1000.0, 500.0, 639.5, 239.5), image=(1280, 480), binning=(1, 2)),
    Case('millimetres in place of pixels', (1280, 960), (4.2, 4.2, 639.5, 479.5),
         reason='Give it in pixels'),
    Case('gopro, window of rows that moved c', (1920, 540), (1150.0, 1150.0, 960.0, 480.0),
         (1150.0, 1150.0, 960.0, 480.0), doubt='lies far from the middle of 1920x540'),
    Case('ladybug, odd model', (1232, 1616), (600.0, 600.0, 616.0, 808.0), model='omnidirectional',
         d=(0.1,), reason="'omnidirectional' is not supported"),
    Case('thermal, flir_boson', (640, 512), (404.6, 404.5, 319.5, 255.5),
         (404.6, 404.5, 319.5, 255.5), d=(-0.1, 0.02, 0.0, 0.0, 0.0)),
]  # fmt: skip
