"""A family of constraints that nobody foresaw: studies and comparisons honour it or refuse it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from pyomo.environ import Constraint

import amopt
from amopt.errors import UsageError
from amopt.licensing.map import axis, map_forms
from amopt.maintenance.study import variants
from amopt.printing.busy.answer import busy
from amopt.printing.convoys.answer import convoys
from amopt.printing.uncertainty.analysis import study
from amopt.program.family import Family
from amopt.scenarios.sensitivity import sensitivity
from tests.maintenance.cases import small as small_maintenance
from tests.printing.test_busy import small as small_busy
from tests.printing.test_convoys import small as small_convoys
from tests.printing.test_uncertainty import RANGE
from tests.printing.test_uncertainty import instance as uncertain

REFUSING: dict[str, tuple[str, Callable[[], Any]]] = {
    "convoys": ("printing", lambda: convoys(small_convoys())),
    "busy": ("printing", lambda: busy(small_busy(), cycles=2_000)),
    "uncertainty": ("printing", lambda: study(uncertain(RANGE))),
    "a factorial": (
        "maintenance",
        lambda: variants(small_maintenance(factorial={"failure_cost": [20.0, 40.0]})),
    ),
    "a map": (
        "licensing",
        lambda: map_forms(
            amopt.load("licensing/two-buyers"), x=axis("price_ratio=1,2"), y=axis("setup_ratio=1")
        ),
    ),
}
"""The decision of each study that works the base model out by itself, and a small one."""


def unforeseen(monkeypatch: pytest.MonkeyPatch, kind: str, add: Callable[[Any], None]) -> None:
    """Append a family to those of a decision."""
    formulation = import_module(f"amopt.{kind}.formulation")
    families = (*formulation.FAMILIES, Family("unforeseen", add))
    monkeypatch.setattr(formulation, "FAMILIES", families)


def nothing(model: Any) -> None:
    """Add nothing: that it is there is enough to be refused."""


@pytest.mark.parametrize("what", REFUSING)
def test_a_study_of_the_base_model_refuses_it(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, made = REFUSING[what]
    made()
    unforeseen(monkeypatch, kind, nothing)
    with pytest.raises(UsageError, match=f"^{what} does not honour unforeseen"):
        made()


def no_stock(model: Any) -> None:
    r"""Stock nothing: :math:`\bar x_{kL} \le 0`."""
    last = model.parameters.cycle_days
    model.unforeseen = Constraint(model.parts, rule=lambda m, k: m.stock[k, last] <= 0)


def test_what_a_policy_does_and_sensitivity_are_those_of_the_limited_plan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instance = small_convoys()

    def printed() -> float:
        rows = amopt.printing.distributions(instance).rows["distributions"]
        return next(row["mean"] for row in rows if row["what"] == "prints")

    before, plain = printed(), amopt.solve(instance)
    unforeseen(monkeypatch, "printing", no_stock)
    limited = amopt.solve(instance)
    assert plain.rows["parts"][0]["base_stock"] > 0 == limited.rows["parts"][0]["base_stock"]
    assert printed() > before
    assert sensitivity(instance).objective == limited.outcome.objective > plain.outcome.objective


def test_a_menu_keeps_it_by_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(model: Any) -> None:
        """Sell to the largest buyer."""
        largest = max(model.demand, key=model.demand.get)
        model.unforeseen = Constraint(expr=model.licensed[largest] == 0)

    instance = amopt.load("licensing/two-buyers").model_copy(update={"contracts": 2})
    assert "licence" in {row["channel"] for row in amopt.solve(instance).rows["buyers"]}
    unforeseen(monkeypatch, "licensing", add)
    with pytest.raises(UsageError, match="does not honour unforeseen"):
        amopt.solve(instance, method="menu")
    answer = amopt.solve(instance)
    demand = {buyer.name: buyer.demand_per_year for buyer in instance.buyers}
    largest = max(answer.rows["buyers"], key=lambda row: demand[row["buyer"]])
    assert largest["channel"] == "traditional"
