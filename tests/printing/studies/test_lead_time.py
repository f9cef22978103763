"""Orders that close before the replenishment: all states one by one, the base model, refusals."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

import amopt
from amopt.errors import UsageError
from amopt.printing import formulation as printing_formulation
from amopt.printing.convoys import formulation as program
from amopt.printing.convoys.answer import convoys
from amopt.printing.convoys.calendar import Calendar, calendar_of
from amopt.printing.convoys.figures import figures
from amopt.printing.convoys.lead_time import best_ordered_early
from amopt.printing.convoys.values import best
from amopt.printing.referee.plan import terms_of
from amopt.printing.referee.studies.convoys import check_convoys
from amopt.printing.referee.studies.lead_time import rate_ordered_early
from amopt.program.family import Family
from tests.printing.studies.test_convoys import small

HIGHEST = 4


def early(chance: float = 0.6, lead: int = 2, **changes: Any) -> Any:
    return small(convoys={"arrival_probability": chance, "order_lead_days": lead}, **changes)


def by_states(instance: Any, level: int | None) -> float:
    """Return the cost a day by value iteration on all states (regular net stock, printed, ordered).

    An order brings the stock up to ``level``; without one, to whatever is best in each state, for
    all that lack a part at least.
    """
    one, lead = instance.parameters, instance.convoys.order_lead_days
    q, N, L = instance.convoys.arrival_probability, int(one.systems[0]), one.cycle_days
    c_r, c_p = float(one.order_cost[0]), float(one.print_cost[0])
    h, b = float(one.holding_cost[0]), float(one.backorder_cost[0])
    p_r, p_p = float(one.failure[0]), float(one.printed_failure[0])
    states = [(J, P) for J in range(-N, HIGHEST + 1) for P in range(max(-J, 0) + 1)]
    number = {state: k for k, state in enumerate(states)}
    night = np.zeros((len(states), len(states)))
    for (J, P), k in number.items():
        running = N - max(-J, 0)
        for lost, worn in product(range(running + 1), range(P + 1)):
            chance = binom.pmf(lost, running, p_r) * binom.pmf(worn, P, p_p)
            night[k, number[J - lost, P - worn]] += chance

    paid = np.array([h * max(J, 0) + b * (max(-J, 0) - P) for J, P in states])
    choices = np.full((len(states), N + 1), len(states))
    for (J, P), k in number.items():
        for p in range(max(-J, 0) - P + 1):
            choices[k, p] = number[J, P + p]

    def decided(after: Any) -> Any:
        return (c_p * np.arange(N + 1) + np.append(after + paid, np.inf)[choices]).min(axis=1)

    def ordering(at_schedule: Any, r: int) -> Any:
        """Return the cost from the day of the order on, of r parts."""
        value = np.array(
            [
                q * (c_r * r + at_schedule[number[J + r, 0]]) + (1 - q) * at_schedule[k]
                if J + r <= HIGHEST
                else np.inf
                for (J, _), k in number.items()
            ]
        )
        for _ in range(lead):
            with np.errstate(invalid="ignore"):
                value = decided(np.where(night > 0, night * value, 0.0).sum(axis=1))
        return value

    value, gain = np.zeros(len(states)), 0.0
    for _ in range(70):
        by_order = [ordering(value, r) for r in range(HIGHEST + N + 1)]
        new = np.array(
            [
                min(column[k] for column in by_order[max(-J, 0) :])
                if level is None
                else by_order[max(level - J, 0)][k]
                for k, (J, _) in enumerate(states)
            ]
        )
        for _ in range(L - lead):
            new = decided(night @ new)
        gain, value = float((new - value)[number[0, 0]]), new - new[number[0, 0]]
    return gain / L


@pytest.mark.parametrize(("chance", "lead"), [(0.6, 2), (1.0, 3), (0.35, 1)])
def test_the_level_is_the_best_of_all_and_costs_what_all_states_say(
    chance: float, lead: int
) -> None:
    instance = early(chance, lead)
    found = best_ordered_early(instance.parameters, calendar_of(instance, instance.convoys), lead)
    cost = [by_states(instance, level) for level in range(4)]
    assert found.base_stock == int(np.argmin(cost)) < 3
    assert found.value == pytest.approx(min(cost), rel=1e-8)
    # An order that depends on who waits is not much better.
    assert 0.99 * found.value <= by_states(instance, None) <= found.value * (1 + 1e-9)


@pytest.mark.parametrize("chance", [1.0, 0.7])
def test_without_lead_days_it_is_the_model_without(chance: float) -> None:
    parameters = amopt.load("printing/mission").parameters
    for part in range(0, len(parameters), 3):
        one = parameters.take([part])
        right = best(one, Calendar.scheduled(7, chance))
        found = best_ordered_early(one, Calendar.scheduled(7, chance, whole=True), 0)
        assert found.base_stock == right.base_stock
        assert found.value == pytest.approx(right.value, rel=1e-8)


def test_later_orders_cost_more_and_the_referee_says_so_too() -> None:
    cost = []
    for lead in (0, 1, 3):
        answer = convoys(early(0.7, lead), curve=(0.9, 0.5))
        assert answer.verdict.accepted
        assert (answer.outcome.bound is None) is bool(answer.notes) is (lead > 0)
        assert answer.rows["parts"][0]["plan"].startswith("print 4")
        cost.append(answer.rows["worth"][0]["yearly_cost"])
    assert cost == sorted(cost)
    rows = {table: [dict(row) for row in found] for table, found in answer.rows.items()}
    for changed in ({"base_stock": 3}, {"plan": "wait 4-1"}, {"yearly_cost": cost[0]}):
        row = {**rows["parts"][0], **changed}
        edited = {**rows, "parts": [row, *rows["parts"][1:]]}
        assert not check_convoys(early(0.7, 3), edited).accepted, changed


def test_the_page_draws_the_worth_and_the_stock() -> None:
    pytest.importorskip("plotly")
    answer = convoys(early(), curve=(1.0, 0.5))
    worth, stock = figures(early(), answer).values()
    assert list(worth.data[0].y) == [row["worth"] for row in answer.rows["worth"][:0:-1]]
    assert [line.name for line in stock.data] == ["with the printer", "without"]


def test_what_it_does_not_look_at_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="discounting"):
        convoys(early(criterion={"discount_per_day": 0.99}))
    with pytest.raises(UsageError, match="expediting"):
        convoys(early(expedite_surcharge=100))
    with pytest.raises(UsageError, match="order_lead_days"):
        program.formulate(early(), "hinge")
    with pytest.raises(UsageError, match="formulate"):
        convoys(small(), extend=lambda model: None)
    unforeseen = Family("one_print_a_week", lambda model: None)
    for room in (program, printing_formulation):
        with monkeypatch.context() as patch:
            patch.setattr(room, "FAMILIES", (*room.FAMILIES, unforeseen))
            with pytest.raises(UsageError, match="one_print_a_week"):
                convoys(small())


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("systems", "failure", "chance", "stock", "lead"),
    [(3, 3e-4, 0.1, 100, 360), (3, 1e-4, 0.05, 100, 10)],
)
def test_the_referee_comes_to_an_end_where_rounding_adds_up_over_a_year(
    systems: int, failure: float, chance: float, stock: int, lead: int
) -> None:
    """With stock that never runs out, failures and holding are all that a plan costs."""
    data = {**small().to_dict(), "cycle_days": 366}
    data["systems"][0]["count"] = systems
    data["parts"][0]["failure_probability_per_day"] = failure
    terms = terms_of(amopt.load(data), 0, printer=True)
    found = rate_ordered_early(terms, ["wait"] * 367, stock, chance=chance, lead=lead)
    lost, cycle = systems * failure, 366 / chance
    square = 366**2 * (2 - chance) / chance**2  # of the length of a cycle, in expectation
    shelf = stock - lost * lead - lost * (square - cycle) / 2 / cycle
    assert found == pytest.approx(terms.c_r * lost + terms.h * shelf, rel=1e-9)
