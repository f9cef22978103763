"""Replenishments that may not come: the base model in the limit, states one by one, a program."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from typer.testing import CliRunner

import amopt
from amopt import printing
from amopt.cli import app
from amopt.errors import UsageError
from amopt.printing.convoys.answer import convoys
from amopt.printing.convoys.calendar import Calendar, calendar_of
from amopt.printing.convoys.figures import worth_figure
from amopt.printing.convoys.formulation import formulate
from amopt.printing.convoys.values import best
from amopt.printing.referee.studies.convoys import check_convoys
from tests.planted import edits
from tests.printing.cases import in_units


def small(**changes: Any) -> Any:
    data = {
        "amopt": 1,
        "kind": "printing",
        "name": "Two trucks",
        "cycle_days": 4,
        "criterion": "average",
        "systems": [{"name": "truck", "count": 2, "backorder_cost_per_day": 15}],
        "parts": [
            {
                "name": "hinge",
                "system": "truck",
                "order_cost": 100,
                "print_cost": 20,
                "failure_probability_per_day": 0.08,
                "printed_failure_probability_per_day": 0.3,
                "holding_cost_per_day": 0.8,
            }
        ],
        **changes,
    }
    return amopt.load(data)


CALENDARS: dict[str, dict[str, Any]] = {
    "often": {"arrival_probability": 0.7},
    "seldom": {"arrival_probability": 0.25},
    "lengths": {
        "cycle_lengths": [{"days": 3, "probability": 0.5}, {"days": 6, "probability": 0.5}]
    },
}


def by_states(instance: Any, calendar: Calendar, highest: int = 9) -> float:
    """Return V(0, 0, 0) or the gain by value iteration on all states (day, net stock, printed)."""
    one = instance.parameters
    N, alpha = int(one.systems[0]), one.discount
    c_r, c_p = float(one.order_cost[0]), float(one.print_cost[0])
    h, b = float(one.holding_cost[0]), float(one.backorder_cost[0])
    p_r, p_p = float(one.failure[0]), float(one.printed_failure[0])
    states = [
        (net, P)
        for net in range(-N, highest + 1)
        for P in range(N + 1)
        if (0 if net > 0 else N + net) >= P
    ]
    number = {state: k for k, state in enumerate(states)}
    night = np.zeros((len(states), len(states)))
    for (net, P), k in number.items():
        R = N - P - max(-net, 0)
        for lost, worn in product(range(R + 1), range(P + 1)):
            chance = binom.pmf(lost, R, p_r) * binom.pmf(worn, P, p_p)
            night[k, number[net - lost - worn, P - worn]] += chance
    paid = np.array([h * max(net, 0) + b * max(-net, 0) for net, _ in states])
    stock = [number[level, 0] for level in range(highest + 1)]
    home = number[0, 0]
    choices = [
        [(c_p * p, number[net + p, P + p]) for p in range(max(-net, 0) + 1)] for net, P in states
    ]
    value = np.zeros((len(calendar), len(states)))  # before the decision; day 0 after the order
    ordered = np.zeros(len(states))  # on the day of a replenishment, before the order
    gain = 0.0
    for _ in range(6000):
        later = [
            night @ (a * ordered + (1 - a) * value[then])
            for a, then in zip(calendar.arrives, calendar.following, strict=True)
        ]
        new = np.empty_like(value)
        for day in range(len(calendar)):
            after = paid + alpha * later[day]
            new[day] = [
                min(cost + after[to] for cost, to in choices[k]) for k in range(len(states))
            ]
            if day == 0:
                new[day] = after
        up_to = np.array(
            [
                min(c_r * (S - net + P) + new[0][stock[S]] for S in range(max(0, net), highest + 1))
                for net, P in states
            ]
        )
        change = up_to[home] - ordered[home]
        value, ordered = new, up_to
        if alpha == 1.0:
            gain = change
    return float(gain if alpha == 1.0 else ordered[home])


@pytest.mark.slow
@pytest.mark.parametrize("name", CALENDARS)
def test_values_are_those_of_the_states(name: str) -> None:
    instance = small(convoys=CALENDARS[name], criterion={"discount_per_day": 0.98})
    calendar = calendar_of(instance, instance.convoys)
    found = best(instance.parameters, calendar)
    assert found.value == pytest.approx(by_states(instance, calendar), rel=1e-9)


@pytest.mark.parametrize("criterion", ["average", {"discount_per_day": 0.99}])
@pytest.mark.parametrize("name", CALENDARS)
def test_the_program_has_the_same_value(name: str, criterion: Any) -> None:
    from pyomo.contrib.appsi.solvers import Highs

    instance = small(convoys=CALENDARS[name], criterion=criterion)
    model = formulate(instance, "hinge")
    Highs().solve(model)
    found = best(instance.parameters, calendar_of(instance, instance.convoys))
    assert model.start.value == pytest.approx(found.value, rel=1e-6)


@pytest.mark.parametrize("name", ["printing/mission", "printing/table-3-1-expedited"])
def test_where_every_replenishment_comes_it_is_the_base_model(name: str) -> None:
    instance = amopt.load(name)
    solved = printing.solve(instance)
    found = convoys(instance, curve=())
    total, own = solved.rows["totals"][0], found.rows["worth"][0]
    assert own["yearly_cost"] == pytest.approx(total["yearly_cost"], rel=1e-9)
    assert own["worth"] == pytest.approx(total["saving"], rel=1e-9)
    for row, right in zip(found.rows["parts"], solved.rows["parts"], strict=False):
        assert (row["base_stock"], row["plan"]) == (right["base_stock"], right["plan"])
    parameters = instance.parameters.take([0])
    near = best(parameters, Calendar.scheduled(instance.cycle_days, 1 - 1e-9))
    sure = best(parameters, Calendar.scheduled(instance.cycle_days, 1.0))
    assert near.value == pytest.approx(sure.value, rel=1e-7)
    lengths = best(parameters, Calendar.of_lengths({instance.cycle_days: 1.0}))
    assert lengths.value == pytest.approx(sure.value, rel=1e-12)


def test_the_printer_of_the_mission_is_worth_more_where_fewer_replenishments_come() -> None:
    answer = convoys(amopt.load("printing/mission"), curve=(1.0, 0.8, 0.5))
    worth = [row["worth"] for row in answer.rows["worth"][1:]]
    assert worth == sorted(worth)
    assert worth[0] == pytest.approx(1060.59, abs=0.01)
    assert answer.verdict.accepted
    pytest.importorskip("plotly")
    assert list(worth_figure(answer).data[0].y) == worth[::-1]


@pytest.mark.parametrize("name", ["lengths"])
def test_the_referee_finds_every_edit(name: str) -> None:
    instance = small(convoys=CALENDARS[name])
    answer = convoys(instance, curve=(0.9,))
    plain = {table: [dict(row) for row in rows] for table, rows in answer.rows.items()}
    assert check_convoys(instance, plain).accepted
    for table, rows in plain.items():
        for index, row in enumerate(rows):
            for column, cell in row.items():
                for edit in [*edits(cell, 1.0, ("printing", "single source"))][:4]:
                    changed = [*rows[:index], {**row, column: edit}, *rows[index + 1 :]]
                    verdict = check_convoys(instance, {**plain, table: changed})
                    assert not verdict.accepted, (table, column, cell, edit)
        assert not check_convoys(instance, {**plain, table: rows[1:]}).accepted


@pytest.mark.parametrize("unit", [1.0, 1e-14])
def test_a_plan_that_is_not_the_best_is_refused(unit: float) -> None:
    from amopt.printing.referee.plan import terms_of
    from amopt.printing.referee.studies.convoys import _days, _rate, _read

    instance = in_units(small(convoys={"arrival_probability": 0.5}), unit)
    answer = convoys(instance, curve=())
    rows = {table: [dict(row) for row in found] for table, found in answer.rows.items()}
    days, terms = _days(instance), terms_of(instance, 0, printer=True)
    actions = _read("wait 4-1", days)
    assert actions is not None
    cost = _rate(terms, days, actions, rows["parts"][0]["base_stock"])
    rows["parts"][0]["plan"] = "wait 4-1"
    rows["parts"][0]["yearly_cost"] = 364 * (cost - 2 * 0.08 * 100 * unit)
    findings = " ".join(check_convoys(instance, rows).findings)
    assert "one decision changed" in findings


def test_what_it_does_not_look_at_is_refused() -> None:
    limited = small(limits=[{"name": "prints", "measure": "prints", "at_most": 1}])
    with pytest.raises(UsageError, match="limits"):
        convoys(limited)
    with pytest.raises(UsageError, match="curve"):
        convoys(small(), curve=(0.0,))


def test_command() -> None:
    found = CliRunner().invoke(app, ["printing", "convoys", "printing/table-3-1", "--json"])
    assert found.exit_code == 0, found.output
    assert '"worth"' in found.output


def test_an_answer_that_knows_nothing_of_convoys_says_so() -> None:
    instance = small(convoys={"arrival_probability": 0.5}, most_prints_per_day=1)
    for answer in (printing.solve(instance), printing.distributions(instance)):
        said = " ".join(answer.notes)
        assert "amopt printing convoys" in said
        assert "amopt printing busy" in said
    assert not printing.solve(small()).notes


@pytest.mark.parametrize(
    "lengths",
    [
        {3: 1.0, 5: 1e-10},
        {2: 0.1, 3: 0.2, 4: 0.7, 60: 1e-16},
        {3: 1e-300, 4: 1.0},
        {2: 0.5, 3: 0.5, 4: 1e-17, 5: 1e-17},
    ],
    ids=["by more than rounding", "by less", "first", "two"],
)
def test_a_length_that_hardly_ever_comes_changes_next_to_nothing(lengths: dict[int, float]) -> None:
    def found(chances: dict[int, float]) -> dict[str, Any]:
        told = [{"days": days, "probability": p} for days, p in chances.items()]
        answer = convoys(small(convoys={"cycle_lengths": told}), curve=())
        assert answer.verdict.accepted
        return dict(answer.rows["worth"][0])

    likely = found({days: p for days, p in lengths.items() if p > 1e-9})
    for column, value in found(lengths).items():
        due = likely[column]
        assert value == (due if due is None else pytest.approx(due, rel=1e-7)), column
