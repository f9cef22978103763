"""Worked numbers, each by the command on a file: duties on a share, dates, worth, ranges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Run
from tests.sourcing.program.test_pooled import covers, covers_of_two, incremental
from tests.sourcing.test_dates import file as dated
from tests.sourcing.worth.test_worth import HOURS, file, offer

Told = Callable[..., Any]


@pytest.fixture
def told(tmp_path: Path, amopt_command: Callable[..., Run]) -> Told:
    """Return what a command tells of an instance that is written to a file."""

    def tell(data: dict[str, Any], *command: str) -> Any:
        path = tmp_path / "question.yaml"
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        run = amopt_command(*(command or ("solve",)), path, "--json")
        assert run.code == 0, run.err
        assert run.json["outcome"]["status"] == "optimal"
        return run.json

    return tell


def row_of(told: Any, table: str) -> dict[str, Any]:
    (row,) = told["tables"][table]
    return row  # type: ignore[no-any-return]


def test_duty_on_half_of_an_order(told: Told) -> None:
    """Eight parts, 20 each and 14 beyond four, cost 80 + 56: 17 a part."""
    data = incremental(a=4, b=4)
    data["network"]["lanes"][1]["duty_percent"] = 6.5
    found = told(data)
    assert found["outcome"]["objective"] == pytest.approx(136 + 0.065 * 4 * 17)
    assert found["referee"]["accepted"]


def test_a_need_by_on_a_sunday(told: Told) -> None:
    """2.6 weeks from 2 March are received on the 23rd: late for Sunday the 22nd."""
    orders = told(dated())["tables"]["orders"]
    assert [row["delivery_date"] for row in orders] == ["2026-03-23", "2026-03-21"]
    first = told(dated(need_by="2026-03-22"))["tables"]["orders"][0]
    assert (first["material"], first["delivery_date"]) == ("quick", "2026-03-20")


@pytest.mark.parametrize(
    ("weeks", "day"), [((0.8, 0.0), "2026-04-09"), ((4 / 7, 0.0), "2026-04-03")]
)
def test_an_order_before_easter(told: Told, weeks: tuple[float, float], day: str) -> None:
    """Closed 3 to 6 April: 5.6 days become 9.6, and 4 days end before it."""
    data = covers(
        orders="by_line",
        lines=[{"line": "1", "part": "cover", "quantity": 5}],
        order_date="2026-03-30",
        suppliers=[{"supplier": "alpha", "closed": [{"from": "2026-04-03", "to": "2026-04-06"}]}],
    )
    data["offers"][0]["quotes"] = [
        {"quantity": 1, "cost_per_part": 20, "lead_time_weeks": weeks[0]}
    ]
    assert row_of(told(data), "orders")["delivery_date"] == day


def test_two_hundred_and_fifty_prints(told: Told) -> None:
    """5,500: one print more or less is worth nothing, 300 save 1,900; the hint is 19/3."""
    data = covers(licences=[{"part": "cover", "prints": 250}])
    found = told(data, "sourcing", "worth")
    assert found["outcome"]["objective"] == pytest.approx(5500)
    row = row_of(found, "worth")
    assert (row["worth_of_one_more"], row["cost_of_one_less"]) == (0, 0)
    assert (row["next_useful"], row["gain"]) == (300, pytest.approx(1900))
    assert row["hint"] == pytest.approx(19 / 3)


@pytest.mark.parametrize(("hours", "less"), [(30.0, 0), (25.0, 4)])
def test_hours_of_a_printer(told: Told, hours: float, less: float) -> None:
    """1,100 with 30 hours: 38 are of use and save 4; free to 25 hours, 1,104 at 24."""
    data = HOURS.model_dump(mode="json", exclude_unset=True)
    data["capacities"][0]["machine_hours"] = hours
    found = told(data, "sourcing", "worth")
    assert found["outcome"]["objective"] == pytest.approx(1100)
    row = row_of(found, "worth")
    assert row["cost_of_one_less"] == pytest.approx(less)
    assert (row["next_useful"], row["gain"]) == (38, pytest.approx(4))


def test_prices_up_to_which_offers_stay(told: Told) -> None:
    """The pooled covers up to 18.33; of three, alpha keeps all up to 11 and some up to 15."""
    row = row_of(told(covers(), "sourcing", "ranges"), "ranges")
    assert row["chosen_up_to"] == pytest.approx(12 + 19 / 3)
    three = file(
        offer("alpha", (1, 10)),
        offer("beta", (1, 11), largest_quantity=60),
        offer("gamma", (1, 15)),
    ).model_dump(mode="json", exclude_unset=True)
    row = row_of(told(three, "sourcing", "ranges"), "ranges")
    assert row["chosen_up_to"] == pytest.approx(15)
    assert row["keeps_quantity_up_to"] == pytest.approx(11)


def test_committed_orders_count_as_shares(told: Told) -> None:
    """Alpha holds two thirds, beyond half, and gets no more: 4,000 and 100 of beta at 15."""
    data = covers_of_two(shares=[{"part": "cover", "least_suppliers": 2, "largest_percent": 50}])
    held = {"supplier": "alpha", "cost": 2000, "weeks": 1, "quantity": 100}
    data["committed"] = [{**held, "line": line} for line in "ab"]
    found = told(data)
    assert found["outcome"]["objective"] == pytest.approx(5500)
    assert found["referee"]["accepted"]
