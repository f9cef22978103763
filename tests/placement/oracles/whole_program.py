"""The optimum of any small instance by scipy's solver, on arrays written from the file alone.

Every route by direct lanes, every stock level, every period: nothing is left out but levels beyond
the last that can matter and, of ways from the same source, those that are worse in everything.
"""

import math
from collections import defaultdict

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

OUT = 1e-13
"""Chance of being out of stock beyond which no more stock is tried."""


def losses(load, last=400):
    """Yield the chance of being out of stock at levels 1, 2, ..."""
    value = 1.0
    for level in range(1, last):
        value = load * value / (level + load * value)
        yield level, value
        if value < OUT:
            return


class _Rows:
    """A program written row by row."""

    scaled = True

    def __init__(self):
        self.cost, self.lower, self.upper, self.whole = [], [], [], []
        self.rows, self.least, self.most = [], [], []

    def variable(self, lower=0.0, upper=math.inf, whole=False):
        self.cost.append(0.0)
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms, least=-math.inf, most=math.inf):
        self.rows.append(dict(terms))
        self.least.append(least)
        self.most.append(most)

    def solve(self):
        """Return the least cost; None where there is none."""
        spots = [(r, c, v) for r, row in enumerate(self.rows) for c, v in row.items()]
        row, column, value = zip(*spots, strict=True)
        matrix = sp.csr_array((value, (row, column)), shape=(len(self.rows), len(self.cost)))
        # Rows and costs of about one, whatever they are counted in.
        size = np.ones(len(self.rows))
        if self.scaled:
            size = np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1e-300)
        cost = np.array(self.cost)
        money = float(np.abs(cost).max()) or 1.0
        answer = milp(
            cost / money,
            integrality=np.array(self.whole, dtype=int),
            bounds=Bounds(self.lower, self.upper),
            constraints=LinearConstraint(
                sp.diags_array(1 / size) @ matrix,
                np.array(self.least) / size,
                np.array(self.most) / size,
            ),
            options={"mip_rel_gap": 1e-9, "time_limit": 60.0},
        )
        if answer.status == 2:
            return None
        assert answer.status == 0, answer.message
        return float(answer.fun) * money


