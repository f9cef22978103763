"""Instances of design for the tests, and a choice by enumeration."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from amopt.design.formulation import down_share
from amopt.design.instance import DesignInstance
from amopt.design.life_cycle import LifeCycle, costs_of, life_cycle_of


def table_2_3(*, spares: bool, replacements: bool = False, **changes: Any) -> LifeCycle:
    """Return the conventional version of the source's worked table; changes by field."""
    fields: dict[str, Any] = {
        "part_cost": 40.0,
        "replacement_cost": 200.0,
        "emergency_cost": 800.0,
        "lead_time": 3.0,
        "mean_months_between_failures": 10.0,
        "months": 180.0,
        "parts": [100],
        "holding": 0.02,
        "initial_spares_bought": spares,
        "replacements_charged": replacements,
    }
    return LifeCycle.of(**fields | changes)


def system(seed: int, *, components: int = 3, bases: int = 2) -> DesignInstance:
    """Return a random system without limits, small enough to enumerate its choices."""
    draw = np.random.default_rng(seed)

    def version(name: str, made: str) -> dict[str, Any]:
        return {
            "name": name,
            "made": made,
            "part_cost": float(draw.uniform(20, 400)),
            "design_cost": float(draw.uniform(0, 3000)),
            "benefit_per_system_month": float(draw.uniform(0, 2)) if made == "printed" else 0.0,
            "lead_time_months": float(draw.uniform(0.1, 4)),
            "mean_months_between_failures": float(draw.uniform(20, 120)),
        }

    chance = draw.dirichlet(np.ones(bases))
    sizes = draw.choice(np.arange(1, 12), bases, replace=False)
    return DesignInstance.from_dict(
        {
            "amopt": 1,
            "kind": "design",
            "name": f"System {seed}",
            "months": float(draw.uniform(20, 200)),
            "holding_cost_per_month_per_value": float(draw.uniform(0.005, 0.05)),
            "accounting": {
                "initial_spares_bought": bool(draw.integers(2)),
                "replacements_charged": bool(draw.integers(2)),
            },
            "installed_base": [
                {"systems": int(size), "probability": float(p)}
                for size, p in zip(sizes, chance / chance.sum(), strict=True)
            ],
            "components": [
                {
                    "name": f"component {number}",
                    "pieces_per_system": int(draw.integers(1, 3)),
                    "replacement_cost": 100.0,
                    "emergency_cost": float(draw.uniform(100, 3000)),
                    "down_days_per_replacement": float(draw.uniform(0, 0.5)),
                    "down_days_per_emergency": float(draw.uniform(1, 5)),
                    "versions": [
                        version("milled", "conventional"),
                        version("printed", "printed"),
                        version("printed thicker", "printed"),
                    ][: int(draw.integers(1, 4))],
                }
                for number in range(components)
            ],
        }
    )


def limited(instance: DesignInstance, **limits: float) -> DesignInstance:
    """Return an instance with limits."""
    return DesignInstance.from_dict({**instance.to_dict(), "limits": limits})


def cheapest(instance: DesignInstance) -> float:
    """Return the cost of the best choice by enumeration, infinite where none keeps the limits.

    Every combination of versions; for each number of systems a knapsack over levels by enumerating
    all combinations of levels that are not dearer and more often down than another one.
    """
    budget, least = instance.limits.design_budget, instance.limits.availability
    room = np.inf if least is None else 1 - least
    chance = [base.probability for base in instance.installed_base]
    uses = instance.months * sum(
        base.systems * base.probability for base in instance.installed_base
    )
    best = np.inf
    for versions in itertools.product(*(c.versions for c in instance.components)):
        pairs = list(zip(instance.components, versions, strict=True))
        design = sum(version.design_cost for version in versions)
        if budget is not None and design > budget * (1 + 1e-9):
            continue
        total = design - sum(v.benefit_per_system_month for v in versions) * uses
        for position, base in enumerate(instance.installed_base):
            states = [(0.0, 0.0)]  # share of time down, cost
            for component, version in pairs:
                life = life_cycle_of(instance, component, version)
                level = np.arange(int(life.highest_base_stock()[position]) + 1)
                one = life.but(parts=life.parts[position])
                cost = np.broadcast_to(sum(costs_of(one, level)), level.shape)
                down = down_share(component, version, base.systems, level)
                states = _not_beaten(
                    [
                        (d + more, c + price)
                        for d, c in states
                        for more, price in zip(down.tolist(), cost.tolist(), strict=True)
                        if d + more <= room * (1 + 1e-9)
                    ]
                )
            total += chance[position] * min((c for _, c in states), default=np.inf)
        best = min(best, total)
    return float(best)


def _not_beaten(states: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the states that no other is below in both."""
    kept: list[tuple[float, float]] = []
    for down, cost in sorted(states):
        if not kept or cost < kept[-1][1]:
            kept.append((down, cost))
    return kept
