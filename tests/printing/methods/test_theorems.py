"""What the source proves of the best policy, as properties of ours."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from amopt.printing import closed_form
from amopt.printing.policy import Action, Interval
from amopt.printing.process.processes import full_process
from tests.printing.cases import one_part, parameters_of

probabilities = st.floats(0.01, 0.6)
costs = st.floats(1.0, 300.0)
discounts = st.sampled_from([None, 0.8, 0.99, 0.9995])


def printing_threshold(**changes: Any) -> int | None:
    return closed_form.best_policy(parameters_of(**changes)).threshold(0, Action.PRINT)


def threshold_of_the_theorem(
    print_cost: float, backorder_cost: float, survives: float, days: int
) -> int | None:
    """Return the least n with c_p / b < sum over k < n of (alpha (1 - p_p))^k."""
    sums = accumulate(survives**k for k in range(days - 1))
    assert backorder_cost > 0
    for n, total in enumerate(sums, start=1):
        assume(abs(total - print_cost / backorder_cost) > 1e-9)
        if print_cost / backorder_cost < total:
            return n
    return None


@given(
    print_cost=costs, backorder=costs, printed=probabilities, regular=probabilities,
    order_cost=costs, count=st.integers(1, 50), days=st.integers(2, 20), discount=discounts,
)  # fmt: skip
def test_one_printing_threshold_theorem_3_1(
    print_cost: float, backorder: float, printed: float, regular: float,
    order_cost: float, count: int, days: int, discount: float | None,
) -> None:  # fmt: skip
    parameters = parameters_of(
        print_cost=print_cost, backorder_cost_per_day=backorder, order_cost=order_cost,
        printed_failure_probability_per_day=printed, failure_probability_per_day=regular,
        count=count, cycle_days=days, discount=discount,
    )  # fmt: skip
    survives = parameters.discount * (1 - printed)
    threshold = threshold_of_the_theorem(print_cost, backorder, survives, days)
    action = closed_form.best_policy(parameters).action[1:, 0]
    first = days if threshold is None else threshold
    expected = [Action.WAIT] * (first - 1) + [Action.PRINT] * (days - first)
    assert action.tolist() == expected


@given(
    print_cost=costs, backorder=costs, printed=probabilities,
    change=st.sampled_from(["print_cost", "backorder", "printed"]), factor=st.floats(1.01, 1.6),
)  # fmt: skip
def test_the_threshold_is_monotone_theorem_3_2(
    print_cost: float, backorder: float, printed: float, change: str, factor: float
) -> None:
    given_values = {"print_cost": print_cost, "backorder": backorder, "printed": printed}
    raised = {**given_values, change: given_values[change] * factor}

    def threshold(values: dict[str, float]) -> float:
        found = printing_threshold(
            print_cost=values["print_cost"],
            backorder_cost_per_day=values["backorder"],
            printed_failure_probability_per_day=values["printed"],
        )
        return np.inf if found is None else found

    before, after = threshold(given_values), threshold(raised)
    assert after <= before if change == "backorder" else after >= before


@settings(max_examples=40)
@given(
    print_cost=costs, expedite=st.one_of(st.none(), st.floats(1.01, 3.0)), backorder=costs,
    printed=probabilities, regular=probabilities, holding=st.floats(0.01, 5.0),
    count=st.integers(1, 4), days=st.integers(2, 5), discount=discounts,
)  # fmt: skip
def test_base_stock_and_all_or_nothing_in_every_state_theorem_3_3(
    print_cost: float, expedite: float | None, backorder: float, printed: float, regular: float,
    holding: float, count: int, days: int, discount: float | None,
) -> None:  # fmt: skip
    parameters = parameters_of(
        print_cost=print_cost, expedite_cost=None if expedite is None else 100.0 * expedite,
        backorder_cost_per_day=backorder, printed_failure_probability_per_day=printed,
        failure_probability_per_day=regular, holding_cost_per_day=holding,
        count=count, cycle_days=days, discount=discount,
    )  # fmt: skip
    policy = closed_form.best_policy(parameters)
    stock = int(policy.base_stock[0])
    built = full_process(parameters, highest=stock + 1)
    process, solution = built.process, built.process.solve("policy_iteration")
    value = solution.value if solution.bias is None else solution.bias
    quality = process.quality(value, solution.gain or 0.0)
    least, _ = process.minimum(quality)
    tolerance = 1e-9 * (1 + np.abs(value).max())
    for state, (n, net, _) in enumerate(process.state_names):
        pairs = np.flatnonzero(process.state_of_pair == state)
        waiting = max(-int(net), 0)
        if n == 0 and net <= stock:
            wanted = pairs[built.ordered[pairs] == stock - net][0]
        elif n > 0 and waiting and policy.action[n, 0] == Action.PRINT:
            wanted = pairs[waiting]  # pairs expedite 0, 1, ... and for each print 0, 1, ...
        elif n > 0 and waiting and policy.action[n, 0] == Action.EXPEDITE:
            wanted = pairs[-1]
        else:
            wanted = pairs[0]
        assert quality[wanted] <= least[state] + tolerance


@given(
    print_cost=st.floats(1.0, 250.0), above=st.floats(0.001, 0.999), order=st.floats(0.01, 0.99),
    backorder=costs, printed=st.floats(0.02, 0.8), better=st.floats(0.01, 0.99),
    discount=discounts, days=st.integers(2, 20),
)  # fmt: skip
def test_expedite_then_print_then_wait_theorem_3_4(
    print_cost: float, above: float, order: float, backorder: float, printed: float,
    better: float, discount: float | None, days: int,
) -> None:  # fmt: skip
    # The condition alpha > (c_e - c_p) / (c_e (1 - p_r) - c_p (1 - p_p)) says how much dearer than
    # a print an expedited part may be: c_e (1 - alpha (1 - p_r)) < c_p (1 - alpha (1 - p_p)).
    regular, alpha = printed * better, 1.0 if discount is None else discount
    dearest = (1 - alpha * (1 - printed)) / (1 - alpha * (1 - regular))
    expedite = print_cost * (1 + above * (dearest - 1))
    parameters = parameters_of(
        print_cost=print_cost, expedite_cost=expedite, backorder_cost_per_day=backorder,
        printed_failure_probability_per_day=printed, failure_probability_per_day=regular,
        discount=discount, cycle_days=days, order_cost=order * expedite,
    )  # fmt: skip
    scale = expedite * (1 - regular) - print_cost * (1 - printed)
    assert alpha * scale > expedite - print_cost
    actions = [interval.action for interval in closed_form.best_policy(parameters).intervals(0)]
    assert actions == sorted(actions, reverse=True)


def test_without_its_condition_the_order_of_theorem_3_4_breaks() -> None:
    parameters = parameters_of(
        print_cost=56.0, expedite_cost=122.0, backorder_cost_per_day=150.0,
        failure_probability_per_day=0.2, printed_failure_probability_per_day=0.12, discount=0.9,
    )  # fmt: skip
    assert closed_form.best_policy(parameters).intervals(0) == (
        Interval(Action.PRINT, 13, 2),
        Interval(Action.EXPEDITE, 1, 1),
    )


@pytest.mark.parametrize("discount", [None, 0.9995])
@pytest.mark.parametrize("expedite_cost", [None, 140.0])
def test_a_seeded_simulation_agrees(discount: float | None, expedite_cost: float | None) -> None:
    instance = one_part(
        failure_probability_per_day=0.08, discount=discount, expedite_cost=expedite_cost, count=6
    )
    parameters = instance.parameters
    policy = closed_form.best_policy(parameters)
    runs, rng = 200_000, np.random.default_rng(2019)
    N, L, stock = 6, parameters.cycle_days, int(policy.base_stock[0])
    net = stock - rng.binomial(N, parameters.failure[0], runs)
    printed = np.zeros(runs, dtype=np.int64)
    seen = {name: np.zeros(runs) for name in ("prints", "expedites", "down_days")}
    seen["stock_days"] = np.full(runs, float(stock))
    for n in range(L - 1, 0, -1):
        waiting = np.maximum(-net, 0)
        if policy.action[n, 0] == Action.PRINT:
            seen["prints"] += waiting
            printed, net, waiting = printed + waiting, net + waiting, 0 * waiting
        elif policy.action[n, 0] == Action.EXPEDITE:
            seen["expedites"] += waiting
            net, waiting = net + waiting, 0 * waiting
        seen["down_days"] += waiting
        seen["stock_days"] += np.maximum(net, 0)
        failed = rng.binomial(printed, parameters.printed_failure[0])
        net = net - rng.binomial(N - printed - waiting, parameters.failure[0])
        gone = printed if n == 1 else failed
        net, printed = net - gone, printed - gone
    seen["orders"] = stock - net.astype(float)
    expected = closed_form.amounts(parameters, policy)
    for name, values in seen.items():
        error = values.std() / np.sqrt(runs)
        assert abs(values.mean() - getattr(expected, name)[0]) <= 4 * error + 1e-12, name
