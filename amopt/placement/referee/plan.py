"""The referee of one plan: its supply, sites, fleet and holdings, recomputed from the file."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from amopt.placement.referee.columns import COLUMNS, check_columns
from amopt.placement.referee.forms import check_form
from amopt.placement.referee.machines import NUMBERS, Machines
from amopt.placement.referee.source import Source, Sources
from amopt.referee import Amount, Notebook, is_number
from amopt.stock import erlang_loss

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance, Part

__all__ = ["KINDS", "Bill", "PlanReferee"]

Row = Mapping[str, Any]
Unit = tuple[str, str, str]
"""A place, a type of machine and a period."""

KINDS = (
    "opening", "sites", "machines", "operators", "moving",
    "printing", "conventional", "transport", "holding", "emergency", "downtime",
)  # fmt: skip
"""The kinds of cost on a bill, in their order."""

MOST_STEPS = 10_000
"""Steps of the recursion of Erlang's losses, from which on the closed form takes over."""

OPTION = ("place", "part", "period", "source", "machine", "stock_level", "route")
"""The columns that tell one row of supply from another."""


@dataclass(frozen=True)
class Bill:
    """What a plan comes to.

    Attributes
    ----------
    money
        Money over all periods, by kind.
    kg_co2
        Emissions over all periods.
    open_sites, machines
        Sites that are open in any period; most machines at a time.
    printed
        Share of demand that is printed.
    """

    money: Mapping[str, float]
    kg_co2: float
    open_sites: int
    machines: int
    printed: float

    @property
    def total(self) -> float:
        """Money over all periods."""
        return sum(self.money.values())


