# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bounds on figures, and their JUnit XML."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest

from lacdepth_ros.evaluation.requirements import (
    Requirement,
    judge,
    junit_xml,
    parse_requirement,
)

FIGURES = ('abs_rel', 'delta1', 'answered')


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('abs_rel<=0.12', Requirement('abs_rel', '<=', 0.12)),
        (' delta1 > 8.5e-1 ', Requirement('delta1', '>', 0.85)),
        ('answered>=1', Requirement('answered', '>=', 1.0)),
        ('abs_rel<.2', Requirement('abs_rel', '<', 0.2)),
    ],
)
def test_requirements_are_read(text: str, expected: Requirement) -> None:
    assert parse_requirement(text, FIGURES) == expected


@pytest.mark.parametrize(
    ('text', 'complaint'),
    [
        ('abs_rel', 'is no requirement'),
        ('abs_rel=0.1', 'is no requirement'),
        ('abs_rel<=', 'is no requirement'),
        ('abs_rel<=ten', "'ten' is no number"),
        ('abs_rel<=nan', "'nan' is no number"),
        ('rmse<=3', "'rmse' is not measured; choose of abs_rel, delta1, answered"),
    ],
)
def test_what_is_no_requirement_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_requirement(text, FIGURES)


@pytest.mark.parametrize(
    ('comparison', 'below', 'equal', 'above'),
    [
        ('<=', True, True, False),
        ('<', True, False, False),
        ('>=', False, True, True),
        ('>', False, False, True),
    ],
)
def test_bounds_hold_as_written(comparison: str, below: bool, equal: bool, above: bool) -> None:
    requirement = Requirement('abs_rel', comparison, 0.5)
    met = [judge([requirement], {'abs_rel': value})[0].met for value in (0.4, 0.5, 0.6)]
    assert met == [below, equal, above]


@pytest.mark.parametrize('figures', [{}, {'abs_rel': None}, {'abs_rel': math.nan}])
def test_a_figure_that_was_not_measured_meets_no_bound(figures: dict) -> None:
    for comparison in ('<=', '>='):
        [verdict] = judge([Requirement('abs_rel', comparison, 0.5)], figures)
        assert not verdict.met
        assert 'was not measured' in str(verdict)


def test_junit_has_a_case_each_and_tells_failures_from_errors() -> None:
    requirements = [
        Requirement('abs_rel', '<=', 0.12),
        Requirement('delta1', '>=', 0.9),
        Requirement('answered', '>=', 0.99),
    ]
    verdicts = judge(requirements, {'abs_rel': 0.1, 'delta1': 0.8})
    suite = ET.fromstring(junit_xml('lacdepth <evaluate>', verdicts))
    assert suite.tag == 'testsuite'
    assert suite.get('name') == 'lacdepth <evaluate>'
    assert [suite.get(name) for name in ('tests', 'failures', 'errors')] == ['3', '1', '1']
    cases = suite.findall('testcase')
    assert [case.get('name') for case in cases] == [
        'abs_rel<=0.12',
        'delta1>=0.9',
        'answered>=0.99',
    ]
    assert cases[0].find('failure') is None and cases[0].find('error') is None
    assert cases[1].find('failure').get('message') == 'delta1>=0.9: NOT met, delta1 is 0.8'
    assert 'not measured' in cases[2].find('error').get('message')
