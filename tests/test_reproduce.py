"""The numbers of the literature: what is recorded of them, how they are judged, the command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from amopt import reproduce as room
from amopt.errors import UsageError
from amopt.report.studies import reproduced
from amopt.reproduce import Reproduction, Verdict, compute, names, run, source
from amopt.reproduce import reproduce as computed
from amopt.reproduce.digits import agrees, half_unit, number, worked_out
from amopt.reproduce.printed import Source
from tests.test_figures import fetched

QUICK = ("bracken-mccormick-1968", "textbook-processes", "westerweel-2019-5", "westerweel-2021")


@pytest.fixture(scope="module")
def quick() -> Reproduction:
    return computed(QUICK)


def test_the_verdicts_of_quick_sources_are_as_recorded(quick: Reproduction) -> None:
    assert [one for one in quick.numbers if not one.as_recorded] == []
    assert quick.as_recorded
    assert len(quick.numbers) > 150


def test_what_ctrl_c_came_before_is_left_out_and_is_no_data_that_are_missing() -> None:
    table = source("bracken-mccormick-1968").tables[0]
    told = run._told("bracken-mccormick-1968", table, {}, run._NOT_DONE)
    assert {one.verdict for one in told} == {Verdict.LEFT_OUT}
    told = run._told("bracken-mccormick-1968", table, {}, "AMOPT_DATA does not name a folder")
    assert {one.verdict for one in told} == {Verdict.NO_DATA}


def test_there_are_400_printed_numbers_of_which_every_source_has_some() -> None:
    cells = {
        name: [cell for one in source(name).tables if not one.again for cell in one.cells()]
        for name in names()
    }
    assert sum(map(len, cells.values())) >= 400
    assert all(cells.values())


@pytest.mark.parametrize("name", names())
def test_every_witness_comes_out(name: str) -> None:
    for one in source(name).witnesses:
        assert run.holds(one), (one.of, worked_out(one.arithmetic))


@pytest.mark.parametrize("name", names())
def test_what_does_not_reproduce_has_its_reason_and_every_computation_is_there(name: str) -> None:
    for table in source(name).tables:
        module, _, function = table.computation.rpartition(".")
        assert (Path(room.__path__[0]) / "computations" / f"{module}.py").exists()
        assert function
        for row, column, _ in table.cells():
            verdict, why = table.recorded(row, column)
            assert (verdict is Verdict.REPRODUCES) == (why == "")


@pytest.mark.parametrize(
    ("text", "value", "same"),
    [
        ("5.78", 5.7849, True),
        ("5.78", 5.7851, False),
        ("6,329", 6329.79, False),
        ("838,499.288", 838499.2875, True),  # at the edge of its last digit
        ("-14", -14.2, True),
        ("2", 2, True),
        ("2", 3, False),
        ("yes", "yes", True),
        ("yes", "no", False),
    ],
)
def test_the_digits_say_how_exactly_a_number_is_met(text: str, value: Any, same: bool) -> None:
    assert agrees(text, value) is same


def test_what_digits_are() -> None:
    assert (half_unit("0.62"), half_unit("1,096.390"), half_unit("58")) == (0.005, 0.0005, 0.5)
    assert number("1,096.39") == 1096.39
    assert number("central") is None
    assert agrees("40", 43.0, tolerance=5)
    assert not agrees("40", 46.0, tolerance=5)


def test_arithmetic_is_worked_out_and_nothing_else() -> None:
    assert worked_out("-1 + (0 - 3) / 4 * 2 ** 2") == -4
    assert worked_out("exp(0) + sqrt(9)") == 4
    for text in ("__import__('os')", "x", "1 if 1 else 2", "open(1)", "[1]"):
        with pytest.raises(ValueError, match="not arithmetic"):
            worked_out(text)


TABLE = """
title: Made up
publication: nowhere
tables:
  - table: Table 1
    what: the frozen lake
    computation: gridworlds.lake
    columns: [probability]
    rows: {start: ["%s"]}
    exceptions: %s
