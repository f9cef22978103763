"""The referee's count of machines: followed from period to period, and charged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amopt.referee import Notebook

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Contract, Instance, Machine

__all__ = ["Machines", "follows_fleets"]

Row = Mapping[str, Any]
Stand = tuple[str, str, str]
"""A place, a type of machine and a period."""

Pool = tuple[str, str]
"""A type of machine and the site where it stays; no site where it can be moved."""

BEFORE = "before"
"""What holdings call the time before the first period."""

NUMBERS = ("count", "bought", "sold", "moved_in", "moved_out")


def follows_fleets(instance: Instance) -> bool:
    """Return whether machines are held from period to period, so that there are holdings."""
    owns = any(owned.count for site in instance.sites for owned in site.owned)
    return len(instance.horizon) > 1 or owns


class Machines:
    """Follows the machines of one plan, and adds up the bill.

    Parameters
    ----------
    instance
        The instance that was solved.
    rows
        The tables ``sites``, ``fleet``, ``supply`` and ``holdings`` of the plan.
    notebook
        Where findings are noted.
    """

    def __init__(
        self, instance: Instance, rows: Mapping[str, Sequence[Row]], notebook: Notebook
    ) -> None:
        self.instance, self.rows, self.notebook = instance, rows, notebook
        self.bill: dict[str, float] = defaultdict(float)
        self.sites = {site.place: site for site in instance.sites}
        self.machines = {machine.name: machine for machine in instance.machines}
        self.periods = {period.name: t for t, period in enumerate(instance.horizon)}
        self.open = {(row["place"], row["period"]): row["open"] for row in rows["sites"]}
        self.count: dict[Stand, int] = {}
        self.bought: dict[Stand, int] = {}
        self.moved: dict[Stand, int] = {}
        self.change: dict[Stand, int] = {}
        self.lost_hours: dict[Stand, float] = {}

    def contract(self, place: str, machine: str) -> Contract | None:
        """Return the hours of a type that a site sells, if it does."""
        return next((c for c in self.sites[place].contracts if c.machine == machine), None)

    def check_fleet(self) -> None:
        """Check counts from period to period, and what machines cost."""
        for row in self.rows["fleet"]:
            if self.contract(row["place"], row["machine"]) is None:
                self._check_stand(row)
            else:
                idle = not any(row[number] for number in NUMBERS)
                self.notebook.require(idle, f"{row['place']!r} sells hours of {row['machine']!r}")
        self._check_balance()
        for machine in self.machines:
            for period in self.periods:
                net = sum(self.moved.get((place, machine, period), 0) for place in self.sites)
                self.notebook.require(
                    net == 0, f"{machine!r}: not as many moved in as out in {period}"
                )
        for place, site in self.sites.items():
            for period in self.periods:
                total = sum(self.count.get((place, m, period), 0) for m in self.machines)
                room = site.most_machines if self.open.get((place, period)) else 0
                self.notebook.require(
                    total <= room,
                    f"{total} machines at {place!r} in {period}, with room for {room}",
                )
        self._check_holdings()

    def _check_stand(self, row: Row) -> None:
        """Note the machines of a site, type and period, and charge what they cost a year."""
        stand = place, machine, period = row["place"], row["machine"], row["period"]
        kind, years = self.machines[machine], self.instance.horizon[self.periods[period]].years
        what = f"{machine!r} at {place!r} in {period}"
        whole = all(type(row[number]) is int and row[number] >= 0 for number in NUMBERS)
        if not self.notebook.require(
            whole, f"{what}: machines come in whole numbers, not below zero"
        ):
            return
        self.count[stand], self.bought[stand] = row["count"], row["bought"]
        self.moved[stand] = row["moved_in"] - row["moved_out"]
        self.change[stand] = row["bought"] - row["sold"] + self.moved[stand]
        self.bill["operators"] += kind.yearly_cost * years * row["count"]
        self.bill["moving"] += (kind.moving_cost or 0.0) * row["moved_in"]
        still = kind.moving_cost is not None or not (row["moved_in"] or row["moved_out"])
        self.notebook.require(still, f"{machine!r} cannot be moved")
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
                    self.notebook.same(what, now, before + self.change.get(stand, 0))
                    before = now

    def _check_holdings(self) -> None:
        """Check which machines are still held, and charge them their price over their life."""
        if not follows_fleets(self.instance):
            for (_, name, period), number in self.count.items():
                kind, stretch = self.machines[name], self.instance.horizon[self.periods[period]]
                price = kind.price * stretch.machine_price_factor / kind.life_years
                self.bill["machines"] += price * stretch.years * number
            return
        held: dict[Pool, dict[tuple[str, str], int]] = defaultdict(dict)
        pools, known = self._pools(), {BEFORE, *self.periods}
        for row in self.rows["holdings"]:
            pool, when = (row["machine"], row["place"]), (row["bought"], row["period"])
            what = f"holdings: {pool[0]!r} at {pool[1]!r} bought {when[0]!r} in {when[1]!r}"
            there = pool in pools and when[0] in known and when[1] in self.periods
            number = row["machines"]
            self.notebook.require(there, f"{what}: there are none such")
            self.notebook.require(
                type(number) is int and number > 0, f"{what}: {number!r} machines"
            )
            self.notebook.require(when not in held[pool], f"{what}: two rows")
            held[pool][when] = number
        if self.notebook.findings:
            return
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
                self.notebook.require(numbers[t] >= 0, f"{what} are {numbers[t]}")
                self.notebook.require(
                    numbers[t] <= before, f"{what} are {numbers[t]}, after {before} before"
                )
                before = numbers[t]
            if since != BEFORE:
                early = any(numbers[: names.index(since)])
                self.notebook.require(not early, f"{of}: those of {since} are held before")
                self._charge(self.machines[machine], names.index(since), numbers)
        for period in names:
            total = sum(held.get((since, period), 0) for since in (BEFORE, *names))
            stand = sum(self.count.get((place, machine, period), 0) for place in places)
            self.notebook.same(f"{of}: machines held in {period}", total, stand)
            bought = sum(self.bought.get((place, machine, period), 0) for place in places)
            fresh = held.get((period, period), 0)
            self.notebook.same(f"{of}: machines bought in {period}", fresh, bought)

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
