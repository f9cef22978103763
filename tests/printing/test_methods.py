"""The door of the decision: methods, limits, what is imported, what the shell prints."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import amopt
from amopt.errors import NoAnswerError, UsageError
from amopt.printing import METHODS
from amopt.printing.methods import solve
from amopt.program.highs import Options
from tests.printing.cases import one_part


def test_an_unknown_method_is_a_usage_error_with_a_hint() -> None:
    with pytest.raises(UsageError, match="Did you mean 'factored'"):
        solve(one_part(), method="factorised")


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"auto", "closed"}))
def test_a_time_limit_that_is_too_short_gives_no_answer(method: str) -> None:
    with pytest.raises(NoAnswerError) as error:
        solve(one_part(), method=method, options=Options(time_limit=1e-9))
    assert error.value.exit_code == 5


def test_the_mission_by_other_forms() -> None:
    mission = amopt.load("printing/mission")
    expected = {row["part"]: row for row in amopt.solve(mission).rows["parts"]}
    for method in ("collapsed", "policy_iteration"):
        found = amopt.solve(mission, method=method)
        for row in found.rows["parts"]:
            other = expected[row["part"]]
            assert row["yearly_cost"] == pytest.approx(other["yearly_cost"], abs=1e-8)
            for column in ("base_stock", "print_threshold", "single_source_base_stock"):
                assert row[column] == other[column]


def test_the_fastest_form_imports_no_solver() -> None:
    code = (
        "import sys, amopt; amopt.solve(amopt.load('printing/mission'));"
        "heavy = {'pyomo', 'highspy', 'pandas', 'networkx', 'plotly', 'scipy.stats'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_published_rows_from_the_shell(amopt_command: Any) -> None:
    run = amopt_command("solve", "printing/mission", "--json")
    assert run.code == 0, run.err
    rows = {row["part"]: row for row in run.json["tables"]["parts"]}
    found = {
        name: tuple(
            round(rows[name][column], 2)
            for column in (
                "single_source_yearly_cost",
                "single_source_base_stock",
                "yearly_cost",
                "base_stock",
            )
        )
        for name in ("2", "5", "10")
    }
    assert found == {
        "2": (339.17, 1, 143.96, 0),
        "5": (275.36, 1, 97.01, 0),
        "10": (9.71, 3, 1.90, 0),
    }
    assert run.json["outcome"]["status"] == "optimal"
    assert run.json["referee"]["accepted"]


def test_the_headline_says_what_to_do() -> None:
    first, second, third = amopt.solve(amopt.load("printing/mission")).headline()
    assert "Stock 9 parts worth 300.65 EUR" in first
    assert "14 of 14 parts" in second
    assert "1,102.77 EUR a year (58 %)" in second
    assert "part 4: 362.51 EUR" in third
    without = amopt.solve(one_part(print_cost=None)).headline()
    assert without[-1] == "No part is worth printing."
