"""Small sourcing instances at random, as plain data."""

from __future__ import annotations

import random
from typing import Any

KINDS = ("linear", "all_units", "incremental", "power", "line")


def offer(rng: random.Random, supplier: str, part: str, base: float) -> dict[str, Any]:
    """Return an offer with a random curve."""
    quantities = sorted(rng.sample([1, 2, 3, 5, 8, 10, 15, 20, 25, 30], rng.randint(2, 4)))
    if rng.random() < 0.6:
        quantities[0] = 1
    price, power, weeks = base * rng.uniform(0.6, 1.4), rng.uniform(-0.5, 0.1), rng.uniform(0.5, 3)
    made: dict[str, Any] = {
        "supplier": supplier,
        "part": part,
        "between": rng.choice(KINDS),
        "quotes": [
            {
                "quantity": q,
                "cost_per_part": round(price * q**power * rng.uniform(0.95, 1.05), 2),
                "lead_time_weeks": round(weeks + 0.05 * q * rng.uniform(0.5, 1.5), 2),
            }
            for q in quantities
        ],
        "fee_per_order": rng.choice([0.0, 0.0, round(base * rng.uniform(0, 4), 2)]),
        "largest_quantity": rng.choice([30, 40]),
        "machine_hours_per_part": round(rng.uniform(0.2, 2), 2),
    }
    if rng.random() < 0.5:
        made["smallest_quantity"] = rng.choice([1, 2, 5])
    return made


def conventional(rng: random.Random, part: str, base: float) -> dict[str, Any]:
    """Return conventional supply of a part."""
    return {
        "part": part,
        "cost_per_part": round(base * rng.uniform(0.2, 1.2), 2),
        "asset_cost": round(base * rng.uniform(0, 30), 2),
        "lead_time_weeks": round(rng.uniform(1, 6), 1),
        "minimum_order": rng.choice([1, 1, 5]),
    }


def instance(seed: int, *, lines: int = 1, shared: bool = False) -> dict[str, Any]:
    """Return an instance; with ``shared``, suppliers have capacities that all lines share."""
    rng = random.Random(seed)
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": f"random {seed}",
        "parts": [{"name": f"p{n}"} for n in range(lines)],
        "lines": [],
        "offers": [],
        "conventional": [],
    }
    for n in range(lines):
        base = rng.uniform(5, 100)
        need = rng.randint(1, 30)
        data["lines"].append(
            {
                "line": f"l{n}",
                "part": f"p{n}",
                "quantity": need,
                "downtime_cost_per_hour": rng.choice([0.0, 0.0, 0.1, 1.0, 5.0]),
            }
        )
        data["offers"] += [offer(rng, f"s{s}", f"p{n}", base) for s in range(rng.randint(1, 4))]
        if rng.random() < 0.7 or shared:
            data["conventional"].append(conventional(rng, f"p{n}", base))
    if rng.random() < 0.4:
        data["limits"] = {"suppliers_per_line": rng.choice([1, 2])}
    if shared:
        hours = sum(line["quantity"] for line in data["lines"]) * rng.uniform(0.1, 0.4)
        data["capacities"] = [{"supplier": f"s{s}", "machine_hours": hours} for s in range(4)]
        for entry in data["conventional"]:
            entry["minimum_order"] = 1
    return data