class _Program(_Rows):
    """The program of a file."""

    def __init__(self, data):
        super().__init__()
        self.data = data
        self.periods = data.get("periods") or [{"name": "year"}]
        self.years = [period.get("years", 1.0) for period in self.periods]
        self.sites = {site["place"]: site for site in data.get("sites", ())}
        self.machines = {machine["name"]: machine for machine in data.get("machines", ())}
        self.parts = {part["name"]: part for part in data["parts"]}
        self.limits, self.weight = data.get("limits") or {}, data.get("minimise") or {}
        self.money, self.kg = defaultdict(float), defaultdict(float)
        self.printable = {option["machine"] for p in data["parts"] for option in p.get("print", ())}
        self._sites()
        for name, machine in self.machines.items():
            self._fleet(name, machine)
        self._supply()
        self._limits()
        for variable, amount in self.money.items():
            self.cost[variable] += self.weight.get("cost", 1.0) * amount
        for variable, amount in self.kg.items():
            self.cost[variable] += self.weight.get("kg_co2", 0.0) * amount

    def _sites(self):
        """Write open sites, and what opening costs."""
        self.open = {}
        for name, site in self.sites.items():
            before = 1.0 if site.get("already_open") else 0.0
            state, last = site.get("state", "candidate"), None
            for t, years in enumerate(self.years):
                now = self.variable(float(state == "open"), float(state != "closed"), True)
                opened = self.variable(0.0, 1.0)
                self.open[name, t] = now
                self.money[now] += years * site.get("yearly_cost", 0.0)
                self.money[opened] += site.get("opening_cost", 0.0)
                terms = {opened: 1.0, now: -1.0} | ({} if last is None else {last: 1.0})
                self.row(terms, least=-before if last is None else 0.0)
                last = now
        most = self.limits.get("open_sites")
        for t in range(len(self.years)) if most is not None else ():
            self.row({self.open[name, t]: 1.0 for name in self.sites}, most=most)
        self.standing = defaultdict(dict)
        self.count, self.arrived = {}, {}

    def _stands(self, machine):
        """Return where a type may stand."""
        owned = any(
            o["machine"] == machine for s in self.sites.values() for o in s.get("owned", ())
        )
        if machine not in self.printable and not owned:
            return []
        return [
            name
            for name, site in self.sites.items()
            if site.get("state") != "closed"
            and site.get("most_machines")
            and machine not in {c["machine"] for c in site.get("contracts", ())}
        ]

    def _fleet(self, name, machine):
        """Write the machines of a type: each batch by when it was bought, where, and since when."""
        stands = self._stands(name)
        movable = machine.get("moving_cost") is not None
        groups = [stands] if movable else [[stand] for stand in stands]
        for group in groups:
            if group:
                self._group(name, machine, group, movable)

    def _group(self, name, machine, group, movable):
        owned = {
            site: sum(o["count"] for o in self.sites[site].get("owned", ()) if o["machine"] == name)
            for site in group
        }
        periods, price, life = (
            range(len(self.years)),
            machine.get("price", 0.0),
            machine.get("life_years", 1.0),
        )
        start = np.concatenate([[0.0], np.cumsum(self.years)])
        alone = len(self.years) == 1 and not any(
            o["count"] for site in self.sites.values() for o in site.get("owned", ())
        )
        before = dict(owned)
        held = {-1: None}
        total_before = sum(owned.values())
        for t in periods:
            counts = {}
            bought_now, moved_in, moved_out = {}, {}, {}
            for site in group:
                most = self.sites[site]["most_machines"]
                n = self.variable(0, most, True)
                b, s = self.variable(0, math.inf, True), self.variable(0, math.inf, True)
                i = self.variable(0, math.inf if movable and not alone else 0, True)
                o = self.variable(0, math.inf if movable and not alone else 0, True)
                counts[site], bought_now[site], moved_in[site], moved_out[site] = n, b, i, o
                terms = {n: 1.0, b: -1.0, s: 1.0, i: -1.0, o: 1.0}
                known = before[site]
                if t:
                    terms[known] = -1.0
                    known = 0.0
                self.row(terms, known, known)
                self.money[n] += machine.get("yearly_cost", 0.0) * self.years[t]
                self.money[i] += machine.get("moving_cost") or 0.0
                self.count[site, name, t], self.arrived[site, name, t] = n, i
                self.standing[site, t][n] = 1.0
            if movable:
                self.row(
                    {
                        **dict.fromkeys(moved_in.values(), 1.0),
                        **dict.fromkeys(moved_out.values(), -1.0),
                    },
                    0,
                    0,
                )
            before = counts
            # By year of purchase: what is held of each, and what selling it loses.
            now = {u: self.variable(0, math.inf, True) for u in range(-1, t + 1)}
            self.row({now[t]: 1.0, **dict.fromkeys(bought_now.values(), -1.0)}, 0, 0)
            self.row(
                {**dict.fromkeys(now.values(), 1.0), **dict.fromkeys(counts.values(), -1.0)}, 0, 0
            )
            for u in range(-1, t):
                if t == 0:
                    self.row({now[u]: 1.0}, most=total_before)
                    continue
                self.row({now[u]: 1.0, held[u]: -1.0}, most=0.0)
                if u >= 0:
                    paid = price * self.periods[u].get("machine_price_factor", 1.0)
                    loss = (
                        machine.get("resale_loss", 0.0)
                        * paid
                        * max(0.0, 1 - (start[t] - start[u]) / life)
                    )
                    self.money[held[u]] += loss
                    self.money[now[u]] -= loss
            for u in range(t + 1):
                paid = price * self.periods[u].get("machine_price_factor", 1.0)
                self.money[now[u]] += paid / life * self.years[t]
            held = now

    def _ways(self, demand, part, t, rate):
        """Yield ways to supply: key of the source, hours, money, kg, space and misses a year."""
        period = self.periods[t]
        week = part.get("downtime_cost_per_hour", 0.0) * self.data.get("hours_per_week", 168.0)
        year = self.data.get("weeks_per_year", 52.0)
        urgent = part.get("emergency_cost")
        rush = part.get("emergency_weeks", 0.0)
        if urgent is not None:
            each = urgent + rush * week
            yield ("urgent",), 0.0, rate * each, rate * part.get("emergency_kg_co2", 0.0), 0.0, 1.0
        sources = []
        for entry in self.data.get("conventional", ()):
            if entry["part"] == part["name"]:
                base = (
                    entry["cost_per_part"],
                    entry.get("lead_time_weeks", 0.0),
                    entry.get("kg_co2_per_part", 0.0),
                )
                where, key = entry.get("from"), ("bought",)
                lanes = self._lanes(where, demand["place"], part) if where else [(0, 0, 0)]
                sources += [(key, 0.0, *np.add(base, lane).tolist()) for lane in lanes]
        for option in part.get("print", ()):
            machine = self.machines[option["machine"]]
            each = option["hours"] / period.get("print_speed_factor", 1.0)
            weeks = each * year / machine["hours_per_year"]
            if machine.get("queue_allowance_weeks") is not None:
                weeks += machine["queue_allowance_weeks"]
            else:
                weeks /= 1 - machine.get("utilisation_limit", 0.8)
            for name, site in self.sites.items():
                sold = [c for c in site.get("contracts", ()) if c["machine"] == machine["name"]]
                if site.get("state") == "closed" or not (sold or site.get("most_machines")):
                    continue
                hourly = machine.get("cost_per_hour", 0.0) + sum(
                    c.get("cost_per_hour", 0.0) for c in sold
                )
                unit = (
                    option.get("material_cost", 0.0) + each * hourly + site.get("fee_per_part", 0.0)
                )
                kg = each * machine.get("kg_co2_per_hour", 0.0)
                key = ("printed", name, machine["name"])
                sources += [
                    (key, each * rate, unit + cost, weeks + time, kg + emitted)
                    for cost, time, emitted in self._lanes(name, demand["place"], part)
                ]
        holding = part.get("unit_value", 0.0) * part.get("holding_cost_per_year_per_value", 0.0)
        for key, hours, unit, lead, kg in sources:
            if urgent is None or part.get("may_wait"):
                yield key, hours, rate * (unit + week * lead), rate * kg, 0.0, 1.0
            if urgent is None:
                continue
            for level, lost in losses(rate * lead / year):
                money = holding * level + rate * ((1 - lost) * unit + lost * (urgent + rush * week))
                emitted = rate * ((1 - lost) * kg + lost * part.get("emergency_kg_co2", 0.0))
                yield key, hours, money, emitted, part.get("space", 1.0) * level, lost

    def _lanes(self, start, end, part):
        """Return cost, weeks and kg of a part on the lanes between two places."""
        if start == end:
            return [(0.0, 0.0, 0.0)]
        lanes = [
            lane
            for lane in self.data["network"]["lanes"]
            if (lane["from"], lane["to"]) == (start, end)
        ]
        each = [
            (
                lane.get("cost_per_part", 0.0) + part.get("kg", 0.0) * lane.get("cost_per_kg", 0.0),
                lane.get("weeks", 0.0),
                lane.get("kg_co2_per_part", 0.0)
                + part.get("kg", 0.0) * lane.get("kg_co2_per_kg", 0.0),
            )
            for lane in lanes
        ]
        kinds = {"cost": 0, "weeks": 1, "kg_co2": 2}
        wanted = [kinds[by] for by in self.data.get("routes", ("cost",))]
        return (
            list(dict.fromkeys(min(each, key=lambda e, k=k: e[k]) for k in wanted)) if each else []
        )

    def _supply(self):
        """Write who supplies whom."""
        used = defaultdict(dict)
        self.stored, self.missed = defaultdict(dict), {}
        averages = [rate for rate in self.limits.get("fill_rate", ()) if rate.get("on_average")]
        each = [rate for rate in self.limits.get("fill_rate", ()) if not rate.get("on_average")]
        rates, misses = defaultdict(float), defaultdict(dict)
        for t, years in enumerate(self.years):
            for demand in self.data["demand"]:
                forecast = demand.get("by_period")
                rate = (
                    forecast[t]
                    if forecast
                    else demand["per_year"] * self.periods[t].get("demand_factor", 1.0)
                )
                if not rate:
                    continue
                part = self.parts[demand["part"]]
                asked = max(
                    (limit["at_least"] for limit in each if _covers(limit, demand)), default=0.0
                )
                ways = [
                    way
                    for way in self._ways(demand, part, t, rate)
                    if 1 - way[5] >= asked or not asked
                ]
                covering = [k for k, limit in enumerate(averages) if _covers(limit, demand)]
                for k in covering:
                    rates[k, t] += rate
                whole, of_source = {}, defaultdict(dict)
                for key, hours, money, kg, space, lost in _undominated(ways):
                    x = self.variable(0, 1, bool(self.data.get("single_source")))
                    whole[x] = 1.0
                    self.money[x] += years * money
                    self.kg[x] += years * kg
                    self.stored[demand["place"], t][x] = space
                    for k in covering:
                        misses[k, t][x] = rate * lost
                    if key[0] == "printed":
                        of_source[key[1:]][x] = 1.0
                        used[*key[1:], t][x] = hours
                self.row(whole, 1.0, 1.0)
                for (site, machine), terms in of_source.items():
                    self.row({**terms, self.open[site, t]: -1.0}, most=0.0)
                    if (site, machine, t) in self.count:
                        self.row({**terms, self.count[site, machine, t]: -1.0}, most=0.0)
        for (k, t), rate in rates.items():
            self.row(misses[k, t], most=(1 - averages[k]["at_least"]) * rate)
        for (site, machine, t), terms in used.items():
            self._hours(site, machine, t, terms)
        for (site, t), terms in self.standing.items():
            self.row(
                {**terms, self.open[site, t]: -float(self.sites[site]["most_machines"])}, most=0.0
            )

    def _hours(self, site, machine, t, terms):
        sold = [c for c in self.sites[site].get("contracts", ()) if c["machine"] == machine]
        if sold:
            if sold[0].get("hours_per_year") is not None:
                self.row({**terms, self.open[site, t]: -sold[0]["hours_per_year"]}, most=0.0)
            return
        kind = self.machines[machine]
        planned = kind.get("utilisation_limit", 0.8) * kind["hours_per_year"]
        year = self.data.get("weeks_per_year", 52.0)
        missed = min(1.0, kind.get("moving_weeks", 0.0) / (year * self.years[t]))
        stand = site, machine, t
        self.row(
            {**terms, self.count[stand]: -planned, self.arrived[stand]: planned * missed}, most=0.0
        )

    def _limits(self):
        if self.limits.get("budget") is not None:
            self.row(self.money, most=self.limits["budget"])
        if self.limits.get("kg_co2") is not None:
            self.row(self.kg, most=self.limits["kg_co2"])
        for limit in self.limits.get("storage", ()):
            for t in range(len(self.years)):
                if self.stored[limit["place"], t]:
                    self.row(self.stored[limit["place"], t], most=limit["at_most"])


def _covers(limit, demand):
    return limit.get("part") in (None, demand["part"]) and limit.get("place") in (
        None,
        demand["place"],
    )


def _undominated(ways):
    """Return the ways without those that another of the same source beats in everything."""
    groups = defaultdict(list)
    for way in ways:
        groups[way[0], way[1]].append(way)
    kept = []
    for group in groups.values():
        values = np.array([way[2:] for way in dict.fromkeys(group)])
        group = list(dict.fromkeys(group))
        for k, way in enumerate(group):
            less = (values <= values[k]).all(axis=1) & (values < values[k]).any(axis=1)
            if not less.any():
                kept.append(way)
    return kept


def optimum(data):
    """Return the optimum of a file with demand; None where there is no plan."""
    return _Program(data).solve()
