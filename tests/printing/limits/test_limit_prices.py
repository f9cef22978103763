"""Prices of limits: by hand, as duals, and as what one unit more saves; and the certificate."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import amopt
from amopt.cli import app
from amopt.errors import (
    InfeasibleError,
    InvalidInstanceError,
    NoAnswerError,
    RefusedError,
    UsageError,
)
from amopt.printing.decision import optimum
from amopt.printing.instance import MEASURES, PrintingInstance
from amopt.printing.instance.limits import Limit
from amopt.printing.limit_curve import curve_in_words, limit_curve, limit_figure
from amopt.printing.limit_rows import limit_rows
from amopt.printing.methods import confirmation
from amopt.printing.policy import Optimum
from amopt.program.pieces import Pieces
from amopt.program.solver.options import Options
from tests.printing.limits.test_limits import place

ALONE: dict[str, Any] = {"failure_probability_per_day": 0.1, "holding_cost_per_day": 10.0}
"""One machine, two days: its part fails on the first with 0.1; a regular one then costs 100."""

PRINTS = ALONE
"""Printing for 20 beats waiting for 60: a cycle costs 2 + 19 or, where one waits, 6 + 19."""

WAITS = {**ALONE, "print_cost": 80.0}
"""Waiting for 60 beats printing for 80: a cycle costs 6 + 19, or 8 + 19."""

FLIES = {**ALONE, "print_cost": None, "expedite_cost": 110.0}
"""Flying in for 110 leaves one order less than waiting: 11 + 10 beside 6 + 19."""

STOCKS = {**ALONE, "print_cost": 50.0, "holding_cost_per_day": 0.1}
"""One on the shelf costs 20 + 0.19 a cycle, and none, with what is printed, 5 + 19."""

BY_HAND: dict[str, tuple[dict[str, Any], float, float, float]] = {
    # what the best plan does of it beyond the other, of which half is allowed; both costs
    "prints": (PRINTS, 0.1, 21.0, 25.0),
    "printer_hours": (PRINTS, 0.3, 21.0, 25.0),
    "material_cm3": (PRINTS, 4.0, 21.0, 25.0),
    "expedites": (FLIES, 0.1, 21.0, 25.0),
    "down_days": (WAITS, 0.1, 25.0, 27.0),
    "availability": (WAITS, 0.05, 25.0, 27.0),
    "spending": (PRINTS, 2.0, 21.0, 25.0),
    "kg_co2": (PRINTS, 0.2, 21.0, 25.0),
    "stock": (STOCKS, 1.0, 20.19, 24.0),
    "storage_cm3": (STOCKS, 700.0, 20.19, 24.0),
    "average_stock": (STOCKS, 0.95, 20.19, 24.0),
    "orders": (STOCKS, 0.01, 20.19, 24.0),
}

REST = {"spending": 19.0, "kg_co2": 0.19 * 9.0, "orders": 0.19}
"""What both plans do of a measure."""


def limit_on(measure: str, most: float, **more: Any) -> dict[str, Any]:
    """Return a limit, of unavailability for availability."""
    side = {"at_least": 1.0 - most} if measure == "availability" else {"at_most": most}
    return {"name": "limit", "measure": measure, **side, **more}


def alone(part: dict[str, Any], *limits: dict[str, Any]) -> PrintingInstance:
    """Return one machine over two days."""
    data = place({name: value for name, value in part.items() if value is not None}, days=2)
    data["systems"][0]["count"] = 1
    if part.get("print_cost", 0) is None:
        for field in ("print_cost", "printed_failure_probability_per_day"):
            del data["parts"][0][field]
    return amopt.load({**data, "limits": list(limits)})


@pytest.mark.parametrize("per", ["cycle", "year"])
@pytest.mark.parametrize("measure", MEASURES)
def test_half_of_what_is_wanted_by_hand(measure: str, per: str) -> None:
    part, extra, best, other = BY_HAND[measure]
    most, often = REST.get(measure, 0.0) + extra / 2, 1.0
    more: dict[str, Any] = {}
    if per == "year":
        if measure in ("stock", "storage_cm3", "average_stock", "availability"):
            with pytest.raises(InvalidInstanceError, match="does not add up over"):
                alone(part, limit_on(measure, most, per="year"))
            return
        more, often = {"per": "year"}, 182.0
    found = optimum(
        alone(part, limit_on(measure, most * often, **more)), "prices", options=Options()
    )
    assert found.cycle_cost.sum() == pytest.approx((best + other) / 2, rel=1e-12)
    assert found.bound == pytest.approx((best + other) / 2, rel=1e-12)
    assert found.duals["limit"] == pytest.approx(-(other - best) / extra / often, rel=1e-9)
    mix = found.policy.mixes[0]
    drawn = [*mix.levels.values()] if len(mix.levels) > 1 else mix.share[1][mix.share[1] > 0]
    assert drawn == pytest.approx([0.5, 0.5])


def two_systems(*limits: dict[str, Any], discount: float | None = None) -> PrintingInstance:
    """Return three parts of two systems over three days, with limits."""
    data = place(
        {"print_cost": 12.0, "failure_probability_per_day": 0.1},
        {"expedite_cost": 108.0, "holding_cost_per_day": 0.5},
        {"system": "press", "order_cost": 55.0, "expedite_cost": 70.0},
    )
    data["systems"].append({"name": "press", "count": 2, "backorder_cost_per_day": 25.0})
    if discount is not None:
        data["criterion"] = {"discount_per_day": discount}
    return amopt.load({**data, "limits": list(limits)})


ABOUT: tuple[dict[str, Any], ...] = (
    {},
    {"systems": ["machine"]},
    {"parts": ["part 1"]},
    {"parts": ["part 0", "part 2"], "systems": ["press"]},
)

SUMS = tuple(m for m in MEASURES if m not in ("stock", "storage_cm3", "average_stock"))


def amount_of(instance: PrintingInstance, found: Optimum) -> float:
    """Return what a plan does of the first limit."""
    from amopt.printing.answer.tables import _done, _used

    return _used(limit_rows(instance)[0], _done(instance.parameters, found.policy))


CASES = [
    *((measure, about, None) for measure in MEASURES for about in ABOUT),
    *((measure, {}, 0.99) for measure in ("stock", "prints", "availability", "spending")),
]


@pytest.mark.parametrize(("measure", "about", "discount"), CASES)
def test_prices_are_duals_and_differences(
    measure: str, about: dict[str, Any], discount: float | None
) -> None:
    per = {"per": "year"} if measure in SUMS[::2] and measure != "availability" else {}
    loose = 1.0 if measure == "availability" else 1e9
    free = two_systems(limit_on(measure, loose, **about, **per), discount=discount)
    wanted = amount_of(free, optimum(free, "prices", options=Options()))
    if wanted < 1e-9:
        return
    most = 0.93 * wanted

    def solved(factor: float, method: str = "prices") -> tuple[PrintingInstance, Optimum]:
        limit = limit_on(measure, most * factor, **about, **per)
        instance = two_systems(limit, discount=discount)
        return instance, optimum(instance, method, options=Options())

    try:
        instance, found = solved(1.0)
    except InfeasibleError:
        assert measure in ("orders", "spending", "kg_co2")  # of these some is unavoidable
        return
    cost, dual = float(found.cycle_cost.sum()), found.duals["limit"]
    assert found.bound is not None
    assert dual is not None
    assert abs(cost - found.bound) <= 1e-8 * cost
    assert dual <= 0
    assert dual * (most - amount_of(instance, found)) == pytest.approx(0.0, abs=1e-8 * cost)
    assert amount_of(instance, found) <= most * (1 + 1e-8)
    assert sum(len(mix.levels) > 1 for mix in found.policy.mixes.values()) <= 1
    step = 1e-3
    more, less = (float(solved(1 + by)[1].cycle_cost.sum()) for by in (step, -step))
    slopes = (less - cost) / (step * most), (cost - more) / (step * most)
    near = 1e-7 * cost / (step * most)
    assert slopes[0] + near >= -dual >= slopes[1] - near
    assert min(abs(-dual - slope) for slope in slopes) <= near
    if about:
        return
    other = solved(1.0, "collapsed")[1]
    assert other.cycle_cost.sum() == pytest.approx(cost, rel=1e-8)
    assert abs(other.cycle_cost.sum() - (other.bound or 0.0)) <= 1e-8 * cost


def test_the_collapsed_program_confirms_the_closed_form() -> None:
    instance = amopt.load("printing/table-3-1")
    answer = amopt.solve(instance, certify=True)
    assert "closed form" in answer.outcome.method
    (note,) = [one for one in answer.notes if "confirms" in one]
    assert "8442.49" not in note  # of a cycle, not of the whole future
    limited = two_systems(limit_on("prints", 0.1))
    assert "confirms this answer of 'prices'" in amopt.solve(limited, certify=True).notes[0]
    itself = amopt.solve(limited, certify=True, method="collapsed")
    assert "answered itself" in itself.notes[0]


def test_what_the_collapsed_program_does_not_find_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    instance = amopt.load("printing/table-3-1")
    found = optimum(instance, "closed", options=Options())
    confirmation.confirmed(instance, found, options=Options())
    with pytest.raises(RefusedError, match="in the collapsed program"):
        confirmation.confirmed(
            instance, replace(found, cycle_cost=found.cycle_cost * (1 + 1e-5)), options=Options()
        )
    with pytest.raises(NoAnswerError, match="was to confirm"):
        confirmation.confirmed(instance, found, options=Options(time_limit=1e-9))
    monkeypatch.setattr(confirmation, "MOST_COLUMNS", 3)
    with pytest.raises(UsageError, match="fit into memory"):
        confirmation.confirmed(instance, found, options=Options())


def test_limits_speak_in_words() -> None:
    limits = [
        limit_on("prints", 0.1, name="printer"),
        limit_on("orders", 1e3, name="wide"),
        limit_on("availability", 0.05, name="up"),
    ]
    answer = amopt.solve(two_systems(*limits))
    words = [row["in_words"] for row in answer.rows["limits"]]
    worth = [row["yearly_worth"] for row in answer.rows["limits"]]
    assert words[0] == f"one more print a cycle is worth {worth[0]:,.2f} EUR a year"
    assert words[1] == "more of it is worth nothing"
    said = " ".join(answer.headline())
    assert f"binds: {words[0]}" in said
    assert "1 policy more than one a part" in said or "2 policies more" in said
    assert np.isfinite(answer.rows["totals"][0]["deterministic_yearly_cost"])


def test_a_curve_of_a_limit(tmp_path: Path) -> None:
    instance = two_systems(limit_on("prints", 0.1, name="printer"))
    rows = limit_curve(instance, "printer", (0.2, 0.1, 0.0))
    costs = [row["yearly_cost"] for row in rows]
    assert costs == sorted(costs)
    answer = amopt.solve(instance)
    assert costs[1] == pytest.approx(answer.rows["totals"][0]["yearly_cost"])
    assert rows[1]["yearly_worth"] == pytest.approx(answer.rows["limits"][0]["yearly_worth"])
    figure = limit_figure(instance, "printer", rows)
    assert [list(trace.y) for trace in figure.data][1] == costs
    with pytest.raises(UsageError, match="Did you mean 'printer'"):
        limit_curve(instance, "printr", (1.0,))
    up = two_systems(limit_on("availability", 0.1, name="up"))
    words = list(curve_in_words(up, "up", limit_curve(up, "up", (0.99,))))
    assert words[0].startswith("at least 99 % of availability: ")
    clash = two_systems(limit_on("stock", 0.0), limit_on("orders", 9.0, name="orders"))
    rows = limit_curve(clash, "orders", (0.0,))
    assert "no plan keeps the limits" in next(iter(curve_in_words(clash, "orders", rows)))
    runner, page = CliRunner(), tmp_path / "curve.html"
    told = ["printing", "curve", "printing/mission-limited", "printer", "10", "1"]
    result = runner.invoke(app, [*told, "--html", str(page)])
    assert result.exit_code == 0, result.output
    assert "at most 1 printer hour a cycle: 1,024.20 EUR a year" in result.output
    assert page.stat().st_size > 1000
    assert runner.invoke(app, [*told[:-1], "1", "--json"]).output.startswith("{")


def test_a_bound_is_shown_as_it_was_asked_for(tmp_path: Path) -> None:
    up, page = two_systems(limit_on("availability", 0.1, name="up")), tmp_path / "curve.html"
    file = tmp_path / "up.json"
    file.write_text(json.dumps(up.to_dict()))
    told = ["printing", "curve", str(file), "up", "0.999", "0.99999", "--html", str(page)]
    result = CliRunner().invoke(app, told)
    assert result.exit_code == 0, result.output
    assert ">0.99999<" in page.read_text()


def test_a_bound_without_an_answer_says_why_and_loses_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A bound that is not valid, and one whose solve finds nothing within its limits."""
    from amopt.printing.decision import solve as honest

    def some(instance: Any, **options: Any) -> Any:
        if instance.limits[0].at_most == 0.2:
            raise NoAnswerError("nothing was found within the limits\nmore of it")
        return honest(instance, **options)

    monkeypatch.setattr("amopt.printing.limit_curve.solve", some)
    instance = two_systems(limit_on("prints", 0.1, name="printer"))
    rows = limit_curve(instance, "printer", (0.1, -1.0, 0.2, 0.0))
    assert [row["yearly_cost"] is None for row in rows] == [False, True, True, False]
    assert rows[0]["note"] == rows[3]["note"] == ""
    assert rows[1]["note"].startswith("not valid: ")
    assert rows[2]["note"] == "no answer: nothing was found within the limits"
    words = list(curve_in_words(instance, "printer", rows))
    assert words[2] == "at most 0.2 prints a cycle: " + rows[2]["note"] + "."
    with pytest.raises(NoAnswerError):
        limit_curve(instance, "printer", (0.2,))


