"""A parts list as it comes: what is wrong with it is told once, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

import amopt
from tests.screening.test_reading import HEADINGS, ROWS, csv, write


def told(path: Path) -> list[tuple[str, int | None, str, str]]:
    return [(one.code, one.where.row, one.message, one.advice) for one in amopt.check(path)]


def test_words_for_what_is_not_known_are_told_once_with_how_many(tmp_path: Path) -> None:
    rows = [f"p{k},steel,{'k.A.' if k % 2 else 12},{'ja' if k % 3 else 'no'},1,1" for k in range(9)]
    for decimal in ("point", "comma"):
        found = told(csv(tmp_path, "\n".join((HEADINGS, *rows)), decimal=decimal))
        assert found == [
            (
                "cell-not-a-number",
                3,
                "'k.A.' stands where a number is due (4 cells of the column).",
                "Write a number, or leave the cell blank where it is not known.",
            ),
            (
                "cell-not-a-choice",
                3,
                "'ja' is neither yes nor no (6 cells of the column).",
                "Write yes or no, or leave it blank where not known.",
            ),
        ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_what_separates_the_columns_is_seen_from_the_headings(
    separator: str, tmp_path: Path
) -> None:
    text = f"{HEADINGS}\nlever,steel,361,yes,10,5".replace(",", separator)
    assert told(csv(tmp_path, text)) == []


def test_a_column_with_decimal_commas_is_told_once(tmp_path: Path) -> None:
    rows = [f"p{k};steel;{k},5;yes;1;1" for k in range(60)]
    ((code, row, message, advice),) = told(
        csv(tmp_path, "\n".join((HEADINGS.replace(",", ";"), *rows)))
    )
    assert (code, row) == ("cell-not-a-number", 2)
    assert message == "'0,5' stands where a number is due (60 cells of the column)."
    assert "`decimal: comma` under portfolio" in advice


def test_the_unit_is_said_as_the_table_has_it(tmp_path: Path) -> None:
    rows = ("lever,steel,361 mm,yes,10,5", "cover,,3.5,no,10,172 EUR")
    (length, money) = told(csv(tmp_path, "\n".join((HEADINGS, *rows))))
    assert length[3] == "Write the number alone (361); length_mm is in mm."
    assert money[3] == "Write the number alone (172)."
    (comma,) = told(csv(tmp_path, f"{HEADINGS}\nlever,steel,12-15,yes,10,5", decimal="comma"))
    assert "1250.5" not in comma[3]


def test_headings_of_ones_own_are_told_where_to_name_them(tmp_path: Path) -> None:
    ((code, _, message, advice),) = told(csv(tmp_path, "Artikelnr.,Werkstoff\nHP-1,steel\n"))
    assert (code, message) == (
        "missing-column",
        "no column is called part: the headings are 'Artikelnr.' and 'Werkstoff'.",
    )
    assert advice.endswith("portfolio.columns which heading holds what: "
                           "{attribute: part, heading: 'Artikelnr.'}.")  # fmt: skip
    ((code, _, message, advice),) = told(csv(tmp_path, f"\n{HEADINGS}\n{ROWS[0]}\n"))
    assert (code, message) == ("missing-column", "the first row of the table is blank.")
    assert advice == "Headings stand there: remove it."


def test_a_row_of_blanks_is_no_part(tmp_path: Path) -> None:
    text = "\n".join((HEADINGS, ROWS[0], " , ,\t,, ,", ROWS[1]))
    assert amopt.load(csv(tmp_path, text)).parts.names == ("lever", "cover")
    nothing = {"part": None, "lead_time_weeks": float("nan")}
    rows = [{"part": "lever", "lead_time_weeks": 10, "expected_saving": 5}, nothing]
    assert amopt.load(write(tmp_path, {"rows": rows})).parts.names == ("lever",)


def test_part_numbers_that_differ_by_capitals_alone_are_warned_of(tmp_path: Path) -> None:
    text = "\n".join((HEADINGS, *ROWS, "Lever,steel,3,yes,10,5"))
    (finding,) = amopt.check(csv(tmp_path, text))
    assert (finding.code, finding.severity, finding.where.row) == ("similar-part", "warning", 5)
    assert finding.message == "part 'Lever' differs by capitals alone from 'lever' in row 2."
    assert len(amopt.load(csv(tmp_path, text)).parts) == 4
