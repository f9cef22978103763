"""Small random placement instances, and what should not matter to them."""

import copy
import random


def random_data(seed, *, sites=2, places=3, parts=1, periods=(), stocked=True, single=True):
    """Return a small instance as plain data, with numbers that make every choice worth thinking."""
    rng = random.Random(seed)
    site_names = [f"site {i}" for i in range(sites)]
    place_names = [f"place {j}" for j in range(places)]
    data = {
        "amopt": 1,
        "kind": "placement",
        "name": f"random {seed}",
        "single_source": single,
        "network": {
            "places": [{"name": name} for name in site_names + place_names],
            "lanes": [
                {
                    "from": site,
                    "to": place,
                    "weeks": rng.uniform(0.1, 3),
                    "cost_per_part": rng.uniform(1, 60),
                    "kg_co2_per_part": rng.uniform(0, 5),
                }
                for site in site_names
                for place in place_names
            ],
        },
        "machines": [
            {
                "name": "SLS",
                "price": rng.uniform(500, 4000),
                "life_years": rng.choice([4.0, 5.0]),
                "yearly_cost": rng.uniform(0, 300),
                "cost_per_hour": rng.uniform(0, 2),
                "hours_per_year": 100.0,
                "utilisation_limit": 0.8,
            }
        ],
        "sites": [
            {
                "place": site,
                "opening_cost": rng.choice([0.0, rng.uniform(0, 400)]),
                "yearly_cost": rng.uniform(0, 900),
                "most_machines": rng.randint(1, 2),
            }
            for site in site_names
        ],
        "parts": [],
        "demand": [],
        "conventional": [],
        "periods": list(periods),
    }
    for number in range(parts):
        name = f"part {number}"
        part = {
            "name": name,
            "print": [
                {
                    "machine": "SLS",
                    "hours": rng.uniform(0.5, 4),
                    "material_cost": rng.uniform(1, 20),
                }
            ],
            "downtime_cost_per_hour": rng.uniform(0, 0.3),
        }
        if stocked:
            part |= {
                "unit_value": rng.uniform(20, 100),
                "holding_cost_per_year_per_value": 0.3,
                "emergency_cost": rng.uniform(100, 400),
                "emergency_weeks": rng.uniform(0, 0.5),
                "may_wait": rng.random() < 0.5,
            }
        data["parts"].append(part)
        data["conventional"].append(
            {
                "part": name,
                "cost_per_part": rng.uniform(30, 150),
                "lead_time_weeks": rng.uniform(1, 8),
            }
        )
        data["demand"] += [
            {"place": place, "part": name, "per_year": rng.uniform(1, 40)} for place in place_names
        ]
    return data


def reordered(data, shuffle):
    """Return the same instance with its rows in another order."""
    changed = copy.deepcopy(data)
    for table in ("machines", "sites", "parts", "demand", "conventional"):
        shuffle.shuffle(changed[table])
    for table in ("places", "lanes"):
        shuffle.shuffle(changed["network"][table])
    return changed


def renamed(data):
    """Return the same instance with every name turned around."""
    names = {entry["name"] for entry in data["network"]["places"]}
    names |= {entry["name"] for table in ("parts", "machines") for entry in data[table]}

    def change(value):
        if isinstance(value, dict):
            return {key: change(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [change(entry) for entry in value]
        return f"<{value[::-1]}>" if isinstance(value, str) and value in names else value

    return change(copy.deepcopy(data))


AMOUNTS_OF_MONEY = (
    "price", "yearly_cost", "cost_per_hour", "opening_cost", "material_cost", "unit_value",
    "emergency_cost", "downtime_cost_per_hour", "cost_per_part",
)  # fmt: skip


def money(data, factor):
    """Return the same instance with every amount of money in another unit."""

    def change(value, key=""):
        if isinstance(value, dict):
            return {name: change(entry, name) for name, entry in value.items()}
        if isinstance(value, list):
            return [change(entry) for entry in value]
        return value * factor if key in AMOUNTS_OF_MONEY else value

    return change(copy.deepcopy(data))
