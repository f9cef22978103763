"""The page and the workbook of a process that comes as arrays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from amopt.cli import app
from amopt.mdp import MarkovDecisionProcess
from amopt.mdp.exchange import write
from amopt.mdp.exchange.figures import MOST_STATES, figures
from amopt.mdp.exchange.solving import solve
from tests.mdp.cases import random_process

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    process = MarkovDecisionProcess(
        [[0.5, 0.5], [0, 1], [0, 1]],
        [-5, -10, 1],
        [0, 0, 1],
        0.95,
        state_names=["start", HOSTILE],
        pair_names=["stay", "leave", "rest"],
    )
    write(process, tmp_path / "two.npz", "npz", initial=[1, 0])
    return tmp_path / "two.npz"


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["mdp", "solve", *map(str, arguments)])


def test_the_page_has_what_the_answer_has(arrays: Path, tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    page, light, book = (tmp_path / name for name in ("a.html", "b.html", "c.xlsx"))
    found = run(arrays, "--html", page, "--html-light", light, "--xlsx", book)
    assert found.exit_code == 0, found.output
    for file in (page, light):
        text = file.read_text(encoding="utf-8")
        said = re.sub(r"<[^>]+>", " ", text)
        assert "optimal" in said
        assert "proven" in said or "gap" in said
        assert "expected discounted cost 8.57143" in said  # 60 / 7, as the textbook has it
        for word in ("rest", "stay", "start", "value", "visits", "action"):
            assert word in said
        assert ">leave<" not in text
        assert "How often the process is in each state" in said
        assert "<img src=x" not in text
        assert "amounts in" not in said
    import openpyxl

    sheets = openpyxl.load_workbook(book)
    assert sheets.sheetnames == ["summary", "states"]
    header, *rows = sheets["states"].iter_rows(values_only=True)
    assert len(rows) == 2
    values = [row[header.index("value")] for row in rows]
    assert values == pytest.approx([60 / 7, 20.0])


def test_files_that_cannot_be_written_are_told_before_the_work(
    arrays: Path, tmp_path: Path
) -> None:
    assert run(arrays, "--xlsx", tmp_path / "no.txt").exit_code == 2
    assert run(arrays, "--html", tmp_path / "no" / "such" / "page.html").exit_code == 2


def test_the_picture_shows_the_states_of_most_visits(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    write(random_process(3, states=60, discount=None), tmp_path / "many.npz", "npz")
    answer = solve(tmp_path / "many.npz")
    ((title, drawn),) = figures(None, answer).items()
    assert "the states with the most visits" in title
    (bars,) = drawn.data
    visits = np.array([row["visits"] for row in answer.rows["states"]])
    np.testing.assert_allclose(bars.y, np.sort(visits)[::-1][:MOST_STATES])
