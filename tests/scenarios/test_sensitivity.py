"""Which inputs move the answer most."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt import decisions
from amopt.errors import NoAnswerError, UsageError
from amopt.outcome import Status, Stopped
from amopt.scenarios.sensitivity import inputs, sensitivity
from tests.placement.test_orders import random_orders
from tests.screening import cases
from tests.test_figures import fetched


def rows_of(found: Any) -> dict[str, Any]:
    return {row["input"]: row for row in found.rows}


def test_each_input_is_what_solving_a_changed_file_gives() -> None:
    instance = amopt.load("placement/textbook")
    found = sensitivity(instance, step=0.2)
    rows = rows_of(found)
    assert set(rows) == {one.name for one in inputs(instance)}
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    for factor, side in ((0.8, "lowered"), (1.2, "raised")):
        demand = [{**row, "per_year": row["per_year"] * factor} for row in data["demand"]]
        more = amopt.solve(amopt.load({**data, "demand": demand})).outcome.objective
        assert rows["demand: per_year"][side] == pytest.approx(more, rel=1e-9)
        part = data["parts"][0]
        prints = [{**one, "hours": one["hours"] * factor} for one in part["print"]]
        other = {**data, "parts": [{**part, "print": prints}, *data["parts"][1:]]}
        slower = amopt.solve(amopt.load(other)).outcome.objective
        assert rows["part_print: hours"][side] == pytest.approx(slower, rel=1e-9)
    swings = [row["swing"] for row in found.rows]
    assert swings == sorted(swings, reverse=True)
    assert found.rows[0]["input"].replace("_", " ") in found.headline()


def test_an_input_that_does_not_matter_moves_nothing() -> None:
    row = rows_of(sensitivity(amopt.load("placement/textbook")))["conventional: lead_time_weeks"]
    assert (row["change_lowered"], row["change_raised"], row["swing"]) == (0, 0, 0)


def test_the_unit_of_the_objective_is_no_input() -> None:
    """A plan is not dearer because its cost weighs more; a price of CO2 beside it is an input."""
    instance = amopt.load("placement/textbook")
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    weighted = amopt.load({**data, "minimise": {"cost": 1.0, "kg_co2": 0.05}})
    named = {one.name for one in inputs(weighted)}
    assert "minimise.kg_co2" in named
    assert "minimise.cost" not in named


def test_a_factor_between_units_is_no_input() -> None:
    """How many weeks a month has is known."""
    rows = [{**row, "Lead (months)": row["lead_time_weeks"] / 4} for row in cases.TEMPLATE_ROWS]
    for row in rows:
        del row["lead_time_weeks"]
    column = {"attribute": "lead_time_weeks", "heading": "Lead (months)", "factor": 4.345}
    instance = amopt.load({**cases.data(), "portfolio": {"rows": rows, "columns": [column]}})
    assert not [one.name for one in inputs(instance) if "factor" in one.name]


def test_what_is_not_in_the_objective_is_left_out_and_said() -> None:
    """Orders beside demand are printed after the plan: no price of theirs moves its cost."""
    data = random_orders(0)
    data["demand"] = [{"place": "client", "part": "jig", "per_year": 300.0}]
    for site in data["sites"]:
        site |= {"owned": [], "yearly_cost": 10.0}
    found = sensitivity(amopt.load(data))
    assert not [row for row in found.rows if row["input"].startswith(("orders", "commitments"))]
    assert "Left out, since it is not in the cost" in found.headline()
    assert found.headline().endswith(": orders.")
    alone = inputs(amopt.load("placement/orders"))
    assert "orders: late_cost_per_week" in {one.name for one in alone}
    headline = " ".join(amopt.solve(amopt.load(data), forms=False).headline())
    assert "in all, the dated orders apart" in headline
    assert "beside the plan" in headline


def test_a_step_that_leaves_no_plan_comes_first_and_says_so() -> None:
    instance = amopt.load("placement/textbook")
    data = instance.model_dump(by_alias=True, exclude_unset=True)
    tight = amopt.load({**data, "limits": {"budget": 2990.0}})
    found = sensitivity(tight)
    first = found.rows[0]
    assert first["note"].startswith(("lowered: ", "raised: "))
    assert rows_of(found)["limits.budget"]["lowered"] is None
    assert rows_of(found)["demand: per_year"]["raised"] is None
    assert rows_of(found)["demand: per_year"]["lowered"] == pytest.approx(2732)
    assert found.headline().startswith("demand: per year moves")


@pytest.mark.slow
def test_whole_things_move_by_whole_steps() -> None:
    rows = rows_of(sensitivity(amopt.load("sourcing/hangbar")))
    assert rows["lines: quantity"]["note"] == ""
    assert rows["lines: quantity"]["raised"] is not None


def test_solves_may_run_elsewhere() -> None:
    instance = amopt.load("printing/mission")
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as executor:
        there = sensitivity(
            instance, executor=executor, progress=lambda ended, of: told.append((ended, of))
        )
    assert there == sensitivity(instance)
    assert told == [(ended, 2 * len(there.rows)) for ended in range(2 * len(there.rows) + 1)]


def test_a_gap_travels_with_every_number(
    monkeypatch: pytest.MonkeyPatch, amopt_command: Any
) -> None:
    """Where not every answer is optimal, the table says how far each is proven."""
    solve = decisions.solve

    def loose(*args: Any, **options: Any) -> Any:
        found = solve(*args, **options)
        bound = 0.98 * found.outcome.objective
        outcome = replace(found.outcome, status=Status.FEASIBLE, bound=bound)
        return replace(found, outcome=outcome)

    monkeypatch.setattr(decisions, "solve", loose)
    found = sensitivity(amopt.load("printing/mission"))
    assert found.base.gap == pytest.approx(0.02)
    for row in found.rows:
        assert row["gap_raised"] == pytest.approx(0.02)
        assert row["bound_raised"] == pytest.approx(0.98 * row["raised"])
        assert row["status_raised"] == "feasible"
    said = " ".join(amopt_command("sensitivity", "printing/mission").out.split())
    assert "feasible, gap 2 %." in said
    assert "Not every answer is optimal (gap 2 % at worst)" in said


@pytest.mark.parametrize("with_a_plan", [True, False])
def test_ctrl_c_leaves_the_inputs_that_were_tried(
    with_a_plan: bool, monkeypatch: pytest.MonkeyPatch, amopt_command: Any, tmp_path: Path
) -> None:
    """The solve at hand counts with its best until then, and all says that there are others."""
    solve, calls = decisions.solve, []

    def interrupted(*args: Any, **options: Any) -> Any:
        calls.append(1)
        found = solve(*args, **options)
        if len(calls) < 5:
            return found
        outcome = replace(
            found.outcome, status=Status.FEASIBLE, stopped=Stopped.INTERRUPTED, bound=0.0
        )
        if not with_a_plan:
            raise NoAnswerError("Ctrl-C ended it", outcome=outcome)
        return replace(found, outcome=outcome)

    monkeypatch.setattr(decisions, "solve", interrupted)
    page = tmp_path / "page.html"
    run = amopt_command("sensitivity", "printing/mission", "--html-light", str(page))
    assert (run.code, len(calls)) == (0, 5)
    said = " ".join(run.out.split())
    more = ", and 1 more has its best until then" if with_a_plan else ""
    every = re.search(rf"Ctrl-C ended it: 3 of (\d+) solves are done{more}\. What was", said)
    assert every, said
    assert "most of those that were tried" in said
    assert ("Not every answer is optimal" in said) is with_a_plan
    assert "leave none" not in said
    assert "Ctrl-C ended it" in page.read_text()
    calls.clear()
    told = amopt_command("sensitivity", "printing/mission", "--json").json
    assert (told["stopped"], told["done"], told["of"]) == ("interrupted", 3, int(every[1]))
    assert len(told["inputs"]) == 2
    untried = [row for row in told["inputs"] if row["raised"] is None]
    assert len(untried) == (0 if with_a_plan else 1)
    assert all(row["note"] == "" for row in told["inputs"])
    calls[:] = [1] * 4  # the instance as it is
    told = amopt_command("sensitivity", "printing/mission", "--json")
    if with_a_plan:
        assert (told.json["done"], told.json["inputs"], told.json["gap"]) == (0, [], 1.0)
        calls[:] = [1] * 4
        assert "No input was tried." in amopt_command("sensitivity", "printing/mission").out
    else:
        assert told.code == 130


@pytest.mark.parametrize("step", [0, 1, -0.1, float("nan"), "x"])
def test_a_step_is_a_share(step: Any) -> None:
    with pytest.raises(UsageError, match="the step must be"):
        sensitivity(amopt.load("printing/mission"), step=step)


def test_a_change_that_leaves_no_plan_says_why_in_the_terminal(
    amopt_command: Any, tmp_path: Path
) -> None:
    data = amopt.load("placement/textbook").model_dump(by_alias=True, exclude_unset=True)
    file = tmp_path / "tight.json"
    file.write_text(json.dumps({**data, "limits": {"budget": 2990.0}}))
    said = amopt_command("sensitivity", str(file))
    lines = [line for line in said.out.splitlines() if line.startswith("limits.budget, ")]
    assert lines, said.out
    assert lines[0].startswith("limits.budget, lowered: ")
    assert "changes leave none." in said.out


def test_the_command(amopt_command: Any, tmp_path: Path) -> None:
    run = amopt_command("sensitivity", "printing/mission", "--html", "s.html")
    assert (run.code, run.err) == (0, "")
    assert "systems: count moves the average cost a day most" in run.out
    assert fetched((tmp_path / "s.html").read_text(encoding="utf-8")) == []
    assert "As it is: average cost a day 25.08 EUR, optimal, gap 0 %." in run.out
    assert "Every answer is optimal." in run.out
    run = amopt_command("sensitivity", "printing/mission", "--json")
    assert run.json["inputs"][0]["input"] == "systems: count"
    assert (run.json["status"], run.json["gap"]) == ("optimal", pytest.approx(0, abs=1e-9))
    assert {row["status_raised"] for row in run.json["inputs"]} <= {"optimal", None}
    assert amopt_command("sensitivity", "printing/mission", "--step", "3").code == 2
    assert amopt_command("sensitivity", "printing/mission", "--workers", "0").code == 2


def _pump() -> dict[str, Any]:
    """Return a design whose component is in each system twice."""
    data = amopt.load("design/valve-block").to_dict()
    base = [{"systems": 40, "probability": 0.3}, {"systems": 80, "probability": 0.7}]
    part = {**data["components"][0], "pieces_per_system": 2}
    return {**data, "components": [part], "installed_base": base}


def test_the_step_of_a_whole_number_is_said_as_it_was() -> None:
    """Two pieces become one or three: that is half of them, not the tenth that was asked for."""
    found = sensitivity(amopt.load(_pump()))
    rows = rows_of(found)
    assert rows["components: pieces_per_system"]["largest_step"] == pytest.approx(50)
    assert rows["installed_base: systems"]["largest_step"] == pytest.approx(10)
    assert rows["months"]["largest_step"] == pytest.approx(10)
    assert found.rows[0]["input"] == "components: pieces_per_system"
    assert "most: a whole step, up to 50 % of it, is" in found.headline()


@pytest.mark.slow
def test_why_a_change_is_not_valid_is_said_of_the_step_that_was_asked_for() -> None:
    """Of probabilities a tenth more is too much in all; whole steps are not for them."""
    note = rows_of(sensitivity(amopt.load(_pump())))["installed_base: probability"]["note"]
    lowered, raised = note.split("; ")
    assert "sum to 0.9" in lowered
    assert "sum to 1.1" in raised


def test_whole_steps_in_the_terminal(amopt_command: Any, tmp_path: Path) -> None:
    file = tmp_path / "pump.json"
    file.write_text(json.dumps(_pump()))
    assert "largest step" in " ".join(amopt_command("sensitivity", str(file)).out.split())
    said = amopt_command("sensitivity", "licensing/two-buyers").out
    assert "largest" not in said
