# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What people read: Markdown in the papers' order, the gallery, error maps, the HTML report."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_predictor import FakePrediction

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import read_image
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.evaluation.report.gallery import Gallery, ShownFrame
from lacdepth_ros.evaluation.report.pictures import colorize_ratio, frame_picture, ratio_legend
from lacdepth_ros.evaluation.report.tables import format_markdown
from lacdepth_ros.evaluation.result import EvaluationReport

WHOLE = EvaluationProtocol(crop='none', flip_average=False)
HEIGHT, WIDTH = 30, 40


def shown(id: str, factor: float, *, density: float = 1.0, std: float | None = 1.0) -> ShownFrame:
    """A ramp of depth, predicted `factor` times too far."""
    rng = np.random.default_rng(0)
    depth = np.tile(np.linspace(2, 60, WIDTH, dtype=np.float32), (HEIGHT, 1))
    pred = (factor * depth).astype(np.float32)
    depth[rng.random(depth.shape) >= density] = 0
    image = rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    sample = Sample(image, depth, Camera(30, 30, 20, 15, WIDTH, HEIGHT), id)
    spread = None if std is None else np.full(depth.shape, std, np.float32)
    return ShownFrame(sample, FakePrediction(pred, spread), {})


def measure(*frames: ShownFrame) -> tuple[EvaluationReport, Gallery]:
    evaluator, gallery = DepthEvaluator(WHOLE), Gallery(best=2, worst=2)
    for frame in frames:
        metrics = evaluator.add(
            id=frame.sample.id,
            group=frame.sample.group,
            pred=frame.prediction.depth,
            target=frame.sample.depth,
            std=frame.prediction.std,
        )
        gallery(frame.sample, frame.prediction, metrics)
    return evaluator.report(), gallery


def test_markdown_has_the_papers_columns() -> None:
    report, _ = measure(shown('a/0', 1.1), shown('b/0', 1.3))
    lines = format_markdown(report).splitlines()
    head = '| group | frames | AbsRel | SqRel | RMSE | RMSElog | δ1 | δ2 | δ3 |'
    start = lines.index(head)
    assert lines[start + 1].count('---:') == 8
    assert lines[start + 2].startswith('| a | 1 | 0.1000 | ')
    assert lines[start + 4].startswith('| overall | 2 | 0.2000 | ')
    assert lines[start + 4].endswith(' | 1.0000 |')
    assert lines[0] == (
        'Protocol: all of the full-size image, 0.001 to 80 m, no flip average, mean over images, '
        'no scaling.'
    )
    text = '\n'.join(lines)
    assert '| a | 0–10 m | 1 | ' in text
    assert 'AUSE AbsRel' in text


def test_markdown_names_skipped_frames_and_hides_what_was_not_predicted() -> None:
    evaluator = DepthEvaluator(WHOLE)
    evaluator.skip('a/1', 'the file is lost')
    text = format_markdown(evaluator.report())
    assert '- `a/1`: the file is lost' in text
    assert '| overall | 0 | - |' in text
    assert 'Calibration' not in text


def test_gallery_keeps_the_extremes_once() -> None:
    factors = [1.3, 1.05, 1.5, 1.2, 1.4, 1.1]
    _, gallery = measure(*(shown(f'a/{factor}', factor) for factor in factors))
    assert [frame.sample.id for frame in gallery.best] == ['a/1.05', 'a/1.1']
    assert [frame.sample.id for frame in gallery.worst] == ['a/1.5', 'a/1.4']
    _, gallery = measure(shown('a/0', 1.1), shown('a/1', 1.2), shown('a/2', 1.3))
    assert [frame.sample.id for frame in gallery.worst] == ['a/2']


def test_gallery_keeps_the_extremes_of_every_group_too() -> None:
    far, near = (1.5, 1.45, 1.4), (1.2, 1.25, 1.15)
    frames = [shown(f'side/{x}', x) for x in far] + [shown(f'front/{x}', x) for x in near]
    _, gallery = measure(*frames, shown('rear/1.3', 1.3))
    assert [f.sample.id for f in gallery.of_groups] == ['side/1.4', 'front/1.25', 'rear/1.3']
    _, gallery = measure(*frames[:3])
    assert gallery.of_groups == [], 'one group is what all frames are'


