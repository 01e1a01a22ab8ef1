# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth ablate`: from a sweep to tables, with real trainings of one step."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from miniature import write_recipe

from lacdepth_ros.cli.main import main

pytest.importorskip('lightning')
FUSION = 'model.network.architecture.fusion'


@pytest.fixture(scope='module')
def sweep(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp('sweep')
    changes = {'trainer.max_steps': 1, 'trainer.val_check_interval': 1}
    rows = {'residual': {FUSION: 'residual'}, 'dense': {}}
    values = {
        'recipe': str(write_recipe(folder, **changes)),
        'tables': {'fusion': {'title': 'Fusion', 'rows': rows}},
    }
    file = folder / 'sweep.yaml'
    file.write_text(yaml.safe_dump(values))
    return str(file)


@pytest.mark.slow
def test_tables_of_real_trainings(
    sweep: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / 'runs'
    assert main(['ablate', '--sweep', sweep, '--output', str(output)]) == 0
    text = (output / 'ablation.md').read_text()
    assert text.startswith('## Fusion\n\n|  | Parameters [M] | AbsRel |')
    assert text in capsys.readouterr().out
    architectures = [
        yaml.safe_load((output / name / 'config.yaml').read_text())['model']['network']
        for name in ('fusion/residual', 'baseline')
    ]
    assert [a['architecture'].get('fusion') for a in architectures] == ['residual', None]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--tables', 'bins'], "no tables ['bins']; its tables are ['fusion']"),
        (['--data.none', '1'], 'unknown setting data.none; those of data are'),
        (
            [f'--{FUSION}', 'none'],
            'cannot hold for every row, as fusion/residual sets it',
        ),
        ([f'--{FUSION}=none'], f'--{FUSION} cannot hold for every row'),
    ],
)
def test_refused_before_anything_is_trained(
    sweep: str,
    tmp_path: Path,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / 'runs'
    assert main(['ablate', '--sweep', sweep, '--output', str(output), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not output.exists()


def test_sweep_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['ablate', '--sweep', 'none', '--output', str(tmp_path / 'runs')]) == 2
    names = ['ingredients.yaml', 'learning_curve.yaml', 'paper.yaml']
    shipped = f'the shipped sweeps are {names}'
    assert f'--sweep: none does not exist; {shipped}' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
