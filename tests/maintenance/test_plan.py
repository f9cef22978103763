"""The best plan: by three methods, within limits, and recomputed by a referee that sees none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from pyomo.environ import Constraint

import amopt
from amopt.errors import InfeasibleError, NoAnswerError, UsageError
from amopt.maintenance import formulation
from amopt.maintenance.methods import renewal
from amopt.maintenance.process import build
from amopt.maintenance.referee import renewal as renewal_of_referee
from amopt.mdp import dual_program
from amopt.program.family import Family
from amopt.program.pyomo import compile_model, solve_model
from tests.maintenance.cases import small
from tests.maintenance.test_days import at_random

LIMITS = {"stock": 0.3, "downtime_days_per_year": 1.0}


@pytest.mark.slow
def test_the_linear_program_of_the_daily_grid() -> None:
    """31,297 rows whose probabilities go down to 1e-12."""
    answer = amopt.solve(amopt.load("maintenance/example"), method="arrays")
    assert answer.outcome.status == "optimal"
    assert answer.outcome.objective == pytest.approx(3.442918, abs=1e-6)
    assert answer.outcome.bound == pytest.approx(answer.outcome.objective, rel=1e-9)


def test_the_example() -> None:
    answer = amopt.solve(amopt.load("maintenance/example"))
    assert round(answer.outcome.objective, 6) == 3.442918
    assert answer.outcome.status == "optimal"
    with_printing, alone = answer.rows["account"]
    assert round(alone["cost_per_day"], 6) == 3.505469
    when = answer.rows["thresholds"][0]
    assert (when["order_at"], when["replace_at"], when["print_from"]) == (342, 574, 13)
    assert when["printed_replace_at"] == 110
    assert "print if the order is 13 or more days away" in " ".join(answer.headline())
    assert with_printing["print_cost_per_day"] > 0
    assert "simple policy, DA (as TR, with an age for the printed part)" in answer.headline()[-1]


def test_the_size_of_the_program_of_the_example() -> None:
    process = build(amopt.load("maintenance/example")).process
    assert (process.states + 1, process.pairs) == (31_297, 34_263)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("lead", [2, 4])
@pytest.mark.parametrize("quick", [1, 3])
@pytest.mark.parametrize("price", [5.0, 60.0, 400.0])
def test_policy_iteration_and_the_linear_program_agree(lead: int, quick: int, price: float) -> None:
    if quick >= lead:
        lead = 6
    regular = {**small().regular.model_dump(), "lead_time_days": lead, "cost": 20.0}
    printed = {**small().printed.model_dump(), "lead_time_days": quick, "cost": price}
    instance = small(regular=regular, printed=printed)
    quickest = amopt.solve(instance, method="policy_iteration")
    program = amopt.solve(instance, method="arrays")
    assert quickest.outcome.objective == pytest.approx(program.outcome.objective, rel=1e-7)


def test_the_general_policy_iteration_agrees() -> None:
    instance = small()
    gain = build(instance).process.solve("policy_iteration").gain
    assert amopt.solve(instance).outcome.objective == pytest.approx(gain, rel=1e-9)


def test_arrays_are_the_formulation_entry_by_entry() -> None:
    instance = small(limits=LIMITS)
    program = compile_model(formulation.formulate(instance)).program
    grid = build(instance)
    arrays = dual_program(grid.process, side_constraints=formulation.limits(instance, grid))
    assert program.shape == arrays.shape
    assert abs(program.matrix - arrays.matrix).max() < 1e-15
    np.testing.assert_array_equal(program.cost, arrays.cost)
    np.testing.assert_array_equal(program.row_upper, arrays.row_upper)


def test_limits_bind_and_have_prices() -> None:
    instance = small(limits=LIMITS)
    answer, program = amopt.solve(instance), amopt.solve(instance, method="program")
    assert answer.outcome.objective == pytest.approx(program.outcome.objective, rel=1e-7)
    account = answer.rows["account"][0]
    assert account["stock"] == pytest.approx(0.3)
    assert account["downtime_days_per_year"] == pytest.approx(1.0)
    price = {row["limit"]: row["dual"] for row in answer.rows["limits"]}
    assert answer.graph().graph["limits"] == price
    more = amopt.solve(small(limits={**LIMITS, "stock": 0.301}))
    change = (more.outcome.objective - answer.outcome.objective) / 0.001
    assert change == pytest.approx(price["stock"], rel=1e-4)
    with pytest.raises(UsageError, match="does not honour stock"):
        amopt.solve(instance, method="policy_iteration")


def test_limits_that_clash_are_named() -> None:
    with pytest.raises(InfeasibleError, match="downtime"):
        amopt.solve(small(limits={"stock": 0.0, "downtime_days_per_year": 0.01}))


def test_a_family_that_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    free = amopt.solve(small())
    most = free.rows["account"][0]["prints_per_year"] / 365 / 2
    assert most > 0

    def few(model: Any) -> None:
        if not model.printer:
            return
        uses = zip(model.occupation.values(), model.grid.prints, strict=True)
        model.few_prints = Constraint(expr=sum(x for x, use in uses if use) <= most)

    added = amopt.solve(small(), extend=few)
    assert added.outcome.objective > free.outcome.objective
    assert added.rows["account"][0]["prints_per_year"] <= 365 * most * (1 + 1e-6)
    families = (*formulation.FAMILIES, Family("few_prints", few))
    monkeypatch.setattr(formulation, "FAMILIES", families)
    assert amopt.solve(small()).outcome.objective == pytest.approx(added.outcome.objective)
    with pytest.raises(UsageError, match="does not honour few_prints"):
        amopt.solve(small(), method="arrays")


def test_a_model_solved_elsewhere_is_read_back() -> None:
    model = amopt.formulate(small())
    bound = solve_model(model).outcome.bound
    again = amopt.read_back(model, bound=bound)
    assert again.outcome.objective == pytest.approx(amopt.solve(small()).outcome.objective)
    assert again.outcome.status == "optimal"


def test_without_a_printer_only_b_is_compared() -> None:
    answer = amopt.solve(small(printed=None))
    assert [row["policy"] for row in answer.rows["policies"]] == ["B"]
    assert [row["sourcing"] for row in answer.rows["account"]] == ["regular parts only"]


def edits(rows: Any) -> Any:
    """Yield the tables with one value changed, for every column."""
    for table, listed in rows.items():
        for column in listed[0] if listed else ():
            for index in (len(listed) - 1,):
                value = listed[index][column]
                if isinstance(value, str):
                    other: Any = f"{value}x"
                elif value is None:
                    other = 3.0
                elif type(value) is int:
                    other = value + 1
                else:
                    other = value * 1.01 + 0.01
                changed = [dict(row) for row in listed]
                changed[index][column] = other
                yield table, column, {**rows, table: changed}


@pytest.mark.slow
@pytest.mark.parametrize("limits", [None, LIMITS])
def test_a_planted_edit_of_any_column_is_caught(limits: Any) -> None:
    instance = small(**({} if limits is None else {"limits": limits}))
    answer = amopt.solve(instance)
    assert answer.verdict.accepted
    missed = [
        (table, column)
        for table, column, rows in edits(answer.rows)
        if amopt.maintenance.check(instance, replace(answer, rows=rows)).accepted
    ]
    assert missed == []


@pytest.mark.parametrize(("stock", "factor"), [(0.3, -1.0), (0.3, 1.001), (0.3, None), (0.99, 1)])
def test_a_wrong_price_is_caught(stock: float, factor: float | None) -> None:
    """One against its direction, one that is a little too high, one of a limit with slack."""
    instance = small(limits={"stock": stock})
    answer = amopt.solve(instance)
    dual = answer.rows["limits"][0]["dual"] or -1.0
    (row,) = answer.rows["limits"]
    rows = {**answer.rows, "limits": [{**row, "dual": factor and factor * dual}]}
    verdict = amopt.maintenance.check(instance, replace(answer, rows=rows))
    assert verdict.accepted == (factor is None)


@pytest.mark.parametrize("money", [1e-9, 1.0, 1e6])
def test_a_price_against_its_direction_is_caught_at_any_scale_of_money(money: float) -> None:
    """One thousandth of the cost, for a limit that is kept with room to spare."""
    instance = in_money(small(limits={"stock": 0.99}), money)
    answer = amopt.solve(instance)
    assert answer.verdict.accepted
    for part in (1e-3, -1e-3):
        (row,) = answer.rows["limits"]
        rows = {**answer.rows, "limits": [{**row, "dual": part * cost_of(answer)}]}
        assert not amopt.maintenance.check(instance, replace(answer, rows=rows)).accepted


def cost_of(answer: Any) -> float:
    return float(answer.outcome.objective)


def in_money(instance: Any, factor: float) -> Any:
    """Return the same instance with every amount of money times a factor."""
    data = instance.to_dict()
    for name in ("replacement_cost", "failure_cost", "downtime_cost_per_day"):
        data[name] *= factor
    for part in ("regular", "printed"):
        data[part]["cost"] *= factor
    return amopt.load(data)


@pytest.mark.parametrize("wrong", [0, 1])
def test_a_wrong_price_of_either_of_two_limits_is_caught(wrong: int) -> None:
    instance = small(limits=LIMITS)
    answer = amopt.solve(instance)
    prices = [dict(row) for row in answer.rows["limits"]]
    assert len(prices) == 2
    assert min(row["dual"] for row in prices) < -1
    prices[wrong]["dual"] *= 0.999
    verdict = amopt.maintenance.check(
        instance, replace(answer, rows={**answer.rows, "limits": prices})
    )
    assert "without a mix" in " ".join(verdict.findings)


def test_rules_of_a_plan_that_is_not_there_are_caught() -> None:
    instance = small()
    answer = amopt.solve(instance)
    more = [*answer.rows["rules"], {**answer.rows["rules"][0], "sourcing": "borrowing"}]
    rows = {**answer.rows, "rules": more}
    assert not amopt.maintenance.check(instance, replace(answer, rows=rows)).accepted


def test_a_better_objective_than_the_plan_has_is_refused() -> None:
    answer = amopt.solve(small())
    outcome = replace(answer.outcome, objective=answer.outcome.objective * 0.99)
    assert not amopt.maintenance.check(small(), replace(answer, outcome=outcome)).accepted


def test_the_plan_as_a_graph() -> None:
    answer = amopt.solve(small())
    graph, when = answer.graph(), answer.rows["thresholds"][0]
    assert set(graph) == {
        f"{part}, {order}"
        for part in ("regular", "printed", "none")
        for order in ("no order", "on order", "in stock")
    }
    (order,) = graph["regular, no order"]["regular, on order"].values()
    assert (order["action"], order["from_day"]) == ("order", when["order_at"])
    (install,) = graph["regular, in stock"]["regular, no order"].values()
    assert install["from_day"] == when["replace_at"]
    prints = graph["none, on order"]["printed, on order"].values()
    assert {one["action"] for one in prints} == {"print"}
    assert graph.has_edge("printed, on order", "none, on order")
    cycle = nx.descendants(graph, "regular, no order") | {"regular, no order"}
    assert nx.is_strongly_connected(graph.subgraph(cycle))
    assert len(amopt.solve(small(printed=None)).graph()) == 6


GOLDEN = Path(__file__).parent / "golden"


def test_the_program_written_out() -> None:
    life = {"distribution": "weibull", "scale_days": 2.0, "shape": 2.0}
    part = {"cost": 10.0, "lead_time_days": 2, "life": life}
    instance = small(
        regular=part,
        printed={**part, "cost": 5.0, "lead_time_days": 1},
        oldest_survival=0.3,
        limits=LIMITS,
    )
    program = compile_model(amopt.formulate(instance)).program
    dense = program.matrix.toarray()
    lines = [
        f"{program.row_name(i)} <= {program.row_upper[i]:.8g}: "
        + " ".join(
            f"{dense[i, j]:+.8g} {program.column_name(j)}"
            for j in np.flatnonzero(dense[i]).tolist()
        )
        for i in range(program.shape[0])
    ]
    costs = [f"{c:+.8g} {program.column_name(j)}" for j, c in enumerate(program.cost)]
    text = "\n".join([f"minimise: {' '.join(costs)}", *lines, ""])
    assert text == (GOLDEN / "two-days.txt").read_text(encoding="utf-8")


def dear(**changes: Any) -> Any:
    """A print lives some 12 days and costs 6, a regular part 35 and costs 2,000."""
    printed = {**small().printed.model_dump(), "cost": 6.0}
    regular = {**small().regular.model_dump(), "cost": 2000.0}
    return small(printed=printed, regular=regular, **changes)


def printing_alone(instance: Any) -> float:
    """Return what a day costs from print to print, by the days that a part works on."""
    life, survives = instance.printed.life, 1.0
    days = instance.printed.lead_time_days
    for age in range(instance.oldest_printed):
        days += survives
        before, survives = survives, float(life.survival(age + 1.0))
    fails = 1 - survives / before
    days += survives / fails
    spent = instance.printed.cost + instance.replacement_cost + instance.failure_cost
    return float((spent + instance.downtime_cost_per_day * instance.printed.lead_time_days) / days)


@pytest.mark.parametrize("method", ["policy_iteration", "arrays", "program"])
@pytest.mark.parametrize("limits", [None, {"downtime_days_per_year": 36.0, "stock": 0.5}])
def test_printing_alone_is_a_plan(method: str, limits: Any) -> None:
    if limits and method == "policy_iteration":
        method = "auto"
    instance = dear(**({"limits": limits} if limits else {}))
    answer = amopt.solve(instance, method=method)
    assert answer.outcome.objective == pytest.approx(printing_alone(instance), rel=1e-6)
    assert answer.outcome.status == "optimal"
    assert "Order no regular part" in answer.headline()[0]
    first = answer.rows["account"][0]
    assert first["orders_per_year"] == 0
    assert first["prints_per_year"] == pytest.approx(first["failures_per_year"])
    worse = {**answer.rows, "account": [{**first, "prints_per_year": 1.0}]}
    assert not amopt.maintenance.check(instance, replace(answer, rows=worse)).accepted


def test_a_limit_that_printing_alone_breaks_makes_the_plan_order_too() -> None:
    free = amopt.solve(dear()).rows["account"][0]["downtime_days_per_year"]
    answer = amopt.solve(dear(limits={"downtime_days_per_year": free / 2}))
    assert answer.rows["account"][0]["orders_per_year"] > 0
    assert answer.rows["limits"][0]["used"] == pytest.approx(free / 2)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("part", [0.9, 0.999, 0.99999])
def test_a_plan_that_orders_once_in_a_thousand_years_is_followed_to_its_end(part: float) -> None:
    """The limit is kept by printing nearly alone: the referee gave up after 200,000 days."""
    free = amopt.solve(dear())
    most = part * free.rows["account"][0]["downtime_days_per_year"]
    answer = amopt.solve(dear(limits={"downtime_days_per_year": most}))
    assert answer.verdict.accepted
    (row,) = answer.rows["limits"]
    assert row["used"] == pytest.approx(most)
    saved = most - free.rows["account"][0]["downtime_days_per_year"]
    rise = answer.outcome.objective - free.outcome.objective
    assert rise == pytest.approx(row["dual"] * saved, rel=1e-4)


@pytest.mark.parametrize(
    "days",
    [
        300.0,  # the plan that is best at the price never orders
        pytest.param(359.9, marks=pytest.mark.slow),
        pytest.param(364.9, marks=pytest.mark.slow),
    ],
)
def test_a_system_that_is_left_down_as_long_as_may_be(days: float) -> None:
    """Downtime costs 2 a day, and any plan more: the limit is used up, at a price."""
    answer = amopt.solve(small(downtime_cost_per_day=2.0, limits={"downtime_days_per_year": days}))
    (row,) = answer.rows["limits"]
    assert row["used"] == pytest.approx(days)
    runs = amopt.solve(small(downtime_cost_per_day=2.0, limits={"downtime_days_per_year": 200.0}))
    line = 2 + (runs.outcome.objective - 2) * (365 - days) / 165
    assert answer.outcome.objective == pytest.approx(line, rel=1e-6)


def test_without_a_printer_the_system_would_be_left_down() -> None:
    """A regular part costs 20,000 where a day down costs 50: nothing is said to be saved."""
    regular = {**small().regular.model_dump(), "cost": 20_000.0}
    for method in ("policy_iteration", "arrays"):
        answer = amopt.solve(small(regular=regular), method=method)
        (total,) = answer.rows["totals"]
        assert total["printing_saves_per_day"] is None
        assert any("leave the system down" in note for note in answer.notes)
        assert not any("meets the limits" in note for note in answer.notes)


def test_limits_say_what_is_used_of_them_and_what_the_simple_policies_do() -> None:
    answer = amopt.solve(small(limits=LIMITS))
    rows = {row["limit"]: row for row in answer.rows["limits"]}
    assert rows["stock"]["used"] == pytest.approx(0.3)
    assert (rows["stock"]["most"], rows["stock"]["unit"]) == (0.3, "of the days")
    assert rows["downtime"]["used"] == pytest.approx(1.0)
    assert (rows["downtime"]["most"], rows["downtime"]["unit"]) == (1.0, "days a year")
    assert "it does not look at the limits" in answer.headline()[-1]
    planted = [{**row, "most": 7.0} for row in answer.rows["limits"]]
    wrong = replace(answer, rows={**answer.rows, "limits": planted})
    assert not amopt.maintenance.check(small(limits=LIMITS), wrong).accepted


def test_policy_iteration_looks_at_the_time_limit() -> None:
    with pytest.raises(NoAnswerError, match="reached before the policy was found"):
        amopt.solve(small(printed=None), time_limit=1e-9)


def test_a_system_that_is_bridged_by_prints_costs_the_same_in_any_unit_of_money() -> None:
    """Printed parts that wear out at once are printed again and again until the order comes."""

    def gain(unit: float) -> tuple[float, float]:
        whole = small()
        assert whole.printed is not None
        counted = whole.unchecked_copy(
            regular=whole.regular.model_copy(update={"cost": 9000.0 * unit}),
            printed=whole.printed.model_copy(update={"cost": 5.0 * unit}),
            replacement_cost=1.0 * unit,
            failure_cost=2.0 * unit,
            downtime_cost_per_day=500.0 * unit,
            holding_cost_per_day=0.5 * unit,
        )
        found = renewal.solve([counted])
        return float(found.gain[0]) / unit, float(found.bound[0]) / unit

    assert gain(1e-16) == pytest.approx(gain(1.0), rel=1e-9)


def test_a_plan_whose_days_are_alike_is_not_followed_to_its_last_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without wear a cycle is steady at once; it was followed for some 18,000 days."""
    data = amopt.load("maintenance/example").model_dump(by_alias=True, exclude_unset=True)
    for part in ("regular", "printed"):
        data[part]["life"]["shape"] = 1.0
    days, day = [0], renewal_of_referee._Cycle.day

    def counting(cycle: Any) -> None:
        days[0] += 1
        day(cycle)

    monkeypatch.setattr(renewal_of_referee._Cycle, "day", counting)
    assert amopt.solve(amopt.load(data)).verdict.accepted
    assert 0 < days[0] < 15_000  # 11,062; with differences of sums 39,998


