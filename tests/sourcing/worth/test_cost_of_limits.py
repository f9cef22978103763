"""What limits cost, told with the plan: against solves without each, and only where it is quick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from amopt.errors import NoAnswerError, UsageError
from amopt.outcome import Outcome, Status, Stopped
from amopt.sourcing import check, decision, with_cost_of_limits, without_suppliers
from amopt.sourcing.worth import costs
from amopt.sourcing.worth.limits import limits_of
from tests.conftest import Run
from tests.sourcing.program.test_pooled import covers_and_brackets
from tests.sourcing.random_instances import crowded
from tests.sourcing.worth.test_worth import COVERS, HOURS, value

LICENSED = COVERS.model_copy(
    update={
        "licences": ({"part": "cover", "prints": 250},),
        "limits": {"budget": 6000},
    }
)


@pytest.fixture(autouse=True)
def on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing depend on how fast the machine is."""
    monkeypatch.setattr(costs, "QUICK_SECONDS", 1e9)


@pytest.mark.slow
def written(folder: Path, instance: Any) -> Path:
    path = folder / "file.yaml"
    data = instance.model_dump(mode="json", exclude_unset=True)
    path.write_text(yaml.safe_dump(data))
    return path


def test_each_limit_costs_what_a_plan_without_it_saves() -> None:
    """Every row of random instances is a difference of two solves, and the dearest come first."""
    looked = 0
    for seed in (1, 10, 12, 15, 18, 19, 20, 25):
        instance = amopt.load(crowded(seed))
        answer = with_cost_of_limits(amopt.solve(instance), instance)
        plain = answer.outcome.objective
        limits = {limit.words: limit for limit in limits_of(instance)}
        rows = answer.rows["limits"]
        assert {row["limit"] for row in rows} == set(limits)
        for row in rows:
            free = value(limits[row["limit"]].at(None))
            assert plain is not None
            assert free is not None
            assert row["costs"] == pytest.approx(plain - free, abs=3e-6 * abs(plain))
            assert row["costs_at_least"] == row["costs"] == row["costs_at_most"]
            looked += row["costs"] > 0
        known = [row["costs"] for row in rows]
        assert known == sorted(known, reverse=True)
        said = " ".join(answer.headline())
        assert all(row["limit"] in said for row in rows[:3] if row["costs"] > 0)
        assert check(instance, answer).accepted
    assert looked >= 5


