"""Limits of the file: against every mix of every policy, their prices, and what clashes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import amopt
from amopt.errors import InfeasibleError, UsageError
from amopt.printing import check
from amopt.printing.instance import MEASURES, PrintingInstance
from amopt.printing.referee.evaluation import Evaluation
from amopt.printing.referee.plan import ACTIONS, StatedPlan, terms_of
from tests.seeds import seeds

PART: dict[str, Any] = {
    "system": "machine",
    "order_cost": 100.0,
    "print_cost": 20.0,
    "failure_probability_per_day": 0.05,
    "printed_failure_probability_per_day": 0.2,
    "holding_cost_per_day": 2.0,
    "storage_cm3": 700.0,
    "print_hours": 3.0,
    "print_material_cm3": 40.0,
    "kg_co2_per_order": 9.0,
    "kg_co2_per_print": 2.0,
    "kg_co2_per_expedite": 30.0,
}


def place(*parts: dict[str, Any], days: int = 3, **more: Any) -> dict[str, Any]:
    """Return an instance of parts that differ from :data:`PART`, as plain data."""
    return {
        "amopt": 1,
        "kind": "printing",
        "name": "place",
        "cycle_days": days,
        "criterion": "average",
        "systems": [{"name": "machine", "count": 3, "backorder_cost_per_day": 60.0}],
        "parts": [{**PART, "name": f"part {i}", **part} for i, part in enumerate(parts)],
        **more,
    }


HIGHEST = 6
"""The highest base-stock level that is tried."""


def policies(instance: PrintingInstance, index: int) -> list[dict[str, float]]:
    """Return cost and amounts of a cycle of every deterministic policy, as the referee does."""
    terms = terms_of(instance, index, printer=True)
    costs = {"print": terms.c_p, "expedite": terms.c_e}
    possible = [action for action in ACTIONS if np.isfinite(costs.get(action, 0.0))]
    found = []
    for stock in range(HIGHEST + 1):
        for actions in itertools.product(possible, repeat=terms.L - 1):
            one = Evaluation(terms, StatedPlan.pure(stock, ["wait", *actions]))
            found.append({**one.amounts(1.0), "base_stock": stock, "cost": one.cost})
    return found


def measured(data: dict[str, Any], limit: dict[str, Any], part: dict[str, Any], did: Any) -> float:
    """Return what a policy of a part adds to a measure, straight from the words of the docs."""
    days = data["cycle_days"]
    co2 = [part[f"kg_co2_per_{kind}"] for kind in ("order", "print", "expedite")]
    events = [did["orders"], did["prints"], did["expedites"]]
    prices = [part["order_cost"], part["print_cost"], part.get("expedite_cost") or 0.0]
    amount = {
        "stock": did["base_stock"],
        "storage_cm3": did["base_stock"] * part["storage_cm3"],
        "average_stock": did["stock_days"] / days,
        "printer_hours": did["prints"] * part["print_hours"],
        "material_cm3": did["prints"] * part["print_material_cm3"],
        "prints": did["prints"],
        "expedites": did["expedites"],
        "orders": did["orders"],
        "down_days": did["down_days"],
        "availability": did["down_days"] / (3 * days),
        "spending": np.dot(prices, events),
        "kg_co2": np.dot(co2, events),
    }[limit["measure"]]
    return float(amount * (364 / days if limit.get("per") == "year" else 1))


def about(limit: dict[str, Any], k: int) -> bool:
    """Return whether a limit is about a part."""
    return f"part {k}" in limit.get("parts", [f"part {k}"])


def cheapest_mix(data: dict[str, Any]) -> float | None:
    """Return the least cost a cycle of all mixes of all policies; None where no mix fits."""
    instance = PrintingInstance.from_dict(data)
    known = [policies(instance, index) for index in range(len(data["parts"]))]
    columns = [(k, did) for k, listed in enumerate(known) for did in listed]
    rows = [
        [measured(data, limit, data["parts"][k], did) * about(limit, k) for k, did in columns]
        for limit in data["limits"]
    ]
    most = [limit.get("at_most", 1 - limit.get("at_least", 0)) for limit in data["limits"]]
    one = [[float(k == owner) for owner, _ in columns] for k in range(len(known))]
    found = linprog(
        [did["cost"] for _, did in columns],
        A_ub=rows,
        b_ub=most,
        A_eq=one,
        b_eq=[1.0] * len(known),
    )
    return float(found.fun) if found.status == 0 else None


def limit_of(measure: str, share: float, free: Any, **more: Any) -> dict[str, Any]:
    """Return a limit at a share of what the best plan without limits does."""
    if measure == "availability":
        return {"name": measure, "measure": measure, "at_least": 1 - share * free, **more}
    return {"name": measure, "measure": measure, "at_most": share * free, **more}


def used_freely(data: dict[str, Any], measure: str) -> float:
    """Return how much of a measure the best plan without limits uses."""
    free = {"name": "free", "measure": measure}
    free |= {"at_least": 0.0} if measure == "availability" else {"at_most": 1e9}
    (row,) = amopt.solve(amopt.load({**data, "limits": [free]})).rows["limits"]
    return 1 - row["amount"] if measure == "availability" else row["amount"]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("share", [0.9, 0.55])
def test_each_measure_against_every_mix_of_every_policy(measure: str, share: float) -> None:
    cheap = {"print_cost": 12.0, "expedite_cost": 108.0, "failure_probability_per_day": 0.1}
    data = place({}, cheap)
    limited = {**data, "limits": [limit_of(measure, share, used_freely(data, measure))]}
    best = cheapest_mix(limited)
    if best is None:
        with pytest.raises(InfeasibleError):
            amopt.solve(amopt.load(limited))
        return
    answer = amopt.solve(amopt.load(limited))
    assert answer.outcome.method.startswith("prices")
    assert answer.outcome.objective * 3 == pytest.approx(best, rel=1e-7)
    assert answer.outcome.bound * 3 == pytest.approx(best, rel=1e-7)
    (row,) = answer.rows["limits"]
    if row["dual"]:  # what has a price is used up
        bound = limited["limits"][0]
        assert row["amount"] == pytest.approx(bound.get("at_most", bound.get("at_least")))


@pytest.mark.parametrize("seed", seeds(25, always=8))
def test_random_limits_against_every_mix_of_every_policy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [
        {
            "order_cost": float(rng.uniform(20, 200)),
            "print_cost": float(rng.uniform(1, 150)),
            "failure_probability_per_day": float(rng.uniform(0.01, 0.3)),
            "printed_failure_probability_per_day": float(rng.uniform(0.05, 0.6)),
            "holding_cost_per_day": float(rng.uniform(0, 5)),
            **{f: float(rng.uniform(0, 9)) for f in ("storage_cm3", "print_hours")},
        }
        for _ in range(2)
    ]
    for part in parts[: int(rng.integers(0, 3))]:
        part["expedite_cost"] = part["order_cost"] * float(rng.uniform(1.05, 3))
    data = place(*parts)
    chosen = rng.choice(MEASURES, size=int(rng.integers(1, 4)), replace=False)
    limits = [
        limit_of(str(m), float(rng.uniform(0.4, 1.1)), used_freely(data, str(m))) for m in chosen
    ]
    if rng.random() < 0.3:
        limits[0]["parts"] = ["part 1"]
    limited = {**data, "limits": limits}
    best = cheapest_mix(limited)
    if best is None:
        with pytest.raises(InfeasibleError):
            amopt.solve(amopt.load(limited))
        return
    answer = amopt.solve(amopt.load(limited))
    assert answer.outcome.objective * 3 == pytest.approx(best, rel=1e-6)
    program = amopt.solve(amopt.load(limited), method="collapsed")
    assert program.outcome.objective == pytest.approx(answer.outcome.objective, rel=1e-7)
    assert extra_policies(answer) <= len(limits)


def extra_policies(answer: Any) -> int:
    """Return between how many policies more than one a part the plan with the printer mixes."""
    levels, runs = (
        [row for row in answer.rows[table] if row["sourcing"] == "printing"]
        for table in ("levels", "intervals")
    )
    mixing = {row["part"] for row in levels}
    spans = {(row["part"], row["from_days_to_go"]) for row in runs}
    return len(levels) - len(mixing) + len(runs) - len(spans)


def test_a_price_is_what_one_unit_more_saves() -> None:
    data = place({}, {"print_cost": 12.0})
    hours = 0.5 * used_freely(data, "printer_hours")

    def solved(most: float) -> Any:
        limit = {"name": "printer", "measure": "printer_hours", "at_most": most}
        return amopt.solve(amopt.load({**data, "limits": [limit]}))

    step = 1e-3 * hours
    answer = solved(hours)
    saved = (answer.outcome.objective - solved(hours + step).outcome.objective) * 3
    (row,) = answer.rows["limits"]
    assert saved / step == pytest.approx(-row["dual"], rel=1e-6)
    assert row["yearly_worth"] == pytest.approx(-row["dual"] * 364 / 3)
    assert "is worth" in " ".join(answer.headline())


def test_a_limit_that_binds_nothing_changes_nothing() -> None:
    data = place({}, {"print_cost": 12.0})
    free = amopt.solve(amopt.load(data))
    limit = {"name": "wide", "measure": "prints", "at_most": 1e6, "per": "year"}
    answer = amopt.solve(amopt.load({**data, "limits": [limit]}))
    assert answer.outcome.objective == pytest.approx(free.outcome.objective, rel=1e-9)
    assert answer.rows["limits"][0]["dual"] == 0
    assert not answer.rows["levels"]


def test_a_year_has_as_many_cycles_as_the_reported_costs() -> None:
    data = place({})
    most = 0.6 * used_freely(data, "prints")
    each = [
        {"name": "prints", "measure": "prints", "at_most": most},
        {"name": "prints", "measure": "prints", "at_most": most * 364 / 3, "per": "year"},
    ]
    one, other = (amopt.solve(amopt.load({**data, "limits": [limit]})) for limit in each)
    assert one.outcome.objective == pytest.approx(other.outcome.objective, rel=1e-9)
    assert one.rows["limits"][0]["yearly_worth"] == pytest.approx(
        other.rows["limits"][0]["yearly_worth"] * 364 / 3
    )


def test_a_limit_may_be_about_some_parts_or_systems() -> None:
    data = place({}, {"system": "other"})
    data["systems"].append({"name": "other", "count": 2, "backorder_cost_per_day": 10.0})
    for about in ({"parts": ["part 1"]}, {"systems": ["other"]}):
        limit = {"name": "none", "measure": "prints", "at_most": 0.0, **about}
        rows = amopt.solve(amopt.load({**data, "limits": [limit]})).rows["parts"]
        assert rows[0]["print_threshold"] is not None
        assert rows[1]["print_threshold"] is None


def test_without_a_printer_there_may_be_no_plan() -> None:
    limits = [
        {"name": "up", "measure": "availability", "at_least": 0.99},
        {"name": "shelf", "measure": "stock", "at_most": 0},
    ]
    data = place({})
    answer = amopt.solve(amopt.load({**data, "limits": limits}))
    assert answer.rows["totals"][0]["single_source_yearly_cost"] is None
    assert answer.rows["limits"][0]["single_source_amount"] is None
    assert answer.verdict.accepted


@pytest.mark.parametrize("short", [0.0, 1e-15, 1e-13, 1e-11])
@pytest.mark.parametrize("method", ["auto", "collapsed"])
def test_where_nothing_may_be_down_the_comparison_is_answered(short: float, method: str) -> None:
    up = {"name": "up", "measure": "availability", "at_least": 1.0 - short}
    data = amopt.load("printing/mission").to_dict() | {"limits": [up]}
    answer = amopt.solve(amopt.load(data), method=method)
    assert str(answer.outcome.status) == "optimal"
    (row,) = answer.rows["limits"]
    # printing at once leaves nothing down; a shelf alone, next to nothing
    assert row["amount"] == 1.0
    assert row["single_source_amount"] == pytest.approx(1.0 - short, abs=2e-12)
    with_less = {**up, "at_least": 1.0 - 1e-8}
    easier = amopt.solve(amopt.load({**data, "limits": [with_less]})).rows["totals"][0]
    costs = "single_source_yearly_cost"
    assert answer.rows["totals"][0][costs] > easier[costs]


@pytest.mark.parametrize("short", [0.0, 1e-15, 1e-14, 1e-13, 1e-12])
def test_a_shelf_alone_keeps_systems_up_to_the_digits_that_count(short: float) -> None:
    data = amopt.load("printing/mission").to_dict()
    data["parts"] = [{k: v for k, v in part.items() if "print" not in k} for part in data["parts"]]
    up = {"name": "up", "measure": "availability", "at_least": 1.0 - short}
    answer = amopt.solve(amopt.load({**data, "limits": [up]}))
    assert str(answer.outcome.status) == "optimal"
    assert answer.rows["limits"][0]["amount"] == pytest.approx(1.0 - short, abs=2e-12)
    # with another limit that cannot be kept beside it, both are named
    room = {"name": "shelf", "measure": "stock", "at_most": 20}
    with pytest.raises(InfeasibleError, match="'shelf'"):
        amopt.solve(amopt.load({**data, "limits": [up, room]}))


def test_a_shelf_alone_that_is_next_to_always_enough_is_a_matter_of_prices() -> None:
    """The program's answers were refused, or it had none: its tolerances are as large."""
    data = place({})
    data["parts"] = [{k: v for k, v in part.items() if "print" not in k} for part in data["parts"]]
    up = {"name": "up", "measure": "availability", "at_least": 1.0 - 1e-11}
    instance = amopt.load({**data, "limits": [up]})
    with pytest.raises(UsageError, match=r"'up' allows less downtime than .* its shelf alone"):
        amopt.solve(instance, method="collapsed")
    assert str(amopt.solve(instance).outcome.status) == "optimal"
    some = amopt.load({**data, "limits": [{**up, "at_least": 1.0 - 1e-9}]})
    found = [amopt.solve(some, method=m).outcome.objective for m in ("auto", "collapsed")]
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_limits_that_clash_are_named_with_what_mends_them() -> None:
    data = place({})
    limits = [
        {"name": "up", "measure": "availability", "at_least": 0.9999},
        {"name": "shelf", "measure": "stock", "at_most": 1},
        {"name": "print", "measure": "printer_hours", "at_most": 0.1},
        {"name": "wide", "measure": "orders", "at_most": 1e3},
    ]
    with pytest.raises(InfeasibleError) as caught:
        amopt.solve(amopt.load({**data, "limits": limits}))
    (conflict,) = caught.value.conflicts
    assert {limit.key for limit in conflict.limits} == {"up", "shelf", "print"}
    for remedy in conflict.remedies:
        for factor, solves in ((1.0 + 1e-6, True), (0.99, False)):
            changed = [dict(limit) for limit in limits]
            for limit in changed:
                if limit["name"] == remedy.limit.key:
                    side = "at_least" if "at_least" in limit else "at_most"
                    sign = -1 if side == "at_least" else 1
                    limit[side] += sign * factor * remedy.amount
            instance = amopt.load({**data, "limits": changed})
            if solves:
                assert amopt.solve(instance).verdict.accepted
            else:
                with pytest.raises(InfeasibleError):
                    amopt.solve(instance)


