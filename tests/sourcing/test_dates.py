"""Dates in and out: weeks of seven days from the order date, received on working days."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import amopt
from amopt.errors import InfeasibleError, InvalidInstanceError, UsageError
from amopt.sourcing import check, replay
from amopt.sourcing.answer.purchase_orders import purchase_orders
from amopt.sourcing.events import Events
from amopt.sourcing.instance.calendars import Calendar, arrival, next_working, weeks_until
from amopt.verdict import Verdict
from tests.conftest import Run

OFFICE = Calendar(name="office")

FILE: dict[str, Any] = {
    "amopt": 1,
    "kind": "sourcing",
    "name": "Dates",
    "order_date": "2026-03-02",
    "calendars": [{"name": "office", "holidays": ["2026-04-03", "2026-04-06"]}],
    "network": {
        "places": [{"name": "plant", "receives": "office"}, {"name": "shop"}, {"name": "alpha"}],
        "lanes": [{"from": "alpha", "to": "plant"}, {"from": "alpha", "to": "shop"}],
    },
    "parts": [{"name": "bush"}],
    "lines": [
        {"line": "1", "part": "bush", "place": "plant", "quantity": 10},
        {"line": "2", "part": "bush", "place": "shop", "quantity": 10},
    ],
    "offers": [
        {
            "supplier": "alpha",
            "part": "bush",
            "material": material,
            "largest_quantity": 50,
            "quotes": [{"quantity": 1, "cost_per_part": price, "lead_time_weeks": weeks}],
        }
        for material, price, weeks in (("slow", 3, 2.6), ("quick", 4, 18 / 7))
    ],
}


def file(**line: Any) -> dict[str, Any]:
    data = copy.deepcopy(FILE)
    data["lines"][0] |= line
    return data


def test_the_day_of_delivery_is_a_working_day_of_the_place() -> None:
    """Monday 2 March and 2.6 weeks, 18.2 days: Saturday 21 March, received on Monday the 23rd."""
    answer = amopt.solve(amopt.load(FILE))
    assert [row["delivery_date"] for row in answer.rows["orders"]] == ["2026-03-23", "2026-03-21"]
    assert [row["delivery_date"] for row in answer.rows["lines"]] == ["2026-03-23", "2026-03-21"]
    assert "after 2.6 weeks, on 2026-03-23." in answer.headline()[0]
    without = amopt.load({**{n: v for n, v in FILE.items() if n != "order_date"}})
    assert {row["delivery_date"] for row in amopt.solve(without).rows["lines"]} == {None}


def test_a_need_by_on_a_sunday_is_one_on_the_friday_before() -> None:
    """By Sunday 22 March is by Friday the 20th, 18 days or 2.571429 weeks: 2.6 is late."""
    answer = amopt.solve(amopt.load(file(need_by="2026-03-22")))
    orders = {row["line"]: row for row in answer.rows["orders"]}
    assert [orders[n]["material"] for n in ("1", "2")] == ["quick", "slow"]
    assert orders["1"]["delivery_date"] == "2026-03-20"
    same = amopt.solve(amopt.load(file(need_by_weeks=18 / 7)))
    assert same.rows == answer.rows
    monday = amopt.solve(amopt.load(file(need_by="2026-03-23")))
    assert {row["material"] for row in monday.rows["orders"]} == {"slow"}
    for method in ("program", "prices", "frontier"):
        if method != "frontier":
            found = amopt.solve(amopt.load(file(need_by="2026-03-22")), method=method)
            assert found.outcome.objective == pytest.approx(70)


@pytest.mark.parametrize(
    ("ordered", "needed", "found"),
    [
        ("2026-03-07", "2026-03-08", True),  # Saturday and Sunday
        ("2026-03-07", "2026-03-07", True),
        ("2026-03-07", "2026-03-09", False),  # received on Monday
        ("2026-03-06", "2026-03-08", False),  # received on Friday
        ("2026-04-03", "2026-04-06", True),  # holidays, and the weekend between them
        ("2026-04-03", "2026-04-07", False),
        ("2026-03-07", "2026-03-06", True),
    ],
)
def test_nothing_is_received_where_no_day_is_a_working_day(
    ordered: str, needed: str, found: bool
) -> None:
    """What takes no time is received by the need-by, or the need-by is refused."""
    data = file(need_by=needed) | {"order_date": ordered}
    for offer in data["offers"]:
        offer["quotes"][0]["lead_time_weeks"] = 0
    if found:
        with pytest.raises(InvalidInstanceError) as error:
            amopt.load(data)
        assert [finding.code for finding in error.value.findings] == ["need-by-past"]
        elsewhere = copy.deepcopy(data)
        elsewhere["lines"][0]["place"] = "shop"  # receives on any day
        if needed >= ordered:
            assert amopt.solve(amopt.load(elsewhere)).verdict.accepted
        return
    answer = amopt.solve(amopt.load(data))
    assert answer.rows["lines"][0]["delivery_date"] <= needed


def test_the_referee_refuses_what_no_day_of_the_place_receives() -> None:
    """An answer of another instance, whose need-by was on a working day."""
    data = file(need_by="2026-03-09") | {"order_date": "2026-03-07"}
    for offer in data["offers"]:
        offer["quotes"][0]["lead_time_weeks"] = 0
    instance = amopt.load(data)
    answer = amopt.solve(instance)
    assert answer.rows["lines"][0]["delivery_date"] == "2026-03-09"
    line = instance.lines[0].model_copy(update={"need_by": date(2026, 3, 8)})
    late = instance.unchecked_copy(lines=(line, *instance.lines[1:]))
    assert late.need_by_weeks(line) == pytest.approx(-1 / 7)
    assert "weeks to need-by" in " ".join(check(late, answer).findings)


def test_a_new_line_that_nobody_can_deliver_in_time_is_refused() -> None:
    """The event is on a Saturday, and the line is needed on the Sunday; week 0 was long before."""
    data = file() | {"lines": []}
    line = {"line": "1", "part": "bush", "place": "plant", "quantity": 10}
    for needed, found in (("2026-03-08", True), ("2026-03-06", True), ("2026-03-27", False)):
        event = {"date": "2026-03-07", "new_line": {**line, "need_by": needed}}
        events = Events(name="needs", start="2026-03-02", events=(event,))  # type: ignore[arg-type]
        if found:
            with pytest.raises(InvalidInstanceError, match="need-by-past"):
                replay(amopt.load(data), events)
        else:
            (row,) = replay(amopt.load(data), events).rows["decisions"]
            assert row["delivered_date"] <= needed


def test_what_would_mend_a_date_is_a_date_and_mends_it() -> None:
    with pytest.raises(InfeasibleError) as error:
        amopt.solve(amopt.load(file(need_by="2026-03-19")))
    assert error.value.conflict == ("the need-by of line '1', 2026-03-19",)
    assert error.value.remedies == ("move the need-by of line '1' to 2026-03-20",)
    amopt.solve(amopt.load(file(need_by="2026-03-20")))


def test_a_committed_order_has_its_day_of_delivery() -> None:
    data = file()
    data["committed"] = [
        {"line": "1", "supplier": "alpha", "quantity": 4, "cost": 9, "delivery": "2026-04-03"}
    ]
    answer = amopt.solve(amopt.load(data))
    placed = next(row for row in answer.rows["orders"] if row["committed"])
    assert placed["weeks"] == pytest.approx(32 / 7)
    assert placed["delivery_date"] == "2026-04-03"  # as agreed, on a holiday too
    data["committed"][0]["weeks"] = 1
    with pytest.raises(InvalidInstanceError, match="need-by-twice"):
        amopt.load(data)


def test_the_referee_recomputes_dates() -> None:
    instance = amopt.load(FILE)
    answer = amopt.solve(instance)
    for table in ("orders", "lines"):
        for wrong in ("2026-03-21", "2026-03-24", None, date(2026, 3, 23)):
            rows = copy.deepcopy(dict(answer.rows))
            rows[table][0]["delivery_date"] = wrong  # type: ignore[index]
            verdict = check(instance, replace(answer, rows=rows))
            assert not verdict.accepted
            assert "delivery_date" in verdict.findings[0]


def test_a_replay_counts_a_date_from_its_start() -> None:
    """The line of the 9th is needed by the 27th, 18 days later: the slow offer is late."""
    data = file()
    data["lines"] = []
    events = Events(
        name="needs",
        start="2026-03-02",  # type: ignore[arg-type]
        events=(
            {
                "date": "2026-03-09",
                "new_line": {
                    "line": "1",
                    "part": "bush",
                    "place": "plant",
                    "quantity": 10,
                    "need_by": "2026-03-29",
                },
            },
        ),
    )
    found = replay(amopt.load(data), events)
    (row,) = found.rows["decisions"]
    assert row["material"] == "quick"
    assert row["delivered_date"] == "2026-03-27"
    assert found.rows["lines"][0]["delivered_date"] == "2026-03-27"


def test_one_purchase_order_a_supplier_that_can_be_mailed(
    tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    data = file()
    data["network"] = {"places": []}
    data["calendars"] = []
    data["lines"] = [
        {"line": f"-{n}", "part": part, "quantity": 10 + n}
        for n, part in enumerate(("bush", "@cover", "@cover"))
    ]
    data["parts"].append({"name": "@cover"})
    data["offers"] = [
        {**FILE["offers"][0], "supplier": name, "part": part, "material": "+PA12"}
        for name, part in (("=Alpha & Co", "bush"), ("alpha, co", "@cover"))
    ]
    data["committed"] = [
        {"line": "-0", "supplier": "=Alpha & Co", "quantity": 4, "cost": 9, "weeks": 1}
    ]
    answer = amopt.solve(amopt.load(data))
    orders = purchase_orders(answer)
    assert [len(rows) for rows in orders.values()] == [2, 3]  # the last row is the total
    stated = [rows[-1]["amount"] for rows in orders.values()]
    assert stated == [round(amount, 2) for amount in stated]
    new = sum(row["cost"] for row in answer.rows["orders"] if not row["committed"])
    assert sum(stated) == pytest.approx(new, abs=0.011)
    answer.save(tmp_path / "answer")
    run = amopt_command("sourcing", "orders", tmp_path / "answer", "--out", tmp_path / "mail")
    assert run.code == 0, run.err
    files = sorted((tmp_path / "mail").iterdir())
    assert [f.name for f in files] == [
        "purchase-order-alpha-co-2.csv",
        "purchase-order-alpha-co.csv",
    ]
    for path in files:
        *rows, total = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        assert total["item"] == "total"
        for row in rows:
            assert row["order_date"] == "2026-03-02"
            assert row["delivery_date"] == "2026-03-21"
            assert row["material"] == "'+PA12"
            assert not any(cell[:1] in "=+-@" for cell in row.values() if cell)
    again = amopt_command("sourcing", "orders", tmp_path / "answer", "--out", tmp_path / "mail")
    assert again.code == 2
    with pytest.raises(UsageError, match="did not accept"):
        purchase_orders(replace(answer, verdict=Verdict(("wrong",))))
    with pytest.raises(UsageError, match="no orders"):
        purchase_orders(amopt.solve(amopt.load("printing/mission")))


DAYS = st.integers(0, 60).map(lambda n: date(2026, 3, 2) + timedelta(days=n))
CALENDARS = st.builds(
    lambda days, holidays: Calendar(
        name="c", working_days=tuple(sorted(days)), holidays=tuple(sorted(holidays))
    ),
    st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1),
    st.sets(DAYS, max_size=12),
)


@given(st.one_of(st.none(), CALENDARS), DAYS, DAYS, st.floats(0, 12))
def test_a_date_as_weeks_loses_nothing(
    calendar: Calendar | None, begin: date, due: date, weeks: float
) -> None:
    """What is received by a day is what arrives within the weeks that the day stands for."""
    received = arrival(begin, weeks, calendar)
    assert received is not None
    in_time = 7 * weeks - 1e-6 <= 7 * weeks_until(begin, due, calendar)
    assert (received <= due) == in_time
    day = begin + timedelta(days=ceil(7 * weeks - 1e-6))
    assert received == next_working(day, calendar)
    assert received >= day
    assert calendar is None or calendar.works(received)
