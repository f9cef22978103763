"""Limits on the full process; the best plan that does not mix among all that look at the state."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pyomo.environ import Binary, Constraint, Var
from scipy.stats import binom

import amopt
from amopt.errors import UsageError
from amopt.printing.decision import optimum
from amopt.printing.formulation import formulate
from amopt.printing.instance import MEASURES, PrintingInstance
from amopt.printing.process.processes import full_process
from amopt.program.solver.options import Options
from tests.printing.limits.test_limit_prices import BY_HAND, REST, alone, limit_on, two_systems
from tests.printing.limits.test_limits import place

Floats = NDArray[np.float64]


@pytest.mark.parametrize("form", ["full", "factored"])
@pytest.mark.parametrize("measure", MEASURES)
def test_half_of_what_is_wanted_by_hand(measure: str, form: str) -> None:
    part, extra, best, other = BY_HAND[measure]
    instance = alone(part, limit_on(measure, REST.get(measure, 0.0) + extra / 2))
    cost = amopt.solve(formulate(instance, form=form)).outcome.objective
    assert cost == pytest.approx((best + other) / 2, rel=1e-9)


def test_the_joint_program_of_all_states_costs_what_the_prices_say() -> None:
    limits = [
        limit_on("kg_co2", 1360.0, per="year", name="air", parts=["part 0", "part 1"]),
        limit_on("average_stock", 0.3, name="shelf"),
        limit_on("prints", 0.2, name="printer", systems=["machine"]),
    ]
    instance = two_systems(*limits)
    found = optimum(instance, "prices", options=Options())
    assert any(found.duals.values())
    joint = amopt.solve(formulate(instance, form="factored")).outcome
    assert joint.objective == pytest.approx(found.cycle_cost.sum(), rel=1e-8)


@pytest.mark.parametrize("form", ["full", "factored"])
@pytest.mark.parametrize("names", [("4", "5"), ("5", "7")])
def test_hours_of_the_mission_where_states_are_hardly_ever_seen(
    names: tuple[str, ...], form: str
) -> None:
    data = amopt.load("printing/mission-limited").to_dict()
    data["systems"] = [{**one, "count": 3} for one in data["systems"] if one["name"] == "Boxer"]
    data["parts"] = [part for part in data["parts"] if part["name"] in names]
    for hours in (0.02, 0.05, 0.2, 0.4, 0.5, 0.6, 0.8):
        data["limits"] = [limit_on("printer_hours", hours, name="printer")]
        instance = PrintingInstance.from_dict(data)
        exact = optimum(instance, "prices", options=Options()).cycle_cost.sum()
        found = amopt.solve(formulate(instance, form=form)).outcome
        assert str(found.status) == "optimal", hours
        assert found.objective == pytest.approx(exact, rel=1e-8), hours
        assert found.bound is not None
        assert exact * (1 - 2e-6) <= found.bound <= exact * (1 + 1e-8), hours


def test_what_the_full_program_cannot_say_is_refused() -> None:
    with pytest.raises(UsageError, match="counts discounted"):
        formulate(two_systems(limit_on("prints", 0.1), discount=0.99), form="full")


def test_the_full_program_takes_no_more_on_the_shelf_than_asked() -> None:
    costs = [
        amopt.solve(formulate(alone(BY_HAND["stock"][0]), form=form, highest_base_stock=level))
        for form in ("full", "factored", "collapsed")
        for level in (0, 1)
    ]
    assert [one.outcome.objective for one in costs] == pytest.approx([24.0, 20.19] * 3)


SYSTEMS, HIGHEST = 2, 2
DOWN = {
    "order_cost": 60.0,
    "print_cost": 25.0,
    "failure_probability_per_day": 0.4,
    "holding_cost_per_day": 25.0,
}


def of_two_days(**part: Any) -> PrintingInstance:
    """Return two systems with a cycle of two days, so that one decides once whether to print."""
    data = place(part, days=2)
    data["systems"][0]["count"] = SYSTEMS
    return amopt.load(data)


def every_plan(instance: PrintingInstance) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return cost and prints of a cycle of all stationary deterministic plans, and which ones look
    at nothing but the day: from the words of the model alone."""
    one = instance.parameters
    c_r, c_p, h, b, p_r = (
        float(getattr(one, name)[0])
        for name in ("order_cost", "print_cost", "holding_cost", "backorder_cost", "failure")
    )
    net = range(-SYSTEMS, HIGHEST + 1)
    to = [range(max(stock, 0), HIGHEST + 1) for stock in net]
    cost, prints, plain = [], [], []
    for *levels, first, second in itertools.product(*to, range(2), range(3)):
        made = {1: first, 2: second}
        chain, spent, printed = np.zeros((len(net), len(net))), np.zeros(len(net)), np.zeros(5)
        for row, (stock, level) in enumerate(zip(net, levels, strict=True)):
            spent[row] = c_r * (level - stock) + h * level
            for lost in range(SYSTEMS + 1):
                chance = binom.pmf(lost, SYSTEMS, p_r)
                left, waiting = level - lost, max(lost - level, 0)
                p = made.get(waiting, 0)
                spent[row] += chance * (c_p * p + h * max(left, 0) + b * (waiting - p))
                printed[row] += chance * p
                for more in range(SYSTEMS - waiting + 1):  # the printed ones are thrown away
                    likely = binom.pmf(more, SYSTEMS - waiting, p_r)
                    chain[row, left - more + SYSTEMS] += chance * likely
        often = np.linalg.lstsq(
            np.vstack([chain.T - np.eye(5), np.ones(5)]), np.eye(6)[5], rcond=None
        )[0]
        cost.append(float(often @ spent))
        prints.append(float(often @ printed))
        kept = [level for level, stock in zip(levels, net, strict=True) if stock <= levels[0]]
        plain.append(len(set(kept)) == 1 and (first, second) in ((0, 0), (1, 2)))
    return np.array(cost), np.array(prints), np.array(plain)


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_the_best_plan_that_does_not_mix_among_all_that_look_at_the_state(share: float) -> None:
    instance = of_two_days(**DOWN)
    cost, prints, plain = every_plan(instance)
    free = int(np.argmin(cost))
    assert optimum(instance, "closed", options=Options()).cycle_cost[0] == pytest.approx(cost[free])
    most = share * prints[free]
    kept = prints <= most * (1 + 1e-9)
    limit = {"name": "printer", "measure": "prints", "at_most": most}
    limited = PrintingInstance.from_dict({**instance.to_dict(), "limits": [limit]})
    found = optimum(limited, "prices", options=Options())
    assert found.pure is not None
    assert found.pure.cost.sum() == pytest.approx(cost[kept & plain].min(), rel=1e-9)
    assert found.bound is not None
    assert found.bound * (1 - 1e-9) <= cost[kept].min() <= found.pure.cost.sum() * (1 + 1e-9)
    assert cost[kept].min() < 0.99 * found.pure.cost.sum()  # it looks at how many wait

    model = formulate(limited, form="full", highest_base_stock=HIGHEST)
    block, process = model.part["part 0"], full_process(instance.parameters, HIGHEST).process
    pairs = [np.flatnonzero(process.state_of_pair == s).tolist() for s in range(process.states)]
    block.taken = Var(block.pairs, domain=Binary)
    block.only = Constraint(
        range(process.states), rule=lambda m, s: sum(m.taken[k] for k in pairs[s]) == 1
    )
    block.link = Constraint(block.pairs, rule=lambda m, k: m.occupation[k] <= m.taken[k])
    best = amopt.solve(model).outcome.objective
    assert best == pytest.approx(cost[kept].min(), rel=1e-6)
