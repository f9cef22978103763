"""What policies do: distributions by states, by simulation, and by the referee."""

from __future__ import annotations

from dataclasses import replace
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
from amopt.printing import closed_form
from amopt.printing.behaviour import simulation
from amopt.printing.behaviour.distributions import Behaviour
from amopt.printing.behaviour.figures import exceedance, figures
from amopt.printing.behaviour.practice import todays_policy
from amopt.printing.behaviour.simulation import simulated_part
from amopt.printing.decision import best_policy
from amopt.printing.policy import Mix, Policy
from amopt.printing.referee.behaviour import check as referee
from tests.planted import edits

COUNTS = ("prints", "expedites", "orders", "down_days")


def remembered(known: dict[str, Any], name: str, function: Any) -> Any:
    """Return a function that works out what it was asked before only once."""

    def once(*given: Any) -> Any:
        key = name + repr(given)
        if key not in known:
            known[key] = function(*given)
        return known[key]

    return once


def small(**changes: Any) -> Any:
    part = {
        "name": "hinge",
        "system": "truck",
        "order_cost": 100,
        "print_cost": 20,
        "expedite_cost": 190,
        "failure_probability_per_day": 0.1,
        "printed_failure_probability_per_day": 0.3,
        "holding_cost_per_day": 0.3,
        "print_material_cm3": 1.5,
    }
    return amopt.load(
        {
            "amopt": 1,
            "kind": "printing",
            "name": "Three trucks",
            "cycle_days": 6,
            "criterion": "average",
            "systems": [{"name": "truck", "count": 3, "backorder_cost_per_day": 15}],
            "parts": [part, {**part, "name": "pin", "print_material_cm3": 0.4}],
            "policy": [
                {"part": "hinge", "base_stock": 2, "print_threshold": 2, "expedite_threshold": 5},
                {"part": "pin", "base_stock": 0, "print_threshold": 3},
            ],
            "material": {"non_stockout_probability": 0.99, "container_cm3": 4},
            **changes,
        }
    )


def by_states(instance: Any, policy: Policy, count: str) -> dict[int, float]:
    """Return the distribution of a count of the first part, state by state as the source has it."""
    parameters = instance.parameters.take([0])
    N, level = int(parameters.systems[0]), int(policy.base_stock[0])
    p_r, p_p = float(parameters.failure[0]), float(parameters.printed_failure[0])
    states = {(level, 0, 0): 1.0}  # net stock, printed parts, counted so far
    for n in range(instance.cycle_days - 1, -1, -1):
        after: dict[tuple[int, int, int], float] = {}
        for (net, printed, counted), chance in states.items():
            regular = N - printed - max(-net, 0)
            for lost, worn in product(range(regular + 1), range(printed + 1)):
                likely = binom.pmf(lost, regular, p_r) * binom.pmf(worn, printed, p_p)
                have, P, total = net - lost - worn, printed - worn, counted
                if n == 0:
                    total += level - have + P if count == "orders" else 0
                elif have < 0:
                    action = int(policy.action[n, 0])
                    total += -have if COUNTS.index(count) == {1: 0, 2: 1, 0: 3}[action] else 0
                    P, have = (P - have, 0) if action == 1 else (P, 0 if action == 2 else have)
                after[have, P, total] = after.get((have, P, total), 0.0) + chance * likely
        states = after
    found: dict[int, float] = {}
    for (_, _, total), chance in states.items():
        found[total] = found.get(total, 0.0) + chance
    return found


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("level", [0, 1, 4])
def test_the_distribution_is_that_of_the_states(count: str, level: int) -> None:
    instance = small()
    today = todays_policy(instance)
    policy = Policy(np.array([level, 0]), today.action)
    found = Behaviour(instance, policy).count(count, 0).chances
    for value, chance in by_states(instance, policy, count).items():
        assert found[value] == pytest.approx(chance, abs=1e-13)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


