"""The closed form of a cycle: published numbers, an independent enumeration, and its edges."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from scipy.stats import binom

from amopt.printing import closed_form
from amopt.printing.instance import PrintingInstance
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Interval, Policy
from amopt.printing.shelf_use import expected_use
from tests.printing.cases import lowest_cycle_cost, parameters_of, small_instances

INSTANCES = Path(__file__).parents[3] / "instances" / "printing"


def shipped(name: str) -> PrintingInstance:
    text = (INSTANCES / f"{name}.yaml").read_text(encoding="utf-8")
    return PrintingInstance.model_validate_json(json.dumps(yaml.safe_load(text)))


def value(parameters: Parameters) -> float:
    """Return V(0,0,0) of the only part."""
    cost = lowest_cycle_cost(parameters)[0]
    return float(cost / (1 - parameters.discount**parameters.cycle_days))


def test_worked_example_of_table_3_1() -> None:
    parameters = shipped("table-3-1").parameters
    policy = closed_form.best_policy(parameters)
    assert value(parameters) == pytest.approx(8442.487748, abs=1e-6)
    assert policy.base_stock[0] == 1
    assert policy.threshold(0, Action.PRINT) == 2


def test_worked_example_with_expediting() -> None:
    parameters = shipped("table-3-1-expedited").parameters
    policy = closed_form.best_policy(parameters)
    assert value(parameters) == pytest.approx(8412.4524, abs=1e-4)
    assert policy.base_stock[0] == 1
    assert policy.intervals(0) == (
        Interval(Action.EXPEDITE, from_days_to_go=13, to_days_to_go=8),
        Interval(Action.PRINT, from_days_to_go=7, to_days_to_go=2),
        Interval(Action.WAIT, from_days_to_go=1, to_days_to_go=1),
    )


def cost_by_enumeration(parameters: Parameters, policy: Policy) -> float:
    """Return the cost of a cycle by stepping through every state (I, P) of the real process."""
    fleet, days = int(parameters.systems[0]), parameters.cycle_days
    stock, discount = int(policy.base_stock[0]), parameters.discount
    order, holding = parameters.order_cost[0], parameters.holding_cost[0]
    fails, printed_fails = parameters.failure[0], parameters.printed_failure[0]

    def failures(trials: int, probability: float) -> list[tuple[int, float]]:
        chances = binom.pmf(np.arange(trials + 1), trials, probability)
        return [(k, float(chance)) for k, chance in enumerate(chances) if chance > 0]

    total = (order + holding) * stock
    states = {(stock - d, 0): chance for d, chance in failures(fleet, fails)}
    for n in range(days - 1, 0, -1):
        weight, after = discount ** (days - n), {}
        for (net, printed), chance in states.items():
            short = max(-net, 0)
            action = policy.action[n, 0] if short else Action.WAIT
            cost, waiting, running = 0.0, short, printed
            if action == Action.PRINT:
                cost, waiting, running = short * parameters.print_cost[0], 0, printed + short
            elif action == Action.EXPEDITE:
                cost, waiting = short * parameters.expedite_cost[0], 0
            cost += parameters.backorder_cost[0] * waiting + holding * max(net, 0)
            total += weight * chance * cost
            left = net if net > 0 else -waiting
            for d_regular, p1 in failures(fleet - running - waiting, fails):
                for d_printed, p2 in failures(running, printed_fails):
                    gone = running if n == 1 else d_printed
                    key = (left - d_regular - gone, 0 if n == 1 else running - d_printed)
                    after[key] = after.get(key, 0.0) + chance * p1 * p2
        states = after
    return total - discount**days * order * sum(net * chance for (net, _), chance in states.items())


@given(small_instances(largest_fleet=3, longest_cycle=4))
def test_closed_form_is_the_cost_of_the_real_process(instance: PrintingInstance) -> None:
    parameters = instance.parameters
    best = closed_form.best_policy(parameters)
    for stock in (int(best.base_stock[0]), 0, 2):
        policy = Policy(np.array([stock]), best.action)
        assert closed_form.cycle_cost(parameters, policy)[0] == pytest.approx(
            cost_by_enumeration(parameters, policy), rel=1e-10, abs=1e-9
        )


@given(small_instances())
def test_base_stock_level_is_the_least_minimiser(instance: PrintingInstance) -> None:
    parameters = instance.parameters
    policy = closed_form.best_policy(parameters)
    top = int(parameters.systems[0]) * parameters.cycle_days + 2
    costs = np.array(
        [
            closed_form.cycle_cost(parameters, Policy(np.array([stock]), policy.action))[0]
            for stock in range(top)
        ]
    )
    chosen = int(policy.base_stock[0])
    tolerance = 1e-9 * (1 + abs(costs.min()))
    assert costs[chosen] <= costs.min() + tolerance
    assert chosen <= closed_form.highest_base_stock(parameters)[0]
    assert (costs[:chosen] > costs[chosen] - tolerance).all()


def test_waiting_that_saves_failures_makes_the_cost_of_a_cycle_not_convex() -> None:
    # A system that is down costs nothing and cannot fail; its failures cost 300 each.
    parameters = parameters_of(
        backorder_cost_per_day=0.0, holding_cost_per_day=0.0, order_cost=300.0, print_cost=None,
        failure_probability_per_day=0.5, discount=None,
    )  # fmt: skip
    assert closed_form.best_policy(parameters).base_stock[0] == 0
    assert lowest_cycle_cost(parameters)[0] == pytest.approx(3 * 300.0 * (1 - 0.5**14))


@given(small_instances())
def test_costs_split_by_kind_sum_to_the_total(instance: PrintingInstance) -> None:
    parameters = instance.parameters
    policy = closed_form.best_policy(parameters)
    counted = closed_form.amounts(parameters, policy, discounted=True)
    prices = {
        "orders": parameters.order_cost,
        "prints": parameters.print_cost,
        "expedites": parameters.expedite_cost,
        "stock_days": parameters.holding_cost,
        "down_days": parameters.backorder_cost,
    }
    total = sum(
        float(getattr(counted, kind)[0] * price[0])
        for kind, price in prices.items()
        if np.isfinite(price[0])
    )
    expected = closed_form.cycle_cost(parameters, policy)[0]
    assert total == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("changes", "stock", "threshold"),
    [
        ({"failure_probability_per_day": 0.0}, 0, 2),  # nothing ever fails
        # One fails every day: a part on the shelf only lets a second one fail in the cycle ...
        ({"failure_probability_per_day": 1.0, "count": 1, "cycle_days": 2}, 0, None),
        (  # ... which is worth it where being down costs more than a part
            {
                "failure_probability_per_day": 1.0,
                "count": 1,
                "cycle_days": 2,
                "backorder_cost_per_day": 300.0,
                "print_cost": None,
            },
            1,
            None,
        ),
        ({"count": 1, "cycle_days": 2}, 0, None),  # one system, the shortest cycle
        ({"backorder_cost_per_day": 0.0}, 0, None),  # waiting is free: never print
        ({"print_cost": 0.0}, 0, 1),  # printing is free: always print
        ({"backorder_cost_per_day": 50.0}, 1, 2),  # c_p = b: waiting the last day costs the same
    ],
)
def test_edges(changes: dict[str, float], stock: int, threshold: int | None) -> None:
    policy = closed_form.best_policy(parameters_of(**changes))
    assert policy.base_stock[0] == stock
    assert policy.threshold(0, Action.PRINT) == threshold


def test_free_stock_is_held_as_long_as_it_may_be_used() -> None:
    parameters = parameters_of(holding_cost_per_day=0.0, discount=None, cycle_days=3, count=2)
    assert closed_form.best_policy(parameters).base_stock[0] == 4  # N (L - 1)


def test_a_hundred_thousand_systems_stay_exact() -> None:
    # Independent of the closed form: the expected use of stock by summing binomial tails.
    parameters = parameters_of(count=100_000, failure_probability_per_day=0.001, cycle_days=7)
    policy = closed_form.best_policy(parameters)
    stock = int(policy.base_stock[0])
    below, at, above = (
        closed_form.cycle_cost(parameters, Policy(np.array([level]), policy.action))[0]
        for level in (stock - 1, stock, stock + 1)
    )
    assert at <= below
    assert at <= above
    trials = 100_000 * np.arange(1, 7)
    used = binom.sf(np.arange(stock)[:, None], trials, 0.001).sum(axis=0)
    assert expected_use(np.array([stock]), trials, 0.001) == pytest.approx(used, rel=1e-11)


def test_parts_that_need_no_stock_wait_for_parts_that_need_much() -> None:
    """A part alone and the same part among others get the same base-stock level."""
    needy = parameters_of(count=5000, discount=0.5, backorder_cost_per_day=1000.0, print_cost=None)
    modest = parameters_of(count=1, discount=0.5, holding_cost_per_day=500.0)
    both = replace(
        needy,
        **{
            field.name: np.concatenate([getattr(modest, field.name), getattr(needy, field.name)])
            for field in fields(needy)
            if field.name not in ("cycle_days", "discount", "charges")
        },
    )
    alone = [
        int(closed_form.best_policy(parameters).base_stock[0]) for parameters in (modest, needy)
    ]
    assert alone[0] == 0 < alone[1]
    assert closed_form.best_policy(both).base_stock.tolist() == alone
