"""A family of constraints that nobody foresaw: every method and study honours it or refuses it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyomo.environ import Constraint

import amopt
from amopt.decision import method_names
from amopt.errors import UsageError
from amopt.licensing.map import axis, map_forms
from amopt.maintenance.study import variants
from amopt.placement.orders.assignment import WAYS as ORDERS
from amopt.printing.busy.answer import busy
from amopt.printing.convoys.answer import convoys
from amopt.printing.many.answer import solve_table
from amopt.printing.portfolio.formulation import formulate as portfolio
from amopt.printing.uncertainty.analysis import study
from amopt.program.family import Family
from amopt.scenarios.sensitivity import sensitivity
from tests.maintenance.cases import small as small_maintenance
from tests.placement.test_orders import best_by_force, random_orders
from tests.printing.limits.test_extension import every_policy, hull, total_stock, two_parts
from tests.printing.studies.test_busy import small as small_busy
from tests.printing.studies.test_convoys import small as small_convoys
from tests.printing.studies.test_uncertainty import RANGE
from tests.printing.studies.test_uncertainty import instance as uncertain
from tests.printing.test_table import data_of, random_parts
from tests.screening.cases import small as small_screening
from tests.sourcing.program.test_methods import add_largest_share, two_suppliers


def table() -> Any:
    """Solve a table of two parts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parts.csv"
        pd.DataFrame(random_parts(2)).to_csv(path, index=False)
        return solve_table(amopt.load(data_of(random_parts(1))), path)


