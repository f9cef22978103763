"""A synthetic portfolio for sourcing, as plain data; and the 36-part one that ships.

    python benchmarks/_sourcing_portfolio.py

writes ``instances/sourcing/portfolio-36x7.yaml`` anew. Prices fall with the quantity as a power,
lead times rise with it, each quoted at a few quantities as a supplier's web tool would; noise is
drawn from a stated seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

SEED = 20222
QUANTITIES = (1, 5, 20, 50, 100, 200, 500)
HEADER = """\
# A synthetic portfolio: {parts} parts, {suppliers} AM suppliers. No number is a measurement.
# Written by benchmarks/_sourcing_portfolio.py with seed {seed}.
"""


def portfolio(
    parts: int,
    suppliers: int,
    *,
    seed: int = SEED,
    capacity: float | None = 1.6,
    lines: int = 1,
) -> dict[str, Any]:
    """Return a portfolio with one order line a part, or lines that share orders.

    Parameters
    ----------
    parts, suppliers
        How many of each.
    seed
        Seed of the random numbers.
    capacity
        Machine hours of all suppliers over what the lines need on average; None for no limit.
    lines
        Lines of each part, each at a plant of its own, a quarter to double its share of the parts.
    """
    rng = np.random.default_rng(seed)
    names = [f"am-{number}" for number in range(1, suppliers + 1)]
    level = rng.uniform(0.85, 1.2, suppliers)
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "sourcing",
        "name": f"Portfolio of {parts} parts and {suppliers} suppliers",
        "source": f"Synthetic, seed {seed}.",
        "currency": "EUR",
        "network": {
            "places": [{"name": "plant", "role": "customer"}]
            + [{"name": name, "role": "supplier"} for name in names],
            "lanes": [
                {
                    "from": name,
                    "to": "plant",
                    "weeks": round(float(rng.uniform(0.1, 0.6)), 1),
                    "cost_per_part": round(float(rng.uniform(0.1, 1.5)), 2),
                    "kg_co2_per_part": round(float(rng.uniform(0.05, 0.8)), 2),
                }
                for name in names
            ],
        },
        "parts": [],
        "lines": [],
        "conventional": [],
        "offers": [],
    }
    hours = 0.0
    for number in range(1, parts + 1):
        hours += _add_part(data, f"part-{number:0{len(str(parts))}}", names, level, rng)
    if capacity is not None:
        each = round(hours * capacity / suppliers, 1)
        data["capacities"] = [{"supplier": name, "machine_hours": each} for name in names]
    if lines > 1:
        _spread(data, lines, rng)
    return data


def _spread(data: dict[str, Any], lines: int, rng: np.random.Generator) -> None:
    """Put lines at several plants in the place of each line, with lanes to all of them."""
    plants = ["plant", *(f"plant-{n}" for n in range(2, lines + 1))]
    network = data["network"]
    network["places"] += [{"name": plant, "role": "customer"} for plant in plants[1:]]
    network["lanes"] += [
        {
            **lane,
            "to": plant,
            "cost_per_part": round(lane["cost_per_part"] * float(rng.uniform(0.6, 1.6)), 2),
        }
        for lane in list(network["lanes"])
        for plant in plants[1:]
    ]
    data["lines"] = [
        {
            **line,
            "line": f"{line['line']}-{n}",
            "place": plant,
            "quantity": max(1, round(line["quantity"] * float(rng.uniform(0.25, 2.0)) / lines)),
            "downtime_cost_per_hour": float(rng.choice([0.0, 0.0, 0.0, 0.5, 2.0])),
        }
        for line in data["lines"]
        for n, plant in enumerate(plants, start=1)
    ]


def _add_part(
    data: dict[str, Any],
    part: str,
    names: list[str],
    level: np.ndarray[Any, np.dtype[np.float64]],
    rng: np.random.Generator,
) -> float:
    """Add a part with its line and offers; return the machine hours that the line needs."""
    price = float(np.exp(rng.normal(3.6, 0.8)))
    quantity = int(rng.integers(1, 120))
    hours = round(float(rng.uniform(0.2, 2.0)), 2)
    data["parts"].append({"name": part})
    data["lines"].append(
        {
            "line": part.replace("part", "line"),
            "part": part,
            "place": "plant",
            "quantity": quantity,
            "downtime_cost_per_hour": float(rng.choice([0.0, 0.0, 0.0, 0.5, 2.0])),
        }
    )
    data["conventional"].append(
        {
            "part": part,
            "cost_per_part": round(price * float(rng.uniform(0.2, 0.9)), 2),
            "asset_cost": round(
                price * float(rng.choice([0.0, 1.0])) * float(rng.uniform(5, 80)), 2
            ),
            "lead_time_weeks": round(float(rng.uniform(2, 10)), 1),
        }
    )
    for name, factor in zip(names, level, strict=True):
        first = price * float(factor) * float(rng.uniform(0.75, 1.35))
        power, start = -float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.6, 2.0))
        pace = float(rng.uniform(0.002, 0.02))
        data["offers"].append(
            {
                "supplier": name,
                "part": part,
                "material": "PA12",
                "quotes": [
                    {
                        "quantity": q,
                        "cost_per_part": round(first * q**power, 2),
                        "lead_time_weeks": round(start + pace * q, 2),
                    }
                    for q in QUANTITIES
                ],
                "fee_per_order": round(float(rng.uniform(0, 30)), 2),
                "machine_hours_per_part": hours,
            }
        )
    return quantity * hours


def write(data: dict[str, Any], path: Path, seed: int) -> None:
    """Write a portfolio as a readable instance file."""
    counts = {"parts": len(data["parts"]), "suppliers": len(data["network"]["lanes"])}
    text = [HEADER.format(seed=seed, **counts)]
    for key, value in data.items():
        if isinstance(value, list):
            text.append(f"{key}:\n" + "".join(f"  - {_flow(entry)}\n" for entry in value))
        elif isinstance(value, dict):
            text.append(f"{key}:\n")
            for inner, entries in value.items():
                text.append(f"  {inner}:\n" + "".join(f"    - {_flow(e)}\n" for e in entries))
        else:
            text.append(yaml.safe_dump({key: value}, allow_unicode=True))
    path.write_text("".join(text), encoding="utf-8")


def _flow(entry: Any) -> str:
    return yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=10_000).strip()


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "instances" / "sourcing" / "portfolio-36x7.yaml"
    write(portfolio(36, 7), target, SEED)
    print(target)