def test_colors_tell_near_from_far() -> None:
    target = np.full((1, 6), 10, np.float32)
    target[0, 5] = 0
    pred = np.array([[10, 12.5, 8, 100, np.nan, 10]], np.float32)
    right, far, near, very_far, lost, unknown = colorize_ratio(pred, target)[0].astype(int)
    assert right.min() > 230
    assert far[0] > 150 > far[2] + 80
    assert near[2] > 150 > near[0] + 80
    np.testing.assert_array_equal(very_far, far)  # beyond the limit nothing changes
    assert lost.max() == unknown.max() == 0
    assert ratio_legend(400).shape == (32, 400, 3)


@pytest.mark.parametrize(('std', 'density'), [(1.0, 0.05), (None, 1.0), (float('nan'), 0.5)])
def test_a_frame_is_drawn_on_a_sheet(std: float | None, density: float) -> None:
    sheet = frame_picture(shown('a/0', 1.1, density=density, std=std), WHOLE, 1.0, title='a/0')
    assert sheet.shape[1:] == (1180, 3)
    assert sheet.dtype == np.uint8


@pytest.mark.parametrize('groups', [1, 3, 8])
def test_legends_lie_below_the_diagrams_and_inside_the_figure(groups: int) -> None:
    pytest.importorskip('matplotlib')
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from lacdepth_ros.evaluation.report import figures

    report, _ = measure(*(shown(f'place_{i}/{f}', 1.1) for i in range(groups) for f in range(2)))
    for draw in (figures.distance_figure, figures.frames_figure, figures.calibration_figure):
        figure = draw(report)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        [legend] = [entry.get_window_extent() for entry in figure.legends]
        assert legend.y0 >= 0 and legend.x0 >= 0 and legend.x1 <= figure.bbox.x1
        assert len(figure.axes) and all(
            axes.get_tightbbox(canvas.get_renderer()).y0 >= legend.y1
            for axes in figure.axes
            if axes.axison
        )


def test_report_folder(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib')
    from lacdepth_ros.evaluation.report.report_page import write_report

    for left in (
        'worst_6.png',
        'best_3.png',
        'group_9.png',
        'mine.png',
    ):  # by an earlier run, and by the user
        (tmp_path / left).touch()
    frames = [shown(f'{group}/{i}', 1 + i / 10) for group in 'ab' for i in range(3)]
    report, gallery = measure(*frames)
    report = replace(report, assumed='a height of 7 m')
    index = write_report(tmp_path, report, gallery, source='a net', data='some frames')
    text = index.read_text(encoding='utf-8')
    assert 'a net on some frames: 6 frames measured.' in text
    assert 'Assumed: a height of 7 m.' in text
    for title in ('Errors', 'By distance', 'Calibration of the predicted std', 'Every frame'):
        assert f'<h2>{title}</h2>' in text
    assert not re.search(r'(src|href)="(?!data:)', text)
    pictures = sorted(path.name for path in tmp_path.glob('*.png'))
    assert pictures == [
        'best_1.png', 'best_2.png', 'calibration.png', 'distance.png', 'frames.png', 'mine.png',
        'worst_1.png', 'worst_2.png',
    ]  # fmt: skip
    assert read_image(tmp_path / 'worst_1.png').shape[1] == 1180


def test_report_of_nothing_says_so(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib')
    from lacdepth_ros.evaluation.report.report_page import write_report

    evaluator = DepthEvaluator(WHOLE)
    evaluator.skip('a/0', 'lost <file>')
    index = write_report(tmp_path, evaluator.report(), Gallery(), source='a net', data='nothing')
    assert 'lost &lt;file&gt;' in index.read_text(encoding='utf-8')
    assert list(tmp_path.glob('*.png')) == []
