# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's page: what it holds, and what a browser makes of it (where Chromium is installed)."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.camera_info import pinhole_info
from lacdepth_ros.messages.topics import CAMERA_INFO, DEPTH
from lacdepth_ros.session.demo import PROTOCOL, ShownAnswer
from lacdepth_ros.session.demo_page import BEYOND, TOO_NEAR, UNIT, packed_map, write_demo_page
from lacdepth_ros.session.frames import Frame
from lacdepth_ros.session.result import AnsweredFrame, SessionResult

WIDTH, HEIGHT = 700, 96  # shown at every other pixel
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
BROWSER = (
    *('--headless', '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader'),
    *('--enable-unsafe-swiftshader', '--hide-scrollbars', '--no-first-run'),
    *('--disable-background-networking', '--disable-component-update', '--disable-sync'),
)


def depth_of(number: int) -> np.ndarray:
    """Depth that is different in every pixel of a row, with one pixel of every kind."""
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    depth = (3 + 0.05 * u + 0.01 * v + number).astype(np.float32)
    depth[0, 0], depth[0, 2], depth[0, 4], depth[0, 6] = np.nan, np.inf, -np.inf, 150.0
    return depth


def answers(count: int) -> tuple[list[ShownAnswer], SessionResult]:
    result, shown = SessionResult(PROTOCOL), []
    info = pinhole_info(Camera(400.0, 400.0, 350.0, 40.0, WIDTH, HEIGHT))
    for number in range(count):
        result.sent(Frame(f'drive/{number}</script>', number, 10**9 * (number + 1), None, None))
        record = result.records[-1]
        record.latency_ms, record.errors = {DEPTH: 80.0 + number}, {'abs_rel': 0.1}
        if number % 2:
            continue
        depth = depth_of(number)
        answer = AnsweredFrame(record, {CAMERA_INFO: info}, depth, 0.1 * depth, None)
        colors = np.full((HEIGHT, WIDTH, 3), (200, 40 * number, 30), np.uint8)
        shown.append(ShownAnswer(answer, np.empty(0), colors))
    return shown, result


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / 'index.html'
    write_demo_page(path, *answers(3), 'A drive & more', '3 of 3 frames')
    return path


def test_meters_come_back_to_the_unit_and_what_is_none_is_told_apart() -> None:
    meters = np.array([[1.234, 79.999, 0.0001, np.nan, np.inf, -np.inf, 140.0]], np.float32)
    packed = packed_map(meters)
    assert packed.dtype == np.uint16
    np.testing.assert_allclose(packed[0, :2] * UNIT, meters[0, :2], atol=UNIT / 2 + 1e-6)
    assert packed[0, 2:].tolist() == [1, 0, BEYOND, TOO_NEAR, BEYOND]


def test_the_page_is_one_file_that_holds_the_maps(page: Path) -> None:
    text = page.read_text()
    assert '{{' not in text
    assert not re.search(r'(src|href)="', text), 'nothing is loaded'
    held = text.split('<script id="data" type="application/json">')[1].split('</script>')[0]
    data = json.loads(held)
    assert [frame['id'] for frame in data['frames']] == ['drive/0</script>', 'drive/2</script>']
    frame = data['frames'][1]
    assert (frame['width'], frame['height'], frame['stride']) == (350, 48, 2)
    assert frame['K'] == [200, 200, 175, 20]
    raw = zlib.decompress(base64.b64decode(frame['depth']))
    differences = np.frombuffer(raw, '<u2').reshape(48, 350)
    values = np.cumsum(differences, axis=1, dtype=np.uint16)
    np.testing.assert_array_equal(values, packed_map(depth_of(2)[::2, ::2]))
    assert [moment['shown'] for moment in data['timeline']] == [0, None, 1]
    assert [moment['latency_ms'] for moment in data['timeline']] == [80.0, 81.0, 82.0]


class PageReceiver(HTTPServer):
    """Waits for the page that a script sends when it has come to its end."""

    def __init__(self) -> None:
        self.dom = ''
        super().__init__(('127.0.0.1', 0), PageHandler)
        self.timeout = 120.0


