"""The program: written out, by hand, extended by families nobody foresaw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.environ import Constraint, value

import amopt
from amopt.errors import NoAnswerError, UsageError
from amopt.licensing import formulation
from amopt.licensing.decision import read_back
from amopt.licensing.formulation import FAMILIES, formulate
from amopt.program.family import Family
from amopt.program.pyomo import compile_model
from tests.design.test_formulation import written_out
from tests.licensing.cases import instance

GOLDEN = Path(__file__).parent / "golden"


def small(**changes: Any) -> Any:
    """Return two buyers who would print at once: without stock, orders cost nothing to print."""
    fields = {
        "holding_cost_per_year_per_value": 0.0,
        "safety_factor": 0.0,
        "traditional": {
            "price": 10.0,
            "production_cost": 8.0,
            "setup_cost": 0.0,
            "lead_time_years": 0.5,
        },
        "printing": {"price": 6.0, "setup_cost": 0.0, "lead_time_years": 0.0},
    }
    return instance(1.0, 4.0, **(fields | changes))


def limits() -> dict[str, Any]:
    return {
        "limits": {"most_licensees": 1},
        "printers": [{"name": "shop", "prints_per_year": 2.0}],
        "buyers": [
            {"name": "a", "demand_per_year": 1.0, "printer": "shop", "least_surplus": 0.5},
            {"name": "b", "demand_per_year": 4.0, "printer": "shop"},
        ],
    }


def menu() -> dict[str, Any]:
    return {"contracts": 2, "royalties": [0.0, 2.0]}


CASES = {"plain": {}, "limits": limits(), "menu": menu()}


@pytest.mark.parametrize("name", CASES)
def test_the_program_written_out(name: str) -> None:
    program = compile_model(formulate(small(**CASES[name]))).program
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert written_out(program) == golden


def test_the_program_by_hand() -> None:
    """At 4 a print both would pay nothing more: of 5 parts the maker earns 20, and 10 before."""
    own = small()
    model = formulate(own)
    assert model.royalty == pytest.approx([0.0, 4.0])
    assert amopt.solve(model).outcome.objective == pytest.approx(20)
    assert value(model.surplus["buyer 0"]) == pytest.approx(0)
    answer = amopt.solve(own)
    assert answer.outcome.objective == pytest.approx(20)
    (row,) = (row for row in answer.rows["alternatives"] if row["alternative"] == "no licence")
    assert row["profit"] == 10


def test_a_family_that_nobody_foresaw_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    def add_not_the_largest(model: Any) -> None:
        """Sell to the largest buyer."""
        largest = max(model.demand, key=model.demand.get)
        model.not_the_largest = Constraint(expr=model.licensed[largest] == 0)

    own = small()
    assert amopt.solve(own).rows["totals"][0]["licensees"] == 2
    own = instance(2.4, 9.6, printing={"price": 180, "setup_cost": 250, "lead_time_years": 0.03})
    assert amopt.solve(own).rows["totals"][0]["licensees"] == 2
    family = Family("not_the_largest", add_not_the_largest)
    monkeypatch.setattr(formulation, "FAMILIES", (*FAMILIES, family))
    answer = amopt.solve(own)
    assert [row["channel"] for row in answer.rows["buyers"]] == ["licence", "traditional"]
    assert answer.rows["limits"] == [{"limit": "not_the_largest"}]
    with pytest.raises(UsageError, match="does not honour not_the_largest"):
        amopt.solve(own, method="exact")


def test_values_that_offer_nothing_are_refused_in_words() -> None:
    model = formulate(small())
    with pytest.raises(NoAnswerError, match="solve it first"):
        read_back(model)
    for variable in model.component_data_objects(pyo.Var):
        variable.set_value(0.0)
    with pytest.raises(UsageError, match="one royalty"):
        read_back(model)
    model.offered[1, 0].set_value(0.5)
    with pytest.raises(UsageError, match="must be 0 or 1"):
        read_back(model)


def test_each_family_says_its_equation() -> None:
    for family in FAMILIES:
        assert ":math:" in family.equation or ".. math::" in family.equation, family.name
