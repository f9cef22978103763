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
    "emergency_cost", "downtime_cost_per_hour", "cost_per_part", "cost_per_kg", "cost_per_kg_km",
    "moving_cost", "fee_per_part", "late_cost_per_week", "budget",
)  # fmt: skip


def money(data, factor):
    """Return the same instance with every amount of money in another unit."""

    def change(value, key=""):
        if isinstance(value, dict):
            return {name: change(entry, name) for name, entry in value.items()}
        if isinstance(value, list):
            return [change(entry) for entry in value]
        return value * factor if key in AMOUNTS_OF_MONEY and value is not None else value

    changed = change(copy.deepcopy(data))
    if changed.get("minimise", {}).get("kg_co2"):
        changed["minimise"]["kg_co2"] *= factor
    return changed


def parts_in(data, factor):
    """Return the same instance with parts counted in another unit, as grams in place of tonnes.

    Demand is ``factor`` times as much and a part is as much less; for lead times to hold the same
    load, weeks are shorter, or the year has fewer of them.
    """
    changed = copy.deepcopy(data)
    fewer = factor <= 1
    each = {"cost_per_part", "kg_co2_per_part", "fee_per_part", "emergency_cost", "material_cost",
            "emergency_kg_co2", "kg"}  # fmt: skip
    each |= {"downtime_cost_per_hour"} if fewer else {
        "weeks", "lead_time_weeks", "emergency_weeks", "queue_allowance_weeks"
    }  # fmt: skip
    for part in changed["parts"]:
        for option in part.get("print", ()):
            option["hours"] /= factor
            option["material_cost"] = option.get("material_cost", 0.0) / factor
    tables = ("parts", "conventional", "sites", "machines")
    for entry in (*changed["network"]["lanes"], *(e for t in tables for e in changed[t])):
        for key in each & entry.keys():
            entry[key] = None if entry[key] is None else entry[key] / factor
    for entry in changed["demand"]:
        entry["per_year"] *= factor
        entry["by_period"] = [rate * factor for rate in entry.get("by_period", ())]
    if fewer:
        changed["weeks_per_year"] = 52.0 * factor
        for machine in changed["machines"]:
            machine["moving_weeks"] = machine.get("moving_weeks", 0.0) * factor
    return changed


def kilograms(data, factor):
    """Return the same instance with emissions in another unit."""

    def change(value, key=""):
        if isinstance(value, dict):
            return {name: change(entry, name) for name, entry in value.items()}
        if isinstance(value, list):
            return [change(entry) for entry in value]
        return value * factor if "kg_co2" in key and value is not None else value

    weights = data.get("minimise") or {}
    changed = change({key: value for key, value in data.items() if key != "minimise"})
    weight = weights.get("kg_co2", 0.0) / factor
    return changed | {"minimise": {**weights, **({"kg_co2": weight} if weight else {})}}


def hours(data, factor):
    """Return the same instance with every amount of machine time in another unit."""
    changed = copy.deepcopy(data)
    for machine in changed["machines"]:
        machine["hours_per_year"] *= factor
        machine["cost_per_hour"] = machine.get("cost_per_hour", 0.0) / factor
    for option in (option for part in changed["parts"] for option in part.get("print", ())):
        option["hours"] *= factor
    for contract in (c for site in changed["sites"] for c in site.get("contracts", ())):
        contract["cost_per_hour"] = contract.get("cost_per_hour", 0.0) / factor
        if contract.get("hours_per_year") is not None:
            contract["hours_per_year"] *= factor
    return changed