class PageHandler(BaseHTTPRequestHandler):
    server: PageReceiver

    def do_POST(self) -> None:
        length = int(self.headers['Content-Length'])
        self.server.dom = self.rfile.read(length).decode()
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def browse(page: Path, script: str, *options: str) -> str:
    """What the page has become after a script that runs once it is ready.

    The script itself says when it is done: Chromium's virtual time, which --dump-dom goes by, does
    not wait for an image that is being decoded.
    """
    if CHROMIUM is None:
        pytest.skip('no Chromium here')
    with PageReceiver() as receiver:
        wait = (
            '<script>const timer = setInterval(async () => {'
            "if (document.body.dataset.ready !== 'true') return; clearInterval(timer);"
            f'try {{ {script} }} catch (error) {{ document.body.append(`${{error.stack}}`); }}'
            f"fetch('http://127.0.0.1:{receiver.server_port}', {{method: 'POST', mode: 'no-cors',"
            'body: document.documentElement.outerHTML});}, 20);</script>'
        )
        copy = page.with_name('script.html')
        copy.write_text(page.read_text().replace('</body>', f'{wait}</body>'))
        profile = f'--user-data-dir={page.parent / "profile"}'
        command = [CHROMIUM, *BROWSER, *options, profile, copy.as_uri()]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as browser:
            try:
                receiver.handle_request()
            finally:
                browser.terminate()
        assert receiver.dom, 'the page sent nothing within 120 s'
        return receiver.dom


def at(u: int, v: int, target: str = 'depth') -> str:
    """Script that moves the cursor onto a pixel of the page's map and notes what it reads."""
    return (
        f"{{ const map = document.getElementById('{target}'), box = map.getBoundingClientRect();"
        "map.dispatchEvent(new PointerEvent('pointermove', {bubbles: true,"
        f'clientX: box.left + ({u} + 0.5) / map.width * box.width,'
        f'clientY: box.top + ({v} + 0.5) / map.height * box.height}}));'
        "const note = document.createElement('li');"
        "note.textContent = document.getElementById('readout').textContent;"
        'document.body.append(note); }'
    )


def test_the_value_under_the_cursor_is_that_of_the_depth_map(page: Path) -> None:
    places = [(10, 5), (349, 47), (0, 0), (1, 0), (2, 0), (3, 0)]
    script = ''.join(at(*place) for place in places) + at(100, 20, 'image')
    script += 'await show(1);' + at(10, 5)
    dom = browse(page, script, '--window-size=1300,900')
    notes = re.findall('<li>(.*?)</li>', dom)
    depth = depth_of(0)
    expected = [
        f'pixel ({u}, {v}): {depth[v, u]:.2f} m ± {0.1 * depth[v, u]:.2f} m'
        for u, v in [(20, 10), (698, 94), (200, 40)]
    ]
    assert notes[:2] == expected[:2]
    assert notes[2:6] == [
        'pixel (0, 0): no depth',
        'pixel (2, 0): beyond range',
        'pixel (4, 0): too near',
        'pixel (6, 0): beyond range',
    ]
    assert notes[6] == expected[2]
    assert notes[7].startswith(f'pixel (20, 10): {depth_of(2)[10, 20]:.2f} m')
    assert 'data-frame="1"' in dom
    assert 'A drive &amp; more' in dom


@pytest.mark.slow
@pytest.mark.parametrize('size', ['1300,900', '500,900'])
def test_the_cloud_is_drawn_and_turns(page: Path, size: str) -> None:
    script = (
        'const before = cloud.drawn();'
        'cloud.rotate(200, 60); cloud.zoom(0.7); const after = cloud.drawn();'
        'cloud.gate = 0.05; cloud.draw(); const gated = cloud.drawn();'
        'document.body.dataset.drawn = JSON.stringify([before, after, gated,'
        'document.documentElement.scrollWidth <= window.innerWidth,'
        "document.querySelectorAll('svg circle').length]);"
    )
    dom = browse(page, script, f'--window-size={size}')
    held = re.search(r'data-drawn="(.*?)"', dom)
    assert held is not None, dom[-2000:]
    before, after, gated, fits, dots = json.loads(held.group(1))
    assert before > 0.02
    assert after > 0.02 and after != before
    assert gated == 0, 'the std is a tenth of the depth everywhere'
    assert fits, 'nothing is wider than the window'
    assert dots == 6
