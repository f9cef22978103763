"""Limits that nobody foresaw: honoured by the formulation, refused in words by all else."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyomo.environ import Binary, Constraint, Objective, Var, value
from scipy.optimize import linprog

import amopt
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.printing import METHODS, check, closed_form, formulation, read_back
from amopt.printing.instance import PrintingInstance
from amopt.printing.policy import Policy
from amopt.program.family import Family
from amopt.program.pyomo import solve_model
from tests.printing.cases import one_part, small_instances


def two_parts(**changes: Any) -> PrintingInstance:
    """Return an instance of two parts, so small that every policy can be tried."""
    base = one_part(count=2, cycle_days=3, discount=None, **changes).to_dict()
    first = {**base["parts"][0], "failure_probability_per_day": 0.2}
    second = {**first, "name": "other", "order_cost": 30.0, "failure_probability_per_day": 0.4}
    return PrintingInstance.from_dict({**base, "parts": [first, second]})


def every_policy(instance: PrintingInstance, highest: int) -> list[tuple[Policy, np.ndarray]]:
    """Return every policy with the cost of a cycle of each part."""
    parameters = instance.parameters
    actions = [0, *([1] if np.isfinite(parameters.print_cost[0]) else [])]
    days = parameters.cycle_days - 1
    found = []
    for stock in itertools.product(range(highest + 1), repeat=len(parameters)):
        for plan in itertools.product(actions, repeat=days * len(parameters)):
            action = np.zeros((days + 1, len(parameters)), dtype=np.int64)
            action[1:] = np.array(plan).reshape(days, len(parameters))
            policy = Policy(np.array(stock), action)
            found.append((policy, closed_form.cycle_cost(parameters, policy)))
    return found


def whole_levels(model: Any) -> None:
    """Let a part take one level only, and hold at most one part in all."""
    model.whole = Var(model.levels, domain=Binary)

    def linked(m: Any, k: str, S: int) -> Any:
        return m.order_up_to[k, S] <= m.whole[k, S]

    model.linked = Constraint(model.levels, rule=linked)
    model.shelf_room = Constraint(expr=sum(S * model.whole[k, S] for k, S in model.levels) <= 1)


def total_stock(model: Any) -> None:
    r"""Keep to the room that all parts share: :math:`\sum_{k,S} S y_{kS} \le 1`."""
    L = model.parameters.cycle_days
    model.total_stock = Constraint(expr=sum(model.stock[k, L] for k in model.parts) <= 1)


@pytest.mark.parametrize("changes", [{}, {"print_cost": 5.0}, {"backorder_cost_per_day": 300.0}])
def test_an_extension_against_every_policy(changes: dict[str, Any]) -> None:
    instance = two_parts(**changes)
    best = min(
        float(cost.sum())
        for policy, cost in every_policy(instance, 4)
        if policy.base_stock.sum() <= 1
    )
    answer = amopt.solve(instance, extend=whole_levels)
    days = instance.cycle_days
    assert answer.outcome.objective * days == pytest.approx(best, rel=1e-7)
    assert answer.outcome.status == "optimal"
    assert answer.verdict.accepted
    assert sum(row["base_stock"] for row in answer.rows["parts"]) <= 1
    assert all(isinstance(row["base_stock"], int) for row in answer.rows["parts"])


@pytest.mark.parametrize("changes", [{}, {"print_cost": 5.0}, {"backorder_cost_per_day": 300.0}])
def test_a_family_that_nobody_foresaw(
    changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = two_parts(**changes)
    free = amopt.solve(instance)
    family = Family("total_stock", total_stock)
    monkeypatch.setattr(formulation, "FAMILIES", (*formulation.FAMILIES, family))
    points = [
        (float(policy.base_stock.sum()), float(cost.sum()))
        for policy, cost in every_policy(instance, 4)
    ]
    best = hull(points, 1.0)
    for method in METHODS:
        if method in ("auto", "collapsed"):
            answer = amopt.solve(instance, method=method)
            assert answer.outcome.objective * 3 == pytest.approx(best, rel=1e-7)
            assert answer.outcome.objective >= free.outcome.objective - 1e-12
            assert answer.outcome.status == "optimal"
            assert [row["limit"] for row in answer.rows["limits"]] == ["total_stock"]
            stock = sum(row["base_stock"] for row in answer.rows["parts"])
            assert stock <= 1 + 1e-9
        else:
            with pytest.raises(UsageError, match="does not honour total_stock"):
                amopt.solve(instance, method=method)
            with pytest.raises(UsageError, match="does not see constraints"):
                amopt.solve(instance, method=method, extend=total_stock)


def prints_at_most(limit: float) -> Any:
    def extend(model: Any) -> None:
        model.printer = Constraint(expr=sum(model.print_total.values()) <= limit)

    return extend


def test_a_mix_is_told_with_its_shares() -> None:
    mission = amopt.load("printing/mission")
    answer = amopt.solve(mission, extend=prints_at_most(0.1))
    rows = {row["part"]: row for row in answer.rows["parts"]}
    assert sum(row["prints_per_cycle"] for row in rows.values()) == pytest.approx(0.1)
    mixed = [name for name, row in rows.items() if not isinstance(row["base_stock"], int)]
    shares = [row["share"] for row in answer.rows["intervals"]]
    assert mixed or min(shares) < 1  # a limit met exactly is met by mixing
    for name in mixed:
        levels = {
            row["base_stock"]: row["share"]
            for row in answer.rows["levels"]
            if (row["part"], row["sourcing"]) == (name, "printing")
        }
        assert sum(levels.values()) == pytest.approx(1.0)
        mean = sum(level * share for level, share in levels.items())
        assert rows[name]["base_stock"] == pytest.approx(mean)
        with pytest.raises(UsageError, match="mixes: see the tables levels"):
            answer.policy(name)
    (limit,) = answer.rows["limits"]
    assert limit["limit"] == "printer"
    assert limit["dual"] < 0
    assert any("The referee has not seen them" in note for note in answer.notes)
    assert answer.headline()[0].startswith("Order up to")


def test_actions_that_mix_on_a_day_are_told() -> None:
    """A part whose stock is fixed can only meet a limit on prints by waiting now and then."""
    instance = one_part(discount=None)
    free = amopt.solve(instance).rows["parts"][0]["prints_per_cycle"]

    def extend(model: Any) -> None:
        model.one = Constraint(expr=model.order_up_to["part", 1] == 1)
        prints_at_most(0.999 * free)(model)

    answer = amopt.solve(instance, extend=extend)
    (row,) = answer.rows["parts"]
    assert row["base_stock"] == 1
    assert row["prints_per_cycle"] == pytest.approx(0.999 * free)
    mixed = [run for run in answer.rows["intervals"] if run["share"] < 1]
    assert {run["action"] for run in mixed if run["sourcing"] == "printing"} == {"wait", "print"}
    assert " % and print " in row["plan"]
    assert answer.verdict.accepted


def test_a_plan_without_a_printer_may_not_exist() -> None:
    """Nobody may wait: without a printer and without unlimited stock that cannot be had."""
    instance = one_part(discount=None, print_cost=20.0)

    def never_down(model: Any) -> None:
        model.up = Constraint(expr=model.down_days["part"] <= 0.0)
        model.room = Constraint(expr=model.stock["part", 14] <= 1.0)

    answer = amopt.solve(instance, extend=never_down)
    assert answer.rows["single_source"] == []
    assert answer.rows["totals"][0]["saving"] is None
    assert any("Without a printer no plan meets" in note for note in answer.notes)
    assert "no plan meets the limits" in answer.headline()[0]
    names = [row["limit"] for row in answer.rows["limits"]]
    assert check(instance, answer, limits=names).accepted


def test_what_cannot_be_met_is_told_by_name() -> None:
    def impossible(model: Any) -> None:
        prints_at_most(0.0)(model)
        model.up = Constraint(expr=model.down_days["part"] <= 0.0)
        model.room = Constraint(expr=model.stock["part", 14] <= 0.5)

    with pytest.raises(InfeasibleError) as error:
        amopt.solve(one_part(discount=None), extend=impossible)
    assert {"up", "room"} <= set(" ".join(error.value.conflict).replace("'", " ").split())
    assert error.value.conflicts


def test_a_model_solved_elsewhere_is_read_back_whole() -> None:
    mission = amopt.load("printing/mission")
    expected = amopt.solve(mission)
    model = amopt.formulate(mission)
    with pytest.raises(NoAnswerError, match="has no values"):
        read_back(model)
    solve_model(model)
    found = read_back(model)
    assert found.outcome.status == "optimal"
    assert found.outcome.objective == pytest.approx(expected.outcome.objective, rel=1e-9)
    for name in ("parts", "single_source", "totals"):
        for mine, theirs in zip(found.rows[name], expected.rows[name], strict=True):
            assert mine.keys() == theirs.keys()
            for column, number in theirs.items():
                close = pytest.approx(number, rel=1e-7) if isinstance(number, float) else number
                assert mine[column] == close, column
    with pytest.raises(UsageError, match=r"not one that amopt\.printing formulated"):
        read_back(amopt.formulate(amopt.load("sourcing/hangbar")))


def test_a_read_back_model_with_its_bound() -> None:
    mission = amopt.load("printing/mission")
    model = amopt.formulate(mission)
    prints_at_most(0.1)(model)
    outcome = solve_model(model).outcome
    without, told = read_back(model), read_back(model, bound=outcome.bound)
    assert without.outcome.status == "feasible"
    assert told.outcome.status == "optimal"
    assert without.outcome.objective == told.outcome.objective
    assert without.outcome.bound <= told.outcome.bound
    assert told.rows["limits"] == without.rows["limits"]


def test_values_that_are_held_and_another_objective_are_limits_too() -> None:
    instance = one_part(discount=None)
    model = amopt.formulate(instance)
    model.order_up_to["part", 2].fix(1.0)
    solve_model(model)
    found = read_back(model)
    assert found.rows["parts"][0]["base_stock"] == 2
    assert [row["limit"] for row in found.rows["limits"]] == ["order_up_to[part,2] is held"]
    other = amopt.formulate(instance)
    other.objective.deactivate()
    other.down = Objective(expr=other.down_days["part"] + 1e-6 * other.part_cost["part"])
    solve_model(other)
    found = read_back(other)
    assert [row["limit"] for row in found.rows["limits"]] == ["another objective"]
    assert found.outcome.status == "feasible"
    assert value(other.down_days["part"]) == pytest.approx(0.0, abs=1e-6)


def test_limits_that_nobody_added_are_refused() -> None:
    instance = one_part()
    answer = amopt.solve(instance)
    answer.rows["limits"].append({"limit": "room", "dual": -1.0})  # type: ignore[attr-defined]
    findings = check(instance, answer).findings
    assert "those of the file, and that were added, are []" in findings[0]


@pytest.mark.slow
@settings(max_examples=40)
@given(small_instances(largest_fleet=4, longest_cycle=4))
def test_an_extension_that_adds_nothing_changes_nothing(instance: PrintingInstance) -> None:
    answer = amopt.solve(instance, extend=lambda _: None)
    expected = amopt.solve(instance)
    scale = abs(expected.outcome.objective) + instance.parameters.order_cost[0]
    assert answer.outcome.objective == pytest.approx(expected.outcome.objective, abs=1e-7 * scale)
    assert answer.rows["limits"] == answer.rows["levels"] == []
    assert answer.verdict.measures["proven_error"] < 1e-6 * scale


@pytest.mark.long
@settings(max_examples=25)
@given(st.floats(0.0, 1.0), st.floats(1.0, 200.0), st.floats(1.0, 300.0))
def test_limits_on_down_time_against_every_mix(
    share: float, print_cost: float, backorder_cost: float
) -> None:
    instance = two_parts(print_cost=print_cost, backorder_cost_per_day=backorder_cost)
    parameters = instance.parameters
    points = [
        (float(closed_form.amounts(parameters, policy).down_days.sum()), float(cost.sum()))
        for policy, cost in every_policy(instance, 4)
    ]
    limit = share * min(points, key=lambda point: point[1])[0]

    def seldom_down(model: Any) -> None:
        model.seldom = Constraint(expr=sum(model.down_days.values()) <= limit)

    answer = amopt.solve(instance, extend=seldom_down)
    found = sum(row["down_days_per_cycle"] for row in answer.rows["parts"])
    assert found <= limit + 1e-7
    best = hull(points, limit)
    cost = answer.outcome.objective * instance.cycle_days
    assert cost == pytest.approx(best, rel=1e-6)
    assert answer.outcome.bound * instance.cycle_days <= best * (1 + 1e-6)
    assert answer.verdict.accepted


def hull(points: list[tuple[float, float]], limit: float) -> float:
    """Return the least cost at a limit on use, where points may be mixed."""
    weights = linprog(
        [cost for _, cost in points],
        A_ub=[[use for use, _ in points]],
        b_ub=[limit + 1e-12],
        A_eq=[[1.0] * len(points)],
        b_eq=[1.0],
    )
    return float(weights.fun)


def mixing(model: Any) -> None:
    """Hold half a part more than one, and print a little less than one would."""
    total_stock(model)
    model.total_stock.set_value(sum(model.stock[k, 3] for k in model.parts) <= 1.5)
    model.printer = Constraint(expr=sum(model.print_total.values()) <= 0.3)


def test_every_edit_of_a_mixed_plan_is_found() -> None:
    instance = two_parts(print_cost=5.0)
    answer = amopt.solve(instance, extend=mixing)
    plain = {name: [dict(row) for row in table] for name, table in answer.rows.items()}
    names = [row["limit"] for row in plain["limits"]]

    def accepted(rows: Any) -> bool:
        return check(instance, replace(answer, rows=rows), limits=names).accepted

    assert accepted(plain)
    assert plain["levels"]
    assert min(row["share"] for row in plain["intervals"]) < 1
    missed = []
    for table in ("levels", "intervals"):
        for index, row in enumerate(plain[table]):
            before, after = plain[table][:index], plain[table][index + 1 :]
            edits = [before + after, [*before, row, row, *after]]
            for column, cell in row.items():
                changed = [f"{cell} "] if isinstance(cell, str) else [cell * 1.01, cell + 1, None]
                edits += [[*before, {**row, column: edit}, *after] for edit in changed]
                edits.append([*before, {k: v for k, v in row.items() if k != column}, *after])
            missed += [(table, edit) for edit in edits if accepted({**plain, table: edit})]
        doubled = [{**row, "share": row["share"] / 2} for row in plain[table] for _ in range(2)]
        missed += [(table, "halves")] if accepted({**plain, table: doubled}) else []
        more = [{**row, "share": min(1.2 * row["share"], 0.99)} for row in plain[table]]
        missed += [(table, "more")] if accepted({**plain, table: more}) else []
    assert missed == []