@pytest.mark.parametrize("ordered", [0.0, 0.5])
def test_a_cycle_that_never_ends_is_known_by_the_states_that_it_stays_in(
    monkeypatch: pytest.MonkeyPatch, ordered: float
) -> None:
    """One print follows the other, half of the time with a regular part that is kept in stock."""
    instance = small()
    oldest = instance.oldest_printed - 1
    rules = [
        ("regular", "no order", 0, 3, "order", ordered),
        ("none", "no order", 0, 0, "print", 0.5),
        ("none", "on order", 1, instance.regular.lead_time_days, "print", 0.5),
        ("none", "in stock", 0, 0, "print", 0.5),
        ("printed", "no order", 0, oldest, "wait", 1.0),
    ]
    columns = ("installed", "order", "from_day", "to_day", "action", "share")
    policy = renewal_of_referee.StatedPolicy.of(
        instance, [dict(zip(columns, rule, strict=True)) for rule in rules]
    )
    days, day = [0], renewal_of_referee._Cycle.day

    def counting(cycle: Any) -> None:
        days[0] += 1
        day(cycle)

    monkeypatch.setattr(renewal_of_referee._Cycle, "day", counting)
    assert renewal_of_referee.averages(instance, policy) is None
    assert 0 < days[0] < 1_000  # else 200,000


