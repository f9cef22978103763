"""Ranges of one supplier where another has conditions, and answers as if one took no orders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import amopt
from amopt.errors import UsageError
from amopt.sourcing import price_ranges
from tests.conftest import Run
from tests.sourcing.worth.test_worth import file, offer

BESIDE = [{"supplier": "beta", "minimum_order_value": 100}]


@pytest.mark.parametrize("quantity", [5, 10])
def test_a_least_order_value_elsewhere_does_not_matter(quantity: int) -> None:
    """Five of beta at 12 are not enough: gamma at 15 comes next."""
    entry = file(
        *(offer(name, (1, price)) for name, price in (("alpha", 10), ("beta", 12), ("gamma", 15))),
        quantity=quantity,
        suppliers=BESIDE,
    )
    (row,) = price_ranges(entry, "alpha").rows["ranges"]
    most = 12 if quantity == 10 else 15
    assert row["chosen_up_to"] == pytest.approx(most)
    for price, chosen in ((most - 0.01, True), (most + 0.01, False)):
        offers = (offer("alpha", (1, price)), offer("beta", (1, 12)), offer("gamma", (1, 15)))
        answer = amopt.solve(file(*offers, quantity=quantity, suppliers=BESIDE))
        assert (answer.rows["orders"][0]["supplier"] == "alpha") is chosen
    for name in ("beta", None):
        with pytest.raises(UsageError, match="minimum order value of 'beta'"):
            price_ranges(entry, name)


def test_what_has_no_plan_without_a_supplier_says_so(
    tmp_path: Path, amopt_command: Callable[..., Run]
) -> None:
    due = [{"line": "1", "part": "cover", "quantity": 5, "need_by_weeks": 2}]
    offers = [offer("alpha", (1, 9)), offer("beta", (1, 9))]
    offers[1]["quotes"][0]["lead_time_weeks"] = 5
    head = {"amopt": 1, "kind": "sourcing", "name": "Covers", "parts": [{"name": "cover"}]}
    path = tmp_path / "covers.yaml"
    path.write_text(yaml.safe_dump({**head, "lines": due, "offers": offers}))
    run = amopt_command("solve", path, "--without", "alpha")
    assert run.code == 4
    assert "As if 'alpha' took no orders" in run.err
    late = amopt_command("solve", path, "--without", "beta")
    assert late.code == 0
