"""What shares of parts and closures of suppliers are worth: by hand, and by solving again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import amopt
from amopt.errors import UsageError
from amopt.sourcing import price_ranges, solve, worth_of_limits
from tests.conftest import Run
from tests.sourcing.program.test_pooled import covers, covers_of_two


def rows_of(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows of an answer by family."""
    rows = worth_of_limits(amopt.load(data)).rows["worth"]
    return {row["family"]: row for row in rows}


def shared(**share: Any) -> dict[str, Any]:
    """Return 300 covers of alpha, 12 from 300 and else 20, and beta, 15."""
    return covers_of_two(shares=[{"part": "cover", **share}])


def test_two_suppliers_with_a_share_each() -> None:
    """4,950 with 30 % each, 3,600 with one supplier, 4,505 where a part each is enough."""
    found = rows_of(shared(least_suppliers=2, least_percent=30))
    own = found["least_suppliers"]
    assert (own["stated"], own["used"], own["step"], own["unit"]) == (2, 2, -1, "suppliers")
    assert own["costs"] == own["gain"] == pytest.approx(4950 - 3600)
    assert own["next_useful"] == 1
    own = found["least_part_share"]
    assert own["costs"] == pytest.approx(4950 - (20 + 299 * 15))
    assert own["worth_of_one_more"] == pytest.approx(3 * 5)  # 29 %: three covers of alpha fewer
    assert own["cost_of_one_less"] == pytest.approx(3 * 5)
    assert (own["next_useful"], own["gain"]) == (29, pytest.approx(15))
    assert own["hint"] == pytest.approx(3 * (15 - 12))  # the relaxation has alpha at 12 throughout


def test_a_largest_share() -> None:
    """5,250 with half each, 3,600 of alpha alone; below half each, a mould for 147 at 5."""
    own = rows_of(shared(largest_percent=50))["largest_part_share"]
    assert own["used"] == pytest.approx(50)
    assert own["costs"] == pytest.approx(150 * 35 - 3600)
    assert own["worth_of_one_more"] == pytest.approx(3 * 5)
    tighter = 4000 + 147 * (5 + 15) + 6 * 20
    assert own["cost_of_one_less"] == pytest.approx(tighter - 5250)


def test_a_closure_at_easter() -> None:
    """A week becomes 11 days from 30 March, at one a day for each line."""
    data = covers(
        order_date="2026-03-30",
        suppliers=[
            {
                "supplier": "alpha",
                "closed": [
                    {"from": "2026-04-03", "to": "2026-04-06"},
                    {"from": "2026-01-01", "to": "2026-01-06"},
                ],
            }
        ],
    )
    for line in data["lines"]:
        line["downtime_cost_per_hour"] = 7 / 40
    (row,) = worth_of_limits(amopt.load(data)).rows["worth"]
    assert row["limit"] == "the closure of 'alpha' from 2026-04-03 on, 4 days"
    assert (row["stated"], row["step"], row["unit"], row["used"]) == (4, -1, "days", None)
    assert row["costs"] == pytest.approx(3 * 4)
    assert row["worth_of_one_more"] == row["cost_of_one_less"] == pytest.approx(3)
    assert (row["next_useful"], row["gain"]) == (3, pytest.approx(3))


@pytest.mark.slow
def test_every_number_against_a_scan() -> None:
    """At every value between what is stated and what is of use."""
    share = {"part": "cover", "least_suppliers": 2, "least_percent": 30, "largest_percent": 60}
    data = covers_of_two(shares=[share])

    def value(**changes: Any) -> float:
        return solve(amopt.load({**data, "shares": [{**share, **changes}]})).outcome.objective or 0

    plain = value()
    found = rows_of(data)
    for family, field, values in (
        ("least_part_share", "least_percent", range(29, -1, -1)),
        ("largest_part_share", "largest_percent", range(61, 101)),
    ):
        row = found[family]
        gains = {x: plain - value(**{field: x}) for x in values}
        useful = next((x for x, gain in gains.items() if gain > 1e-3), None)
        assert row["next_useful"] == useful
        assert row["costs"] == pytest.approx(gains[values[-1]], abs=1e-3)
        assert row["worth_of_one_more"] == pytest.approx(gains[values[0]], abs=1e-3)


def test_what_cannot_be_asked_has_a_code(tmp_path: Path, amopt_command: Callable[..., Run]) -> None:
    """In words for people, and a code for programs."""
    tiers = {"tiers": [{"from": 4000, "percent": 5}]}
    data = covers(suppliers=[{"supplier": "alpha", "spend_discounts": tiers}])
    path = tmp_path / "covers.yaml"
    path.write_text(yaml.safe_dump(data))
    run = amopt_command("sourcing", "ranges", path, "--json")
    assert (run.code, run.json["error"]["code"]) == (2, "range-with-discount")
    plain = amopt.load(covers())
    with pytest.raises(UsageError, match="'nobody' offers nothing") as told:
        price_ranges(plain, "nobody")
    assert told.value.code == "range-of-unknown-offer"
    with pytest.raises(UsageError, match="there is no limit 'hours'") as told:
        worth_of_limits(plain, ["hours"])
    assert told.value.code == "worth-of-unknown-limit"