@pytest.mark.sampled(4)
@pytest.mark.parametrize("short", [1e-5, 1e-6, 3e-7, 1e-7, 1e-8, 0.0])
@pytest.mark.parametrize("price", [2e3, 1e7])
def test_a_limit_next_to_what_printing_alone_needs_is_kept(short: float, price: float) -> None:
    """The account counted actions that the rules left out: 27.0336 days a year were refused."""
    regular = {**dear().regular.model_dump(), "cost": price}
    free = amopt.solve(dear().model_copy(update={"regular": regular}))
    alone = free.rows["account"][0]["downtime_days_per_year"]
    assert alone == pytest.approx(27.03365, rel=1e-6)
    most = alone * (1 - short)
    limited = dear(limits={"downtime_days_per_year": most}, holding_cost_per_day=0.5)
    answer = amopt.solve(limited.model_copy(update={"regular": regular}))
    (row,) = answer.rows["limits"]
    assert row["used"] == pytest.approx(most, rel=1e-9)
    own = [rule for rule in answer.rows["rules"] if rule["sourcing"] == "printing"]
    mixed = [rule for rule in own if 0 < rule["share"] < 1]
    assert bool(mixed) == bool(short)
    assert any("mixes" in note for note in answer.notes) == bool(short)
    if short:
        rise = answer.outcome.objective - free.outcome.objective
        assert rise == pytest.approx(-row["dual"] * alone * short, rel=1e-3)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("method", ["arrays", "program"])
@pytest.mark.parametrize("part", [0.999999, 0.99, 0.42])
def test_a_plan_that_is_divided_between_two_kinds_of_years_is_answered(
    method: str, part: float
) -> None:
    """Printing alone for years, then regular parts for years: the program has two classes."""
    data = at_random(1020)
    free = amopt.solve(amopt.load(data))
    alone = free.rows["account"][0]["downtime_days_per_year"]
    limits = {"downtime_days_per_year": part * alone}
    answer = amopt.solve(amopt.load({**data, "limits": limits}), method=method)
    assert answer.outcome.status == "optimal"
    (row,) = answer.rows["limits"]
    assert row["used"] == pytest.approx(part * alone, rel=1e-6)
    assert row["dual"] is None
    first = answer.rows["account"][0]
    assert first["prints_per_year"] > first["orders_per_year"] * (part > 0.9)
    known = {0.42: 11.43, 0.99: 11.147498, 0.999999: free.outcome.objective}
    assert answer.outcome.objective == pytest.approx(known[part], rel=1e-3)