def rich():
    """Two sites, two periods, one part ordered and one stocked, and every limit there is."""
    return {
        "amopt": 1,
        "kind": "placement",
        "name": "rich",
        "network": {
            "places": [{"name": "A"}, {"name": "B"}],
            "lanes": [{"from": "A", "to": "B", "weeks": 1.0, "cost_per_part": 2.0}],
        },
        "machines": [
            {
                "name": "SLS",
                "price": 400.0,
                "life_years": 4.0,
                "yearly_cost": 10.0,
                "hours_per_year": 100.0,
                "moving_cost": 7.0,
                "moving_weeks": 5.2,
                "resale_loss": 0.5,
                "queue_allowance_weeks": 1.0,
            }
        ],
        "sites": [
            {
                "place": "A",
                "opening_cost": 5.0,
                "yearly_cost": 20.0,
                "most_machines": 2,
                "owned": [{"machine": "SLS", "count": 1}],
            },
            {"place": "B", "yearly_cost": 30.0, "most_machines": 1},
        ],
        "parts": [
            {"name": "jig", "print": [{"machine": "SLS", "hours": 5.0}]},
            {
                "name": "seal",
                "unit_value": 10.0,
                "holding_cost_per_year_per_value": 0.3,
                "emergency_cost": 50.0,
                "space": 1.5,
            },
        ],
        "conventional": [
            {"part": "jig", "cost_per_part": 9.0, "kg_co2_per_part": 3.0},
            {"part": "seal", "cost_per_part": 5.0, "lead_time_weeks": 13.0},
        ],
        "periods": [{"name": "now", "years": 1.0}, {"name": "then", "years": 2.0}],
        "demand": [
            {"place": "B", "part": "jig", "per_year": 8.0},
            {"place": "B", "part": "seal", "per_year": 0.0, "by_period": [4.0, 0.0]},
        ],
        "limits": {
            "budget": 900.0,
            "kg_co2": 60.0,
            "open_sites": 1,
            "storage": [{"place": "B", "at_most": 4.0}],
            "fill_rate": [{"part": "seal", "at_least": 0.5, "on_average": True}],
        },
    }


def random_everything(seed):
    """Return a random instance in which anything that a file can say may be said."""
    rng = random.Random(seed)
    periods = [
        {
            "name": f"t{t}",
            "years": rng.choice([0.5, 1.0, 2.0]),
            "demand_factor": rng.uniform(0.5, 2),
            "machine_price_factor": rng.uniform(0.3, 1),
            "print_speed_factor": rng.uniform(1, 3),
        }
        for t in range(rng.choice([0, 0, 1, 2, 3]))
    ]
    data = random_data(
        seed, sites=rng.randint(1, 3), places=rng.randint(1, 3), parts=rng.randint(1, 2),
        periods=periods, stocked=rng.random() < 0.6, single=rng.random() < 0.5,
    )  # fmt: skip
    _vary_machines(data, rng)
    for entry in data["demand"]:
        if periods and rng.random() < 0.3:
            entry["by_period"] = [rng.choice([0.0, rng.uniform(1, 30)]) for _ in periods]
    if rng.random() < 0.5:
        data["routes"] = rng.sample(["cost", "weeks", "kg_co2"], rng.randint(1, 3))
        lane = rng.choice(data["network"]["lanes"])
        data["network"]["lanes"].append(lane | {"mode": "air", "weeks": 0.01, "cost_per_part": 90})
    for part in data["parts"]:
        part["space"] = rng.choice([0.0, 1.0, 2.5])
        part["emergency_kg_co2"] = rng.choice([0.0, 3.0])
    data["minimise"] = rng.choice([{}, {}, {"cost": 1, "kg_co2": 2.0}, {"cost": 0, "kg_co2": 1}])
    data["limits"] = _random_limits(data, rng)
    return data


