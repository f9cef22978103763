"""The referee: recomputes a placement answer from the instance and the answer's tables alone.

It knows nothing of the program. Its Erlang losses come from the classical recursion, its lead
times, hours, stock costs and bill from the file, line by line.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from amopt.placement.referee.ledger import Ledger
from amopt.placement.referee.orders import check_orders
from amopt.stock import erlang_loss
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Contract, Instance, Part
    from amopt.routes import RouteTable
    from amopt.solution import Solution

__all__ = ["check"]

Row = Mapping[str, Any]

MOST_STEPS = 10_000
"""Steps of the recursion of Erlang's losses, from which on the closed form takes over."""


def check(instance: Instance, solution: Solution) -> Verdict:
    """Return the referee's verdict on an answer.

    Parameters
    ----------
    instance
        The instance that was solved.
    solution
        The answer; only its tables and its outcome are read.
    """
    verdicts = []
    if any(demand.per_year or any(demand.by_period) for demand in instance.demand):
        verdicts.append(_Referee(instance, solution.rows).verdict(solution))
    if instance.orders:
        verdicts.append(check_orders(instance, solution))
    return Verdict(
        tuple(finding for verdict in verdicts for finding in verdict.findings),
        sum(verdict.checks for verdict in verdicts),
        {name: value for verdict in verdicts for name, value in verdict.measures.items()},
    )


