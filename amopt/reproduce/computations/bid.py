"""Bracken and McCormick 1968, chapter 3: which vendors get the coal of a power plant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import amopt

Values = dict[tuple[str, str], Any]


def bid(quantity: float, offers: Mapping[str, Mapping[str, Any]]) -> Values:
    """Return the least cost and what each vendor gets.

    ``offers`` has by vendor its setup charge, its segments (from a quantity on, at a price), and
    the least and the most that it takes.
    """
    answer = amopt.solve(amopt.load(_instance(quantity, offers)), gap=1e-9)
    found: Values = {("all", "cost"): answer.outcome.objective}
    bought = {row["supplier"]: float(row["quantity"]) for row in answer.rows["orders"]}
    found |= {(name, "quantity"): bought.get(name, 0.0) for name in offers}
    return found | {("all", "quantity"): sum(bought.values())}


def _instance(quantity: float, offers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    def quotes(segments: Sequence[Sequence[float]]) -> list[dict[str, float]]:
        return [
            {"quantity": begins, "cost_per_part": price, "lead_time_weeks": 1.0}
            for begins, price in segments
        ]

    return {
        "amopt": 1,
        "kind": "sourcing",
        "name": "Bid",
        "currency": "USD",
        "parts": [{"name": "coal"}],
        "lines": [{"line": "1", "part": "coal", "quantity": quantity, "divisible": True}],
        "offers": [
            {
                "supplier": name,
                "part": "coal",
                "between": "incremental",
                "quotes": quotes(one["segments"]),
                "fee_per_order": one["setup"],
                "smallest_quantity": one.get("least", 1e-6),
                "largest_quantity": one["most"],
            }
            for name, one in offers.items()
        ],
        "minimise": {"cost": 1},
    }