def test_the_summary_names_the_limits_that_cost_most(
    tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    path = written(tmp_path, LICENSED)
    run = amopt_command("solve", path)
    assert run.code == 0, run.err
    said = " ".join(run.out.split())
    assert "each without it alone: the licence of 'cover', 250 prints (1,900.00 EUR)." in said
    assert "Left out: 1 limit that costs nothing: the budget, 6,000.00 EUR." in said
    run = amopt_command("solve", path, "--json")
    rows = {row["family"]: row for row in run.json["tables"]["limits"]}
    assert rows["prints"]["costs"] == pytest.approx(1900)
    assert (rows["prints"]["stated"], rows["prints"]["used"]) == (250, 0)
    assert rows["budget"]["costs"] == 0
    assert "limits" not in amopt_command("solve", path, "--no-worth", "--json").json["tables"]
    for asked in ((), ("--worth",)):
        run = amopt_command("solve", "sourcing/hangbar", *asked, "--json")
        assert "limits" not in run.json["tables"]
        assert ("The file states no limit." in run.json["notes"]) is bool(asked)


def test_many_limits_are_looked_at_only_where_asked(
    tmp_path: Path, amopt_command: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, LICENSED)
    monkeypatch.setattr(costs, "QUICK", 3)  # two limits of a part with two ways of supply
    run = amopt_command("solve", path, "--json")
    assert "limits" not in run.json["tables"]
    assert "2 limits are stated; solve with --worth to see what they cost." in run.json["notes"]
    run = amopt_command("solve", path, "--worth", "--json")
    assert len(run.json["tables"]["limits"]) == 2
    monkeypatch.setattr(costs, "QUICK", 4)
    assert "limits" in amopt_command("solve", path, "--json").json["tables"]
    monkeypatch.setattr(costs, "QUICK_SECONDS", -1.0)
    assert "limits" not in amopt_command("solve", path, "--json").json["tables"]


def test_a_rule_has_no_limits_that_cost(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    path = written(tmp_path, LICENSED.model_copy(update={"limits": {}}))
    run = amopt_command("solve", path, "--method", "frontier", "--json")
    assert (run.code, "limits" in run.json["tables"]) == (0, False)
    run = amopt_command("solve", path, "--method", "frontier", "--worth")
    assert run.code == 2
    assert "does not look for the least cost" in run.err
    plan = amopt.solve(HOURS)
    with pytest.raises(UsageError, match="does not look for the least cost"):
        with_cost_of_limits(plan, HOURS, method="frontier")
    assert with_cost_of_limits(plan, HOURS, method="frontier", only_if_quick=True) is plan


def test_limits_that_were_not_looked_at_are_not_said_to_cost_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = amopt.solve(LICENSED)

    def pressed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    def late(*_: Any, **__: Any) -> Any:
        outcome = Outcome(stopped=Stopped.TIME_LIMIT, status=Status.UNKNOWN)
        raise NoAnswerError("no plan was found", outcome=outcome)

    for way in (pressed, late):
        monkeypatch.setattr(decision, "solve", way)
        answer = with_cost_of_limits(plan, LICENSED)
        rows = answer.rows["limits"]
        assert [row["costs"] for row in rows] == [None, None]
        assert {row["family"] for row in rows} == {"prints", "budget"}
        said = " ".join(answer.headline())
        assert "No limit is proven to cost anything. What 2 limits cost is not known." in said
        assert check(LICENSED, answer).accepted


def test_the_referee_refuses_costs_that_cannot_be() -> None:
    answer = with_cost_of_limits(amopt.solve(LICENSED), LICENSED)
    for wrong in (
        {"costs_at_least": -1.0},
        {"costs": 5.0},
        {"costs_at_most": 5.0},
        {"costs": "much"},
        {"more": 1},
    ):
        rows = [{**answer.rows["limits"][0], **wrong}]
        edited = replace(answer, rows={**answer.rows, "limits": rows})
        assert not check(LICENSED, edited).accepted, wrong


def test_a_register_leaves_fewer_prints(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    """350 prints less 100 of an earlier plan: what is left costs 1,900, as 250 prints do."""
    roomy = COVERS.model_copy(update={"licences": ({"part": "cover", "prints": 350},)})
    few = roomy.model_copy(
        update={"lines": (roomy.lines[0].model_copy(update={"quantity": 100}),), "conventional": ()}
    )
    register = tmp_path / "prints.jsonl"
    answer = amopt.solve(few)
    amopt.sourcing.commit(answer, register)
    run = amopt_command("solve", written(tmp_path, roomy), "--register", register, "--json")
    assert run.code == 0, run.err
    (row,) = run.json["tables"]["limits"]
    assert (row["stated"], row["costs"]) == (250, pytest.approx(1900))


def test_a_plan_without_a_supplier(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    """Alpha gone: the mould is bought, 5,500, and 460 of brackets; both gone: no brackets."""
    path = written(tmp_path, amopt.load(covers_and_brackets()))
    run = amopt_command("solve", path, "--without", "alpha", "--json")
    assert run.code == 0, run.err
    assert run.json["outcome"]["objective"] == pytest.approx(5500 + 460)
    assert "As if 'alpha' took no orders; what is placed there stays." in run.json["notes"]
    assert {row["supplier"] for row in run.json["tables"]["orders"]} == {"beta", "conventional"}
    run = amopt_command("solve", path, "--without", "alpha", "--without", "beta", "--json")
    assert run.code == 4
    run = amopt_command("solve", path, "--without", "conventional", "--json")
    assert run.json["outcome"]["objective"] == pytest.approx(3600 + 460)
    run = amopt_command("solve", path, "--without", "alfa")
    assert run.code == 2
    assert "did you mean 'alpha'?" in run.err
    run = amopt_command("solve", "printing/mission", "--without", "alpha")
    assert (run.code, "is for sourcing" in run.err) == (2, True)


@pytest.mark.slow
def test_what_a_register_knows_is_counted_once_without_a_supplier_too(
    tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    """Of 300 prints 100 are placed and recorded: 200 more are left, and none of them is lost."""
    held = {"line": "1", "supplier": "alpha", "quantity": 100, "cost": 2000, "weeks": 1}
    placed = COVERS.model_copy(
        update={
            "licences": ({"part": "cover", "prints": 300},),
            "committed": (held,),
        }
    )
    path, register = written(tmp_path, placed), tmp_path / "prints.sqlite"
    few = amopt.load(yaml.safe_load(path.read_text()))
    line = few.lines[0].model_copy(update={"quantity": 100})
    amopt.sourcing.commit(amopt.solve(few.model_copy(update={"lines": (line,)})), register)
    for more in ((), ("--without", "conventional")):
        run = amopt_command("solve", path, "--register", register, *more, "--json")
        assert run.code == 0, run.err
        (row,) = run.json["tables"]["licences"]
        assert (row["planned"], row["placed_before"], row["left"]) == (300, 100, 0)


def test_without_a_supplier_as_worth_says_it() -> None:
    """The table of worth and a solve say the same, on random instances."""
    looked = 0
    for seed in range(1, 26):
        instance = amopt.load(crowded(seed))
        if value(instance) is None:
            continue
        for row in amopt.sourcing.worth_of_limits(instance, ["suppliers"]).rows["without"]:
            found = value(without_suppliers(instance, [row["supplier"]]))
            assert row["possible"] is (found is not None)
            looked += 1
    assert looked >= 8


def test_what_is_committed_at_a_supplier_that_is_left_out_stays() -> None:
    data = covers_and_brackets()
    data["lines"][0]["quantity"] = 101
    data["committed"] = [{"line": "a", "supplier": "alpha", "quantity": 1, "weeks": 1}]
    answer = amopt.solve(without_suppliers(amopt.load(data), ["alpha"]))
    held = [row for row in answer.rows["orders"] if row["committed"]]
    assert [row["supplier"] for row in held] == ["alpha"]
    assert answer.rows["totals"][0]["cost"] == pytest.approx(20 + 5500 + 460)
    with pytest.raises(UsageError, match="'gamma' supplies nothing; there are alpha, beta"):
        without_suppliers(amopt.load(data), ["gamma"])
