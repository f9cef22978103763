"""Two instances or two answers side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import amopt
from amopt.errors import UsageError
from amopt.report.compared import document_of
from amopt.scenarios.comparison import compare_answers, compare_instances
from tests.test_figures import fetched

TODAY, FUTURE = "placement/aircraft-today", "placement/aircraft-future"


def textbook(**other: Any) -> dict[str, Any]:
    data = amopt.load("placement/textbook").model_dump(by_alias=True, exclude_unset=True)
    return {**data, **other}


def test_nothing_changed_in_the_order_or_in_defaults_that_are_written_out() -> None:
    data = textbook()
    other = textbook(demand=list(reversed(data["demand"])), single_source=False)
    assert compare_instances(amopt.load(data), amopt.load(other)).rows == ()


def test_what_changed_is_named_by_the_names_of_its_entry() -> None:
    data = textbook()
    demand = [dict(row) for row in data["demand"]]
    demand[1]["per_year"] *= 1.5
    after = textbook(demand=demand, name="More")
    changes = {
        (row["table"], row["what"]): row
        for row in compare_instances(amopt.load(data), amopt.load(after)).rows
    }
    assert set(changes) == {("demand", "per_year"), ("instance", "name")}
    row = changes["demand", "per_year"]
    assert row["entry"] == demand[1]["place"]  # which tells the rows apart
    assert (row["before"], row["after"]) == (data["demand"][1]["per_year"], demand[1]["per_year"])
    assert row["relative_change"] == pytest.approx(50)
    assert changes["instance", "name"]["change"] is None


def test_entries_that_only_one_has() -> None:
    data = textbook()
    after = textbook(demand=data["demand"][:-1])
    (row,) = compare_instances(amopt.load(data), amopt.load(after)).rows
    assert (row["before"], row["after"]) == ("there", None)
    (back,) = compare_instances(amopt.load(after), amopt.load(data)).rows
    assert (back["before"], back["after"]) == (None, "there")


def test_answers_say_the_largest_change_of_money_first() -> None:
    before, after = (amopt.solve(amopt.load(name)) for name in (TODAY, FUTURE))
    found = compare_answers(before, after)
    money = [abs(row["change"]) for row in found.rows if row["unit"] == "money" and row["change"]]
    assert money == sorted(money, reverse=True)
    assert [row["unit"] for row in found.rows[: len(money)]] == ["money"] * len(money)
    objective = next(row for row in found.rows if row["what"] == "objective")
    assert objective["change"] == after.outcome.objective - before.outcome.objective
    assert compare_answers(before, before).rows == ()
    assert [side.status for side in found.worth or ()] == ["optimal", "optimal"]
    assert sum(found.tables.values()) == len(found.rows)
    # Objective, bound, bill and forms all tell the total: one bar.
    bars = document_of({"answers": found}).sections[0].figure.data[0]
    names = list(bars.hovertext)
    assert list(bars.x).count(objective["change"]) == 1
    assert "answer: objective" in names
    assert not [name for name in names if name in ("answer: bound", "total: optimum")]
    assert {"total: distributed", "machines: optimum"} <= set(names)
    assert "distributed: cost" not in names


def test_a_copy_is_told_from_its_first_and_keeps_its_digits(
    amopt_command: Any, tmp_path: Path
) -> None:
    """Somebody copies a file, keeps its name, and types another number."""
    data = textbook()
    for name, cost in (("a", 120.75), ("b", 1234567.125)):
        data["sites"][0]["yearly_cost"] = cost
        (tmp_path / f"{name}.json").write_text(json.dumps(data, default=str))
    said = amopt_command("compare", "a.json", "b.json", "--html-light", "c.html").out
    assert "customers (a.json) -> " in said
    assert "customers (b.json)" in said
    assert {"120.75", "1,234,567.125", "1,234,446.375"} <= set(said.split())
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "1,234,567.125" in page
    assert "(b.json)" in page


def test_decisions_are_not_compared_with_others() -> None:
    with pytest.raises(UsageError, match="nothing to compare"):
        compare_instances(amopt.load(TODAY), amopt.load("printing/mission"))


def test_the_command(amopt_command: Any, tmp_path: Path) -> None:
    data = textbook(name="<script>alert(1)</script>", hours_per_week=50.0)
    (tmp_path / "b.json").write_text(json.dumps(data, default=str))
    run = amopt_command("compare", "placement/textbook", "b.json", "--html", "c.html", "--json")
    assert (run.code, run.err) == (0, "")
    what = {row["what"] for row in run.json["data"]["changes"]}
    assert what == {"name", "hours_per_week"}
    assert run.json["answers"]["worth"]["after"]["status"] == "optimal"
    text = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert fetched(text) == []
    same = amopt_command("compare", "placement/textbook", "placement/textbook").out
    said = " ".join(same.split())
    assert said.count("Nothing changed.") == 2
    assert "Both: optimal, gap 0 %." in said
    assert "Cost over a year: 2,980.00 EUR, as before." in said
    dearer = textbook()
    dearer["sites"][0]["yearly_cost"] += 149.0
    (tmp_path / "d.json").write_text(json.dumps(dearer, default=str))
    said = " ".join(amopt_command("compare", "placement/textbook", "d.json").out.split())
    assert "Cost over a year: 3,129.00 EUR, 149.00 (5 %) more than 2,980.00." in said
    said = " ".join(amopt_command("compare", "d.json", "placement/textbook").out.split())
    assert "Cost over a year: 2,980.00 EUR, 149.00 (4.76 %) less than 3,129.00." in said
    for name, folder in ((TODAY, "a"), (FUTURE, "b")):
        assert amopt_command("solve", name, "--out", folder, "--quiet", "--no-forms").code == 0
    said = amopt_command("compare", "a", "b").out
    assert "objective" in said
    assert amopt_command("compare", "a", "b.json").code == 2


def test_gaps_of_proven_optima_are_the_same() -> None:
    """What is left of a gap is noise: a change of -36 % of it is none."""
    from amopt.scenarios.comparison import _change

    assert _change(0.0, 3e-16, 1e-6) is None
    assert _change(4e-7, 2e-7, 1e-6) is None
    assert _change(4e-7, 2e-3, 1e-6) == (pytest.approx(2e-3, rel=1e-3), pytest.approx(499900))
    assert _change(4e-7, 2e-7) == (pytest.approx(-2e-7), pytest.approx(-50))


def quoted_on(day: int, price: float = 40.0) -> Any:
    """Return an instance whose quotes were fetched on a day; alpha's are of a price."""
    return amopt.load(
        {
            "amopt": 1,
            "kind": "sourcing",
            "name": "quoted",
            "parts": [{"name": "cover"}, {"name": "lid"}],
            "lines": [{"line": "1", "part": "cover", "quantity": 100}],
            "quotes": {"log": "log.csv", "as_of": f"2026-03-{day:02}T09:00:00Z"},
            "offers": [
                {
                    "part": part,
                    "supplier": supplier,
                    "quoted": {
                        "source": "web",
                        "request": f"request {day}",
                        "fetched_at": f"2026-03-{day:02}T08:00:00Z",
                    },
                    "quotes": [
                        {"quantity": 1, "cost_per_part": 50, "lead_time_weeks": 1},
                        {"quantity": 100, "cost_per_part": cost, "lead_time_weeks": 2},
                    ],
                }
                for part in ("cover", "lid")
                for supplier, cost in (("alpha", price), ("beta", 39.0))
            ],
        }
    )


def test_quotes_that_were_only_fetched_again_are_one_row() -> None:
    same = compare_answers(amopt.solve(quoted_on(1)), amopt.solve(quoted_on(2)))
    (row,) = same.rows
    assert (row["table"], row["what"]) == ("quotes", "fetched_at, request")
    assert row["entry"] == "4 entries of which nothing else changed"
    found = compare_answers(amopt.solve(quoted_on(1)), amopt.solve(quoted_on(2, 38.0)))
    rows = [row for row in found.rows if row["table"] == "quotes"]
    told = {row["entry"] for row in rows}
    assert told == {"cover, alpha", "cover, beta", "2 entries of which nothing else changed"}
    moved = {row["what"] for row in rows if row["entry"] == "cover, beta"}
    assert moved == {"ordered", "fetched_at", "request"}  # these are its own: the order left it