def test_methods_that_do_not_see_limits_say_so() -> None:
    limit = {"name": "prints", "measure": "prints", "at_most": 1.0}
    with pytest.raises(UsageError, match="does not honour limits"):
        amopt.solve(amopt.load({**place({}), "limits": [limit]}), method="closed")


def test_the_model_is_read_back_with_its_limits() -> None:
    data = place({}, {"print_cost": 12.0})
    limit = limit_of("prints", 0.5, used_freely(data, "prints"))
    instance = amopt.load({**data, "limits": [limit]})
    model = amopt.formulate(instance)
    amopt.solve(model)
    told, answer = amopt.read_back(model), amopt.solve(instance)
    assert told.outcome.objective == pytest.approx(answer.outcome.objective, rel=1e-9)
    assert told.rows["limits"][0]["single_source_amount"] == pytest.approx(
        answer.rows["limits"][0]["single_source_amount"]
    )


def test_every_edit_of_a_limit_is_found() -> None:
    data = place({}, {"print_cost": 12.0})
    limits = [
        limit_of("prints", 0.5, used_freely(data, "prints")),
        {"name": "up", "measure": "availability", "at_least": 0.5},
    ]
    instance = amopt.load({**data, "limits": limits})
    answer = amopt.solve(instance)
    rows = answer.rows["limits"]
    missed = []
    for index, row in enumerate(rows):
        for column, cell in row.items():
            for edit in (None if cell is not None else 1.0, *_shifted(cell)):
                edited = [*rows[:index], {**row, column: edit}, *rows[index + 1 :]]
                changed = replace(answer, rows={**answer.rows, "limits": edited})
                if check(instance, changed).accepted:
                    missed.append((column, cell, edit))
    assert not missed
    for edited in (rows[:1], [*rows, rows[0]], rows[::-1]):
        assert not check(instance, replace(answer, rows={**answer.rows, "limits": edited})).accepted