class PlanReferee(Machines):
    """Judges one plan.

    Parameters
    ----------
    instance, rows
        The instance that was solved, and the tables of the plan.
    notebook
        Where findings are noted.
    form
        The form that the plan must have.
    sources
        The sources of the instance.
    """

    def __init__(
        self,
        instance: Instance,
        rows: Mapping[str, Sequence[Row]],
        notebook: Notebook,
        form: str,
        sources: Sources,
    ) -> None:
        self.form = form
        for name in COLUMNS.keys() & rows.keys():
            check_columns(name, rows[name], notebook)
        self.readable = not notebook.findings
        super().__init__(instance, rows if self.readable else {"sites": []}, notebook)
        self.kg_co2 = self.printed = self.demanded = 0.0
        self.parts = {part.name: part for part in instance.parts}
        self._demand = {(demand.place, demand.part): demand for demand in instance.demand}
        self.hours: dict[Unit, float] = defaultdict(float)
        self.sources = sources

    def judged(self) -> Bill:
        """Check everything, and return what the plan comes to."""
        if self.readable and self._known_names():
            self._check_demand()
            for row in self.rows["supply"]:
                self._check_supply(row)
            self._check_averages()
            self._check_storage()
            self._check_sites()
            self.check_fleet()
            self._check_hours()
            self._check_limits()
            check_form(
                self.form,
                self.instance,
                self.rows["supply"],
                opened=self.open,
                stands=lambda unit: (
                    self.count.get(unit, 0) > 0 or self.contract(*unit[:2]) is not None
                ),
                sources=self.sources,
                notebook=self.notebook,
            )
        opened = {place for (place, _), is_open in self.open.items() if is_open}
        standing = [
            sum(n for (_, _, when), n in self.count.items() if when == period)
            for period in self.periods
        ]
        return Bill(
            money={kind: self.bill.get(kind, 0.0) for kind in KINDS},
            kg_co2=self.kg_co2,
            open_sites=len(opened),
            machines=max(standing, default=0),
            printed=self.printed / self.demanded if self.demanded else 0.0,
        )

    def _known_names(self) -> bool:
        """Check that the tables speak of the instance, and of each thing once."""
        note = self.notebook
        named = [(row["place"], row["period"]) for row in self.rows["sites"]]
        wanted = [(place, period) for place in self.sites for period in self.periods]
        note.require(named == wanted, "sites: not each site and period once, in order")
        for row in self.rows["sites"]:
            note.require(type(row["open"]) is bool, f"sites: open is {row['open']!r}")
        pairs = set(self._demand)
        once: set[tuple[Any, ...]] = set()
        routes, option, most = self.instance.routes, itemgetter(*OPTION), 1 + note.tolerance
        for row in self.rows["supply"]:
            once.add(key := option(row))
            place, part, period, _, _, level, route = key
            share = row["share"]
            note.requires(
                ((place, part) in pairs, "supply: nobody demands {1!r} at {0!r}"),
                (period in self.periods, "supply: no period {2!r}"),
                (route in routes, "supply: shipments may not take routes by {6!r}"),
                (type(level) is int and level >= 0, "supply: nobody can stock {5!r} parts"),
                (is_number(share) and 0 < share <= most, "supply: {7!r} is no share of a period"),
                of=(*key, share),
            )
        note.require(len(once) == len(self.rows["supply"]), "supply: the same option twice")
        units = [(row["place"], row["machine"], row["period"]) for row in self.rows["fleet"]]
        note.require(len(set(units)) == len(units), "fleet: a unit stands in two rows")
        for place, machine, period in units:
            known = place in self.sites and machine in self.machines and period in self.periods
            note.require(known, f"fleet: there is no {machine!r} at {place!r} in {period!r}")
        return not note.findings

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
                    self.notebook.require(not given, f"{what} meets no demand")
                    continue
                self.notebook.same(what, float(sum(given)), 1.0)
                if self.instance.single_source:
                    self.notebook.require(len(given) == 1, f"{what} has {len(given)} sources")

    def _check_supply(self, row: Row) -> None:
        """Recompute lead time, fill rate, hours, emissions and cost of one row."""
        t = self.periods[row["period"]]
        demand = self._demand[row["place"], row["part"]]
        part, rate = self.parts[row["part"]], self.instance.rate(demand, t)
        what = f"{row['part']!r} at {row['place']!r} from {row['source']!r} in {row['period']}"
        source = self.sources.of(row, part, t)
        if source is None:
            self.notebook.require(False, f"{what}: there is no such source")
            return
        years, share = self.instance.horizon[t].years, row["share"]
        level = row["stock_level"]
        if level == 0 and source.kind != "emergency":
            waits = part.emergency_cost is None or part.may_wait
            self.notebook.require(waits, f"{what}: demands may not wait")
            lost, fill = 0.0, 0.0
            asked = self._asked(row)
            self.notebook.require(asked <= 0, f"{what}: nothing is met from the shelf")
        else:
            stocked = level == 0 or part.emergency_cost is not None
            self.notebook.require(stocked, f"{what}: nobody stocks it")
            lost = self._lost(level, rate * source.weeks / self.instance.weeks_per_year)
            fill = 1 - lost
            most, scale = 1 - self._asked(row), 1e-8
            self.notebook.within(f"{what}: demand not met from the shelf", lost, most, scale)
        cost = self._cost(part, source, rate=rate, level=level, lost=lost)
        emitted = rate * ((1 - lost) * source.kg_co2 + lost * part.emergency_kg_co2)
        self.notebook.compare(
            what,
            row,
            {
                "place": row["place"],
                "part": row["part"],
                "period": row["period"],
                "source": row["source"],
                "machine": row["machine"],
                "share": Amount(share),
                "stock_level": level,
                "route": row["route"] if source.shipped else self.instance.routes[0],
                "lead_time_weeks": Amount(source.weeks),
                "fill_rate": Amount(fill, 1.0 if fill else 0.0),
                "hours": Amount(share * rate * source.hours),
                "kg_co2": Amount(share * emitted),
                "yearly_cost": Amount(share * sum(cost.values())),
            },
        )
        self.kg_co2 += years * share * emitted
        self.demanded += years * share * rate
        for name, amount in cost.items():
            self.bill[name] += years * share * amount
        if source.kind == "printing":
            self.hours[row["source"], row["machine"], row["period"]] += share * rate * source.hours
            self.printed += years * share * rate

    def _cost(
        self, part: Part, source: Source, *, rate: float, level: int, lost: float
    ) -> dict[str, float]:
        """Return the yearly cost of supplying a demand all the time, by kind."""
        downtime = part.downtime_cost_per_hour * self.instance.hours_per_week
        cost = {"transport": rate * (1 - lost) * source.transport}
        if source.kind != "emergency":
            cost[source.kind] = rate * (1 - lost) * source.unit
            if level == 0:
                return {**cost, "downtime": rate * source.weeks * downtime}
        holding = part.unit_value * part.holding_cost_per_year_per_value
        cost["holding"] = holding * level
        cost["emergency"] = rate * lost * (part.emergency_cost or 0.0)
        cost["downtime"] = rate * lost * part.emergency_weeks * downtime
        return cost

    def _asked(self, row: Row) -> float:
        """Return the fill rate that a row must meet by itself."""
        return max(
            (
                limit.at_least
                for limit in self.instance.limits.fill_rate
                if not limit.on_average
                and limit.place in (None, row["place"])
                and limit.part in (None, row["part"])
            ),
            default=0.0,
        )

    def _lost(self, level: int, load: float) -> float:
        """Return the Erlang loss by its recursion, or in closed form where that would be long."""
        if level > MOST_STEPS:
            return float(erlang_loss(level, load))
        lost = 1.0
        for s in range(1, level + 1):
            lost = load * lost / (s + load * lost)
        return lost

    def _check_averages(self) -> None:
        """Check the fill rates that are met on average."""
        for limit in self.instance.limits.fill_rate:
            if not limit.on_average:
                continue
            missed: dict[str, float] = defaultdict(float)
            asked: dict[str, float] = defaultdict(float)
            for row in self.rows["supply"]:
                if limit.place not in (None, row["place"]) or limit.part not in (None, row["part"]):
                    continue
                demand = self._demand[row["place"], row["part"]]
                rate = self.instance.rate(demand, self.periods[row["period"]])
                missed[row["period"]] += row["share"] * rate * (1 - row["fill_rate"])
                asked[row["period"]] += row["share"] * rate
            for period, amount in asked.items():
                what = f"the demand not met from the shelf on average in {period}"
                most = (1 - limit.at_least) * amount
                self.notebook.within(what, missed[period], most, 1e-6 * amount)

    def _check_storage(self) -> None:
        for limit in self.instance.limits.storage:
            used: dict[str, float] = defaultdict(float)
            for row in self.rows["supply"]:
                if row["place"] == limit.place:
                    space = self.parts[row["part"]].space
                    used[row["period"]] += row["share"] * row["stock_level"] * space
            for period, room in used.items():
                what = f"the stock at {limit.place!r} in {period}"
                self.notebook.within(what, room, limit.at_most)

    def _check_sites(self) -> None:
        """Check states, the number of open sites, and what they cost."""
        limit = self.instance.limits.open_sites
        for period in self.periods:
            count = sum(self.open[place, period] for place in self.sites)
            if limit is not None:
                self.notebook.require(count <= limit, f"{count} of {limit} open sites in {period}")
        for place, site in self.sites.items():
            before = site.already_open
            for stretch in self.instance.horizon:
                opened = self.open[place, stretch.name]
                if site.state != "candidate":
                    fits = opened == (site.state == "open")
                    self.notebook.require(fits, f"{place!r} must be {site.state}")
                self.bill["opening"] += site.opening_cost * (opened and not before)
                self.bill["sites"] += site.yearly_cost * stretch.years * opened
                before = opened

    def _check_hours(self) -> None:
        """Check that each unit has the hours that it sets aside, and what tables say of them."""
        rows = {(row["place"], row["machine"], row["period"]) for row in self.rows["fleet"]}
        for unit, used in self.hours.items():
            place, machine, period = unit
            what = f"the hours of {machine!r} at {place!r} in {period}"
            self.notebook.require(self.open[place, period], f"{place!r} is closed in {period}")
            if self.contract(place, machine) is None:
                there = self.count.get(unit, 0) > 0
                self.notebook.require(there, f"there is no {machine!r} at {place!r} in {period}")
            self.notebook.require(unit in rows or not used, f"{what} are not in the fleet")
            limit = self._hours_there(unit, self.machines[machine].utilisation_limit)
            self.notebook.within(what, used, limit)
        for row in self.rows["fleet"]:
            unit = row["place"], row["machine"], row["period"]
            sold = self.contract(*unit[:2]) is not None
            self.notebook.compare(
                f"fleet, {unit}",
                row,
                {
                    **row,
                    "ownership": "contract" if sold else "machines",
                    **self._busy([unit]),
                },
            )
            told = any(row[number] for number in NUMBERS) or row["hours"]
            self.notebook.require(bool(told), f"fleet, {unit}: a row that says nothing")
        for row in self.rows["sites"]:
            units = [(row["place"], machine, row["period"]) for machine in self.machines]
            count = sum(self.count.get(unit, 0) for unit in units)
            expected = {**row, "machines": count, **self._busy(units)}
            self.notebook.compare(f"sites, {row['place']!r} in {row['period']}", row, expected)

    def _busy(self, units: Sequence[Unit]) -> dict[str, Amount]:
        """Return the hours and the utilisation of some units together."""
        used = sum(self.hours.get(unit, 0.0) for unit in units)
        there = sum(self._hours_there(unit, 1.0) for unit in units)
        idle = used == 0 or there <= 0 or math.isinf(there)
        return {"hours": Amount(used), "utilisation": Amount(0.0 if idle else used / there)}

    def _hours_there(self, unit: Unit, limit: float) -> float:
        """Return the hours a year of a unit, machines up to a share of theirs."""
        place, machine, period = unit
        contract = self.contract(place, machine)
        if contract is None:
            ready = self.count.get(unit, 0) - self.lost_hours.get(unit, 0.0)
            return limit * self.machines[machine].hours_per_year * ready
        if not self.open[place, period]:
            return 0.0
        return math.inf if contract.hours_per_year is None else contract.hours_per_year

    def _check_limits(self) -> None:
        limits = self.instance.limits
        if limits.budget is not None:
            self.notebook.within("the cost", sum(self.bill.values()), limits.budget)
        if limits.kg_co2 is not None:
            self.notebook.within("the emissions in kg", self.kg_co2, limits.kg_co2)
