"""The door of the decision: methods, limits, what is imported, what the shell prints."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

import amopt
from amopt.errors import NoAnswerError, UsageError
from amopt.mdp import MarkovDecisionProcess, MarkovSolution
from amopt.outcome import Status, Stopped
from amopt.printing import METHODS
from amopt.printing.answer.solution import PrintingSolution
from amopt.printing.decision import solve
from amopt.printing.formulation import formulate
from amopt.printing.methods.collapsed import waiting_basis
from amopt.program.pyomo import compile_model
from amopt.program.solver import highs
from amopt.program.solver.highs import Options
from tests.printing.cases import one_part


def test_an_unknown_method_is_a_usage_error_with_a_hint() -> None:
    with pytest.raises(UsageError, match="Did you mean 'factored'"):
        solve(one_part(), method="factorised")


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"auto", "closed"}))
def test_a_time_limit_that_is_too_short_gives_no_answer(method: str) -> None:
    with pytest.raises(NoAnswerError) as error:
        solve(one_part(), method=method, options=Options(time_limit=1e-9))
    assert error.value.exit_code == 5


def test_the_closed_form_is_not_advised_in_its_own_place() -> None:
    with pytest.raises(NoAnswerError) as error:
        solve(one_part(), method="closed", options=Options(time_limit=1e-9))
    assert "before the policy without a printer was found: allow more time" in str(error.value)
    assert "closed" not in str(error.value)


@pytest.mark.parametrize(
    ("discount", "why"), [(None, "always up"), (0.9, "undiscounted"), (0.9995, None)]
)
def test_a_cost_below_nothing_is_explained(discount: float | None, why: str | None) -> None:
    cheap = 30.0 if why is None else 0.01
    answer = solve(one_part(discount=discount, backorder_cost_per_day=cheap, cycle_days=60))
    assert (answer.rows["parts"][0]["yearly_cost"] < 0) == (why is not None)
    assert [why in note for note in answer.notes] == ([] if why is None else [True])


def test_what_to_act_on_comes_first() -> None:
    for table in (PrintingSolution.columns["parts"], solve(one_part()).rows["parts"][0]):
        names = [getattr(column, "name", column) for column in table]
        assert names[:5] == ["part", "base_stock", "plan", "saving", "yearly_cost"]


def test_the_mission_by_other_forms() -> None:
    mission = amopt.load("printing/mission")
    expected = {row["part"]: row for row in amopt.solve(mission).rows["parts"]}
    for method in ("collapsed", "policy_iteration"):
        found = amopt.solve(mission, method=method)
        for row in found.rows["parts"]:
            other = expected[row["part"]]
            assert row["yearly_cost"] == pytest.approx(other["yearly_cost"], abs=1e-8)
            for column in ("base_stock", "plan", "print_threshold", "single_source_base_stock"):
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
    first, second, third, fourth = amopt.solve(amopt.load("printing/mission")).headline()
    assert "Order up to 8 parts worth 436.39 EUR" in first
    assert "14 of 14 parts are worth printing" in second
    assert third == (
        "Printing saves 1,061 of 10,190 EUR a year (10 %; 54 % of what a plan can change)."
    )
    assert "part 4: 362.51 EUR" in fourth
    without = amopt.solve(one_part(print_cost=None)).headline()
    assert without[-1] == "No part is worth printing."


def test_a_plan_that_expedites_is_told_by_its_days() -> None:
    answer = amopt.solve(amopt.load("printing/table-3-1-expedited"))
    (row,) = answer.rows["parts"]
    assert row["plan"] == "expedite 13-8, print 7-2, wait 1"
    assert (row["print_threshold"], row["expedite_threshold"]) == (2, 8)
    first, second, third = answer.headline()
    assert first.startswith("Order up to 1 part worth")
    assert second == (
        "For a system that waits: expedite with 13 to 8 days to go, print with 7 to 2 days to go, "
        "wait with 1 day to go."
    )
    assert third.startswith("Printing saves")


def test_a_plan_that_expedites_last_does_not_read_as_expediting_always() -> None:
    instance = one_part(
        print_cost=56.0, expedite_cost=122.0, backorder_cost_per_day=150.0,
        failure_probability_per_day=0.2, printed_failure_probability_per_day=0.12, discount=0.9,
    )  # fmt: skip
    answer = amopt.solve(instance)
    (row,) = answer.rows["parts"]
    assert row["plan"] == "print 13-2, expedite 1"
    assert (row["print_threshold"], row["expedite_threshold"]) == (2, 1)
    assert "print with 13 to 2 days to go, expedite with 1 day to go" in answer.headline()[1]


def test_the_headline_of_several_parts_counts_what_is_expedited() -> None:
    mission = amopt.load("printing/mission").to_dict()
    for index in (3, 5):
        mission["parts"][index] |= {"expedite_cost": mission["parts"][index]["order_cost"] + 0.01}
        mission["parts"][index]["print_cost"] = None
        for field in ("printed_failure_rate_per_day", "printed_failure_probability_per_day"):
            mission["parts"][index][field] = None
    told = amopt.solve(amopt.load(mission)).headline()
    assert "12 of 14 parts are worth printing" in told[1]
    assert "2 of 14 parts are worth expediting" in told[2]


@pytest.mark.parametrize("method", ["full", "value_iteration", "modified_policy_iteration"])
def test_what_is_not_proven_optimal_is_not_given_away_as_such(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = MarkovDecisionProcess.solve

    def stopped(self: MarkovDecisionProcess, *given: Any, **settings: Any) -> MarkovSolution:
        found = whole(self, *given, **settings)
        ended = {"status": Status.FEASIBLE, "stopped": Stopped.TIME_LIMIT}
        return replace(found, outcome=replace(found.outcome, **ended))

    monkeypatch.setattr(MarkovDecisionProcess, "solve", stopped)
    with pytest.raises(NoAnswerError, match="part 1 of 1") as error:
        solve(one_part(cycle_days=4), method=method)
    assert error.value.exit_code == 5
    assert error.value.outcome is not None
    assert error.value.outcome.status is Status.FEASIBLE


@pytest.mark.parametrize("method", ["auto", "full", "factored", "value_iteration"])
def test_a_method_writes_its_own_program(method: str, amopt_command: Any, tmp_path: Any) -> None:
    run = amopt_command(
        "solve", "printing/table-3-1", "--method", method, "--write-lp", "a.lp", "-q"
    )
    assert run.code == 0, run.err
    text = (tmp_path / "a.lp").read_text()
    assert ("order_up_to" in text) == (method in ("auto", "value_iteration"))
    assert ("occupation" in text) == (method in ("full", "factored"))


@pytest.mark.parametrize("printer", [True, False])
@pytest.mark.parametrize("name", ["mission", "mission-limited", "table-3-1-expedited"])
def test_the_basis_of_waiting_is_whole_and_leads_to_the_same_optimum(
    name: str, printer: bool
) -> None:
    program = compile_model(formulate(amopt.load(f"printing/{name}"), printer=printer)).program
    basis = waiting_basis(program)
    assert basis is not None
    assert (basis.columns == 1).sum() + (basis.rows == 1).sum() == program.shape[0]
    cold, warm = highs.solve(program), highs.solve(program, basis=basis)
    assert warm.outcome.status == cold.outcome.status
    assert warm.outcome.objective == pytest.approx(cold.outcome.objective, rel=1e-9)