def _shifted(cell: Any) -> tuple[Any, ...]:
    if isinstance(cell, str):
        return (f"{cell} ",)
    return (1e3,) if not cell else (cell * 1.01, -cell, cell + 1)


def test_a_plan_that_breaks_a_limit_is_refused() -> None:
    data = place({}, {"print_cost": 12.0})
    limit = limit_of("prints", 0.5, used_freely(data, "prints"))
    free, limited = amopt.load(data), amopt.load({**data, "limits": [limit]})
    rows = {**amopt.solve(free).rows, "limits": amopt.solve(limited).rows["limits"]}
    verdict = check(limited, replace(amopt.solve(free), rows=rows))
    assert "of at most" in " ".join(verdict.findings)


def thresholds(instance: PrintingInstance, index: int) -> list[dict[str, float]]:
    """Return cost and amounts of every level with every pair of thresholds."""
    terms = terms_of(instance, index, printer=True)
    found = []
    for stock, n_p, n_e in itertools.product(range(HIGHEST + 1), *[range(1, terms.L + 1)] * 2):
        actions = [
            "expedite" if n >= n_e else "print" if n >= n_p else "wait" for n in range(terms.L)
        ]
        if not np.isfinite(terms.c_e) and "expedite" in actions:
            continue
        one = Evaluation(terms, StatedPlan.pure(stock, actions))
        found.append({**one.amounts(1.0), "base_stock": stock, "cost": one.cost})
    return found


