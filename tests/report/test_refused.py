"""An answer that the referee refuses is called so, wherever its status is told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import amopt
from amopt.errors import RefusedError
from amopt.referee import Notebook
from amopt.report import page
from amopt.report.compared import as_json
from amopt.report.words import worth
from amopt.report.workbook import write_answer
from amopt.scenarios.comparison import compare_answers
from amopt.verdict import Verdict

REFUSED = Verdict(("the cost is wrong",), checks=5)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every referee refuse."""
    monkeypatch.setattr(Notebook, "verdict", lambda _: REFUSED)


@pytest.mark.usefixtures("refusing")
def test_no_command_calls_it_optimal(amopt_command: Any) -> None:
    plain = amopt_command("solve", "sourcing/bush")
    assert plain.code == 6
    assert "optimal" not in plain.out + plain.err
    told = amopt_command("solve", "sourcing/bush", "--json")
    assert told.code == 6
    said = json.loads(told.out)
    assert said["outcome"]["status"] == "refused"
    assert said["outcome"]["objective"] == 5718.0
    assert said["referee"]["accepted"] is False
    assert '"optimal"' not in told.out


@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize("name", ["sourcing/bush", "printing/mission", "placement/textbook"])
def test_the_error_says_so(name: str) -> None:
    with pytest.raises(RefusedError) as error:
        amopt.solve(amopt.load(name))
    outcome = error.value.outcome
    assert outcome is not None
    assert outcome.status == "refused"
    assert not outcome.has_answer


def test_neither_page_nor_workbook_nor_file_calls_it_optimal(tmp_path: Path) -> None:
    instance = amopt.load("sourcing/bush")
    good = amopt.solve(instance)
    bad = replace(good, verdict=REFUSED)
    assert worth(bad).startswith("refused (said to be optimal by ")
    assert (good.status, bad.status) == ("optimal", "refused")
    assert ": refused, objective" in repr(bad)
    assert re.search(r'class="worth">refused \(said to be optimal', page.render(instance, bad))
    write_answer(bad, tmp_path / "bad.xlsx")
    book = openpyxl.load_workbook(tmp_path / "bad.xlsx")
    assert dict(book["summary"].values)["status"] == "refused"
    bad.save(tmp_path / "bad")
    again = amopt.load_solution(tmp_path / "bad")
    assert again.to_dict()["outcome"]["status"] == "refused"
    assert worth(again).startswith("refused: ")
    told = json.loads(as_json({"answers": compare_answers(good, bad)}))["answers"]["worth"]
    assert [told[side]["status"] for side in ("before", "after")] == ["optimal", "refused"]


def test_a_decision_process_whose_values_miss_its_policy(
    amopt_command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from amopt.mdp.exchange import answer

    monkeypatch.setattr(answer, "TOLERANCE", -1.0)
    amopt_command(
        "mdp", "export", "printing/table-3-1", "part", "--format", "umb", "--to", "one.umb"
    )
    run = amopt_command("mdp", "solve", "one.umb", "--json")
    assert run.code == 6
    assert json.loads(run.out)["outcome"]["status"] == "refused"
    run = amopt_command("mdp", "solve", "one.umb", "--out", "answer")
    assert run.code == 6
    assert "refused (said to be optimal" in run.out
