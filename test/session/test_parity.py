# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth from the node over DDS is depth from DepthPredictor, for whatever way an image comes.

One process of the node answers all; expected images are made by NumPy and OpenCV alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')

import torch
from ros_client import Client
from ros_fakes import info_message, stamped
from sensor_msgs.msg import CompressedImage, Image
from tiny_networks import tiny_network

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.images import IMAGE_ENCODINGS
from lacdepth_ros.messages.rectification import Rectifier
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.session.client import DepthClient
from lacdepth_ros.session.node_process import NodeProcess

pytestmark = pytest.mark.ros
HEIGHT, WIDTH = 48, 64
DEPTH, MILLIMETERS, UNCERTAINTY = 'depth/image_rect', 'depth/image_raw', 'depth/uncertainty'
BAYER = {'rggb': 'RGGB', 'bggr': 'BGGR', 'gbrg': 'GBRG', 'grbg': 'GRBG'}
TOPICS = (DEPTH, MILLIMETERS, UNCERTAINTY)
PATIENCE = 120.0  # seconds, for machines that have much else to do
STAMPS = iter(range(1, 10_000))


def scene() -> np.ndarray:
    """RGB with smooth shades and edges, all channels different."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack([4 * columns - 2, 5 * rows, 255 - 3 * columns], axis=2) % 256
    rgb[10:30, 20:40] = (200, 60, 20)
    return rgb.astype(np.uint8)


def gray(rgb: np.ndarray) -> np.ndarray:
    return rgb[..., 1].copy()


def repeated(values: np.ndarray) -> np.ndarray:
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=2)


def opaque(pixels: np.ndarray) -> np.ndarray:
    return np.dstack([pixels, np.full(pixels.shape[:2], 77, pixels.dtype)])


def sixteen_bits(values: np.ndarray) -> np.ndarray:
    return (values.astype(np.uint32) * 257 + 31).clip(0, 65535).astype('<u2')


def packed_yuv(rgb: np.ndarray, order: str) -> tuple[np.ndarray, np.ndarray]:
    """(H, W, 2) bytes of 4:2:2, and the RGB they mean by ITU-R BT.601 in studio range."""
    r, g, b = (rgb[..., c].astype(np.float64) for c in range(3))
    y = np.rint(16 + 0.257 * r + 0.504 * g + 0.098 * b)
    u = np.rint(128 - 0.148 * r - 0.291 * g + 0.439 * b)[:, ::2]
    v = np.rint(128 + 0.439 * r - 0.368 * g - 0.071 * b)[:, ::2]
    packed = np.empty((HEIGHT, WIDTH, 2), np.uint8)
    luma, chroma = (1, 0) if order == 'uyvy' else (0, 1)
    packed[..., luma] = y
    packed[:, ::2, chroma], packed[:, 1::2, chroma] = u, v
    code = {'uyvy': cv2.COLOR_YUV2RGB_UYVY, 'yuyv': cv2.COLOR_YUV2RGB_YUY2}[order]
    meant = np.dstack([_studio(y, np.repeat(u, 2, 1), np.repeat(v, 2, 1))])
    converted = cv2.cvtColor(packed, code)
    assert np.abs(converted.astype(int) - meant).max() <= 2, 'OpenCV means the same colours'
    return packed, converted


def planar_yuv(rgb: np.ndarray, encoding: str) -> tuple[np.ndarray, np.ndarray]:
    """(3/2 H, W) bytes of 4:2:0, and the RGB they mean by the same standard."""
    packed, _ = packed_yuv(rgb, 'yuyv')
    y, u, v = packed[..., 0], packed[::2, ::2, 1], packed[::2, 1::2, 1]
    chroma = {
        'nv12': np.dstack([u, v]),
        'nv21': np.dstack([v, u]),
        'i420': np.stack([u, v]),
    }[encoding]
    planes = np.vstack([y, chroma.reshape(HEIGHT // 2, WIDTH)])
    wide = [np.kron(x, np.ones((2, 2))) for x in (u, v)]
    meant = _studio(y.astype(np.float64), *wide)
    converted = cv2.cvtColor(planes, getattr(cv2, f'COLOR_YUV2RGB_{encoding.upper()}'))
    assert np.abs(converted.astype(int) - meant).max() <= 2, 'OpenCV means the same colors'
    return planes, converted


def full_yuv(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3 H, W) bytes of nv24, and the RGB they mean by the same standard."""
    r, g, b = (rgb[..., c].astype(np.float64) for c in range(3))
    y = np.rint(16 + 0.257 * r + 0.504 * g + 0.098 * b)
    u = np.rint(128 - 0.148 * r - 0.291 * g + 0.439 * b)
    v = np.rint(128 + 0.439 * r - 0.368 * g - 0.071 * b)
    planes = np.vstack([y, np.dstack([u, v]).reshape(2 * HEIGHT, WIDTH)]).astype(np.uint8)
    pairs = np.dstack([u, y, v, y]).astype(np.uint8).reshape(HEIGHT, 2 * WIDTH, 2)
    converted = cv2.cvtColor(pairs, cv2.COLOR_YUV2RGB_UYVY)[:, ::2]
    assert np.abs(converted.astype(int) - _studio(y, u, v)).max() <= 2
    return planes, converted


