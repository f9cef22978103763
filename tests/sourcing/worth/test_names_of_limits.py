"""A limit may be named as the file does."""

from __future__ import annotations

import pytest

import amopt
from amopt.errors import UsageError
from amopt.sourcing import worth_of_limits
from amopt.sourcing.worth.steps import steps_of
from tests.sourcing.worth.test_worth import file, offer


def test_a_least_order_value_goes_by_its_key() -> None:
    entry = file(
        offer("alpha", (1, 10)),
        offer("beta", (1, 12)),
        quantity=10,
        suppliers=[{"supplier": "alpha", "minimum_order_value": 110}],
    )
    (row,) = worth_of_limits(entry, ["minimum_order_value"]).rows["worth"]
    assert row["family"] == "least_spend"
    assert row["costs"] == pytest.approx(amopt.solve(entry).outcome.objective - 100)
    steps = steps_of(["minimum_order_value=10"])
    (stepped,) = worth_of_limits(entry, ["least_spend"], steps=steps).rows["worth"]
    assert stepped["step"] == -10
    with pytest.raises(UsageError, match="twice"):
        steps_of(["minimum_order_value=10", "least_spend=5"])
