"""Instances of licensing for the tests, and what contracts earn by brute force."""

from __future__ import annotations

from typing import Any

import numpy as np

from amopt.licensing.costs import SAME, Buyers
from amopt.licensing.instance import LicensingInstance


def instance(*demands: float, **changes: Any) -> LicensingInstance:
    """Return buyers of the published example, with changes to the file."""
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "licensing",
        "name": "Case",
        "holding_cost_per_year_per_value": 0.1,
        "safety_factor": 1.645,
        "traditional": {
            "price": 162.5,
            "production_cost": 125.0,
            "setup_cost": 2500.0,
            "lead_time_years": 0.33,
        },
        "printing": {"price": 203.125, "setup_cost": 250.0, "lead_time_years": 0.033},
        "buyers": [
            {"name": f"buyer {number}", "demand_per_year": demand}
            for number, demand in enumerate(demands)
        ],
    }
    return LicensingInstance.from_dict(data | changes)


def random_case(seed: int, **changes: Any) -> LicensingInstance:
    """Return 1 to 8 random buyers at random prices."""
    draw = np.random.default_rng(seed)
    demands = draw.lognormal(1.5, 0.8, 1 + seed % 8)
    fields = {
        "holding_cost_per_year_per_value": float(draw.uniform(0.02, 0.4)),
        "safety_factor": float(draw.uniform(0, 2.5)),
        "traditional": {
            "price": 162.5,
            "production_cost": float(draw.uniform(100, 160)),
            "setup_cost": float(draw.uniform(200, 4000)),
            "lead_time_years": float(draw.uniform(0.05, 0.6)),
        },
        "printing": {
            "price": float(draw.uniform(140, 240)),
            "setup_cost": float(draw.uniform(0, 400)),
            "lead_time_years": float(draw.uniform(0, 0.05)),
        },
    }
    return instance(*map(float, demands), **(fields | changes))


def limited_case(seed: int) -> LicensingInstance:
    """Return random buyers with a limit on licensees, shared printers and a promise or two."""
    draw = np.random.default_rng(1000 + seed)
    data = random_case(seed + 1).to_dict()
    total = sum(buyer["demand_per_year"] for buyer in data["buyers"])
    data["limits"] = {"most_licensees": int(draw.integers(1, 7))}
    data["printers"] = [
        {"name": name, "prints_per_year": float(total * draw.uniform(0.2, 0.9))} for name in "AB"
    ]
    for buyer in data["buyers"]:
        buyer["printer"] = draw.choice(["A", "B", None])
        if draw.random() < 0.15:
            buyer["least_surplus"] = float(draw.uniform(1, 60))
    return LicensingInstance.from_dict(data)


def brute_force(instance: LicensingInstance, royalties: int = 300, fees: int = 300) -> float:
    """Return the most that contracts of a grid earn, keeping the limits; -inf for none."""
    buyers = Buyers.of(instance)
    top = float(buyers.royalties()[-1])
    ends = buyers.royalties()
    near = np.concatenate([ends, ends * (1 - 1e-7), ends + 1e-7, np.linspace(0, top, royalties)])
    best = -np.inf
    for royalty in np.unique(near):
        worth = buyers.highest_fee(royalty)
        high = max(float(worth.max()), 0.0)
        own = np.concatenate([worth, worth - buyers.floor, worth * (1 - 1e-9)])
        tried = np.concatenate([own[own >= 0], np.linspace(0, high, fees), [high + 1]])
        takes = worth - tried[:, None] >= -SAME * buyers.traditional_cost
        printed = tried[:, None] + royalty * buyers.demand
        profit = np.where(takes, printed, buyers.margin * buyers.demand).sum(axis=1)
        fits = keeps(buyers, takes, worth - tried[:, None])
        best = max(best, float(np.where(fits, profit, -np.inf).max()))
    return best


def keeps(buyers: Buyers, takes: np.ndarray, saving: np.ndarray) -> np.ndarray:
    """Return which rows of licensees and savings keep the limits of the instance."""
    own = buyers.instance
    fits = np.ones(len(takes), dtype=bool)
    if own.limits.most_licensees is not None:
        fits &= takes.sum(axis=1) <= own.limits.most_licensees
    for printer in own.printers:
        uses = [buyer.printer == printer.name for buyer in own.buyers]
        fits &= takes @ (uses * buyers.demand) <= printer.prints_per_year
    surplus = np.where(takes, saving, 0.0)
    return fits & (surplus >= buyers.floor - 1e-9 * buyers.traditional_cost).all(axis=1)