def test_means_are_those_of_the_closed_form_where_the_policy_mixes() -> None:
    instance = small()
    share = np.array([[0.2, 0.5, 0.3]] * instance.cycle_days)
    today = todays_policy(instance)
    policy = Policy(today.base_stock, today.action, {0: Mix({1: 0.25, 3: 0.75}, share)})
    behaviour, exact = Behaviour(instance, policy), closed_form.amounts(instance.parameters, policy)
    for count in COUNTS:
        for part in (0, 1):
            assert behaviour.count(count, part, 3).mean == pytest.approx(
                3 * getattr(exact, count)[part], rel=1e-9
            )
    stock = behaviour.cycles[0].stock
    assert np.arange(len(stock)) @ stock == pytest.approx(exact.stock_days[0] / 6, rel=1e-12)
    drawn = simulated_part(instance, 0, policy.take(0), cycles=40_000, random=3)
    for count in COUNTS:
        error = drawn[count].std() / 200
        assert abs(drawn[count].mean() - getattr(exact, count)[0]) < 4 * error


def test_the_simulation_agrees_and_repeats_itself() -> None:
    instance = small()
    answer = printing.simulate(instance, cycles=20_000, seed=5)
    assert all(row["agrees"] for row in answer.rows["simulation"])
    assert {row["plan"] for row in answer.rows["simulation"]} == {"optimum", "today"}
    again, other = (printing.simulate(instance, cycles=20_000, seed=seed) for seed in (5, 6))
    assert again.rows == answer.rows != other.rows


def test_a_function_is_a_policy() -> None:
    instance = small()

    def one_a_day(n: int, waiting: Any, printed: Any) -> Any:
        return np.minimum(waiting, 1), np.zeros_like(waiting)

    drawn = simulated_part(instance, 0, one_a_day, base_stock=1, cycles=2_000)
    assert drawn["prints"].mean() > 0
    assert drawn["prints"].max() <= instance.cycle_days - 1
    assert drawn["down_days"].mean() > 0
    with pytest.raises(UsageError, match="base_stock"):
        simulated_part(instance, 0, one_a_day, cycles=2_000)
    with pytest.raises(UsageError, match="more systems than wait"):
        simulated_part(instance, 0, lambda n, w, p: (w + 1, 0 * w), base_stock=1, cycles=2_000)


def test_quantiles_of_raw_material_are_those_of_the_simulation() -> None:
    """770 cm3 are printed in the source, by a normal approximation, for 99.9 % of the cycles."""
    instance = amopt.load("printing/mission-limited")
    data = {**instance.to_dict(), "limits": [], "material": {"non_stockout_probability": 0.999}}
    instance = amopt.load(data)
    policy = best_policy(instance)
    used = Behaviour(instance, policy).material()
    cycles, total = 100_000, 0.0
    for part, entry in enumerate(instance.parts):
        drawn = simulated_part(instance, part, policy.take(part), cycles=cycles, random=part)
        total = total + entry.print_material_cm3 * drawn["prints"]
    for value in (0.0, 100.0, 340.0, 770.0, 1300.0, 1699.0, 1766.0):
        exact = used.up_to(value)
        error = np.sqrt(exact * (1 - exact) / cycles)
        assert abs((total <= value + 1e-6).mean() - exact) < 4 * error
    assert used.mean == pytest.approx(81.276, abs=1e-3)
    assert used.up_to(770) == pytest.approx(0.9735, abs=1e-4)
    assert used.quantile(0.999) == pytest.approx(1766.0)


def test_the_level_of_raw_material_is_the_least_that_lasts() -> None:
    answer = printing.distributions(small())
    optimum, today = answer.rows["material"]
    used = Behaviour(small(), todays_policy(small())).material()
    assert used.up_to(today["level_cm3"]) >= 0.99 > used.up_to(today["level_cm3"] - used.step)
    assert today["containers_at_first"] == -(-today["level_cm3"] // 4)
    later = small(material={"non_stockout_probability": 0.99, "lead_cycles": 1})
    assert printing.distributions(later).rows["material"][0]["mean_cm3"] == pytest.approx(
        2 * optimum["mean_cm3"]
    )


def test_the_optimum_costs_no_more_than_today() -> None:
    rows = printing.distributions(small()).rows["comparison"]
    cost = {row["part"]: row["difference"] for row in rows if row["what"] == "yearly_cost"}
    assert all(difference >= -1e-9 for difference in cost.values())
    assert cost["all parts"] == pytest.approx(cost["hinge"] + cost["pin"])


@pytest.mark.long
def test_the_referee_finds_every_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, Any] = {}
    for name in ("Happening", "long_power", "used"):
        monkeypatch.setattr(referee, name, remembered(known, name, getattr(referee, name)))
    instance = small()
    policies = {"optimum": best_policy(instance), "today": todays_policy(instance)}
    answer = printing.distributions(instance)
    plain = {name: [dict(row) for row in table] for name, table in answer.rows.items()}
    assert printing.check_behaviour(instance, policies, plain).accepted
    for table in ("distributions", "comparison", "material"):
        rows = plain[table]
        chosen = {0, len(rows) - 1}
        for index in chosen:
            row = rows[index]
            for column, cell in row.items():
                for edit in [*edits(cell, 1.0, ("today", "optimum"))][:4]:
                    if edit == cell and type(edit) is type(cell):
                        continue
                    changed = [*rows[:index], {**row, column: edit}, *rows[index + 1 :]]
                    verdict = printing.check_behaviour(
                        instance, policies, {**plain, table: changed}
                    )
                    assert not verdict.accepted, (table, column, cell, edit)
        assert not printing.check_behaviour(instance, policies, {**plain, table: rows[1:]}).accepted