class _Referee(Ledger):
    """Checks one answer, and remembers what it found."""

    def __init__(self, instance: Instance, rows: Mapping[str, Iterable[Row]]) -> None:
        super().__init__(instance, rows)
        self.kg_co2 = 0.0
        self.parts = {part.name: part for part in instance.parts}
        self._demand = {(demand.place, demand.part): demand for demand in instance.demand}
        self.hours: dict[tuple[str, str, str], float] = defaultdict(float)
        self._network = instance.supply_network
        self._tables: dict[tuple[str, float], RouteTable] = {}
        self._spots: dict[tuple[str, float], tuple[dict[str, int], dict[str, int]]] = {}

    def verdict(self, solution: Solution) -> Verdict:
        """Check everything."""
        if not self._known_tables() or not self._known_names():
            return Verdict(tuple(self.findings), self.checks)
        self._check_demand()
        for row in self.rows["supply"]:
            self._check_supply(row)
        self._check_fill_rates()
        self._check_storage()
        self._check_sites()
        self.check_fleet()
        self._check_hours()
        self._check_bill(solution)
        return Verdict(tuple(self.findings), self.checks, {"cost": sum(self.bill.values())})

    def _known_tables(self) -> bool:
        """Check that every table is there, with each site and period once."""
        for name in ("sites", "fleet", "supply", "bill"):
            self.require(name in self.rows, f"there is no table {name!r}")
        if not self.findings:
            named = [(row["place"], row["period"]) for row in self.rows["sites"]]
            wanted = {(place, period) for place in self.sites for period in self.periods}
            complete = len(named) == len(wanted) and set(named) == wanted
            self.require(complete, "the table of sites does not hold each site and period once")
        return not self.findings

    def _known_names(self) -> bool:
        """Check that the tables speak of the instance."""
        wanted = {(d.place, d.part) for d in self.instance.demand}
        for row in self.rows["supply"]:
            pair = (row["place"], row["part"])
            self.require(pair in wanted, f"nobody demands {pair[1]!r} at {pair[0]!r}")
            self.require(row["period"] in self.periods, f"there is no period {row['period']!r}")
            known = row["route"] in self.instance.routes
            self.require(known, f"shipments may not take routes by {row['route']!r}")
            level = row["stock_level"]
            self.require(level >= 0 and level == int(level), f"nobody can stock {level!r} parts")
        for name in ("sites", "fleet"):
            for row in self.rows[name]:
                self.require(row["place"] in self.sites, f"there is no site {row['place']!r}")
                self.require(row["period"] in self.periods, f"no period {row['period']!r}")
        for row in self.rows["fleet"]:
            self.require(row["machine"] in self.machines, f"no machine {row['machine']!r}")
        return not self.findings

    def _check_demand(self) -> None:
        """Every demand is supplied all the time; by one source where the file says so."""
        shares: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for row in self.rows["supply"]:
            shares[row["place"], row["part"], row["period"]].append(row["share"])
        for demand in self.instance.demand:
            for name, t in self.periods.items():
                given = shares.pop((demand.place, demand.part, name), [])
                what = f"the supply of {demand.part!r} at {demand.place!r} in {name}"
                if not self.instance.rate(demand, t):
                    self.require(not given, f"{what} meets no demand")
                    continue
                self.same(what, sum(given), 1.0)
                self.require(all(share >= 0 for share in given), f"{what} has a negative share")
                if self.instance.single_source:
                    self.require(len(given) == 1, f"{what} has {len(given)} sources")

    def _check_supply(self, row: Row) -> None:
        """Recompute lead time, fill rate, hours, emissions and cost of one row."""
        t = self.periods[row["period"]]
        demand = self._demand[row["place"], row["part"]]
        part, rate = self.parts[row["part"]], self.instance.rate(demand, t)
        what = f"{row['part']!r} at {row['place']!r} from {row['source']!r} in {row['period']}"
        source = self._source(row, part, t)
        if source is None:
            self.findings.append(f"{what}: there is no such source")
            return
        kind, unit, transport, weeks, hours, kg = source
        years, share = self.instance.horizon[t].years, row["share"]
        cost: dict[str, float] = {}
        downtime = part.downtime_cost_per_hour * self.instance.hours_per_week
        level = row["stock_level"]
        ordered = level == 0 and kind != "emergency"
        if ordered:
            self.require(
                part.emergency_cost is None or part.may_wait, f"{what}: demands may not wait"
            )
            lost, fill, cost["downtime"] = 0.0, 0.0, rate * weeks * downtime
        else:
            load = rate * weeks / self.instance.weeks_per_year
            lost = self._lost(level, load)
            fill = 1 - lost
            holding = part.unit_value * part.holding_cost_per_year_per_value
            cost["holding"] = holding * level
            cost["emergency"] = rate * lost * (part.emergency_cost or 0.0)
            cost["downtime"] = rate * lost * part.emergency_weeks * downtime
        if kind != "emergency":
            cost[kind] = rate * (1 - lost) * unit
            cost["transport"] = rate * (1 - lost) * transport
        emitted = rate * ((1 - lost) * kg + lost * part.emergency_kg_co2)
        total = sum(cost.values())
        self.same(f"{what}: the lead time", row["lead_time_weeks"], weeks)
        self.same(f"{what}: the fill rate", row["fill_rate"], fill, 1.0)
        self.same(f"{what}: the hours", row["hours"], share * rate * hours)
        self.same(f"{what}: the emissions", row["kg_co2"], share * emitted)
        self.same(f"{what}: the yearly cost", row["yearly_cost"], share * total)
        self.kg_co2 += years * share * emitted
        for name, amount in cost.items():
            self.bill[name] += years * share * amount
        if kind == "printing":
            self.hours[row["source"], row["machine"], row["period"]] += share * rate * hours

    def _lost(self, level: int, load: float) -> float:
        """Return the Erlang loss by its recursion, or in closed form where that would be long."""
        if level > MOST_STEPS:
            return float(erlang_loss(level, load))
        lost = 1.0
        for s in range(1, level + 1):
            lost = load * lost / (s + load * lost)
        return lost

    def _source(
        self, row: Row, part: Part, t: int
    ) -> tuple[str, float, float, float, float, float] | None:
        """Return kind, unit cost, transport, lead time, hours and emissions of a row's source."""
        if row["machine"]:
            return self._printed(row, part, t)
        if row["source"] == "emergency":
            if part.emergency_cost is None or row["stock_level"]:
                return None
            return "emergency", 0.0, 0.0, part.emergency_weeks, 0.0, 0.0
        for entry in self.instance.conventional:
            if entry.part == part.name and entry.supplier == row["source"]:
                cost, weeks, kg = self._lane(row, entry.from_, part.kg)
                return (
                    "conventional",
                    entry.cost_per_part,
                    cost,
                    entry.lead_time_weeks + weeks,
                    0.0,
                    entry.kg_co2_per_part + kg,
                )
        return None

    def _printed(
        self, row: Row, part: Part, t: int
    ) -> tuple[str, float, float, float, float, float] | None:
        site, machine = self.sites.get(row["source"]), self.machines.get(row["machine"])
        option = next((o for o in part.print if o.machine == row["machine"]), None)
        if site is None or machine is None or option is None:
            return None
        hours = option.hours / self.instance.horizon[t].print_speed_factor
        per_hour = machine.cost_per_hour + sum(
            contract.cost_per_hour
            for contract in site.contracts
            if contract.machine == machine.name
        )
        cost, weeks, kg = self._lane(row, site.place, part.kg)
        printing = hours * self.instance.weeks_per_year / machine.hours_per_year
        queue = machine.queue_allowance_weeks
        if queue is None:
            queue = printing * machine.utilisation_limit / (1 - machine.utilisation_limit)
        return (
            "printing",
            option.material_cost + hours * per_hour + site.fee_per_part,
            cost,
            printing + queue + weeks,
            hours,
            hours * machine.kg_co2_per_hour + kg,
        )

    def _lane(self, row: Row, origin: str | None, kg: float) -> tuple[float, float, float]:
        """Return cost, weeks and emissions of the way to a row's place."""
        if origin is None:
            return 0.0, 0.0, 0.0
        key = (row["route"], kg)
        if key not in self._tables:
            origins = [*self.sites, *(e.from_ for e in self.instance.conventional if e.from_)]
            origins = list(dict.fromkeys(origins))
            places = list(dict.fromkeys(demand.place for demand in self.instance.demand))
            self._tables[key] = self._network.routes(
                origins, places, by=row["route"], kg_per_part=kg
            )
            self._spots[key] = (
                {name: k for k, name in enumerate(origins)},
                {name: k for k, name in enumerate(places)},
            )
        table, (at, to) = self._tables[key], self._spots[key]
        spot = at[origin], to[row["place"]]
        return float(table.cost[spot]), float(table.weeks[spot]), float(table.kg_co2[spot])

    def _check_fill_rates(self) -> None:
        for limit in self.instance.limits.fill_rate:
            met: dict[str, float] = defaultdict(float)
            asked: dict[str, float] = defaultdict(float)
            for row in self.rows["supply"]:
                if limit.place not in (None, row["place"]) or limit.part not in (None, row["part"]):
                    continue
                demand = self._demand[row["place"], row["part"]]
                rate = self.instance.rate(demand, self.periods[row["period"]])
                met[row["period"]] += row["share"] * rate * row["fill_rate"]
                asked[row["period"]] += row["share"] * rate
                if not limit.on_average:
                    self.at_most(
                        f"the share of demand for {row['part']!r} at {row['place']!r} not met from "
                        "the shelf",
                        1 - row["fill_rate"],
                        1 - limit.at_least,
                    )
            for period, amount in asked.items():
                what = f"the demand not met from the shelf on average in {period}"
                self.at_most(what, amount - met[period], (1 - limit.at_least) * amount)

    def _check_storage(self) -> None:
        for limit in self.instance.limits.storage:
            used: dict[str, float] = defaultdict(float)
            for row in self.rows["supply"]:
                if row["place"] == limit.place:
                    space = self.parts[row["part"]].space
                    used[row["period"]] += row["share"] * row["stock_level"] * space
            for period, room in used.items():
                self.at_most(f"the stock at {limit.place!r} in {period}", room, limit.at_most)

    def _check_sites(self) -> None:
        """Check states, the number of open sites, and what they cost."""
        limit = self.instance.limits.open_sites
        for period in self.periods:
            count = sum(bool(self.open.get((place, period))) for place in self.sites)
            if limit is not None:
                self.at_most(f"the number of open sites in {period}", count, limit)
        for place, site in self.sites.items():
            before = site.already_open
            for stretch in self.instance.horizon:
                opened = bool(self.open.get((place, stretch.name)))
                if site.state != "candidate":
                    self.require(
                        opened == (site.state == "open"), f"{place!r} must be {site.state}"
                    )
                self.bill["opening"] += site.opening_cost * (opened and not before)
                self.bill["sites"] += site.yearly_cost * stretch.years * opened
                before = opened

    def _check_hours(self) -> None:
        """Check that each unit has the hours that it sets aside, and what tables say of them."""
        for (place, machine, period), used in self.hours.items():
            what = f"the hours of {machine!r} at {place!r} in {period}"
            self.require(bool(self.open.get((place, period))), f"{place!r} is closed in {period}")
            if self._contract(place, machine) is None:
                there = self.count.get((place, machine, period), 0) > 0
                self.require(there, f"there is no {machine!r} at {place!r} in {period}")
            limit = self.machines[machine].utilisation_limit
            self.at_most(what, used, self._hours_there(place, machine, period, limit))
        for row in self.rows["fleet"]:
            unit = row["place"], row["machine"], row["period"]
            self._check_busy(row, [unit])
        for row in self.rows["sites"]:
            units = [(row["place"], machine, row["period"]) for machine in self.machines]
            self._check_busy(row, units)
            count = sum(self.count.get(unit, 0) for unit in units)
            self.same(
                f"the machines at {row['place']!r} in {row['period']}", row["machines"], count
            )

    def _check_busy(self, row: Row, units: list[tuple[str, str, str]]) -> None:
        """Recompute hours and utilisation of one row, over all its units."""
        used = sum(self.hours.get(unit, 0.0) for unit in units)
        there = sum(self._hours_there(*unit, 1.0) for unit in units)
        what = f"at {row['place']!r} in {row['period']}"
        self.same(f"the hours {what}", row["hours"], used)
        busy = 0.0 if used == 0 or there <= 0 or math.isinf(there) else used / there
        self.same(f"the utilisation {what}", row["utilisation"], busy)

    def _contract(self, place: str, machine: str) -> Contract | None:
        return next((c for c in self.sites[place].contracts if c.machine == machine), None)

    def _hours_there(self, place: str, machine: str, period: str, limit: float) -> float:
        """Return the hours a year of a unit, machines up to a share of theirs."""
        contract = self._contract(place, machine)
        if contract is None:
            ready = float(self.count.get((place, machine, period), 0))
            ready -= self.lost_hours.get((place, machine, period), 0.0)
            return limit * self.machines[machine].hours_per_year * ready
        if not self.open.get((place, period)):
            return 0.0
        return math.inf if contract.hours_per_year is None else contract.hours_per_year

    def _check_bill(self, solution: Solution) -> None:
        """Compare the bill with the one recomputed, and check what it may come to."""
        limits, weight = self.instance.limits, self.instance.minimise
        total = sum(self.bill.values())
        told = {row["cost"] for row in self.rows["bill"]}
        missing = {kind for kind, amount in self.bill.items() if amount} | {"total"}
        for kind in sorted(missing - told):
            self.findings.append(f"the bill does not tell the cost of {kind}")
        for row in self.rows["bill"]:
            expected = total if row["cost"] == "total" else self.bill[row["cost"]]
            self.same(f"the bill for {row['cost']}", row["optimum"], expected, abs(total))
        if limits.budget is not None:
            self.at_most("the cost", total, limits.budget)
        if limits.kg_co2 is not None:
            self.at_most("the emissions in kg", self.kg_co2, limits.kg_co2)
        outcome = solution.outcome
        objective = weight.cost * total + weight.kg_co2 * self.kg_co2
        if outcome.objective is not None:
            self.same("the objective", outcome.objective, objective)
        if outcome.bound is not None:
            self.at_most("the bound", outcome.bound, objective)