def _studio(y: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    y, u, v = 1.164 * (y - 16), u - 128, v - 128
    rgb = (y + 1.596 * v, y - 0.813 * v - 0.391 * u, y + 2.018 * u)
    return np.stack(rgb, axis=2).clip(0, 255)


def encoded(encoding: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels as a driver sends them in this encoding, and the RGB they stand for."""
    rgb = scene()
    bgr, mono = rgb[..., ::-1].copy(), gray(rgb)
    if encoding.startswith('bayer'):
        pattern = BAYER[encoding[6:10]]
        mosaic = mono if encoding.endswith('8') else sixteen_bits(mono)
        eight = mono if encoding.endswith('8') else np.rint(mosaic / 257).astype(np.uint8)
        return mosaic, cv2.cvtColor(eight, getattr(cv2, f'COLOR_Bayer{pattern}2RGB'))
    if encoding in ('yuv422', 'uyvy', 'yuv422_yuy2', 'yuyv'):
        return packed_yuv(rgb, 'uyvy' if encoding in ('yuv422', 'uyvy') else 'yuyv')
    if encoding in ('nv12', 'nv21', 'i420'):
        return planar_yuv(rgb, encoding)
    if encoding == 'nv24':
        return full_yuv(rgb)
    deep, deep_bgr, deep_mono = (sixteen_bits(pixels) for pixels in (rgb, bgr, mono))
    meant, meant_mono = (np.rint(pixels / 257) for pixels in (deep, deep_mono))
    return {
        'rgb8': (rgb, rgb),
        'bgr8': (bgr, rgb),
        '8UC3': (bgr, rgb),
        '8UC4': (opaque(bgr), rgb),
        'rgba8': (opaque(rgb), rgb),
        'bgra8': (opaque(bgr), rgb),
        'mono8': (mono, repeated(mono)),
        '8UC1': (mono, repeated(mono)),
        'mono16': (deep_mono, repeated(meant_mono)),
        '16UC1': (deep_mono, repeated(meant_mono)),
        'rgb16': (deep, meant),
        'bgr16': (deep_bgr, meant),
        '16UC3': (deep_bgr, meant),
        '16UC4': (opaque(deep_bgr), meant),
        'rgba16': (opaque(deep), meant),
        'bgra16': (opaque(deep_bgr), meant),
    }[encoding]


def image_message(pixels: np.ndarray, encoding: str, *, padding: int = 0) -> Image:
    rows = pixels.reshape(len(pixels), -1).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=99)
    message = Image(height=HEIGHT, width=WIDTH, encoding=encoding, step=rows.shape[1])
    message.is_bigendian = pixels.dtype.byteorder == '>'
    message.data = array('B', rows.tobytes())
    return message


def compressed_message(suffix: str, pixels: np.ndarray, form: str) -> CompressedImage:
    _, data = cv2.imencode(suffix, pixels)
    return CompressedImage(format=form, data=array('B', data.tobytes()))


class Node:
    """The node's process, and a client for each transport, of which one is used at a time."""

    def __init__(self, process: NodeProcess) -> None:
        self.clients = {
            transport: DepthClient('/', TOPICS, process.check, transport=transport)
            for transport in ('raw', 'compressed')
        }
        self.client = self.clients['raw']
        self.client.wait_for_node(PATIENCE)
        self.start()

    def start(self) -> None:
        for transition in ('configure', 'activate'):
            self.client.change_state(transition, PATIENCE)
        self.client.wait_for_topics(PATIENCE)

    def switch_to_compressed(self, parameters: Client) -> None:
        """Have the running node take the other transport."""
        for transition in ('deactivate', 'cleanup'):
            self.client.change_state(transition, PATIENCE)
        assert parameters.set(image_transport='compressed') == ['']
        self.client = self.clients['compressed']
        self.start()

    def answer(self, image: Image | CompressedImage, **info: object) -> dict[str, np.ndarray]:
        """Depth, millimetres as depth, and std that the node publishes for an image."""
        stamp = next(STAMPS)
        camera_info = info_message(stamp, height=HEIGHT, width=WIDTH, **info)
        answer = self.client.exchange(stamped(image, stamp), camera_info, PATIENCE)
        assert answer.complete, f'only {list(answer.messages)} came'
        return {topic: depth_from_message(answer.messages[topic]) for topic in TOPICS}

    def close(self) -> None:
        for client in self.clients.values():
            client.close()


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random network whose weights are large enough for colours to matter."""
    path = tmp_path_factory.mktemp('parity') / 'tiny.safetensors'
    network = tiny_network(seed=3)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.weight.mul_(2)
    save_checkpoint(path, network, {'source': 'test'})
    return path


@pytest.fixture(scope='module')
def predictor(checkpoint: Path) -> DepthPredictor:
    return DepthPredictor.from_checkpoint(checkpoint, engine='eager', precision='fp32')


@pytest.fixture(scope='module')
def node(ros_domain: None, checkpoint: Path) -> Iterator[Node]:
    parameters = {
        'checkpoint': str(checkpoint),
        'engine': 'eager',
        'precision': 'fp32',
        'depth_encoding': '16UC1',
        'max_depth': 1000.0,
        'warm_up_width': WIDTH,
        'warm_up_height': HEIGHT,
    }
    log = checkpoint.parent / 'node.log'
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', str(Path(__file__).parents[2]))
        with NodeProcess('/', parameters, log) as process:
            node = Node(process)
            yield node
            node.close()


def assert_depth_of(
    answer: dict[str, np.ndarray], predictor: DepthPredictor, image: np.ndarray, camera: Camera
) -> None:
    """Compare what was published with what the predictor says of the image."""
    expected = predictor.predict(np.ascontiguousarray(image, np.uint8), camera)
    assert np.ptp(expected.depth) > 0.3, 'a flat depth would prove little'
    np.testing.assert_allclose(answer[DEPTH], expected.depth, rtol=1e-6)
    np.testing.assert_allclose(answer[UNCERTAINTY], expected.std, rtol=1e-6)
    fits = expected.depth <= 65.535
    assert np.isnan(answer[MILLIMETERS][~fits]).all()
    np.testing.assert_allclose(answer[MILLIMETERS][fits], expected.depth[fits], atol=0.001, rtol=0)


@pytest.fixture(scope='module')
def camera() -> Camera:
    info = info_message(0, height=HEIGHT, width=WIDTH)
    return Camera(info.k[0], info.k[4], info.k[2], info.k[5], width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize('encoding', IMAGE_ENCODINGS)
def test_every_encoding(
    node: Node, predictor: DepthPredictor, camera: Camera, encoding: str
) -> None:
    pixels, rgb = encoded(encoding)
    assert_depth_of(node.answer(image_message(pixels, encoding)), predictor, rgb, camera)


def test_swapped_colors_would_be_noticed(predictor: DepthPredictor, camera: Camera) -> None:
    swapped = np.ascontiguousarray(scene()[..., ::-1])
    right, wrong = (predictor.predict(image, camera).depth for image in (scene(), swapped))
    assert np.abs(right - wrong).mean() > 0.1


def test_padded_rows_and_big_endian_values(
    node: Node, predictor: DepthPredictor, camera: Camera
) -> None:
    pixels, rgb = encoded('bgr8')
    assert_depth_of(node.answer(image_message(pixels, 'bgr8', padding=13)), predictor, rgb, camera)
    pixels, rgb = encoded('mono16')
    swapped = image_message(pixels.astype('>u2'), 'mono16', padding=6)
    assert_depth_of(node.answer(swapped), predictor, rgb, camera)


def test_distorted_image_is_predicted_as_rectified(node: Node, predictor: DepthPredictor) -> None:
    distortion = (-0.2, 0.05, 0.001, -0.002, 0.0)
    rectifier = Rectifier(info_message(0, height=HEIGHT, width=WIDTH, d=distortion))
    answer = node.answer(image_message(scene(), 'rgb8'), d=distortion)
    expected = predictor.predict(rectifier.rectify(scene()), rectifier.camera)
    inside = ~rectifier.outside
    assert inside.mean() > 0.5 and np.isnan(answer[DEPTH][~inside]).all()
    np.testing.assert_allclose(answer[DEPTH][inside], expected.depth[inside], rtol=1e-6)


def test_compressed_images_are_decoded_alike(
    node: Node, client: Client, predictor: DepthPredictor, camera: Camera
) -> None:
    node.switch_to_compressed(client)
    rgb = scene()
    bgr, mono = rgb[..., ::-1].copy(), gray(rgb)
    jpeg = cv2.imdecode(cv2.imencode('.jpg', bgr)[1], cv2.IMREAD_COLOR)[..., ::-1]
    assert (jpeg != rgb).any(), 'JPEG loses something'
    deep = sixteen_bits(mono)
    for message, expected in (
        (compressed_message('.jpg', bgr, 'rgb8; jpeg compressed bgr8'), jpeg),
        (compressed_message('.jpg', bgr, 'jpeg'), jpeg),
        (compressed_message('.png', bgr, 'bgr8; png compressed bgr8'), rgb),
        (compressed_message('.png', mono, 'mono8; png compressed '), repeated(mono)),
        (compressed_message('.png', deep, 'mono16; png compressed '), encoded('mono16')[1]),
        (compressed_message('.png', mono, 'bayer_grbg8; png compressed '), bayer(mono)),
    ):
        assert_depth_of(node.answer(message), predictor, expected, camera)


def bayer(mono: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(mono, cv2.COLOR_BayerGRBG2RGB)
