"""Mission parts that share a shelf: against every choice, and the joint linear program."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import amopt
from amopt.printing.decision import optimum
from amopt.printing.instance import PrintingInstance
from amopt.printing.limit_rows import limit_rows
from amopt.printing.methods.deterministic import best_pure
from amopt.printing.methods.master import Master
from amopt.printing.portfolio.formulation import formulate as portfolio
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from tests.printing.limits.test_limits import extra_policies, thresholds


def some(names: tuple[str, ...], room: float, hours: float) -> PrintingInstance:
    """Return some of the mission's parts under two limits."""
    data: dict[str, Any] = amopt.load("printing/mission-limited").to_dict()
    data["parts"] = [part for part in data["parts"] if part["name"] in names]
    data["limits"][0]["at_most"], data["limits"][1]["at_most"] = room, hours
    return amopt.load(data)


@pytest.mark.parametrize("share", [0.4, 0.75])
@pytest.mark.parametrize("names", [("2", "6", "9"), ("4", "9", "13"), ("9", "11", "12")])
def test_one_policy_a_part_against_every_choice(names: tuple[str, ...], share: float) -> None:
    free = amopt.solve(some(names, 1e6, 1e6))
    room = share * free.rows["limits"][0]["single_source_amount"]
    hours = 0.5 * free.rows["limits"][1]["amount"]
    instance = some(names, room, hours)
    answer = amopt.solve(instance)
    known = [thresholds(instance, index) for index in range(3)]
    cost, taken, printed = (
        [np.array([one[kind] for one in listed]) for listed in known]
        for kind in ("cost", "base_stock", "prints")
    )
    volume = [part.storage_cm3 or 0.0 for part in instance.parts]
    needs = [part.print_hours or 0.0 for part in instance.parts]
    grids = [np.meshgrid(*each, indexing="ij", sparse=True) for each in (cost, taken, printed)]
    total, shelf, busy = (
        sum(weight * one for weight, one in zip(weights, grid, strict=True))
        for weights, grid in zip(([1.0] * 3, volume, needs), grids, strict=True)
    )
    kept = (shelf <= room * (1 + 1e-9)) & (busy <= hours * (1 + 1e-9))
    best = float(np.min(np.where(kept, total, np.inf)))  # over all (S, n*) of the three
    totals = answer.rows["totals"][0]
    found = totals["deterministic_yearly_cost"]
    if found is None:
        found = totals["yearly_cost"]
        assert not extra_policies(answer)
    assert found + totals["yearly_unavoidable_cost"] == pytest.approx(52 * best, rel=1e-9)
    assert answer.outcome.bound * 7 <= best * (1 + 1e-9)
    joint = optimum(instance, "collapsed", options=Options())
    assert joint.cycle_cost.sum() == pytest.approx(answer.outcome.objective * 7, rel=1e-8)


def test_mixing_costs_less_where_volumes_do_not_fill_the_shelf() -> None:
    answers = [amopt.solve(some(("2", "6", "9"), room, 0.5)) for room in (400.0, 700.0)]
    gaps = [
        row["deterministic_yearly_cost"] - row["yearly_cost"]
        for row in itertools.chain.from_iterable(one.rows["totals"] for one in answers)
    ]
    assert min(gaps) > 1.0


@pytest.mark.parametrize("criterion", ["average", {"discount_per_day": 0.99}])
def test_the_portfolio_in_pyomo_mixes_and_chooses_as_the_answer_does(criterion: Any) -> None:
    data = some(("2", "6", "9"), 400.0, 0.5).to_dict()
    instance = PrintingInstance.from_dict({**data, "criterion": criterion})
    answer = amopt.solve(instance)
    discount = instance.parameters.discount
    horizon = 7.0 if criterion == "average" else 1 - discount**7
    mixed = amopt.solve(portfolio(instance, mixes=True)).outcome
    assert mixed.objective == pytest.approx(answer.outcome.objective * horizon, rel=1e-8)
    model = portfolio(instance)
    amopt.solve(model)
    taken = [model.policies[j][:2] for j in model.columns if model.share[j].value > 0.5]
    rows = answer.rows["deterministic"]
    assert taken == [(row["part"], row["base_stock"]) for row in rows]
    total = sum(row["yearly_cost"] for row in rows)
    total += answer.rows["totals"][0]["yearly_unavoidable_cost"]
    assert model.objective() * 52 == pytest.approx(total, rel=1e-8)


