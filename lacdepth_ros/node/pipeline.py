# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the worker does with one frame: decode, rectify, predict, publish."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.obstacles import trusted_depth
from lacdepth_ros.core.pointcloud import limit_range
from lacdepth_ros.core.stamps import stamp_ns, to_ns
from lacdepth_ros.core.temporal import TemporalFilter
from lacdepth_ros.messages.bit_depth import BitDepth
from lacdepth_ros.messages.cameras import check_image_size
from lacdepth_ros.messages.decoder import ImageDecoder
from lacdepth_ros.messages.rectification import RectifierCache, View
from lacdepth_ros.messages.topic_doubt import doubt_of_topic
from lacdepth_ros.messages.topics import CAMERA_INFO
from lacdepth_ros.messages.upper_bytes import upper_byte_doubt
from lacdepth_ros.node.height_watch import HeightWatch
from lacdepth_ros.node.novelty import NoveltyWatch
from lacdepth_ros.node.publishers import Publishers, Result
from lacdepth_ros.node.sync import FramePair
from lacdepth_ros.node.worker import UnpreparedError

if TYPE_CHECKING:
    from lacdepth_ros.models.prediction import DepthPrediction
    from lacdepth_ros.models.predictor import DepthPredictor
    from lacdepth_ros.node.frame_statistics import FrameStatistics
    from lacdepth_ros.node.parameters import NodeParameters
    from lacdepth_ros.node.stamp_age import StampAge


def _late_growth(depth: BitDepth) -> str:
    """What is doubtful about bits that grew; '' where it was soon."""
    if not depth.outgrown:
        return ''
    return (
        f'16-bit images held {depth.outgrown} bits until one needed {depth.bits}: all since are '
        f'{2 ** (depth.bits - depth.outgrown)} times as dark; set image_bits to the bits of the '
        'camera and activate the node again'
    )