def random_one_period(seed):
    """Return a random instance of one period whose only shared limit is machine-hours.

    Fleets of several types and contracts, or sites of one capacity each; with supply that is tight
    or has no other source, and pairs that not every site reaches.
    """
    rng = random.Random(seed * 7 + 1)
    kind = rng.choice(["fleet", "fleet", "sold", "one machine"])
    data = random_data(
        seed, sites=rng.randint(1, 5), places=rng.randint(1, 7), parts=rng.randint(1, 2),
        stocked=rng.random() < 0.5, single=rng.random() < 0.5,
    )  # fmt: skip
    if kind == "fleet" and rng.random() < 0.5:
        other = {"name": "MJF", "price": rng.uniform(100, 900)}
        other["hours_per_year"] = rng.choice([30.0, 100.0, 1000.0])
        data["machines"].append(data["machines"][0] | other)
        option = data["parts"][0]["print"][0]
        quick = {"machine": "MJF", "hours": rng.choice([0.0, rng.uniform(0, 2)])}
        data["parts"][0]["print"].append(option | quick)
    for site in data["sites"]:
        site["state"] = rng.choice(["candidate"] * 5 + ["open", "closed"])
        site["already_open"] = rng.random() < 0.3
        room = rng.choice([None, 0.0, 40.0, 80.0, rng.uniform(20, 200)])
        sold = {"machine": "SLS", "hours_per_year": room, "cost_per_hour": rng.uniform(0, 3)}
        site["most_machines"] = {"sold": 0, "one machine": rng.randint(0, 1)}.get(
            kind, rng.randint(0, 4)
        )
        if kind == "sold" or (kind == "fleet" and rng.random() < 0.25):
            site["contracts"] = [sold]
    for part in data["parts"] if rng.random() < 0.35 else ():
        if part.get("emergency_cost") is None and rng.random() < 0.6:
            data["conventional"] = [c for c in data["conventional"] if c["part"] != part["name"]]
    if rng.random() < 0.3:
        lanes = data["network"]["lanes"]
        data["network"]["lanes"] = lanes[:1] + [lane for lane in lanes if rng.random() < 0.85]
    if rng.random() < 0.2 and "emergency_cost" in data["parts"][0]:
        data["limits"] = {"fill_rate": [{"at_least": rng.uniform(0.1, 0.95)}]}
    return data


def _vary_machines(data, rng):
    """Let machines move, be owned, or be sold by the hour, of two types."""
    first = data["machines"][0]
    if rng.random() < 0.5:
        first |= {"moving_cost": rng.uniform(0, 90), "moving_weeks": rng.choice([0.0, 9.0, 90.0])}
    first["resale_loss"] = rng.choice([0.0, 0.4])
    if rng.random() < 0.5:
        data["machines"].append(first | {"name": "MJF", "price": rng.uniform(100, 900)})
        if rng.random() < 0.3:
            del data["machines"][1]["resale_loss"]
        option = data["parts"][0]["print"][0]
        data["parts"][0]["print"].append(option | {"machine": "MJF", "hours": rng.uniform(0, 2)})
    for site in data["sites"]:
        site["state"] = rng.choice(["candidate"] * 4 + ["open", "closed"])
        site["already_open"] = rng.random() < 0.3
        if site["state"] != "closed" and rng.random() < 0.3:
            site["owned"] = [{"machine": "SLS", "count": rng.randint(0, site["most_machines"])}]
        elif rng.random() < 0.4:
            hours = rng.choice([None, 40.0, 0.0])
            site["contracts"] = [{"machine": "SLS", "hours_per_year": hours, "cost_per_hour": 3.0}]
            site["most_machines"] = rng.choice([0, site["most_machines"]])


def _random_limits(data, rng):
    limits = {}
    if rng.random() < 0.4:
        limits["budget"] = rng.uniform(1e3, 1e5)
    if rng.random() < 0.3:
        limits["kg_co2"] = rng.uniform(100, 5000)
    if rng.random() < 0.3:
        limits["open_sites"] = rng.randint(0, 2)
    if rng.random() < 0.3:
        limits["storage"] = [{"place": data["demand"][0]["place"], "at_most": rng.uniform(1, 40)}]
    if rng.random() < 0.4 and "emergency_cost" in data["parts"][0]:
        limits["fill_rate"] = [{"at_least": rng.uniform(0.1, 0.6)}] * rng.randint(0, 1) + [
            {"part": "part 0", "at_least": rng.uniform(0.5, 0.95), "on_average": True},
            {"place": data["demand"][0]["place"], "at_least": 0.4, "on_average": True},
        ]
    return limits