def with_first(**changes: float) -> PrintingInstance:
    """Return the mission's parts under limits with other numbers of the first part."""
    data: dict[str, Any] = amopt.load("printing/mission-limited").to_dict()
    data["parts"][0] |= changes
    return amopt.load(data)


def test_a_part_that_costs_nothing_to_order_is_one_of_a_portfolio() -> None:
    instance = with_first(order_cost=0.0)
    answer = amopt.solve(instance)
    joint = optimum(instance, "collapsed", options=Options())
    assert str(answer.outcome.status) == "optimal"
    assert joint.cycle_cost.sum() == pytest.approx(answer.outcome.objective * 7, rel=1e-8)


def test_a_part_that_is_dearer_by_far_leaves_the_others_their_best() -> None:
    """One of 14 costs a million million: what the others cost is far below the rounding of all."""
    dear, dearer = (amopt.solve(with_first(order_cost=cost)) for cost in (1e9, 1e12))
    for row, other in zip(dear.rows["parts"][1:], dearer.rows["parts"][1:], strict=True):
        assert row["yearly_cost"] == pytest.approx(other["yearly_cost"], rel=1e-6), row["part"]


def test_the_prices_of_a_limit_of_next_to_nothing_are_found() -> None:
    data: dict[str, Any] = amopt.load("printing/mission-limited").to_dict()
    data["limits"][0]["at_most"] = 1e-12
    answer = amopt.solve(amopt.load(data))
    assert answer.rows["totals"][0]["base_stock"] == pytest.approx(0.0, abs=1e-9)
    data["limits"][0]["at_most"] = 0.0
    none = amopt.solve(amopt.load(data))
    assert answer.outcome.objective == pytest.approx(none.outcome.objective, rel=1e-9)


@pytest.mark.parametrize("cost", [0.0, 1e-12, 1e-9])
def test_under_an_availability_a_part_may_cost_nothing_to_order(cost: float) -> None:
    """Its own costs are nothing, and the price of a day down is what it is measured by."""
    data: dict[str, Any] = amopt.load("printing/mission-availability").to_dict()
    data["parts"][0]["order_cost"] = cost
    instance = amopt.load(data)
    answer = amopt.solve(instance)
    joint = optimum(instance, "collapsed", options=Options())
    assert joint.cycle_cost.sum() == pytest.approx(answer.outcome.objective * 7, rel=1e-8)


def test_the_plan_that_does_not_mix_is_looked_for_in_the_time_given() -> None:
    instance = amopt.load("printing/mission-limited")
    instance = some(tuple(part.name for part in instance.parts), 1500.0, 5.0)
    master = Master(instance.parameters, limit_rows(instance), Options(), Budget())
    assert not (master.excess() > 1e-9 * master.scale).any()
    found = master.solve()
    hurried, free = (best_pure(master, found, Budget(limit)) for limit in (1e-9, None))
    assert hurried is None or not hurried.is_proven
    assert free is not None
    assert free.is_proven


def test_what_is_done_on_a_day_on_which_next_to_nobody_waits_is_the_best() -> None:
    """Some 3e-8 systems wait at six days to go: to print for them costs less than is noticed."""
    data: dict[str, Any] = amopt.load("printing/mission-availability").to_dict()
    data["systems"][1]["count"] = 77
    data["parts"][10]["failure_rate_per_day"] = 3.7586846253403184e-05
    instance = amopt.load(data)
    answer = amopt.solve(instance)
    joint = optimum(instance, "collapsed", options=Options())
    assert joint.cycle_cost.sum() == pytest.approx(answer.outcome.objective * 7, rel=1e-7)
    rows = [row for row in answer.rows["intervals"] if row["part"] == "12"]
    assert {row["action"] for row in rows if row["sourcing"] == "printing"} == {"wait"}