class FramePipeline:
    """Turns frame pairs into published results; called by one thread.

    Args:
        predictor: Loaded and warmed up.
        publishers: Those of the node.
        topic: Of the images.
        statistics: Receives fates and latencies.
        parameters: Returns the parameters as they are now; asked once a frame.
        age: Tells how old a frame is.
        inform: Logs what was found out about the camera.
        doubt: Takes a matter and what is doubtful about it, '' when nothing is.
    """

    def __init__(
        self,
        predictor: DepthPredictor,
        publishers: Publishers,
        topic: str,
        statistics: FrameStatistics,
        parameters: Callable[[], NodeParameters],
        age: StampAge,
        inform: Callable[[str], object],
        doubt: Callable[[str, str], object],
    ) -> None:
        self._predictor = predictor
        self._publishers = publishers
        self._topic = topic
        self._statistics = statistics
        self._parameters = parameters
        self._age = age
        self._inform = inform
        self._doubt = doubt
        self._decoder = ImageDecoder(parameters().image_bits)
        self._rectifiers = RectifierCache()
        self._filter = TemporalFilter()
        self._novelty = NoveltyWatch(predictor.calibration)
        self._height = HeightWatch(predictor.calibration)
        self._changes = 0

    def process(self, pair: FramePair) -> None:
        """Answer one frame on the topics that have subscribers.

        Raises:
            ValueError: The image or its camera_info cannot be used; the text says why.
            UnpreparedError: The network must be made ready for a new size of the camera's images.
        """
        parameters = self._parameters()
        wanted = self._publishers.wanted(parameters)
        if not wanted:
            self._statistics.count('unwanted')
            return
        self._age.begin(stamp_ns(pair.image))
        with self._statistics.timed('decode'):
            view = self._decode(pair, parameters)
        if CAMERA_INFO in wanted:
            self._publishers.publish_info(pair.info, pair.image.header, view.camera)
        if wanted != {CAMERA_INFO}:
            prediction = self._predict(view, parameters)
            result = self._result(prediction, pair.image.header, view, parameters)
            start = time.perf_counter()
            clouds = self._publishers.publish(result, wanted, parameters, self._published)
            self._statistics.record('publish', 1e3 * (time.perf_counter() - start - clouds))
            if clouds:
                self._statistics.record('cloud', 1e3 * clouds)
            # Last, as nobody waits for it.
            self._watch_picture(prediction.novelty, prediction.height_seen, parameters)
        self._statistics.count('answered')

    def _decode(self, pair: FramePair, parameters: NodeParameters) -> View:
        """The pinhole image of a pair."""
        view = self._rectifiers.view(
            self._decode_image(pair, parameters),
            pair.info,
            rectified=parameters.image_is_rectified,
            rectify=parameters.rectify,
        )
        if self._rectifiers.changes != self._changes:
            seen = view.camera.rotated(parameters.rotate // 90)
            doubts = (*self._rectifiers.doubts, self._predictor.doubt(seen))
            self._doubt('calibration', '; '.join(filter(None, doubts)))
            rectified = parameters.image_is_rectified
            self._doubt('topic', doubt_of_topic(self._topic, pair.info, rectified=rectified))
            self._changes = self._rectifiers.changes
            if wait := self._predictor.preparation(seen):
                self._inform(wait)
                raise UnpreparedError(partial(self._predictor.prepare, seen))
        return view

    def _decode_image(self, pair: FramePair, parameters: NodeParameters) -> npt.NDArray[np.uint8]:
        """The image, once its header has been held against its camera_info."""
        expected = self._rectifiers.arriving(pair.info, rectified=parameters.image_is_rectified)

        def check_size(width: int, height: int) -> None:
            check_image_size(pair.info, expected, width=width, height=height)

        bits = self._decoder.bit_depth.bits
        image = self._decoder.decode(pair.image, check_size, share=True)
        if (now := self._decoder.bit_depth.bits) != bits:
            self._inform(
                f'16-bit images hold {now} bits so far: {2**now - 1} counts as white (image_bits '
                'fixes that)'
            )
            self._doubt('bits', _late_growth(self._decoder.bit_depth))
        self._doubt('upper bytes', upper_byte_doubt(pair.image, image))
        return image

    def _predict(self, view: View, parameters: NodeParameters) -> DepthPrediction:
        with self._statistics.timed('predict'):
            self._predictor.focal_scaling = parameters.focal_scaling
            # The network knows the world upright only; what is published stays as it came.
            turns = parameters.rotate // 90
            prediction = self._predictor.predict(
                np.rot90(view.image, -turns),
                view.camera.rotated(turns),
                camera_height=parameters.camera_height or None,
            )
        for stage, milliseconds in self._predictor.timings.items():
            self._statistics.record(stage, milliseconds)
        return prediction

    def _result(
        self, prediction: DepthPrediction, header: Any, view: View, parameters: NodeParameters
    ) -> Result:
        turns = parameters.rotate // 90

        def published(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
            """A map of the prediction in the image's orientation, times depth_scale."""
            if parameters.depth_scale != 1:
                values = np.float32(parameters.depth_scale) * values
            return view.without_outside(np.rot90(values, turns))

        depth, std = published(prediction.depth), cache(lambda: published(prediction.std))
        if parameters.temporal_filter_weight < 1:
            with self._statistics.timed('filter'):
                depth = self._filter.apply(
                    depth,
                    std(),
                    to_ns(header.stamp) or time.monotonic_ns(),  # 0: not stamped
                    weight=parameters.temporal_filter_weight,
                    max_change=parameters.temporal_filter_max_change,
                )
        own_range = parameters.depth_scale * prediction.farthest
        farthest = min(parameters.max_depth, own_range)
        limited = limit_range(depth, parameters.min_depth, farthest)
        settings = parameters.obstacles

        trusted = cache(
            lambda: trusted_depth(
                limit_range(depth, parameters.min_depth, own_range),
                std() if settings.max_relative_std > 0 else None,
                view.camera,
                settings,
                farthest=farthest,
                familiar=self._novelty.is_familiar(prediction.novelty),
            )
        )
        return Result(header, view.image, view.camera, limited, farthest, std, trusted)

    def _watch_picture(
        self, novelty: float, height_seen: float, parameters: NodeParameters
    ) -> None:
        """See whether the network knows such pictures, and the camera stands as high as told."""
        assumed = parameters.camera_height or self._predictor.config.camera_height_m
        self._novelty.see(novelty)
        self._height.see(height_seen, assumed * parameters.depth_scale)
        self._statistics.find('novelty', self._novelty.describe())
        familiar = self._novelty.familiar()
        self._statistics.find('camera height seen [m]', self._height.describe(familiar=familiar))
        self._doubt('novelty', self._novelty.warning())
        self._doubt('height', self._height.warning() if familiar else '')

    def _published(self, topic: str) -> None:
        if (age := self._age.seconds()) is not None:
            self._statistics.record(f'stamp_to_{topic}', 1e3 * age)
