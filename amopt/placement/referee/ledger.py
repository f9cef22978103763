"""The referee's ledger: what it found, and the machines followed from period to period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance, Machine

__all__ = ["Ledger"]

TOLERANCE = 1e-6
"""Relative difference at which two numbers are no longer the same."""

Row = Mapping[str, Any]
Stand = tuple[str, str, str]
"""A place, a type of machine and a period."""

Pool = tuple[str, str]
"""A type of machine and the site where it stays; no site where it can be moved."""

BEFORE = "before"
"""What holdings call the time before the first period."""


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
        self.open = {
            (row["place"], row["period"]): row["open"] for row in self.rows.get("sites", ())
        }
        self.count: dict[Stand, int] = {}
        self.bought: dict[Stand, int] = {}
        self.moved: dict[Stand, int] = {}
        self.change: dict[Stand, int] = {}
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
        for row in self.rows["fleet"]:
            if row["ownership"] != "contract":
                self._check_stand(row)
        self._check_balance()
        for machine in self.machines:
            for period in self.periods:
                net = sum(self.moved.get((place, machine, period), 0) for place in self.sites)
                self.require(net == 0, f"{machine!r}: not as many moved in as out in {period}")
        for place, site in self.sites.items():
            for period in self.periods:
                total = sum(self.count.get((place, m, period), 0) for m in self.machines)
                room = site.most_machines if self.open.get((place, period)) else 0
                self.at_most(f"the number of machines at {place!r} in {period}", total, room)
        self._check_holdings()

    def _check_stand(self, row: Row) -> None:
        """Note the machines of a site, type and period, and charge what they cost a year."""
        stand = place, machine, period = row["place"], row["machine"], row["period"]
        kind, years = self.machines[machine], self.instance.horizon[self.periods[period]].years
        what = f"{machine!r} at {place!r} in {period}"
        self.require(stand not in self.count, f"{what} stand in two rows")
        numbers = [row[key] for key in ("count", "bought", "sold", "moved_in", "moved_out")]
        whole = all(number >= 0 and number == int(number) for number in numbers)
        self.require(whole, f"{what}: machines come in whole numbers, not below zero")
        self.count[stand], self.bought[stand] = row["count"], row["bought"]
        self.moved[stand] = row["moved_in"] - row["moved_out"]
        self.change[stand] = row["bought"] - row["sold"] + self.moved[stand]
        self.bill["operators"] += kind.yearly_cost * years * row["count"]
        self.bill["moving"] += (kind.moving_cost or 0.0) * row["moved_in"]
        still = kind.moving_cost is not None or not (row["moved_in"] or row["moved_out"])
        self.require(still, f"{machine!r} cannot be moved")
        missed = min(kind.moving_weeks / (years * self.instance.weeks_per_year), 1.0)
        self.lost_hours[stand] = missed * row["moved_in"]

    def _check_balance(self) -> None:
        for place, site in self.sites.items():
            owned = {entry.machine: entry.count for entry in site.owned}
            for machine in self.machines:
                before = owned.get(machine, 0)
                for period in self.periods:
                    stand = place, machine, period
                    now = self.count.get(stand, 0)
                    what = f"the count of {machine!r} at {place!r} in {period}"
                    self.same(what, now, before + self.change.get(stand, 0))
                    before = now

    def _check_holdings(self) -> None:
        """Check which machines are still held, and charge them their price over their life."""
        owns = any(owned.count for site in self.instance.sites for owned in site.owned)
        if len(self.periods) == 1 and not owns:
            for (_, name, period), number in self.count.items():
                kind, stretch = self.machines[name], self.instance.horizon[self.periods[period]]
                price = kind.price * stretch.machine_price_factor / kind.life_years
                self.bill["machines"] += price * stretch.years * number
            return
        held: dict[Pool, dict[tuple[str, str], int]] = defaultdict(dict)
        for row in self.rows.get("holdings", ()):
            held[row["machine"], row["place"]][row["bought"], row["period"]] = row["machines"]
        pools = self._pools()
        for pool in held.keys() - pools.keys():
            self.findings.append(f"there are no {pool[0]!r} at {pool[1]!r}")
        for pool, places in pools.items():
            self._check_pool(pool[0], places, held[pool])

    def _check_pool(
        self, machine: str, places: list[str], held: Mapping[tuple[str, str], int]
    ) -> None:
        """Check that what a pool holds is what was bought and what stands; and charge it."""
        names = list(self.periods)
        of = f"{machine!r} at {', '.join(map(repr, places))}"
        for since in (BEFORE, *names):
            numbers = [held.get((since, period), 0) for period in names]
            before = (
                self._owned(machine, places) if since == BEFORE else numbers[names.index(since)]
            )
            for t in range(0 if since == BEFORE else names.index(since), len(names)):
                what = f"{of}: those of {since} held in {names[t]}"
                self.require(numbers[t] >= 0, f"{what} are {numbers[t]}")
                self.at_most(what, numbers[t], before)
                before = numbers[t]
            if since != BEFORE:
                early = any(numbers[: names.index(since)])
                self.require(not early, f"{of}: those of {since} are held before")
                self._charge(self.machines[machine], names.index(since), numbers)
        for period in names:
            total = sum(held.get((since, period), 0) for since in (BEFORE, *names))
            stand = sum(self.count.get((place, machine, period), 0) for place in places)
            self.same(f"{of}: machines held in {period}", total, stand)
            bought = sum(self.bought.get((place, machine, period), 0) for place in places)
            fresh = held.get((period, period), 0)
            self.same(f"{of}: machines bought in {period}", fresh, bought)

    def _charge(self, kind: Machine, bought: int, numbers: list[int]) -> None:
        """Charge the price of machines over their life, and the loss on those that are sold."""
        horizon = self.instance.horizon
        price, age = kind.price * horizon[bought].machine_price_factor, 0.0
        for t in range(bought, len(horizon)):
            age += horizon[t].years
            gone = numbers[t] - numbers[t + 1] if t + 1 < len(horizon) else 0
            book = price * max(0.0, 1 - age / kind.life_years)
            paid = price / kind.life_years * horizon[t].years * numbers[t]
            self.bill["machines"] += paid + kind.resale_loss * book * gone

    def _owned(self, machine: str, places: list[str]) -> int:
        return sum(
            entry.count
            for place in places
            for entry in self.sites[place].owned
            if entry.machine == machine
        )

    def _pools(self) -> dict[Pool, list[str]]:
        """Return the sites among which machines of a type move; each by itself where they stay."""
        pools: dict[Pool, list[str]] = defaultdict(list)
        for name, machine in self.machines.items():
            for place in self.sites:
                pools[name, "" if machine.moving_cost is not None else place].append(place)
        return pools
