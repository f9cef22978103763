"""The mission: what reproduces of the published table, and what its inputs give where not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import amopt

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "decisions" / "printing.md"

COLUMNS = ("single_source_yearly_cost", "single_source_base_stock", "yearly_cost", "base_stock")

PUBLISHED = {  # rows of which all four figures reproduce
    "2": (339.17, 1, 143.96, 0),
    "4": (563.86, 1, 201.35, 0),
    "5": (275.36, 1, 97.01, 0),
    "6": (265.41, 2, 142.15, 1),
    "7": (71.53, 1, 10.84, 0),
    "10": (9.71, 3, 1.90, 0),
}

COMPUTED = {  # rows of which at least one figure does not
    "1": (5.78, 2, 0.43, 0),
    "3": (6.20, 2, 0.16, 0),
    "8": (20.25, 2, 0.62, 0),
    "9": (338.12, 2, 262.84, 2),
    "11": (7.14, 3, 2.58, 1),
    "12": (5.45, 4, 3.50, 2),
    "13": (38.95, 3, 22.82, 2),
    "14": (4.77, 4, 0.96, 0),
}

FITTED = {  # the same with fitted rates: 12 and 13 as published, 14 without the printer
    "9": (268.48, 2, 157.26, 1),
    "11": (6.03, 2, 2.28, 1),
    "12": (6.33, 5, 3.81, 3),
    "13": (45.82, 4, 24.68, 2),
    "14": (6.32, 6, 1.02, 1),
}

TOTALS = {"mission": (1060.59, 54.3), "mission-fitted": (1102.77, 58.3)}


def found(name: str) -> dict[str, tuple[Any, ...]]:
    rows = amopt.solve(amopt.load(f"printing/{name}")).rows["parts"]
    return {row["part"]: tuple(round(row[column], 2) for column in COLUMNS) for row in rows}


def test_the_rows_of_the_mission() -> None:
    assert found("mission") == PUBLISHED | COMPUTED


def test_the_rows_of_the_fitted_mission() -> None:
    assert found("mission-fitted") == PUBLISHED | COMPUTED | FITTED


@pytest.mark.parametrize("name", TOTALS)
def test_what_printing_saves_in_all(name: str) -> None:
    (total,) = amopt.solve(amopt.load(f"printing/{name}")).rows["totals"]
    assert (round(total["saving"], 2), round(total["saving_percent"], 1)) == TOTALS[name]


def test_the_two_missions_differ_in_failure_rates_alone() -> None:
    printed, fitted = (amopt.load(f"printing/{name}") for name in TOTALS)
    assert printed.systems == fitted.systems
    changed = set()
    for one, other in zip(printed.parts, fitted.parts, strict=True):
        differing = {
            field
            for field in type(one).model_fields
            if getattr(one, field) != getattr(other, field)
        }
        assert differing <= {"failure_rate_per_day", "printed_failure_rate_per_day"}
        if differing:
            changed.add(one.name)
    assert changed == set(FITTED)


@pytest.mark.parametrize("name", TOTALS)
def test_a_printed_part_fails_ten_times_as_often(name: str) -> None:
    for part in amopt.load(f"printing/{name}").parts:
        assert part.printed_failure_rate_per_day == pytest.approx(10 * part.failure_rate_per_day)


@pytest.mark.parametrize("name", TOTALS)
def test_the_head_of_the_file_and_the_page_tell_the_figures(name: str) -> None:
    file = (ROOT / "instances" / "printing" / f"{name}.yaml").read_text(encoding="utf-8")
    head = " ".join(line.strip("# ") for line in file.split("amopt: 1")[0].splitlines())
    page = PAGE.read_text(encoding="utf-8")
    for text in (head, page):
        saving, percent = TOTALS[name]
        assert f"{saving:,.2f}" in text
        assert f"{percent} %" in text
    rows = PUBLISHED if name == "mission" else {key: FITTED[key] for key in ("12", "13")}
    for single, stock, cost, other_stock in rows.values():
        assert re.search(
            rf"{single:.2f} \((stock )?{stock}\) -> {cost:.2f} \((stock )?{other_stock}\)", head
        )


def test_the_table_of_the_page() -> None:
    cells = re.findall(r"^\| (\d+) \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name: [cell.strip() for cell in rest.split("|")] for name, rest in cells}
    printed, fitted = found("mission"), found("mission-fitted")
    assert told.keys() == printed.keys()
    for name, (_, as_printed, as_fitted) in told.items():
        for text, row in ((as_printed, printed[name]), (as_fitted, fitted[name])):
            if text:
                assert text == f"{row[0]:.2f} ({row[1]}) → {row[2]:.2f} ({row[3]})"
        assert bool(as_fitted) == (name in FITTED)


def test_what_cannot_be_avoided_is_counted_by_the_rate_as_published() -> None:
    mission = amopt.load("printing/mission")
    (total,) = amopt.solve(mission).rows["totals"]
    parameters = mission.parameters
    by_rate, by_probability = (
        float(364 * (parameters.order_cost * parameters.systems) @ failures)
        for failures in (parameters.failures_per_day, parameters.failure)
    )
    assert total["yearly_unavoidable_cost"] == pytest.approx(by_rate)
    page = PAGE.read_text(encoding="utf-8")
    assert f"{by_rate:,.2f} EUR a year in the mission" in page
    assert f"the probability would give {by_probability:,.2f}" in page
