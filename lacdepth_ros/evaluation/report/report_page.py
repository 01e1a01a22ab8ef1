# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An evaluation as a page to look through: tables, curves, best and worst frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lacdepth_ros.core.whole_file import whole_file
from lacdepth_ros.data.files import write_image
from lacdepth_ros.evaluation.report import figures, page
from lacdepth_ros.evaluation.report.gallery import Gallery, ShownFrame
from lacdepth_ros.evaluation.report.pictures import frame_picture, ratio_legend
from lacdepth_ros.evaluation.report.tables import report_tables
from lacdepth_ros.evaluation.result import EvaluationReport

_NOTES = {
    'Errors': 'AbsRel and RMSElog without unit, SqRel and RMSE in metres; δ1 to δ3 are the shares '
    'of pixels less than 1.25, 1.25² and 1.25³ times too far or too near.',
    'Further errors': 'Boundary F1 (of Depth Pro) is given only where at least half of the '
    'neighbouring pixels have ground truth; a LiDAR scan says nothing about borders.',
    'By distance': 'All pixels of a band together, whatever the frame. pred / true is the '
    'geometric mean of the ratio: above 1 is too far.',
    'Calibration of the predicted std': 'Share of pixels whose error lies within the interval '
    'that should hold 50, 68, 90 and 95 % of them, by the widths of the checkpoint or else of a '
    'Gaussian; the std times the factor would make it 68 % in a typical frame. AUSE: distance '
    'from the ideal ranking of pixels by error (0 is best). AURG: gain over a random one (above '
    '0 is useful). Those of RMSE are in metres.',
}
INDEX = 'index.html'
_CURVES = ('distance.png', 'frames.png', 'calibration.png')
_OURS = (INDEX, *_CURVES, *(f'{kind}_[0-9]*.png' for kind in ('worst', 'best', 'group')))


def report_files(folder: Path) -> list[Path]:
    """The files of a report in a folder."""
    return [file for name in _OURS for file in sorted(folder.glob(name))]


def write_report(
    folder: Path, report: EvaluationReport, gallery: Gallery, *, source: str, data: str
) -> Path:
    """Write index.html, which needs no other file, and the same pictures as PNG files.

    Args:
        folder: An existing folder.
        report: What was measured.
        gallery: The frames to show.
        source: What predicted, for the reader.
        data: What it was measured on, for the reader.

    Returns:
        The path of index.html.

    Raises:
        OSError: A file cannot be written.
    """
    for old in report_files(folder):  # an earlier run may have had more of them
        old.unlink()
    parts = [
        page.paragraph(f'{source} on {data}: {report.frames} frames measured.'),
        page.paragraph(f'Protocol: {report.protocol.describe()}.'),
        *_gaps(report),
    ]
    for table in report_tables(report):
        parts += [page.heading(table.title), page.paragraph(_NOTES[table.title])]
        parts.append(page.table(table.header, table.rows))
    if report.frames:
        parts += _curves(folder, report)
        parts += _frames(folder, report, gallery.worst, 'worst', 'The worst frames')
        parts += _frames(folder, report, gallery.best, 'best', 'The best frames')
        title = 'The best and the worst of every group'
        parts += _frames(folder, report, gallery.of_groups, 'group', title)
        parts += [page.heading('Every frame'), _frame_table(report)]
    path = folder / INDEX
    page.write_page(path, 'Depth evaluation', parts)
    return path


def _gaps(report: EvaluationReport) -> list[page.Part]:
    """What the numbers leave out, and what they depend on."""
    parts = [page.paragraph(f'Assumed: {report.assumed}.')] if report.assumed else []
    if report.unpredicted:
        share = f'{report.unpredicted:.2%}'
        parts.append(
            page.paragraph(f'{share} of the pixels with ground truth have no prediction.')
        )
    if report.skipped:
        parts.append(page.heading(f'Not measured: {len(report.skipped)} frames'))
        rows = [(frame.id, frame.reason) for frame in report.skipped]
        parts.append(page.table(('frame', 'reason'), rows))
    return parts


def _curves(folder: Path, report: EvaluationReport) -> list[page.Part]:
    curves = [
        (
            'Error against distance',
            'distance',
            figures.distance_figure(report),
            'All pixels by their true depth; the bars are the number of pixels.',
        ),
        (
            'Error of the frames',
            'frames',
            figures.frames_figure(report),
            'Groups are the first parts of the ids; the dashed line is the mean over all.',
        ),
    ]
    if report.calibration is not None:
        curves.append(
            (
                'Is the predicted std right?',
                'calibration',
                figures.calibration_figure(report),
                'Left: reliability; on the dashed line the std tells the size of the error '
                'exactly. Right: pixels sorted by their predicted std; the dashed line is where '
                'a std of 10 % comes with errors of 10 %.',
            )
        )
    parts = []
    for title, name, figure, caption in curves:
        with whole_file(folder / f'{name}.png', '.partial.png') as draft:
            figure.savefig(draft, dpi=110)
        parts += [page.heading(title), page.figure(figure, caption)]
    return parts


def _frames(
    folder: Path, report: EvaluationReport, shown: Sequence[ShownFrame], kind: str, title: str
) -> list[page.Part]:
    """Sheets of some frames."""
    if not shown:
        return []
    scales = {frame.id: frame.scale for frame in report.per_frame}
    parts = [
        page.heading(title),
        page.picture(ratio_legend(590), 'Colours of the error maps: predicted against true depth'),
    ]
    for place, frame in enumerate(shown, start=1):
        error = frame.metrics
        numbers = (
            f'AbsRel {error["abs_rel"]:.3f}   RMSE {error["rmse"]:.2f} m   '
            f'delta1 {error["delta1"]:.3f}'
        )
        scale = scales.get(frame.sample.id, 1.0)
        headline = f'{frame.sample.id}   {numbers}'
        sheet = frame_picture(frame, report.protocol, scale, title=headline)
        write_image(folder / f'{kind}_{place}.png', sheet)
        parts.append(page.picture(sheet, f'{kind} {place}: {frame.sample.id}'))
    return parts


def _frame_table(report: EvaluationReport) -> page.Part:
    """Every frame, a click on a head sorts."""
    rows = [frame.to_dict() for frame in report.per_frame]
    header = list(rows[0])
    return page.table(header, [[_cell(row[name]) for name in header] for row in rows])


def _cell(value: object) -> object:
    return f'{value:.4f}' if isinstance(value, float) else value
