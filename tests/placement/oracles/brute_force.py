"""The optimum of a small instance by trying everything, in plain Python and from the file alone."""

import itertools
import math

import numpy as np
from scipy.optimize import linprog

LEVELS = 40


def loss(level, load):
    value = 1.0
    for s in range(1, level + 1):
        value = load * value / (s + load * value)
    return value


def options(data, demand, *, level_cap=LEVELS):
    """Every way to supply a demand: (site or None, hours a year, yearly cost, space, fill, kg)."""
    part = next(p for p in data["parts"] if p["name"] == demand["part"])
    rate = demand["per_year"]
    downtime = part.get("downtime_cost_per_hour", 0) * 168
    sources = [
        (None, 0.0, entry["cost_per_part"], entry["lead_time_weeks"], 0.0)
        for entry in data["conventional"]
        if entry["part"] == part["name"]
    ]
    for site in data["sites"]:
        for lane in data["network"]["lanes"]:
            if (lane["from"], lane["to"]) != (site["place"], demand["place"]):
                continue
            for option in part["print"]:
                machine = next(m for m in data["machines"] if m["name"] == option["machine"])
                print_weeks = option["hours"] * 52 / machine["hours_per_year"]
                lead = print_weeks / (1 - machine["utilisation_limit"]) + lane["weeks"]
                unit = (
                    option["material_cost"]
                    + option["hours"] * machine["cost_per_hour"]
                    + lane["cost_per_part"]
                )
                kg = lane["kg_co2_per_part"]
                sources.append((site["place"], option["hours"] * rate, unit, lead, kg))
    found = []
    stocked = part.get("emergency_cost") is not None
    if stocked:
        urgent = part["emergency_cost"] + part["emergency_weeks"] * downtime
        found.append((None, 0.0, rate * urgent, 0, 0.0, 0.0))
    for site, hours, unit, lead, kg in sources:
        if not stocked or part["may_wait"]:
            found.append((site, hours, rate * (unit + downtime * lead), 0, 0.0, rate * kg))
        if stocked:
            holding = part["unit_value"] * part["holding_cost_per_year_per_value"]
            for level in range(1, level_cap + 1):
                lost = loss(level, rate * lead / 52)
                cost = holding * level + rate * ((1 - lost) * unit + lost * urgent)
                found.append((site, hours, cost, level, 1 - lost, rate * (1 - lost) * kg))
    return found


def fixed_cost(data, opened, counts):
    total = 0.0
    machine = data["machines"][0]
    for site, yes, count in zip(data["sites"], opened, counts, strict=True):
        total += yes * (site["opening_cost"] + site["yearly_cost"])
        total += count * (machine["price"] / machine["life_years"] + machine["yearly_cost"])
    return total


def plans(data):
    """Every choice of sites and machines."""
    rooms = [range(site["most_machines"] + 1) for site in data["sites"]]
    for counts in itertools.product(*rooms):
        yield [count > 0 for count in counts], counts


def cheapest_by_source(ways):
    best = {}
    for way in ways:
        if way[0] not in best or way[2] < best[way[0]][2]:
            best[way[0]] = way
    return list(best.values())


def best_single(data):
    """The optimum under single sourcing."""
    machine = data["machines"][0]
    each = [cheapest_by_source(options(data, d)) for d in data["demand"] if d["per_year"]]
    best = math.inf
    for opened, counts in plans(data):
        room = {
            site["place"]: count * machine["hours_per_year"] * machine["utilisation_limit"]
            for site, count in zip(data["sites"], counts, strict=True)
        }
        start = fixed_cost(data, opened, counts)
        if start >= best:
            continue
        for ways in itertools.product(*each):
            used = dict.fromkeys(room, 0.0)
            for way in ways:
                if way[0] is not None:
                    used[way[0]] += way[1]
            if all(used[site] <= room[site] + 1e-9 for site in room):
                best = min(best, start + sum(way[2] for way in ways))
    return best


def best_split(data, most=1.0):
    """The optimum with shares of time, by a linear program for each choice of machines.

    No site supplies more than a share ``most`` of a demand.
    """
    machine = data["machines"][0]
    each = [cheapest_by_source(options(data, d)) for d in data["demand"] if d["per_year"]]
    cost = np.array([way[2] for ways in each for way in ways])
    limit = [1.0 if way[0] is None else most for ways in each for way in ways]
    owner = np.array([j for j, ways in enumerate(each) for _ in ways])
    best = math.inf
    for opened, counts in plans(data):
        rows, limits = [], []
        for site, count in zip(data["sites"], counts, strict=True):
            rows.append([way[1] * (way[0] == site["place"]) for ways in each for way in ways])
            limits.append(count * machine["hours_per_year"] * machine["utilisation_limit"])
        answer = linprog(
            cost,
            A_ub=rows,
            b_ub=limits,
            A_eq=(owner[None, :] == np.arange(len(each))[:, None]).astype(float),
            b_eq=np.ones(len(each)),
            bounds=[(0, share) for share in limit],
        )
        if answer.status == 0:
            best = min(best, fixed_cost(data, opened, counts) + answer.fun)
    return best