def cheapest_choice(data: dict[str, Any], known: list[list[dict[str, float]]]) -> float:
    """Return the least cost a cycle of all choices of a policy for each of two parts."""
    used = [
        np.array([[measured(data, lim, part, did) for lim in data["limits"]] for did in listed])
        for part, listed in zip(data["parts"], known, strict=True)
    ]
    cost = [np.array([did["cost"] for did in listed]) for listed in known]
    most = [limit.get("at_most", 1 - limit.get("at_least", 0)) for limit in data["limits"]]
    keeps = used[0][:, None] + used[1][None, :] <= np.array(most) * (1 + 1e-9)
    return float((cost[0][:, None] + cost[1][None, :])[keeps.all(axis=2)].min())


@pytest.mark.parametrize("seed", range(len(MEASURES)))
def test_the_best_plan_that_does_not_mix_against_every_choice(seed: int) -> None:
    """A limit of each kind, beside one on raw material for every other."""
    rng = np.random.default_rng(100 + seed)
    parts = [
        {
            "order_cost": float(rng.uniform(20, 200)),
            "print_cost": float(rng.uniform(1, 80)),
            "failure_probability_per_day": float(rng.uniform(0.02, 0.2)),
        }
        for _ in range(2)
    ]
    data = place(*parts)
    share = 0.97 if MEASURES[seed] in ("orders", "spending", "kg_co2") else 0.7
    chosen = [(MEASURES[seed], share), ("material_cm3", 0.9)][: 1 + seed % 2]
    if MEASURES[seed] == "expedites":
        data["parts"][0]["expedite_cost"] = data["parts"][0]["order_cost"] * 1.05
    limits = [limit_of(m, less, used_freely(data, m)) for m, less in chosen]
    instance = amopt.load({**data, "limits": limits})
    answer = amopt.solve(instance)
    known = [thresholds(instance, index) for index in range(2)]
    best = cheapest_choice({**data, "limits": limits}, known)
    total = answer.rows["totals"][0]
    cost = total["deterministic_yearly_cost"]
    if cost is None:  # the plan does not mix
        cost = total["yearly_cost"]
        assert extra_policies(answer) == 0
    assert cost + total["yearly_unavoidable_cost"] == pytest.approx(best * 364 / 3, rel=1e-6)
    if answer.rows["deterministic"]:
        row = answer.rows["deterministic"][0]
        for column, edit in (("base_stock", row["base_stock"] + 1), ("yearly_cost", 1e6)):
            rows = [{**row, column: edit}, *answer.rows["deterministic"][1:]]
            assert not check(
                instance, replace(answer, rows={**answer.rows, "deterministic": rows})
            ).accepted


@pytest.mark.parametrize("about", [{}, {"parts": ["part 0"]}])
def test_systems_without_a_part_of_the_limit_do_not_count_as_up(about: dict[str, Any]) -> None:
    """To name all systems is to leave them out: of those that hold no such part nothing is down."""
    data = place({"print_cost": 5.0}, {"system": "other"}, days=7)
    if not about:
        data["parts"].pop()
    data["systems"][0]["backorder_cost_per_day"] = 0.0
    data["systems"].append({"name": "other", "count": 97, "backorder_cost_per_day": 1.0})
    found = []
    for systems in ([], ["machine"], ["machine", "other"]):
        limit = {"name": "up", "measure": "availability", "at_least": 0.99, **about}
        named = {**limit, "systems": systems} if systems else limit
        answer = amopt.solve(amopt.load({**data, "limits": [named]}))
        down = answer.rows["parts"][0]["down_days_per_cycle"]
        assert 1 - down / (3 * 7) == pytest.approx(0.99)
        found.append(answer.rows["limits"][0]["amount"])
    assert found == pytest.approx([0.99] * 3)
