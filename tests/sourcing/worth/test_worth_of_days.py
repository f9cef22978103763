"""What a day of a need-by is worth where a place receives on working days: by changed files."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

import amopt
from amopt.sourcing import worth_of_limits

FRIDAY = date(2026, 12, 18)


def covers(need_by: date | None) -> dict[str, Any]:
    """Return a cheap offer that arrives on Saturday 19, and a dear one on Saturday 12."""
    due = {} if need_by is None else {"need_by": need_by.isoformat()}
    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Covers by a day",
        "order_date": "2026-11-30",
        "calendars": [{"name": "office", "working_days": ["mon", "tue", "wed", "thu", "fri"]}],
        "network": {
            "places": [
                {"name": "plant", "receives": "office"},
                {"name": "alpha"},
                {"name": "beta"},
            ],
            "lanes": [{"from": name, "to": "plant"} for name in ("alpha", "beta")],
        },
        "parts": [{"name": "cover"}],
        "lines": [
            {
                **due,
                "line": "1",
                "part": "cover",
                "place": "plant",
                "quantity": 2,
                "downtime_cost_per_hour": 1,
            }
        ],
        "offers": [
            {
                "supplier": name,
                "part": "cover",
                "between": "all_units",
                "quotes": [{"quantity": 1, "cost_per_part": cost, "lead_time_weeks": weeks}],
            }
            for name, cost, weeks in (("alpha", 100, 2.7), ("beta", 500, 1.7))
        ],
    }


def value(need_by: date | None) -> float | None:
    """Return what the changed file costs; None where it has no plan."""
    try:
        return amopt.solve(amopt.load(covers(need_by))).outcome.objective
    except amopt.errors.InfeasibleError:
        return None


@pytest.mark.sampled(3)
@pytest.mark.parametrize("days", range(-4, 4))
def test_a_day_of_a_need_by_is_worth_what_the_changed_file_says(days: int) -> None:
    need_by = FRIDAY + timedelta(days=days)
    plain, free = value(need_by), value(None)
    assert plain is not None
    assert free is not None
    (row,) = worth_of_limits(amopt.load(covers(need_by)), ["need_by"]).rows["worth"]
    more, less = (value(need_by + timedelta(days=n)) for n in (1, -1))
    assert (row["stated_day"], row["stated"]) == (
        need_by.isoformat(),
        pytest.approx((need_by - date(2026, 11, 30)).days / 7),
    )
    assert row["costs"] == pytest.approx(plain - free, abs=1e-3)
    assert row["worth_of_one_more"] == pytest.approx(plain - more, abs=1e-3)
    assert row["one_less_possible"] == (less is not None)
    if less is not None:
        assert row["cost_of_one_less"] == pytest.approx(less - plain, abs=1e-3)
    later = (need_by + timedelta(days=n) for n in range(1, 15))
    useful = next((day for day in later if value(day) < plain - 1e-3), None)
    assert row["useful_day"] == (useful and useful.isoformat())
    assert row["gain"] == (useful and pytest.approx(plain - value(useful), abs=1e-3))


def test_a_need_by_is_used_up_to_the_day_of_the_delivery() -> None:
    answer = worth_of_limits(amopt.load(covers(FRIDAY)), ["need_by"])
    (row,) = answer.rows["worth"]
    (line,) = amopt.solve(amopt.load(covers(FRIDAY))).rows["lines"]
    assert row["used_day"] == line["delivery_date"] == "2026-12-14"
    assert row["used"] == pytest.approx(2)
    said = " ".join(answer.headline())
    assert "A day more is worth nothing" in said
    assert "2026-12-21 saves 760.00 EUR" in said