def test_the_referee_finds_a_simulation_of_something_else() -> None:
    instance = small()
    policies = {"optimum": best_policy(instance), "today": todays_policy(instance)}
    rows = printing.simulate(instance, cycles=5_000).rows
    first = dict(rows["simulation"][0])
    for column, edit in (
        ("part", "pin"),
        ("simulated_mean", first["exact_mean"] + 10 * first["half_width"] + 1),
        ("exact_mean", first["exact_mean"] * 1.01 + 0.01),
        ("agrees", not first["agrees"]),
        ("quantile_50", -1.0),
    ):
        changed = {**rows, "simulation": [{**first, column: edit}, *rows["simulation"][1:]]}
        if first["half_width"] or column != "agrees":
            assert not printing.check_behaviour(instance, policies, changed).accepted, column


def test_commands(tmp_path: Any) -> None:
    found = CliRunner().invoke(
        app, ["printing", "distributions", "printing/table-3-1", "--out", str(tmp_path / "a")]
    )
    assert found.exit_code == 0, found.output
    assert (tmp_path / "a" / "distributions.csv").exists()
    found = CliRunner().invoke(
        app, ["printing", "simulate", "printing/table-3-1", "--cycles", "1000", "--json"]
    )
    assert found.exit_code == 0
    assert '"simulation"' in found.output


def test_the_picture_falls_to_where_nothing_is_left() -> None:
    pytest.importorskip("plotly")
    figure = exceedance(small(), "material_cm3")
    for line in figure.data:
        assert list(line.y) == sorted(line.y, reverse=True)
    used = Behaviour(small(), todays_policy(small())).material()
    today = figure.data[1]
    assert today.y[0] == pytest.approx(1 - used.up_to(today.x[0]))
    with pytest.raises(UsageError, match="is not counted"):
        exceedance(small(), "stock")


def test_a_printer_that_is_hardly_ever_wanted_is_not_refused() -> None:
    """Variances of about 1e-6: the referee asks of them no more than transforms can give."""
    data = amopt.load("printing/table-3-1").to_dict()
    data["parts"] = [
        {
            "name": "part",
            "system": "few",
            "order_cost": 9.474074045425159,
            "print_cost": 10.27990312703249,
            "failure_probability_per_day": 0.005874471712687778,
            "printed_failure_probability_per_day": 0.5366077667916813,
            "holding_cost_per_day": 0.18948148090850317,
        }
    ]
    data["systems"] = [{"name": "few", "count": 6, "backorder_cost_per_day": 282.238}]
    data |= {"cycle_days": 3, "criterion": "average"}
    data["policy"] = [{"part": "part", "base_stock": 3, "print_threshold": 2}]
    answer = printing.distributions(amopt.load(data))
    seldom = [row for row in answer.rows["distributions"] if row["what"] == "prints"]
    assert 0.0 < min(row["variance"] for row in seldom if row["plan"] == "today") < 1e-5


def test_a_simulation_needs_no_raw_material() -> None:
    """Where one part states it and another one does not, nothing is added up."""
    parts = small().to_dict()["parts"]
    parts[1].pop("print_material_cm3")
    answer = printing.simulate(small(parts=parts, material=None), cycles=500)
    assert {row["what"] for row in answer.rows["simulation"]} == {*COUNTS, "stock"}
    parts[1].pop("print_cost")
    parts[1].pop("printed_failure_probability_per_day")
    policy = [{"part": "hinge", "base_stock": 2}, {"part": "pin", "base_stock": 0}]
    whole = printing.simulate(small(parts=parts, policy=policy), cycles=500)
    assert {row["what"] for row in whole.rows["simulation"]} == {*COUNTS, "stock", "material_cm3"}