REFUSING: dict[str, tuple[str, Callable[[], Any]]] = {
    "convoys": ("printing", lambda: convoys(small_convoys())),
    "busy": ("printing", lambda: busy(small_busy(), cycles=2_000)),
    "uncertainty": ("printing", lambda: study(uncertain(RANGE))),
    "a table of parts": ("printing", table),
    "the portfolio": ("printing", lambda: portfolio(two_parts())),
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


Case = tuple[Callable[[], Any], Callable[[Any], None], Callable[[], float]]
"""An instance, a family that its best plan breaks, and the optimum with it, worked out apart."""


def little_stock() -> float:
    """Return the least cost of mixing policies that hold no more than one part."""
    points = [(p.base_stock.sum(), cost.sum()) for p, cost in every_policy(two_parts(), 4)]
    return hull(points, 1.0) / two_parts().cycle_days


def no_arnhem(model: Any) -> None:
    r"""Keep Arnhem closed: :math:`y = 0`."""
    model.unforeseen = Constraint(expr=model.open["Arnhem", "year"] == 0)


def without_arnhem() -> float:
    """Return the cost of the same network without that site."""
    instance = amopt.load("placement/textbook")
    sites = tuple(site for site in instance.sites if site.place != "Arnhem")
    assert len(sites) < len(instance.sites)
    return float(amopt.solve(instance.model_copy(update={"sites": sites})).outcome.objective)


def two_orders_a_shop(model: Any) -> None:
    r"""Give no shop more than two orders: :math:`\sum_{k \in K_i} x_k \le 2`."""
    printed = [k for k in model.filled if k[2]]
    model.unforeseen = Constraint(
        sorted({k[1] for k in printed}),
        rule=lambda m, shop: sum(m.filled[k] for k in printed if k[1] == shop) <= 2,
    )


def no_prints(model: Any) -> None:
    r"""Print nothing: :math:`\sum_{s, a \text{ prints}} x_{sa} = 0`."""
    uses = zip(model.occupation.values(), model.grid.prints, strict=True)
    prints = [x for x, use in uses if use]
    if prints:  # the policy without a printer is a model of its own
        model.unforeseen = Constraint(expr=sum(prints) == 0)


def not_printed(model: Any) -> None:
    r"""Choose no printed version: :math:`y_{cv} = 0`."""
    printed = [k for k, (_, version) in model.entry.items() if version.made == "printed"]
    model.unforeseen = Constraint(printed, rule=lambda m, *key: m.choose[key] == 0)


def without_limits() -> Any:
    """Return a system of which each component may be chosen by itself."""
    data = amopt.load("design/pump-unit").to_dict()
    return amopt.load({**data, "components": data["components"][:2], "limits": {}})


def without_printed() -> float:
    """Return the cost of the same system where nobody designs printed versions."""
    data = without_limits().to_dict()
    for component in data["components"]:
        component["versions"] = [v for v in component["versions"] if v["made"] != "printed"]
    return float(amopt.solve(amopt.load(data)).outcome.objective)


def no_licence(model: Any) -> None:
    r"""License nobody: :math:`z_b = 0`."""
    model.unforeseen = Constraint(list(model.demand), rule=lambda m, buyer: m.licensed[buyer] == 0)


def unlicensed() -> float:
    """Return the profit of selling parts alone."""
    rows = amopt.solve(amopt.load("licensing/two-buyers")).rows["alternatives"]
    return next(float(row["profit"]) for row in rows if row["alternative"] == "no licence")


def no_lever(model: Any) -> None:
    r"""Do not examine the lever: :math:`x_i = 0`."""
    model.unforeseen = Constraint(expr=model.examine["lever"] == 0)


def one_licence(contracts: int) -> Any:
    """Return two buyers, who are offered one contract or a menu of two."""
    return amopt.load("licensing/two-buyers").model_copy(update={"contracts": contracts})


EVERYWHERE: dict[str, tuple[Case, ...]] = {
    "printing": ((two_parts, total_stock, little_stock),),
    "sourcing": ((lambda: amopt.load(two_suppliers(3)), add_largest_share, lambda: 324.0),),
    "placement": ((lambda: amopt.load("placement/textbook"), no_arnhem, without_arnhem),),
    "design": ((without_limits, not_printed, without_printed),),
    "screening": ((small_screening, no_lever, lambda: 900.0),),  # what the cover saves
    "licensing": tuple(
        (lambda contracts=contracts: one_licence(contracts), no_licence, unlicensed)
        for contracts in (1, 2)
    ),
    "maintenance": (
        (
            lambda: small_maintenance(oldest_survival=0.1),
            no_prints,
            lambda: amopt.solve(small_maintenance(printed=None)).outcome.objective,
        ),
    ),
    "placement.orders": (
        (
            lambda: amopt.load(random_orders(1)),
            two_orders_a_shop,
            lambda: best_by_force(random_orders(1), most=2),
        ),
    ),
}
"""Instances of each decision; of one of them every method of the decision is able."""


def methods(decision: str) -> tuple[str, ...]:
    """Return what a decision takes as its method, from the code."""
    if decision == "placement.orders":
        return method_names(ORDERS)
    return tuple(import_module(f"amopt.{decision}").METHODS)


def test_every_decision_is_tried() -> None:
    assert set(EVERYWHERE) == {*amopt.KINDS, "placement.orders"}


@pytest.mark.parametrize("decision", EVERYWHERE)
def test_every_method_honours_it_or_says_that_it_does_not(
    decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each method that ``solve`` takes, each way of adding a family."""
    able: set[str] = set()
    honouring: set[str] = set()
    for made, add, optimum in EVERYWHERE[decision]:
        instance, best = made(), optimum()
        plain = {}
        for method in methods(decision):
            try:
                plain[method] = amopt.solve(instance, method=method).outcome.objective
            except UsageError:
                continue
        assert len({round(value, 4) for value in plain.values()}) == 1, plain
        assert plain["auto"] != pytest.approx(best, rel=1e-6), "the family changes nothing"
        able |= set(plain)
        for method in plain:
            refusals = []
            for extend in (True, False):
                with monkeypatch.context() as patch:
                    if not extend:
                        unforeseen(patch, decision, add)
                    try:
                        answer = amopt.solve(
                            instance, method=method, extend=add if extend else None
                        )
                    except UsageError as error:
                        refusals.append(str(error))
                        continue
                assert answer.outcome.objective == pytest.approx(best, rel=1e-6), method
                assert answer.outcome.bound == pytest.approx(best, rel=1e-6), method
                assert answer.outcome.status == "optimal", method
            if not refusals:
                honouring.add(method)
                continue
            seen, honoured = refusals  # a method that refuses one refuses both
            assert "does not see constraints that are added to the Pyomo model" in seen, method
            assert "does not honour unforeseen" in honoured, method
    assert able == set(methods(decision))
    assert {"auto"} < honouring < able
