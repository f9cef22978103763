"""A printer that makes only so many parts a day: the base model, the full process, the bound."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import amopt
from amopt.cli import app
from amopt.errors import UsageError
from amopt.mdp.formulation import formulate
from amopt.phrases import money
from amopt.printing import closed_form
from amopt.printing.busy.alone import alone
from amopt.printing.busy.answer import bound_figure, busy
from amopt.printing.busy.figures import figures
from amopt.printing.busy.shared import kept_alone, priorities, simulated_extras
from amopt.printing.instance import PrintingInstance
from amopt.printing.process.processes import full_process
from amopt.printing.referee.studies.busy import check_busy
from amopt.report.page import render
from tests.planted import edits
from tests.printing.cases import in_units


def small(*, systems: int = 4, parts: int = 2, **changes: Any) -> Any:
    part = {
        "system": "truck",
        "order_cost": 100,
        "print_cost": 20,
        "failure_probability_per_day": 0.15,
        "printed_failure_probability_per_day": 0.4,
        "holding_cost_per_day": 2.0,
    }
    others = [{}, {"print_cost": 35, "expedite_cost": 160}]
    return amopt.load(
        {
            "amopt": 1,
            "kind": "printing",
            "name": "A few trucks",
            "cycle_days": 5,
            "criterion": "average",
            "systems": [{"name": "truck", "count": systems, "backorder_cost_per_day": 30}],
            "parts": [{**part, **others[k], "name": f"part {k}"} for k in range(parts)],
            "most_prints_per_day": 1,
            **changes,
        }
    )


@pytest.mark.parametrize("name", ["printing/mission", "printing/table-3-1-expedited"])
def test_as_many_prints_as_wait_are_the_base_model(name: str) -> None:
    parameters = amopt.load(name).parameters
    policy = closed_form.best_policy(parameters)
    cost = closed_form.cycle_cost(parameters, policy)
    for part in range(len(parameters)):
        one = parameters.take([part])
        for most in (None, int(one.systems[0])):
            found = alone(one, most)
            assert found.base_stock == policy.base_stock[part]
            assert found.cycle_cost == pytest.approx(cost[part], rel=1e-12)


@pytest.mark.parametrize("criterion", ["average", {"discount_per_day": 0.99}])
@pytest.mark.parametrize("most", [0, 1, 2])
@pytest.mark.parametrize("part", [0, 1])
def test_one_part_is_that_of_the_full_process(criterion: Any, most: int, part: int) -> None:
    parameters = small(criterion=criterion).parameters.take([part])
    built = full_process(parameters, 12, most_prints=most)
    solution = built.solve("policy_iteration")
    found = alone(parameters, most)
    assert found.cycle_cost == pytest.approx(built.cycle_cost(solution, parameters), rel=1e-9)
    assert built.policy(solution).base_stock[0] == found.base_stock


def test_one_part_is_that_of_the_linear_program() -> None:
    from pyomo.contrib.appsi.solvers import Highs

    parameters = small(systems=3, criterion={"discount_per_day": 0.95}).parameters.take([0])
    built = full_process(parameters, 8, most_prints=1)
    start = np.zeros(built.process.states)
    start[built.start] = 1.0
    model = formulate(built.process, start)
    Highs().solve(model)
    horizon = -np.expm1(parameters.cycle_days * np.log(0.95))
    assert model.objective() * horizon == pytest.approx(alone(parameters, 1).cycle_cost, rel=1e-6)


def test_fewer_prints_cost_more() -> None:
    parameters = small().parameters.take([0])
    cost = [alone(parameters, most).cycle_cost for most in range(5)]
    assert cost == sorted(cost, reverse=True)
    assert cost[0] > cost[1] > cost[4]
    without = closed_form.best_policy(parameters.without_printer())
    single = closed_form.cycle_cost(parameters.without_printer(), without)[0]
    assert cost[0] == pytest.approx(single, rel=1e-12)


def test_parts_at_a_free_printer_cost_each_other_nothing() -> None:
    for criterion in ("average", {"discount_per_day": 0.97}):
        parameters = small(criterion=criterion).parameters
        policy = closed_form.best_policy(parameters)
        stock, order = policy.base_stock, priorities(parameters, 99)
        drawn = simulated_extras(parameters, stock, order, 99, cycles=2_000, seed=2)
        assert np.abs(drawn).max() < 1e-9
        kept = kept_alone(parameters, order, 99, int(stock.max()))[range(len(stock)), stock]
        exact = closed_form.cycle_cost(parameters, policy)
        np.testing.assert_allclose(kept, exact, rtol=1e-12)


def test_the_plan_of_all_parts_stands_above_its_bound() -> None:
    total = busy(small(), cycles=20_000).rows["totals"][0]
    assert total["free_yearly_cost"] < total["bound"]
    assert total["yearly_cost"] + total["half_width"] >= total["bound"]
    assert total["yearly_cost"] < 1.2 * total["bound"]
    free = busy(small(most_prints_per_day=8), cycles=20_000).rows["totals"][0]
    assert free["bound"] == pytest.approx(free["free_yearly_cost"], rel=1e-12)
    assert free["half_width"] == 0.0
    assert free["yearly_cost"] == pytest.approx(free["bound"], rel=1e-12)


@pytest.mark.parametrize("parts", [1, 2])
def test_the_referee_finds_every_edit(parts: int) -> None:
    instance = small(systems=2, parts=parts)
    answer = busy(instance, cycles=5_000)
    plain = {table: [dict(row) for row in rows] for table, rows in answer.rows.items()}
    assert check_busy(instance, plain).accepted
    for table, rows in plain.items():
        for index, row in list(enumerate(rows))[:: max(1, len(rows) - 1)]:
            for column, cell in row.items():
                for edit in [*edits(cell, 1.0, ("wait", "expedite"))][:4]:
                    simulated = parts > 1 and column in ("yearly_cost", "half_width")
                    if simulated and isinstance(edit, float):
                        # Within what chance may do, a cost cannot be told from another.
                        edit = cell * 3.0 if column == "yearly_cost" else -cell
                    changed = [*rows[:index], {**row, column: edit}, *rows[index + 1 :]]
                    verdict = check_busy(instance, {**plain, table: changed})
                    assert not verdict.accepted, (table, column, cell, edit)
        if rows:
            assert not check_busy(instance, {**plain, table: rows[1:]}).accepted


@pytest.mark.parametrize("unit", [1.0, 1e-14])
def test_a_stock_that_is_not_the_best_is_refused(unit: float) -> None:
    instance = in_units(small(systems=2, parts=1), unit)
    rows = {table: [dict(row) for row in found] for table, found in busy(instance).rows.items()}
    assert check_busy(instance, rows).accepted
    rows["parts"][0]["alone_base_stock"] += 1
    findings = " ".join(check_busy(instance, rows).findings)
    assert "costs less (alone)" in findings


def test_what_it_does_not_look_at_is_refused() -> None:
    with pytest.raises(UsageError, match="most_prints_per_day"):
        busy(amopt.load("printing/table-3-1"))
    with pytest.raises(UsageError, match="limits"):
        busy(small(limits=[{"name": "prints", "measure": "prints", "at_most": 1}]))
    with pytest.raises(UsageError, match="too many"):
        busy(small(systems=500))


def test_command(tmp_path: Any) -> None:
    file = tmp_path / "busy.json"
    file.write_text(json.dumps(small().to_dict()))
    found = CliRunner().invoke(app, ["printing", "busy", str(file), "--cycles", "2000", "--json"])
    assert found.exit_code == 0, found.output
    assert '"priorities"' in found.output


def test_the_picture_falls_to_the_free_printer() -> None:
    pytest.importorskip("plotly")
    cost = list(bound_figure(small(systems=2)).data[0].y)
    assert cost == sorted(cost, reverse=True)
    free = busy(small(systems=2), cycles=2_000).rows["totals"][0]["free_yearly_cost"]
    assert cost[-1] == pytest.approx(free, rel=1e-12)


SHIP = PrintingInstance.from_dict(
    {
        "amopt": 1,
        "kind": "printing",
        "name": "A workshop whose parts hardly meet",
        "cycle_days": 5,
        "criterion": "average",
        "most_prints_per_day": 1,
        "systems": [
            {"name": "Winch", "count": 3, "backorder_cost_per_day": 120},
            {"name": "Pump", "count": 2, "backorder_cost_per_day": 300},
        ],
        "parts": [
            {
                "name": name,
                "system": system,
                "order_cost": order,
                "print_cost": cost,
                "failure_probability_per_day": often,
                "printed_failure_probability_per_day": 2.6 * often,
                "holding_cost_per_day": holding,
            }
            for name, system, order, cost, often, holding in (
                ("pawl", "Winch", 60, 90, 0.03, 0.6),
                ("impeller", "Pump", 200, 150, 0.02, 2.5),
            )
        ],
    }
)


def test_the_bound_is_one_and_no_cost_is_below_it() -> None:
    at_bound = 0
    for seed in range(1, 9):
        answer = busy(SHIP, cycles=5_000, seed=seed)
        total, outcome = answer.rows["totals"][0], answer.outcome
        assert outcome.bound == total["bound"]
        assert outcome.objective == total["yearly_cost"] >= total["bound"]
        at_bound += total["yearly_cost"] == total["bound"]
        assert money(total["half_width"], SHIP.currency) in answer.notes[0]
    assert 0 < at_bound < 8  # by chance, below the bound or above


def test_bars_that_differ_by_little_are_told_apart() -> None:
    pytest.importorskip("plotly")
    answer = busy(SHIP, cycles=20_000)
    (drawn,) = figures(SHIP, answer).values()
    low, high = drawn.layout.xaxis.range
    bars = list(drawn.data[0].x)
    assert low < min(bars) < max(bars) < high
    assert max(bars) - min(bars) > 0.1 * (high - low)
    assert "the axis begins above 0" in drawn.layout.xaxis.title.text
    wide = replace(answer, rows={"totals": [{**answer.rows["totals"][0], "yearly_cost": 5e3}]})
    (drawn,) = figures(SHIP, wide).values()
    assert drawn.layout.xaxis.range[0] == 0
    assert "begins" not in drawn.layout.xaxis.title.text


@pytest.mark.parametrize("parts", [1, 2])
def test_the_page_draws_what_a_busy_printer_costs(parts: int) -> None:
    pytest.importorskip("plotly")
    instance = small(systems=2, parts=parts)
    answer = busy(instance, cycles=2_000)
    (drawn,) = figures(instance, answer).values()
    total, (bars, *band) = answer.rows["totals"][0], drawn.data
    names = ["free_yearly_cost", "alone_yearly_cost", "bound", "yearly_cost"]
    assert list(bars.x) == [total[name] for name in names]
    assert len(band) == parts - 1  # one part is exact
    for line in band:
        assert line.x[1] - line.x[0] == pytest.approx(2 * total["half_width"])
        assert set(line.y) == {bars.y[3]}
    assert f"{instance.currency} a year" in drawn.layout.xaxis.title.text
    text = render(instance, answer, light=True)
    assert text.count("<figure>") == 1
    assert "What a busy printer costs" in text


@pytest.mark.parametrize(("most", "words"), [(1, "at most 1 print a day"), (2, "2 prints a day")])
def test_the_headline_counts_prints(most: int, words: str) -> None:
    answer = busy(small(systems=2, parts=1, most_prints_per_day=most), cycles=2_000)
    assert words in answer.headline()[0]


@pytest.mark.parametrize("most", [0, 100])
def test_what_no_cycle_was_drawn_for_is_not_called_simulated(most: int) -> None:
    answer = busy(small(systems=2, most_prints_per_day=most), cycles=2_000)
    total = answer.rows["totals"][0]
    assert total["half_width"] == 0.0
    assert total["yearly_cost"] == pytest.approx(total["bound"], rel=1e-9)
    assert answer.outcome.status == "optimal"
    assert "simulated" not in answer.outcome.method + " ".join(answer.notes)
