"""The referee finds every planted error, and agrees with the closed form without knowing it."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import amopt
from amopt.errors import RefusedError
from amopt.outcome import Status
from amopt.printing import check, closed_form
from amopt.printing import decision as methods
from amopt.printing.answer.policies import COMPARED, Compared
from amopt.printing.answer.solution import PrintingSolution
from amopt.printing.answer.tables import tables
from amopt.printing.instance import PrintingInstance
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Optimum, Policy
from amopt.printing.referee.backward import MOST_SYSTEMS_BY_STATE, by_corner, by_state
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.plan import StatedPlan, Terms
from amopt.printing.referee.probabilities import binomial
from tests.printing.cases import one_part, parameters_of, small_instances

ACTIONS = ("wait", "print", "expedite")


@pytest.fixture(scope="module")
def answered() -> tuple[PrintingInstance, PrintingSolution]:
    instance = one_part(expedite_cost=200.0)
    return instance, methods.solve(instance)


def with_rows(solution: PrintingSolution, rows: Any) -> PrintingSolution:
    return replace(solution, rows=rows)


def other(value: Any) -> Any:
    """Return a value that is wrong but of the same kind."""
    if value is None:
        return 3
    if isinstance(value, str):
        return "print" if value == "wait" else "wait"
    if isinstance(value, int):
        return value + 1
    return value * 1.001 + 0.001


CELLS = [
    (table, column.name)
    for table, columns in PrintingSolution.columns.items()
    for column in columns
]


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_an_error_in_any_column_is_found(
    answered: tuple[PrintingInstance, PrintingSolution], table: str, column: str
) -> None:
    instance, solution = answered
    for row in range(len(solution.rows[table])):
        rows: Any = copy.deepcopy(dict(solution.rows))
        rows[table][row][column] = other(rows[table][row][column])
        assert not check(instance, with_rows(solution, rows)).accepted
        rows[table][row][column] = math.nan
        assert not check(instance, with_rows(solution, rows)).accepted
        del rows[table][row][column]
        assert not check(instance, with_rows(solution, rows)).accepted


def test_the_tables_have_the_columns_that_they_document(
    answered: tuple[PrintingInstance, PrintingSolution],
) -> None:
    _, solution = answered
    for table, columns in PrintingSolution.columns.items():
        for row in solution.rows[table]:
            assert list(row) == [column.name for column in columns] or set(row) == {
                column.name for column in columns
            }


def test_a_wrong_objective_and_an_unproven_bound_are_found(
    answered: tuple[PrintingInstance, PrintingSolution],
) -> None:
    instance, solution = answered
    objective = solution.outcome.objective
    for changes in (
        {"objective": objective * 1.0001},
        {"objective": None},
        {"bound": objective * 1.0001},
    ):
        outcome = replace(solution.outcome, **changes)
        assert not check(instance, replace(solution, outcome=outcome)).accepted


def fewer_sources(instance: PrintingInstance) -> Compared:
    """Return the best policies from fewer sources than the file has."""
    zero = np.zeros(len(instance.parts))
    return {
        name: Optimum(closed_form.best_policy(instance.parameters.with_sources(**sources)), zero)
        for name, sources in COMPARED.items()
        if sources["expediting"] or instance.parameters.can_expedite
    }


def answer_for(instance: PrintingInstance, policy: Policy) -> PrintingSolution:
    """Return a truthful answer that follows a policy."""
    answer = methods.solve(instance)
    cost = float(closed_form.cycle_cost(instance.parameters, policy)[0])
    parameters = instance.parameters
    horizon = 1 - parameters.discount**parameters.cycle_days
    return replace(
        answer,
        rows=tables(instance, Optimum(policy, np.array([cost])), fewer_sources(instance)),
        outcome=replace(answer.outcome, objective=cost / horizon, bound=cost / horizon),
    )


@pytest.mark.parametrize(
    "change", [{"stock": 2}, {"stock": 0}, {"day": 1, "action": 1}, {"day": 7, "action": 0}]
)
def test_a_policy_that_is_not_the_best_is_not_called_optimal(change: dict[str, int]) -> None:
    instance = one_part(expedite_cost=200.0)
    best = closed_form.best_policy(instance.parameters)
    action = best.action.copy()
    if "day" in change:
        action[change["day"], 0] = change["action"]
    stock = np.array([change.get("stock", int(best.base_stock[0]))])
    answer = answer_for(instance, Policy(stock, action))
    verdict = check(instance, answer)
    assert "called optimal" in verdict.findings[0]
    assert "is not proven" in verdict.findings[1]
    assert len(verdict.findings) == 2
    # said plainly to be a policy, not the best one, it is right, and the bound is a bound
    honest = replace(answer, outcome=replace(answer.outcome, status=Status.FEASIBLE, bound=None))
    verdict = check(instance, honest)
    assert verdict.accepted
    least = methods.solve(instance).outcome.objective
    assert honest.outcome.objective - verdict.measures["proven_error"] <= least


def test_a_source_that_is_not_there_is_refused() -> None:
    instance = one_part(print_cost=None)
    policy = Policy(np.array([1]), np.array([[0], *[[1]] * 13]))
    rows = tables(instance, Optimum(policy, np.zeros(1)), fewer_sources(instance))
    verdict = check(instance, with_rows(methods.solve(instance), rows))
    assert "does not offer" in " ".join(verdict.findings)


def test_solve_raises_what_the_referee_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(instance: PrintingInstance, *_: Any, **__: Any) -> Optimum:
        parameters = instance.parameters
        best = closed_form.best_policy(parameters)
        policy = Policy(best.base_stock + 1, best.action)
        return Optimum(policy, closed_form.cycle_cost(parameters, policy))

    monkeypatch.setattr(methods, "optimum", wrong)
    with pytest.raises(RefusedError) as error:
        methods.solve(one_part())
    assert error.value.exit_code == 6
    assert not error.value.verdict.accepted


def evaluated(parameters: Parameters, policy: Policy) -> Evaluation:
    values = {
        "alpha": parameters.discount,
        "c_r": parameters.order_cost[0],
        "c_p": parameters.print_cost[0],
        "c_e": parameters.expedite_cost[0],
        "b": parameters.backorder_cost[0],
        "h": parameters.holding_cost[0],
        "p_r": parameters.failure[0],
        "p_p": parameters.printed_failure[0],
    }
    terms = Terms(N=int(parameters.systems[0]), L=parameters.cycle_days, **values)
    return Evaluation(
        terms, StatedPlan.pure(int(policy.base_stock[0]), [ACTIONS[a] for a in policy.action[:, 0]])
    )


@settings(max_examples=60)
@given(small_instances(largest_fleet=6, longest_cycle=7))
def test_state_by_state_and_by_corners_the_same(instance: PrintingInstance) -> None:
    parameters = instance.parameters
    policy = closed_form.best_policy(parameters)
    found = evaluated(parameters, policy)
    states, corners = (way(found.terms, found.plan) for way in (by_state, by_corner))
    size = min(len(states.cycle_cost), len(corners.cycle_cost))
    scale = 1 + abs(states.cycle_cost).max()
    assert states.cycle_cost[:size] == pytest.approx(corners.cycle_cost[:size], abs=1e-10 * scale)
    assert states.residuals == pytest.approx(corners.residuals, abs=1e-10 * scale)
    assert found.cost == pytest.approx(found.cost_backward, abs=1e-10 * scale)


@pytest.mark.parametrize("count", [MOST_SYSTEMS_BY_STATE, MOST_SYSTEMS_BY_STATE + 1, 20_000])
def test_large_fleets_are_proven_too(count: int) -> None:
    parameters = parameters_of(count=count, failure_probability_per_day=0.002, cycle_days=7)
    policy = closed_form.best_policy(parameters)
    found = evaluated(parameters, policy)
    assert found.cost == pytest.approx(closed_form.cycle_cost(parameters, policy)[0], rel=1e-11)
    assert found.excess <= 1e-9 * found.cost


def test_a_year_long_cycle_of_a_large_fleet_by_both_evaluations() -> None:
    # 514.7621713012: excess failures from exact logarithms of factorials, in 45 digits
    year = {"cycle_days": 366, "failure_probability_per_day": 0.005, "print_cost": None,
            "order_cost": 10.0, "holding_cost_per_day": 0.1, "discount": None}  # fmt: skip
    parameters = parameters_of(count=100_000, **year)
    policy = closed_form.best_policy(parameters)
    assert policy.base_stock.tolist() == [182_151]
    down_days = closed_form.amounts(parameters, policy).down_days
    assert down_days == pytest.approx([514.7621713012], rel=1e-9)
    smaller = parameters_of(count=20_000, **year)
    policy = closed_form.best_policy(smaller)
    expected = vars(closed_form.amounts(smaller, policy))
    found = evaluated(smaller, policy).amounts(1.0)
    assert found == pytest.approx({kind: value[0] for kind, value in expected.items()}, rel=1e-8)


@pytest.mark.parametrize("backorder_cost", [1e-3, 1e6, 1e9])
def test_dear_and_cheap_down_time_of_large_fleets_is_proven(backorder_cost: float) -> None:
    instance = one_part(
        count=20_000, cycle_days=60, failure_probability_per_day=0.01, order_cost=10.0,
        holding_cost_per_day=0.1, discount=None, backorder_cost_per_day=backorder_cost,
    )  # fmt: skip
    assert methods.solve(instance).outcome.gap < 1e-9


def test_free_stock_for_a_large_fleet_leaves_nothing_but_rounding() -> None:
    instance = one_part(count=5_000, holding_cost_per_day=0.0, discount=None)
    answer = methods.solve(instance)
    assert answer.rows["single_source"][0]["down_days_per_cycle"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("form", ["closed", "collapsed", "factored", "full"])
@pytest.mark.parametrize("discount", [None, 0.9995])
def test_parts_that_cost_nothing(form: str, discount: float | None) -> None:
    free = {"order_cost": 0.0, "holding_cost_per_day": 0.0, "cycle_days": 4, "discount": discount}
    answer = methods.solve(one_part(**free), method=form)
    assert answer.rows["parts"][0]["saving_percent"] is None
    nothing = {**free, "print_cost": 0.0, "backorder_cost_per_day": 0.0}
    assert methods.solve(one_part(**nothing), method=form).outcome.objective == 0.0


PRICED_OUT = {
    "count": 10,
    "cycle_days": 7,
    "backorder_cost_per_day": 1.0,
    "order_cost": 1.0,
    "failure_probability_per_day": 0.001,
}


@pytest.mark.parametrize("discount", [None, 0.9, 0.9995])
@pytest.mark.parametrize("count", [10, MOST_SYSTEMS_BY_STATE, 1_000])
@pytest.mark.parametrize(
    "prices",
    [
        {"print_cost": 1e9},
        {"print_cost": 1e12},
        {"print_cost": None, "expedite_cost": 1e9},
        {"print_cost": 1e9, "expedite_cost": 1e12},
        {"print_cost": 1e-9, "expedite_cost": 1e12},
    ],
)
def test_a_source_that_is_priced_out_leaves_no_rounding(
    prices: dict[str, float | None], count: int, discount: float | None
) -> None:
    given_prices = {**PRICED_OUT, **prices, "count": count, "discount": discount}
    answer = methods.solve(one_part(**given_prices))
    assert answer.outcome.gap < 1e-11


@pytest.mark.parametrize("discount", [None, 0.9, 0.9995])
def test_next_to_no_cost_at_all_is_proven(discount: float | None) -> None:
    instance = one_part(
        order_cost=0.0, holding_cost_per_day=0.0, print_cost=97.84, count=4, cycle_days=3,
        backorder_cost_per_day=1.26e-7, failure_probability_per_day=1.0, discount=discount,
    )  # fmt: skip
    answer = methods.solve(instance)
    assert answer.outcome.objective == answer.outcome.bound == 0.0


@pytest.mark.parametrize("probability", [0.0, 1e-9, 0.3, 0.999, 1.0])
def test_binomial_probabilities(probability: float) -> None:
    from scipy.stats import binom

    expected = binom.pmf(np.arange(31), 30, probability)
    assert binomial(30, probability) == pytest.approx(expected, rel=1e-12, abs=1e-300)
    assert binomial(30, probability, 4) == pytest.approx(expected[:5], rel=1e-12, abs=1e-300)


def test_the_mission_is_accepted_with_a_proof() -> None:
    answer = amopt.solve(amopt.load("printing/mission"))
    assert answer.verdict.checks > 700
    assert answer.outcome.gap < 1e-10
    assert answer.outcome.bound <= answer.outcome.objective


def test_what_is_unavoidable_is_counted_by_the_rate_where_the_file_gives_it() -> None:
    """Of 364 days; where the file gives the probability 1 - exp(-rate), that counts."""
    rates = amopt.load("printing/mission").to_dict()
    chances = copy.deepcopy(rates)
    for part in chances["parts"]:
        for kind in ("", "printed_"):
            if (rate := part.pop(f"{kind}failure_rate_per_day")) is not None:
                part[f"{kind}failure_probability_per_day"] = -math.expm1(-rate)
    count = {system["name"]: system["count"] for system in rates["systems"]}
    spent = []
    for data, field in ((rates, "failure_rate"), (chances, "failure_probability")):
        row = amopt.solve(amopt.load(data)).rows["totals"][0]
        each = (
            part["order_cost"] * count[part["system"]] * part[f"{field}_per_day"]
            for part in data["parts"]
        )
        assert row["yearly_unavoidable_cost"] == pytest.approx(364 * sum(each), rel=1e-12)
        spent.append(row["yearly_cost"] + row["yearly_unavoidable_cost"])
    assert spent[0] == pytest.approx(spent[1], rel=1e-9)
