"""The optimum over periods by trying every fleet, in plain Python and from the file alone.

One type of machine and one part without stock; machines that are bought, sold, moved and owned
before, sites that sell hours, opening costs. A state is what stands where, which sites are open,
and how many machines are held of each year of purchase.
"""

import itertools
import math

import numpy as np
from scipy.optimize import linprog


class Tree:
    """All plans of an instance, period by period."""

    def __init__(self, data):
        self.data, self.machine = data, data["machines"][0]
        self.sites, self.periods = data["sites"], data["periods"]
        self.start = np.cumsum([0.0] + [period["years"] for period in self.periods])
        self.stands = [i for i, site in enumerate(self.sites) if site.get("most_machines")]
        self.movable = "moving_cost" in self.machine
        self.pools = [self.stands] if self.movable else [[i] for i in self.stands]
        self.supplied = {}

    def optimum(self):
        owned = tuple(sum(o["count"] for o in site.get("owned", [])) for site in self.sites)
        held = tuple((sum(owned[i] for i in pool),) for pool in self.pools)
        states = {(owned, tuple(site["already_open"] for site in self.sites), held): 0.0}
        for t in range(len(self.periods)):
            following = {}
            for state, spent in states.items():
                for state_now, cost in self.steps(t, state):
                    best = following.get(state_now, math.inf)
                    following[state_now] = min(best, spent + cost)
            states = following
        return min(states.values(), default=math.inf)

    def steps(self, t, state):
        stood, was_open, held = state
        years = self.periods[t]["years"]
        rooms = [range(self.sites[i]["most_machines"] + 1) for i in self.stands]
        for chosen in itertools.product(*rooms):
            count = [0] * len(self.sites)
            for i, number in zip(self.stands, chosen, strict=True):
                count[i] = number
            pools = [self.keep(t, pool, v, count) for pool, v in zip(self.pools, held, strict=True)]
            for kept in itertools.product(*pools):
                fleet = sum(k[2] for k in kept) + sum(count) * self.machine["yearly_cost"] * years
                moves = [
                    self.moves(pool, count, stood, bought)
                    for pool, (_, bought, _) in zip(self.pools, kept, strict=True)
                ]
                for dealt in itertools.product(*moves):
                    moved = {i: number for deal in dealt for i, number in deal.items()}
                    moving = sum(moved.values()) * self.machine.get("moving_cost", 0.0)
                    for opened, cost in self.opened(t, count, was_open):
                        supply = self.supply(t, self.hours(t, count, moved, opened))
                        now = tuple(count), opened, tuple(k[0] for k in kept)
                        yield now, fleet + moving + cost + supply

    def keep(self, t, pool, held, count):
        """What may be held of each year of purchase: the numbers, how many are new, the cost."""
        total, price, life = (
            sum(count[i] for i in pool),
            self.machine["price"],
            self.machine["life_years"],
        )
        prices = [price * period["machine_price_factor"] for period in self.periods]
        found = []
        for kept in itertools.product(*[range(number + 1) for number in held]):
            new = total - sum(kept)
            if new < 0:
                continue
            cost = new * prices[t] * self.periods[t]["years"] / life
            for u in range(len(held) - 1):
                book = prices[u] * max(0.0, 1 - (self.start[t] - self.start[u]) / life)
                cost += (held[u + 1] - kept[u + 1]) * self.machine["resale_loss"] * book
                cost += kept[u + 1] * prices[u] * self.periods[t]["years"] / life
            found.append(((*kept, new), new, cost))
        return found

    def moves(self, pool, count, stood, bought):
        """Ways to deal the machines that must come from elsewhere out among sites that grow."""
        grow = {i: max(0, count[i] - stood[i]) for i in pool}
        moved = max(0, sum(grow.values()) - bought)
        if moved and not self.movable:
            return []
        dealt = itertools.product(*[range(grow[i] + 1) for i in pool])
        return [dict(zip(pool, deal, strict=True)) for deal in dealt if sum(deal) == moved]

    def opened(self, t, count, was_open):
        limit = self.data["limits"].get("open_sites", len(self.sites))
        free = [(False, True) if site["state"] == "candidate" else (True,) for site in self.sites]
        for opened in itertools.product(*free):
            if sum(opened) > limit or any(n and not o for n, o in zip(count, opened, strict=True)):
                continue
            yield (
                opened,
                sum(
                    site["yearly_cost"] * self.periods[t]["years"]
                    + site["opening_cost"] * (not before)
                    for site, now, before in zip(self.sites, opened, was_open, strict=True)
                    if now
                ),
            )

    def hours(self, t, count, moved, opened):
        """Hours a year at each site; None where nothing can be printed."""
        machine, years = self.machine, self.periods[t]["years"]
        each = 0.8 * machine["hours_per_year"]
        missed = min(1.0, machine["moving_weeks"] / (52 * years))
        hours = []
        for i, site in enumerate(self.sites):
            if i in self.stands:
                there = each * (count[i] - missed * moved.get(i, 0))
                hours.append(there if count[i] else None)
            else:
                hours.append(site["contracts"][0]["hours_per_year"] if opened[i] else None)
        return tuple(hours)

    def supply(self, t, hours):
        if (t, hours) not in self.supplied:
            ways = self.ways(t, hours)
            single = self.data["single_source"]
            yearly = cheapest_single(ways, hours) if single else cheapest_split(ways, hours)
            self.supplied[t, hours] = yearly * self.periods[t]["years"]
        return self.supplied[t, hours]

    def ways(self, t, hours):
        """Ways to supply each place: site (None: conventional), hours and cost a year."""
        data, machine, part = self.data, self.machine, self.data["parts"][0]
        option, entry = part["print"][0], data["conventional"][0]
        lane = {(lane["from"], lane["to"]): lane for lane in data["network"]["lanes"]}
        waiting = part["downtime_cost_per_hour"] * 168
        each = option["hours"] / self.periods[t]["print_speed_factor"]
        lead = each * 52 / machine["hours_per_year"] / (1 - 0.8)
        found = []
        for demand in data["demand"]:
            rate = demand["by_period"][t]
            if not rate:
                continue
            bought = entry["cost_per_part"] + entry["lead_time_weeks"] * waiting
            ways = [(None, 0.0, rate * bought)]
            for i, site in enumerate(self.sites):
                if hours[i] is None:
                    continue
                way = lane[site["place"], demand["place"]]
                sold = sum(c["cost_per_hour"] for c in site.get("contracts", []))
                unit = option["material_cost"] + each * (machine["cost_per_hour"] + sold)
                unit += site.get("fee_per_part", 0.0) + way["cost_per_part"]
                ways.append((i, each * rate, rate * (unit + (lead + way["weeks"]) * waiting)))
            found.append(ways)
        return found


def cheapest_single(ways, hours):
    best = math.inf
    for plan in itertools.product(*ways):
        used = [sum(way[1] for way in plan if way[0] == i) for i in range(len(hours))]
        if all(u <= (room or 0.0) + 1e-9 for u, room in zip(used, hours, strict=True)):
            best = min(best, sum(way[2] for way in plan))
    return best


def cheapest_split(ways, hours):
    every = [(j, way) for j, each in enumerate(ways) for way in each]
    if not every:
        return 0.0
    answer = linprog(
        [way[2] for _, way in every],
        A_ub=[[way[1] * (way[0] == i) for _, way in every] for i in range(len(hours))],
        b_ub=[room or 0.0 for room in hours],
        A_eq=[[float(j == k) for j, _ in every] for k in range(len(ways))],
        b_eq=np.ones(len(ways)),
    )
    return answer.fun if answer.status == 0 else math.inf