def test_ctrl_c_that_a_solve_tells_as_no_answer_leaves_its_bound_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A solver that was told to stop says that it found nothing, and not why."""
    from amopt.printing.decision import solve as honest

    def some(instance: Any, **options: Any) -> Any:
        if instance.limits[0].at_most == 0.0:
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            raise NoAnswerError("the solver stopped before it found anything")
        return honest(instance, **options)

    monkeypatch.setattr("amopt.printing.limit_curve.solve", some)
    instance, pieces = two_systems(limit_on("prints", 0.1, name="printer")), Pieces(3)
    rows = limit_curve(instance, "printer", (0.1, 0.0, 0.2), pieces=pieces)
    assert [row["bound"] for row in rows] == [0.1]
    assert pieces.in_words("bound") == "Ctrl-C ended it: 1 of 3 bounds is done."
    with pytest.raises(KeyboardInterrupt):
        limit_curve(instance, "printer", (0.1, 0.0, 0.2))


def test_a_price_where_many_prove_the_optimum_is_what_a_little_more_is_worth() -> None:
    none = limit_on("prints", 0.0, parts=["part 0"], name="none")
    for limits in ([limit_on("stock", 2.0), none], [limit_on("stock", 2.0)]):
        instance = two_systems(*limits)
        found = optimum(instance, "prices", options=Options())
        for limit in limits[:1]:
            step = 1e-4
            side = {**limit, "at_most": limit["at_most"] + step}
            looser = two_systems(*(side if one is limit else one for one in limits))
            more = optimum(looser, "prices", options=Options())
            saved = float(found.cycle_cost.sum() - more.cycle_cost.sum()) / step
            price = found.duals[limit["name"]]
            assert price is not None
            assert -price == pytest.approx(saved, rel=1e-5, abs=1e-5)


def test_a_limit_on_spending_is_told_in_the_money_of_the_file() -> None:
    limit = Limit(name="budget", measure="spending", at_most=40)
    assert limit.bound == "at most 40 units of money to be spent a cycle"
    said = limit.worth_in_words(32.29, "EUR")
    assert said == "one more EUR to be spent a cycle is worth 32.29 EUR a year"


@pytest.mark.parametrize("seed", range(6))
def test_a_mix_has_one_more_policy_a_limit_that_binds(seed: int) -> None:
    """The mission under two to four limits at once: a vertex of the program of all policies."""
    rng = np.random.default_rng(seed)
    free = {"printer_hours": 1.9, "storage_cm3": 1700.0, "material_cm3": 80.0, "stock": 7.0}
    chosen = rng.choice(list(free), int(rng.integers(2, 5)), replace=False)
    limits = [
        {"name": str(one), "measure": str(one), "at_most": free[one] * float(rng.uniform(0.4, 1))}
        for one in chosen
    ]
    data = amopt.load("printing/mission-limited").to_dict()
    answer = amopt.solve(amopt.load({**data, "limits": limits}))
    of_the_plan = [row for row in answer.rows["levels"] if row["sourcing"] == "printing"]
    more = len(of_the_plan) - len({row["part"] for row in of_the_plan})
    days = {
        (row["part"], row["from_days_to_go"], row["to_days_to_go"])
        for row in answer.rows["intervals"]
        if row["sourcing"] == "printing" and row["share"] < 1
    }
    binding = sum(row["dual"] < 0 for row in answer.rows["limits"])
    assert 1 <= more + len(days) <= binding


def test_limits_are_told_where_no_part_is_printed() -> None:
    """Two limits that bind, and a plan that mixes, in a file without a printer."""
    data = two_systems(limit_on("stock", 0.5), limit_on("orders", 1e9, name="wide")).to_dict()
    for part in data["parts"]:
        for field in ("print_cost", "printed_failure_probability_per_day", "expedite_cost"):
            part.pop(field, None)
    answer = amopt.solve(amopt.load({**data, "printer": {"price_per_year": 10.0}}))
    (row, _), (total,) = answer.rows["limits"], answer.rows["totals"]
    assert not total["printed_parts"]
    assert row["yearly_worth"] > 0
    assert total["base_stock"] % 1 > 0
    said = answer.headline()
    assert said[1] == "No part is worth printing."
    assert sum("binds: one more part is worth" in sentence for sentence in said) == 1
    assert sum("the plan mixes" in sentence for sentence in said) == 1
    assert said[-1].startswith("The printer costs 10.00 EUR a year and is not worth buying")


def test_a_price_that_is_not_known_is_not_told() -> None:
    instance = two_systems(limit_on("prints", 0.1, name="printer"))
    rows = [{**row, "yearly_worth": None} for row in limit_curve(instance, "printer", (0.1,))]
    (said,) = curve_in_words(instance, "printer", rows)
    assert "None" not in said
    assert said.startswith("at most 0.1 prints a cycle: ")
    assert said.endswith(" EUR.")