@pytest.mark.parametrize("take", [1e-4, 1500.0])
def test_what_was_never_seen_is_judged_in_its_own_unit(
    take: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A simulation in which nothing happens does not agree with what often happens."""
    parts = [{**part, "print_material_cm3": take} for part in small().to_dict()["parts"]]
    instance = small(parts=parts)

    def nothing(instance: Any, part: int, policy: Any, **how: Any) -> Any:
        return {what: np.zeros(how["cycles"]) for what in (*COUNTS, "stock")}

    monkeypatch.setattr(simulation, "simulated_part", nothing)
    rows = simulation.simulation_rows(instance, todays_policy(instance), "today", cycles=1_000)
    often = [row for row in rows if row["part"] == "all parts" and row["what"] != "expedites"]
    assert {row["what"] for row in often} > {"prints", "orders", "material_cm3"}
    for row in often:
        if row["exact_mean"] > 0:
            assert not row["agrees"], row


def test_the_referee_looks_at_a_mean_without_a_band() -> None:
    instance = small()
    policies = {"optimum": best_policy(instance), "today": todays_policy(instance)}
    rows = printing.simulate(instance, cycles=500).rows
    index = next(k for k, row in enumerate(rows["simulation"]) if row["what"] == "orders")
    row = rows["simulation"][index]
    for still in (0.0, 50.0):
        told = {name: still for name in row if name.startswith(("quantile", "simulated"))}
        changed = [dict(one) for one in rows["simulation"]]
        changed[index] = {**row, **told, "half_width": 0.0}
        edited = {**rows, "simulation": changed}
        verdict = printing.check_behaviour(instance, policies, edited, cycles=500)
        assert not verdict.accepted, still
    never = [row for row in rows["simulation"] if not row["half_width"]]
    assert {row["exact_mean"] for row in never} == {0.0}
    told = {"quantile_99_9": 1.0}
    changed = [{**row, **(told if row is never[0] else {})} for row in rows["simulation"]]
    verdict = printing.check_behaviour(instance, policies, {**rows, "simulation": changed})
    assert not verdict.accepted


def test_the_picture_is_of_the_policy_that_was_given() -> None:
    """Of another one than the instance states, and where it states none."""
    pytest.importorskip("plotly")
    stated = todays_policy(small())
    given = replace(stated, base_stock=stated.base_stock + 2)
    for instance in (small(), small(policy=[])):
        answer = printing.distributions(instance, policy=given)
        drawn = figures(instance, answer)
        assert len(drawn) == 2
        for title, what in (("prints", "prints"), ("down days", "down_days")):
            (figure,) = (one for name, one in drawn.items() if f"many {title} are" in name)
            lines = {line.name: line for line in figure.data}
            assert set(lines) == {"optimum", "today"}
            chances = Behaviour(instance, given).count(what, None).chances
            more = 1.0 - np.cumsum(chances)
            today = lines["today"]
            assert list(today.y) == pytest.approx([more[int(x)] for x in today.x])


@pytest.mark.parametrize("study", [printing.distributions, printing.simulate])
def test_ctrl_c_leaves_the_parts_that_are_done(study: Any) -> None:
    """The third piece is not done: two parts are told, no sum of all, and the referee agrees."""
    instance = amopt.load("printing/mission")

    def press(ended: int, of: int) -> None:
        assert of == len(instance.parts) + 1
        if ended == 2:
            raise KeyboardInterrupt

    found = study(instance, progress=press)
    (table,) = [rows for name, rows in found.rows.items() if rows and name != "comparison"]
    assert {row["part"] for row in table} == {part.name for part in instance.parts[:2]}
    assert str(found.outcome.stopped) == "interrupted"
    assert found.verdict.accepted
    assert found.notes[0] == "Ctrl-C ended it: 2 of 15 parts and sums of parts are done."
    told = [(name, "optimum", part) for name in found.rows for part in ("1", "2", "3")]
    lacking = printing.check_behaviour(instance, found.policies, found.rows, told=told)
    assert not lacking.accepted
    with pytest.raises(KeyboardInterrupt):
        study(instance, progress=lambda *_: press(2, len(instance.parts) + 1))
