"""The best assignment of dated orders by scipy's solver, on arrays written from the file alone."""

import math
from collections import defaultdict

from tests.placement.oracles.whole_program import _Rows

HORIZON = 120
"""Weeks after which nothing is printed; the files that are solved here need fewer."""

KINDS = {"cost": 0, "weeks": 1, "kg_co2": 2}


class _Orders(_Rows):
    """The program of a file with orders.

    Its rows are left as they are: scaled, three of 250 programs were called infeasible by scipy's
    solver, and solved as they are.
    """

    scaled = False

    def __init__(self, data):
        super().__init__()
        self.data = data
        self.machines = {machine["name"]: machine for machine in data["machines"]}
        self.parts = {part["name"]: part for part in data["parts"]}
        self.units, self.used = {}, defaultdict(dict)
        for site in data["sites"]:
            if site.get("state") != "closed":
                self._add_units(site)
        ways = [self._add_order(order) for order in data["orders"]]
        self.possible = all(ways)
        taken = defaultdict(float)
        for entry in data.get("commitments", ()):
            taken[entry["place"], entry["machine"], entry["week"]] += entry["hours"]
        for (place, machine, week), terms in self.used.items():
            left = self.units[place, machine][0] - taken[place, machine, week]
            self.row(terms, most=max(left, 0.0))

    def _add_units(self, site):
        """Note the hours a week, the price of an hour and the fee of what stands at a site."""
        year, fee = self.data.get("weeks_per_year", 52.0), site.get("fee_per_part", 0.0)
        for owned in site.get("owned", ()):
            kind = self.machines[owned["machine"]]
            hours = owned["count"] * kind.get("utilisation_limit", 0.8) * kind["hours_per_year"]
            self.units[site["place"], kind["name"]] = hours / year, 0.0, fee
        for sold in site.get("contracts", ()):
            hours = sold.get("hours_per_year")
            weekly = 1e9 if hours is None else hours / year
            self.units[site["place"], sold["machine"]] = weekly, sold["cost_per_hour"], fee

    def _lanes(self, start, end):
        """Return cost and weeks of the lanes that shipments may take."""
        if start is None or start == end:
            return [(0.0, 0.0)]
        found = [
            (lane["cost_per_part"], lane["weeks"], lane.get("kg_co2_per_part", 0.0))
            for lane in self.data["network"]["lanes"]
            if (lane["from"], lane["to"]) == (start, end)
        ]
        wanted = [KINDS[by] for by in self.data.get("routes", ("cost",))]
        return [min(found, key=lambda e, k=k: e[k])[:2] for k in wanted] if found else []

    def _add_order(self, order):
        """Write the ways to fill an order; return whether there is any."""
        part, count = self.parts[order["part"]], order["quantity"]
        chosen = {}

        def way(arrival, cost):
            late = arrival - order["due_week"]
            penalty = order.get("late_cost_per_week")
            if late > 1e-9 and penalty is None:
                return None
            variable = self.variable(0, 1, True)
            self.cost[variable] += cost + max(late, 0.0) * (penalty or 0.0)
            chosen[variable] = 1.0
            return variable

        for entry in self.data.get("conventional", ()):
            for cost, weeks in self._lanes(entry.get("from"), order["place"]):
                if entry["part"] == part["name"]:
                    arrival = order["release_week"] + entry["lead_time_weeks"] + weeks
                    way(arrival, count * (entry["cost_per_part"] + cost))
        for option in part["print"]:
            for unit, (weekly, price, fee) in self.units.items():
                if unit[1] == option["machine"] and weekly > 0:
                    hourly = self.machines[unit[1]].get("cost_per_hour", 0.0) + price
                    cost = option.get("material_cost", 0.0) + option["hours"] * hourly + fee
                    self._print(order, unit, count * option["hours"], count * cost, way)
        self.row(chosen, 1.0, 1.0)
        return bool(chosen)

    def _print(self, order, unit, hours, cost, way):
        """Write the weeks in which a unit may print an order, and in which it may be ready."""
        first, ready = math.ceil(order["release_week"]), {}
        for money, weeks in self._lanes(unit[0], order["place"]):
            for week in range(first, HORIZON):
                variable = way(week + 1 + weeks, cost + order["quantity"] * money)
                if variable is not None:
                    ready[variable] = week
        if not ready:
            return
        spent = {week: self.variable() for week in range(first, max(ready.values()) + 1)}
        self.row({**dict.fromkeys(spent.values(), 1.0), **dict.fromkeys(ready, -hours)}, 0.0, 0.0)
        for week, variable in spent.items():
            later = [other for other, when in ready.items() if when >= week]
            self.row({variable: 1.0, **dict.fromkeys(later, -hours)}, most=0.0)
            self.used[*unit, week][variable] = 1.0


def optimum(data):
    """Return the least cost of a file's orders; None where they cannot all be filled."""
    program = _Orders(data)
    return program.solve() if program.possible else None
