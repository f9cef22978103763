"""Worked numbers beside the plan, each by the command on a file: dates, rates, records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from amopt.sourcing.quotes.log import append
from tests.conftest import Run
from tests.sourcing.program.test_pooled import HAND, covers
from tests.sourcing.quotes.test_quotes import FILE, RECORDS
from tests.sourcing.worth.test_worth import file, offer

Command = Callable[..., Run]


def written(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / "question.yaml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def test_a_need_by_before_what_is_done_once(tmp_path: Path, amopt_command: Command) -> None:
    """1 + 3 + 1 + 0.5 weeks: in time by 5.5; by 5.4 neither that, nor conventionally in 6."""
    data = covers(**HAND["approved, prepared and finished"][0])
    for line in data["lines"]:
        line["need_by_weeks"] = 5.5
    run = amopt_command("solve", written(tmp_path, data), "--json")
    assert (run.code, run.json["outcome"]["objective"]) == (0, pytest.approx(5200))
    assert run.json["tables"]["totals"][0]["weeks"] == pytest.approx(5.5)
    for line in data["lines"]:
        line["need_by_weeks"] = 5.4
    run = amopt_command("solve", written(tmp_path, data), "--json")
    assert run.code == 4
    assert "5.5 weeks" in run.out


def test_the_bush_in_both_profiles(amopt_command: Command) -> None:
    """10,432 and 6,329.79; steel is worth it from 70.21 / 64 an hour, polymer always."""
    run = amopt_command("sourcing", "frontier", "sourcing/bush", "--json")
    rows = {row["material"]: row for row in run.json["tables"]["switchover"]}
    polymer, steel = rows["polymer"], rows["steel S355"]
    assert polymer["total_saving"] == pytest.approx(10_432)
    assert steel["total_saving"] == pytest.approx(6329.79)
    assert steel["break_even_cost_per_hour"] == pytest.approx(1.09703, abs=5e-6)
    assert (steel["break_even_says"], polymer["break_even_says"]) == ("from", "always")


def test_the_counts_of_table_4_by_command(amopt_command: Command) -> None:
    """Reduced lead time 15, scenario I without downtime 8, with it 14: all but the Fork Bar."""
    rows = amopt_command("sourcing", "frontier", "sourcing/table-4", "--json").json["tables"]
    own = rows["switchover"]
    sooner = {row["line"] for row in own if row["weeks_saved"] > 0}
    first = {row["line"] for row in own if row["scenario"] == "I"}
    waiting = {row["line"] for row in own if row["scenario_with_downtime"] == "I"}
    assert (len(sooner), len(first), len(waiting)) == (15, 8, 14)
    assert sooner - waiting == {"5"}


def test_both_frontiers_of_the_hangbar(amopt_command: Command) -> None:
    """The three suppliers that are joined, and one 58.66 below the line between two of them."""
    run = amopt_command("sourcing", "frontier", "sourcing/hangbar", "--json")
    rows = {row["supplier"]: row for row in run.json["tables"]["switchover"]}
    told = {name: row["source_frontier"] for name, row in rows.items()}
    assert [told[f"supplier-{n}"] for n in (1, 2, 3)] == ["combination", "cost", "time"]
    assert not told["supplier-4"]
    assert rows["supplier-4"]["below_source_frontier"] == pytest.approx(58.66, abs=0.005)
    assert [rows[f"supplier-{n}"]["on_frontier"] for n in (1, 2, 3, 4)] == [True] * 3 + [False]


@pytest.mark.parametrize(
    ("as_of", "paid", "age", "why"),
    [
        ("2026-03-05T08:00:00Z", 400, 4.0, {}),
        ("2026-03-09T09:29:00Z", 420, 6.98, {"alpha": "8.06 days old"}),
        ("2026-03-09T09:30:00Z", 420, 6.98, {}),
        ("2026-03-15T12:00:00Z", 550, 6.10, {"beta": "held until 2026-03-10"}),
        ("2026-03-25T00:00:00Z", 600, None, {"alpha": "2026-03-20", "beta": "2026-03-10"}),
    ],
)
def test_what_holds_as_of_a_time_is_ordered(
    as_of: str,
    paid: float,
    age: float | None,
    why: dict[str, str],
    tmp_path: Path,
    amopt_command: Command,
) -> None:
    """Ten bushes: 40 of alpha, 42 of beta, 55 of alpha's newer set, 60 conventionally."""
    append(tmp_path / "log.csv", RECORDS)
    path = written(tmp_path, {**FILE, "offers": [{**o, "largest_quantity": 20}
                                                 for o in FILE["offers"]]})  # fmt: skip
    run = amopt_command("solve", path, "--quotes", tmp_path / "log.csv", "--as-of", as_of, "--json")
    assert run.code == 0, run.err
    assert run.json["outcome"]["objective"] == pytest.approx(paid)
    (row,) = run.json["tables"]["orders"]
    told = row.get("quote_age_days")
    assert told is None if age is None else told == pytest.approx(age, abs=0.006)
    left = {r["supplier"]: r["why"] for r in run.json["tables"]["quotes"] if r["why"]}
    assert left.keys() == why.keys()
    assert all(why[name] in left[name] for name in why)


def test_from_which_price_an_offer_would_be_chosen(tmp_path: Path, amopt_command: Command) -> None:
    """Without alpha beta and gamma make 60 at 11 and 40 at 15; delta is chosen from 15 down."""
    data = file(
        offer("beta", (1, 11), largest_quantity=60),
        offer("gamma", (1, 15)),
        offer("delta", (1, 18)),
    ).model_dump(mode="json", exclude_unset=True)
    run = amopt_command("sourcing", "ranges", written(tmp_path, data), "--json")
    assert run.json["outcome"]["objective"] == pytest.approx(1260)
    (row,) = run.json["tables"]["not_chosen"]
    assert (row["supplier"], row["price"]) == ("delta", 18)
    assert row["chosen_from"] == pytest.approx(15)