witnesses: [{of: sum, says: by hand, arithmetic: 1 + 1, gives: "%s"}]
"""


def made_up(
    monkeypatch: pytest.MonkeyPatch,
    printed: str = "0.8235",
    exceptions: str = "[]",
    sum_: str = "2",
) -> Reproduction:
    made = Source.model_validate(yaml.safe_load(TABLE % (printed, exceptions, sum_)))
    monkeypatch.setattr(run.printed, "source", lambda name: made)
    return computed(["made-up"])


@pytest.mark.parametrize(
    ("printed", "exceptions", "sum_", "verdict", "fine"),
    [
        ("0.8235", "[]", "2", Verdict.REPRODUCES, True),
        ("0.8236", "[]", "2", Verdict.DIFFERS, False),
        ("0.8235", "[]", "3", Verdict.REPRODUCES, False),
        ("0.8236", "does not reproduce", "2", Verdict.DIFFERS, True),
        ("0.8235", "does not reproduce", "2", Verdict.REPRODUCES, False),
        ("0.8235", "not derivable", "2", Verdict.NOT_DERIVABLE, True),
        ("0.8236", "not derivable", "2", Verdict.NOT_DERIVABLE, False),
    ],
)
def test_a_verdict_that_is_not_recorded_is_not_fine(
    monkeypatch: pytest.MonkeyPatch,
    printed: str,
    exceptions: str,
    sum_: str,
    verdict: Verdict,
    fine: bool,
) -> None:
    if exceptions != "[]":
        exceptions = f'[{{cells: ["*"], verdict: {exceptions}, why: for a test of it}}]'
    found = made_up(monkeypatch, printed, exceptions, sum_)
    (one,) = found.numbers
    assert (one.verdict, found.as_recorded) == (verdict, fine)


def test_what_is_not_proven_in_time_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a table that takes minutes a limit may end it; in any other one a number is missing."""
    monkeypatch.setattr(run, "compute", lambda *_, **__: {("start", "probability"): None})
    for long in (True, False):
        data = yaml.safe_load(TABLE % ("0.8235", "[]", "2"))
        data["tables"][0]["long"] = long
        made = Source.model_validate(data)
        monkeypatch.setattr(run.printed, "source", lambda name, made=made: made)
        found = computed(["made-up"], long=True)
        assert found.numbers[0].verdict is Verdict.LEFT_OUT
        assert found.as_recorded == long


def test_data_that_are_not_here_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMOPT_DATA", raising=False)
    found = computed(["or-library"])
    assert set(found.counts()) == {Verdict.NO_DATA, Verdict.LEFT_OUT}
    assert found.as_recorded


def test_small_warehouse_problems_are_three_files_with_other_columns(data: Path) -> None:
    found = compute(
        "locations.warehouses",
        files={"cap74": ["cap61", 58268, 25000], "cap91": ["cap101", 15000, 7500]},
    )
    assert found["cap74", "cost"] == pytest.approx(1_034_976.975)
    assert found["cap91", "cost"] == pytest.approx(796_648.438)


def test_a_source_that_is_wrong_is_refused() -> None:
    for change, words in (
        ({"columns": ["a", "b"]}, "1 cells"),
        (
            {"exceptions": [{"cells": ["x/*"], "verdict": "not derivable", "why": "of a row x"}]},
            "no cell is x",
        ),
    ):
        data = yaml.safe_load(TABLE % ("1", "[]", "2"))
        data["tables"][0] |= change
        with pytest.raises(ValueError, match=words):
            Source.model_validate(data)
    with pytest.raises(UsageError, match="no source 'moses': there are akmal-2022"):
        computed(["moses"])
    with pytest.raises(UsageError, match="no computation"):
        compute("gridworlds.maze")


def test_the_page_of_the_docs_holds_every_number(quick: Reproduction) -> None:
    page = reproduced.markdown(quick)
    assert quick.headline() in page
    lines = re.findall(r"^\|.*\|$", page, re.MULTILINE)
    headings = 2 + 2 * sum(len(source(name).tables) for name in QUICK)
    assert len(lines) == len(quick.numbers) + len(QUICK) + headings
    for name in QUICK:
        for one in source(name).witnesses:
            assert f"`{one.arithmetic}` = {one.gives}" in page


def test_the_docs_are_written_by_what_is_tested_here() -> None:
    """``docs/conf.py`` writes the page at each build, and fails where a verdict is not recorded."""
    text = (Path(__file__).parent.parent / "docs" / "conf.py").read_text(encoding="utf-8")
    assert '"reproduced": reproduced.markdown(found)' in text
    assert "if not found.as_recorded:" in text


def test_the_command(amopt_command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = amopt_command("reproduce", "westerweel-2019-5", "--html", "r.html")
    assert (shown.code, shown.err) == (0, "")
    assert "1 printed numbers" not in shown.out
    assert "does not reproduce" in shown.out
    assert "Witness. The four contracts" in shown.out
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert fetched(page) == []
    assert "571.26" in page
    run_ = amopt_command("reproduce", "bracken-mccormick-1968", "--json")
    (found,) = run_.json["sources"]
    assert {one["verdict"] for one in found["numbers"]} == {"reproduces"}
    assert found["numbers"][0]["made_by"].startswith('amopt.reproduce.compute("bid.bid"')
    assert amopt_command("reproduce", "moses").code == 2
    made = Source.model_validate(yaml.safe_load(TABLE % ("0.9", "[]", "2")))
    monkeypatch.setattr(run.printed, "source", lambda name: made)
    monkeypatch.setattr(reproduced, "source", lambda name: made)
    wrong = amopt_command("reproduce", "made-up")
    assert wrong.code == 7
    assert "Not as recorded: Table 1, start, probability: does not reproduce" in wrong.out
