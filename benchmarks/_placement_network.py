"""A synthetic service network for placement, as plain data. No number is a measurement."""

from __future__ import annotations

from typing import Any

import numpy as np

from amopt.placement import Instance
from amopt.placement.supply.supply import Supply

SEED = 2026


def service_network(sites: int, places: int, parts: int, *, seed: int = SEED) -> dict[str, Any]:
    """Return an instance: places over a continent, each with a demand for every part.

    Parameters
    ----------
    sites
        How many of the places may have machines.
    places, parts
        How many of each.
    seed
        Seed of the random numbers.
    """
    rng = np.random.default_rng(seed)
    latitude, longitude = rng.uniform(36, 60, places), rng.uniform(-9, 30, places)
    chosen = rng.choice(places, sites, replace=False)
    names = [f"place {j:04d}" for j in range(places)]
    road = {
        "name": "road",
        "km_per_day": 500.0,
        "detour_factor": 1.3,
        "handling_days": 0.5,
        "cost_per_part": 4.0,
        "cost_per_kg_km": 0.004,
    }
    machine = {
        "name": "SLS",
        "price": 250_000.0,
        "life_years": 7.0,
        "yearly_cost": 30_000.0,
        "cost_per_hour": 6.0,
        "hours_per_year": 6_000.0,
    }
    data: dict[str, Any] = {
        "amopt": 1,
        "kind": "placement",
        "name": f"{sites} sites, {places} places, {parts} parts",
        "network": {
            "places": [
                {"name": name, "latitude": float(north), "longitude": float(east)}
                for name, north, east in zip(names, latitude, longitude, strict=True)
            ],
            "modes": [road],
        },
        "machines": [machine],
        "sites": [
            {
                "place": names[j],
                "yearly_cost": float(rng.uniform(20_000, 60_000)),
                "most_machines": 6,
            }
            for j in chosen
        ],
    }
    kinds = [_part(rng, f"part {p:02d}") for p in range(parts)]
    data["parts"] = [part for part, _ in kinds]
    data["conventional"] = [entry for _, entry in kinds]
    demand = rng.lognormal(1.0, 1.0, (places, parts))
    data["demand"] = [
        {"place": name, "part": part["name"], "per_year": float(demand[j, p])}
        for j, name in enumerate(names)
        for p, (part, _) in enumerate(kinds)
    ]
    return data


def under_limits(sites: int, places: int, parts: int) -> dict[str, dict[str, Any]]:
    """Return the network under one limit each, by what is limited.

    Emissions are at most 3 % above the least that supply alone can have, whatever it costs.
    """
    emits = service_network(sites, places, parts, seed=1)
    emits["network"]["modes"][0]["kg_co2_per_kg_km"] = 1e-4
    emits["machines"][0]["kg_co2_per_hour"] = 1.0
    for part, supply in zip(emits["parts"], emits["conventional"], strict=True):
        supply["kg_co2_per_part"] = 20.0
        part |= {"space": 1.0, "emergency_kg_co2": 15.0}
    at = [place["name"] for place in emits["network"]["places"]]
    room = [{"place": name, "at_most": 0.875 * parts} for name in at]
    rates = [{"place": name, "at_least": 0.995, "on_average": True} for name in at]
    return {
        "emissions": emits | {"limits": {"kg_co2": 1.03 * _least_emissions(emits)}},
        "stock room": emits | {"limits": {"storage": room}},
        "fill rates": emits | {"limits": {"fill_rate": rates}},
        "budget": emits
        | {
            "minimise": {"cost": 1.0, "kg_co2": 20.0},
            "limits": {"budget": 1.2e6 + 50.0 * places * parts},
        },
        "single sources": emits | {"single_source": True},
    }


def _least_emissions(data: dict[str, Any]) -> float:
    """Return the sum of what the cleanest supply of each pair emits."""
    supply = Supply(Instance.from_dict(data | {"minimise": {"cost": 0.0, "kg_co2": 1.0}}))
    columns = supply.columns(prune=True)
    least = np.full(len(supply.pairs), np.inf)
    np.minimum.at(least, columns.pair, columns.kg_co2)
    return float(least.sum())


def _part(rng: np.random.Generator, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a part and its conventional supply."""
    kg, hours = float(rng.lognormal(0, 0.8)), float(rng.uniform(0.5, 3))
    value = float(rng.uniform(60, 250))
    part = {
        "name": name,
        "kg": kg,
        "print": [{"machine": "SLS", "hours": hours, "material_cost": 12 * kg}],
        "unit_value": value,
        "holding_cost_per_year_per_value": 0.25,
        "emergency_cost": 3 * value + 300,
        "emergency_weeks": 0.2,
        "downtime_cost_per_hour": 5.0,
    }
    entry = {
        "part": name,
        "cost_per_part": 1.2 * value + 20,
        "lead_time_weeks": float(rng.uniform(6, 16)),
    }
    return part, entry
