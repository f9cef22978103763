"""Answers as workbooks: whatever they hold, spreadsheet programs open what is written."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

import amopt
from amopt.outcome import Outcome, Status, Stopped
from amopt.phrases import visible
from amopt.report import page, workbook
from amopt.report.terminal import console, print_rows
from amopt.report.words import shown
from amopt.report.workbook import LONGEST_TEXT, write_answer
from amopt.solution import Column, Solution
from amopt.verdict import Verdict

INF, NAN = float("inf"), float("nan")


def answer(rows: Any, **outcome: Any) -> Solution:
    """Return an answer with one table."""
    told = {"objective": 1.0, "bound": 1.0, **outcome}
    ended = Outcome(stopped=Stopped.FINISHED, status=Status.FEASIBLE, **told)
    return Solution("sourcing", "some", ended, Verdict(), {"orders": rows})


def written(solution: Solution, folder: Path) -> tuple[Any, list[tuple[Any, ...]]]:
    """Write an answer and return its workbook and its first sheet."""
    write_answer(solution, folder / "answer.xlsx")
    book = openpyxl.load_workbook(folder / "answer.xlsx")
    return book, list(book["summary"].values)


@pytest.mark.parametrize("objective", [0.0, INF, -INF, NAN, np.float64(0.0)])
@pytest.mark.parametrize("bound", [-1.0, INF, NAN, None])
def test_numbers_that_are_not_finite_are_said(
    objective: float, bound: float | None, tmp_path: Path
) -> None:
    """The gap to an objective of zero has no end, and no cell holds such a number."""
    solution = answer([{"line": "l", "cost": INF, "weeks": NAN}], objective=objective, bound=bound)
    book, first = written(solution, tmp_path)
    said = dict(first)
    told = {"objective": objective, "bound": bound, "gap": solution.outcome.gap}
    for name, value in told.items():
        if value is None:
            assert name not in said
        else:
            assert said[name] == (value if np.isfinite(value) else str(float(value)))
    assert list(book["orders"].values) == [("line", "cost", "weeks"), ("l", None, None)]


def test_control_characters_are_signs_and_that_is_said(tmp_path: Path) -> None:
    texts = ["PA\x0b12", "\x1b[31mred", "a\x00\x07\r", "a\tb\nc", "\ufffe", "plain"]
    rows = [{"material": text, "line": "a"} for text in texts]
    solution = replace(answer(rows), notes=("a note\x0b",))
    book, first = written(solution, tmp_path)
    said = [row[0] for row in book["orders"].values][1:]
    assert said == ["PA␋12", "␛[31mred", "a␀␇␍", "a\tb\nc", "\ufffd", "plain"]
    notes = [value for name, value in first if name == "note"]
    assert notes[0] == "a note␋"
    assert notes[1:] == [
        "Signs stand for control characters: orders, material. "
        "The files of --out hold them as they are."
    ]


@pytest.mark.parametrize("letter", ["a", "🛠"])
def test_texts_longer_than_a_cell_are_cut_and_that_is_said(letter: str, tmp_path: Path) -> None:
    units = len(letter.encode("utf-16-le")) // 2
    fits = letter * (LONGEST_TEXT // units)
    solution = answer([{"line": fits, "material": fits + letter, "material_list": [fits] * 2}])
    book, first = written(solution, tmp_path)
    whole, *cut = list(book["orders"].values)[1]
    assert whole == fits
    for text in cut:
        assert text.endswith("...")
        assert LONGEST_TEXT - 2 <= len(text.encode("utf-16-le")) // 2 <= LONGEST_TEXT
    assert first[-1] == (
        "note",
        "Texts of more than 32,767 characters are cut: orders, material, orders, material_list. "
        "The files of --out hold them as they are.",
    )


@pytest.mark.parametrize("number", [1, 3, 4, 7])
def test_tables_longer_than_a_sheet_go_on_in_the_next(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    solution = answer([{"line": f"l{k}"} for k in range(number)])
    book, first = written(solution, tmp_path)
    names = [name for name in book.sheetnames if name != "summary"]
    assert names == ["orders", "orders_2", "orders_3"][: -(-number // 3)]
    held = [row[0] for name in names for row in list(book[name].values)[1:]]
    assert held == [f"l{k}" for k in range(number)]
    assert [len(book[name].tables) for name in names] == [1] * len(names)
    said = [value for _, value in first if "goes on" in str(value)]
    assert said == [
        f"orders has {number} rows, and goes on in the sheet {name}." for name in names[1:]
    ]


def test_a_sheet_holds_what_the_programs_hold() -> None:
    assert workbook.MOST_ROWS + 1 == 2**20  # with the headings
    assert LONGEST_TEXT == 2**15 - 1


@pytest.mark.parametrize("seed", range(30))
def test_any_cells_are_written_and_read_again(seed: int, tmp_path: Path) -> None:
    """Names, numbers and texts of all kinds, drawn at random."""
    draw = random.Random(seed)
    letters = "aZ0 =+-@'\"<&\x00\x08\x0b\x1f\x7f\x85\u202e\u2028\ufffe🛠é_x000B_\t\n"

    def cell() -> Any:
        text = "".join(draw.choices(letters, k=draw.choice((0, 1, 5, 40))))
        return draw.choice(
            (None, True, 7, 10**15, -0.0, 1e-300, 1.7e308, INF, -INF, NAN, np.float64(2.5),
             np.int64(3), text, [text], {"a": text}, "2026-01-31", "1899-01-31")
        )  # fmt: skip

    names = [f"c{k}" for k in range(draw.randint(1, 4))] + ["order_date"]
    rows = [{name: cell() for name in names} for _ in range(draw.randint(1, 6))]
    book, _ = written(answer(rows), tmp_path)
    assert len(list(book["orders"].values)) == len(rows) + 1


def test_no_text_of_a_file_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.text import Text

    text = "PA\x1b[31m12\x9b0m\rX\u202e"
    assert visible(text) == shown(text) == "PA␛[31m12�0m␍X�"
    print_rows([{"material": text}], [Column("material", "", "")])
    console().print(Text(f"Note: {text}"))
    out = capsys.readouterr().out
    assert "PA␛[31m12�0m␍X�" in out
    assert "Note: PA␛[31m12�0mX�" in out
    assert not {"\x1b", "\x9b", "\r", "\u202e"} & set(out)


def test_a_material_that_cannot_be_seen(tmp_path: Path) -> None:
    """The whole way, from the file on; some releases of plotly.js have such signs themselves."""
    from plotly.offline import get_plotlyjs

    data = {
        "amopt": 1,
        "kind": "sourcing",
        "name": "one",
        "parts": [{"name": "a"}],
        "lines": [{"line": "l", "part": "a", "quantity": 2}],
        "offers": [
            {
                "supplier": "s",
                "part": "a",
                "material": "PA\x0b12",
                "quotes": [{"quantity": 2, "cost_per_part": 5.0, "lead_time_weeks": 1.0}],
            }
        ],
    }
    data["offers"].append(
        {**data["offers"][0], "supplier": "t\u200d", "material": "PA\x1b[2J\u202e"}
    )
    data["conventional"] = [{"part": "a", "cost_per_part": 9, "lead_time_weeks": 3}]
    instance = amopt.load({**data, "source": "a\x0bbook"})
    solution = replace(amopt.solve(instance), notes=("a note\x1b[2J",))
    book, _ = written(solution, tmp_path)
    assert any("PA␋12" in row for row in book["orders"].values)
    for light in (False, True):
        text = page.render(instance, solution, light=light)
        own = "" if light else get_plotlyjs()
        assert all(text.count(sign) == own.count(sign) for sign in ("\x0b", "\x1b", "\u202e"))
        for said in ("PA␋12", "a␋book", "a note␛[2J"):
            assert said in text
