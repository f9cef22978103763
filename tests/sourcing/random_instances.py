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


def crowded(seed: int) -> dict[str, Any]:
    """Return a small instance with limits of all sorts, many of which bind or cannot hold."""
    rng = random.Random(seed)
    data = instance(seed, lines=rng.randint(1, 3), shared=rng.random() < 0.5)
    lines, offers = data["lines"], data["offers"]
    for entry in offers:
        entry["kg_co2_per_part"] = rng.choice([0.0, 0.5, 2.0])
        if rng.random() < 0.3:
            entry["machine_hours_per_part"] = 0.0
    for line in lines:
        line["quantity"] = rng.randint(1, 6)
        line["surplus"] = rng.choice([0, 0, 1, 3])
        if rng.random() < 0.3:
            line["need_by_weeks"] = round(rng.uniform(0.5, 4), 2)
    suppliers = sorted({entry["supplier"] for entry in offers})
    parts = sorted({entry["part"] for entry in offers})
    total = sum(line["quantity"] for line in lines)
    if rng.random() < 0.6:
        data["capacities"] = [
            {"supplier": name, **rng.choice([{"machine_hours": hours}, {"parts": number}])}
            for name in suppliers
            if rng.random() < 0.7
            for hours in [round(rng.uniform(0, total), 1)]
            for number in [rng.randint(0, total)]
        ]
    if rng.random() < 0.6:
        data["licences"] = [
            {
                "part": part,
                "prints": rng.randint(0, 6),
                "royalty_per_print": rng.choice([0.0, 1.5]),
                **({} if name is None else {"supplier": name}),
            }
            for part in parts
            for name in [None, *suppliers]
            if rng.random() < 0.3
        ]
    if rng.random() < 0.5:
        data["committed"] = [
            order
            for line in lines
            if rng.random() < 0.6
            for order in _committed(rng, line, suppliers)
        ]
    limits = {
        "suppliers_per_line": rng.choice([1, 2]),
        "budget": round(rng.uniform(10, 150) * total, 2),
        "weeks": round(rng.uniform(1, 6), 2),
        "kg_co2": round(rng.uniform(0.2, 2) * total, 2),
    }
    data["limits"] = {key: value for key, value in limits.items() if rng.random() < 0.3}
    data["minimise"] = rng.choice(
        [
            {"cost": 1, "downtime": 1},
            {"cost": 1},
            {"weeks": 1},
            {"cost": 0.1, "downtime": 1, "weeks": 20, "kg_co2": 3},
        ]
    )
    return data


def _committed(
    rng: random.Random, line: dict[str, Any], suppliers: list[str]
) -> list[dict[str, Any]]:
    """Return one or two committed orders that the line takes."""
    most = line["quantity"] + line["surplus"]
    first = rng.randint(1, line["quantity"])
    quantities = [
        first,
        *([rng.randint(1, most - first)] if most > first and rng.random() < 0.4 else []),
    ]
    return [
        {
            "line": line["line"],
            "supplier": rng.choice([*suppliers, "elsewhere", "conventional"]),
            "quantity": quantity,
            "cost": round(rng.uniform(5, 300), 2),
            "weeks": round(rng.uniform(0, 4), 2),
            "kg_co2": rng.choice([0.0, 5.0]),
            "machine_hours": rng.choice([0.0, 3.0, 30.0]),
        }
        for quantity in quantities
    ]
