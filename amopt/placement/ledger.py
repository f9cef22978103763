"""The referee's ledger: what it found, and the machines followed from period to period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.placement.instance import Instance

__all__ = ["Ledger"]

TOLERANCE = 1e-6
"""Relative difference at which two numbers are no longer the same."""

Row = Mapping[str, Any]
Stand = tuple[str, str, str]
"""A place, a type of machine and a period."""


class Ledger:
    """Notes what is wrong, adds up the bill, and follows machines.

    Parameters
    ----------
    instance
        The instance that was solved.
    rows
        The answer's tables.
    """

    def __init__(self, instance: Instance, rows: Mapping[str, Iterable[Row]]) -> None:
        self.instance = instance
        self.rows = {name: list(table) for name, table in rows.items()}
        self.findings: list[str] = []
        self.checks = 0
        self.bill: dict[str, float] = defaultdict(float)
        self.sites = {site.place: site for site in instance.sites}
        self.machines = {machine.name: machine for machine in instance.machines}
        self.periods = {period.name: t for t, period in enumerate(instance.horizon)}
        self.open = {(row["place"], row["period"]): row["open"] for row in self.rows["sites"]}
        self.count: dict[Stand, int] = {}
        self.lost_hours: dict[Stand, float] = {}

    def same(self, what: str, given: float, expected: float, scale: float = 0.0) -> None:
        """Note a number that differs from what it should be."""
        self.checks += 1
        size = max(abs(given), abs(expected), scale, 1e-6)
        if not abs(given - expected) <= TOLERANCE * size:
            self.findings.append(f"{what} is given as {given:.8g} and comes to {expected:.8g}")

    def at_most(self, what: str, used: float, limit: float) -> None:
        """Note a limit that is exceeded."""
        self.checks += 1
        if not used <= limit + TOLERANCE * max(abs(limit), 1.0):
            self.findings.append(f"{what} comes to {used:.8g}, and {limit:.8g} is the most")

    def require(self, held: bool, otherwise: str) -> None:
        """Note what does not hold."""
        self.checks += 1
        if not held:
            self.findings.append(otherwise)

    def check_fleet(self) -> None:
        """Check counts from period to period, and what machines cost."""
        count: dict[Stand, int] = {}
        moved: dict[tuple[str, str], int] = defaultdict(int)
        for row in self.rows["fleet"]:
            place, machine, period = row["place"], row["machine"], row["period"]
            if row["ownership"] == "contract":
                continue
            kind, t = self.machines[machine], self.periods[period]
            count[place, machine, period] = row["count"]
            moved[machine, period] += row["moved_in"] - row["moved_out"]
            years = self.instance.horizon[t].years
            self.bill["operators"] += kind.yearly_cost * years * row["count"]
            self.bill["moving"] += (kind.moving_cost or 0.0) * row["moved_in"]
            still = kind.moving_cost is not None or not (row["moved_in"] or row["moved_out"])
            self.require(still, f"{machine!r} cannot be moved")
            missed = min(kind.moving_weeks / (years * self.instance.weeks_per_year), 1.0)
            self.lost_hours[place, machine, period] = missed * row["moved_in"]
            self.require(
                min(row[k] for k in ("count", "bought", "sold", "moved_in", "moved_out")) >= 0,
                f"{machine!r} at {place!r} has a negative number of machines",
            )
        self._check_balance(count)
        for (machine, period), net in moved.items():
            self.require(net == 0, f"{machine!r}: not as many moved in as out in {period}")
        for place, site in self.sites.items():
            for period in self.periods:
                total = sum(count.get((place, m, period), 0) for m in self.machines)
                room = site.most_machines if self.open.get((place, period)) else 0
                self.at_most(f"the number of machines at {place!r} in {period}", total, room)
        self.count = count
        self._check_holdings()

    def _check_balance(self, count: dict[Stand, int]) -> None:
        changes = {
            (row["place"], row["machine"], row["period"]): row["bought"]
            - row["sold"]
            + row["moved_in"]
            - row["moved_out"]
            for row in self.rows["fleet"]
            if row["ownership"] != "contract"
        }
        for place, site in self.sites.items():
            owned = {entry.machine: entry.count for entry in site.owned}
            for machine in self.machines:
                before = owned.get(machine, 0)
                for period in self.periods:
                    now = count.get((place, machine, period), 0)
                    change = changes.get((place, machine, period), 0)
                    what = f"the count of {machine!r} at {place!r} in {period}"
                    self.same(what, now, before + change)
                    before = now

    def _check_holdings(self) -> None:
        """Check which machines are still held, and charge them their price over their life."""
        if "holdings" not in self.rows:
            for (_, name, period), number in self.count.items():
                kind, stretch = self.machines[name], self.instance.horizon[self.periods[period]]
                price = kind.price * stretch.machine_price_factor / kind.life_years
                self.bill["machines"] += price * stretch.years * number
            return
        held: dict[Stand, int] = {
            (row["pool"], row["bought"], row["period"]): row["machines"]
            for row in self.rows["holdings"]
        }
        names = list(self.periods)
        pools = self._pools()
        for (pool, since, period), number in held.items():
            self.require(pool in pools, f"there is no pool {pool!r}")
            if pool not in pools or since == "before":
                continue
            t, u = self.periods[period], self.periods[since]
            kind = self.machines[pools[pool][0]]
            price = kind.price * self.instance.horizon[u].machine_price_factor
            self.bill["machines"] += (
                price / kind.life_years * self.instance.horizon[t].years * number
            )
            following = held.get((pool, since, names[t + 1]), 0) if t + 1 < len(names) else number
            age = sum(self.instance.horizon[s].years for s in range(u, t + 1))
            book = price * max(0.0, 1 - age / kind.life_years)
            self.bill["machines"] += kind.resale_loss * book * (number - following)
            self.at_most(f"{pool}: machines of {since} after {period}", following, number)
        for pool, (machine, places) in pools.items():
            owned = sum(
                entry.count
                for place in places
                for entry in self.sites[place].owned
                if entry.machine == machine
            )
            for period in names:
                first = held.get((pool, "before", names[0]), 0)
                self.at_most(f"{pool}: machines of before", first, owned)
                total = sum(held.get((pool, since, period), 0) for since in ("before", *names))
                stand = sum(self.count.get((place, machine, period), 0) for place in places)
                self.same(f"{pool}: machines held in {period}", total, stand)
                bought = sum(
                    row["bought"]
                    for row in self.rows["fleet"]
                    if row["machine"] == machine
                    and row["place"] in places
                    and row["period"] == period
                    and row["ownership"] != "contract"
                )
                fresh = held.get((pool, period, period), 0)
                self.same(f"{pool}: machines bought in {period}", fresh, bought)

    def _pools(self) -> dict[str, tuple[str, list[str]]]:
        """Return the type and the sites of each pool."""
        pools: dict[str, tuple[str, list[str]]] = {}
        for name, machine in self.machines.items():
            for place in self.sites:
                where = "anywhere" if machine.moving_cost is not None else place
                pools.setdefault(f"{name} {where}", (name, []))[1].append(place)
        return pools
