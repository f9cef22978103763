"""Portfolios of the size that companies have, and 5,000 real parts."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from tests.screening.cases import data as small_data

ROOT = Path(__file__).parents[2]


def portfolio(parts: int) -> Any:
    """Return the synthetic portfolio of the benchmarks."""
    path = ROOT / "benchmarks" / "_screening_portfolio.py"
    spec = importlib.util.spec_from_file_location("_screening_portfolio", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.portfolio(parts)


def test_the_shipped_table_is_the_one_that_the_script_writes() -> None:
    shipped = (ROOT / "instances" / "screening" / "portfolio.csv").read_text()
    assert portfolio(600).to_csv(index=False, lineterminator="\n") == shipped


@pytest.mark.long
def test_198638_parts_are_screened_and_judged(tmp_path: Path) -> None:
    """From the file to the judged answer; the benchmark of screening has the seconds."""
    portfolio(198_638).to_csv(tmp_path / "portfolio.csv", index=False)
    shutil.copy(ROOT / "instances" / "screening" / "portfolio.yaml", tmp_path / "mine.yaml")
    answer = amopt.solve(amopt.load(tmp_path / "mine.yaml"))
    assert answer.outcome.status == "optimal"
    assert len(answer.rows["parts"]) == 198_638


def test_5000_real_parts_are_read_and_ranked(data: Path, tmp_path: Path) -> None:
    """Demand is that of 84 months, added up by hand from the same file."""
    table = data / "raf" / "raf_5000.csv"
    if not table.is_file():
        pytest.skip("AMOPT_DATA holds no raf/raf_5000.csv")
    shutil.copy(table, tmp_path / "raf.csv")
    columns = [
        {"attribute": "part", "heading": "Item Ref no"},
        {"attribute": "lead_time_weeks", "heading": "Lead Time (months)", "factor": 4.348},
        {"attribute": "cost_per_part", "heading": "PRICE (£)"},
        {"attribute": "demand_per_year", "heading": "JAN96", "through": "DEC02", "factor": 1 / 7},
    ]
    examination = {"most_parts": 100, "print_cost_share": 0.6, "horizon_years": 5}
    instance = small_data(
        portfolio={"file": "raf.csv", "columns": columns}, examination=examination
    )
    (tmp_path / "raf.yaml").write_text(yaml.safe_dump(instance))
    answer = amopt.solve(amopt.load(tmp_path / "raf.yaml"))
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 5000
    saving = {
        row["Item Ref no"]: 5 * sum(map(float, list(row.values())[4:])) / 7
        * 0.4 * float(row["PRICE (£)"])
        for row in rows
    }  # fmt: skip
    best = sorted(saving.values())[-100:]
    assert answer.outcome.objective == pytest.approx(sum(best))
    months = {row["Item Ref no"]: float(row["Lead Time (months)"]) for row in rows}
    ranked = [months[row["part"]] * 4.348 for row in answer.rows["parts"]]
    clipped = [min(weeks, 40) for weeks in ranked]  # beyond the best value nothing is better
    assert clipped == sorted(clipped, reverse=True)
