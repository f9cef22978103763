r"""The referee's proof of a bound where sites are open or not, from the file and a tree of prices.

A tree divides the sets of open sites: at a step one site is open or closed, or the open sites are
at most or at least so many; or prices settle sites, because the other way costs too much. Nothing
is taken on trust: every end of the tree, and every settled site the other way, carries prices
:math:`v`, and those prove

.. math::

    \sum_j \min\{v_j, f_j\} + \min_y \Big\{\sum_i \Big[F_i - \max_{0 \le x \le 1}
        \Big\{\sum_j (v_j - c_{ij})^+ x_j : \sum_j h_{ij} x_j \le C_i\Big\}\Big] y_i :
        \sum_i C_i y_i \ge D\Big\}

over the sets that are left there, by weak duality. The least of them all is the bound, because the
two sides of a step leave nothing out. Where all capacities are the same, D over them is a count,
rounded up; else the knapsack is solved with capacities rounded up to steps. Nothing is shared with
the search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from amopt.placement.referee.certificate import supply_costs

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance

__all__ = ["Step", "proven_by_tree"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

STEPS = 4_000
"""Steps of the demand at most."""

TINY = 1e-9
"""Relative room for rounding where capacities are added up."""


class Step(Protocol):
    """A step of a proof.

    Attributes
    ----------
    prices
        Prices of the pairs, shape (pairs,); None at a step that only divides.
    opened, closed
        Sites that are settled by these prices, as positions in the file.
    by
        What it divides by: a site, a count of open sites from which on the second side holds, or
        nothing.
    at
        The site's position, or the count.
    below
        The steps that follow: one after sites are settled; with the site open and closed; with
        fewer sites than the count and with as many or more. None at an end.
    """

    prices: Floats | None
    opened: Ints
    closed: Ints
    by: str
    at: int

    @property
    def below(self) -> Sequence[Step]:
        """What follows."""


@dataclass(frozen=True)
class _Left:
    """The sets that are left: sites that may and must be open, and least and most open sites."""

    may: Flags
    must: Flags
    least: float = 0.0
    most: float = np.inf

    def with_site(self, site: int, *, opened: bool) -> _Left:
        """Return those with one site open, or closed."""
        may, must = self.may.copy(), self.must.copy()
        must[site], may[site] = opened or must[site], opened and may[site]
        return replace(self, may=may, must=must)


def proven_by_tree(instance: Instance, pairs: Sequence[tuple[str, str]], first: Step) -> float:
    """Return the bound that a tree of prices proves.

    Parameters
    ----------
    instance
        An instance of one period whose sites have hours of one type each, sold or of one machine.
    pairs
        The demanded (place, part) of each price.
    first
        The first step.

    Raises
    ------
    ValueError
        When the instance is another one, or an end of the tree has no prices.
    """
    problem = _Problem(instance, pairs)
    every = np.ones(len(instance.sites), dtype=bool)
    waiting = [(first, _Left(problem.able & every, ~every))]
    least = np.inf
    while waiting:
        step, left = waiting.pop()
        if (left.must & ~left.may).any() or left.least > left.most:
            continue  # nothing is left here
        if step.by:
            waiting += zip(step.below, _divided(step, left), strict=True)
            continue
        if step.prices is None:
            raise ValueError("an end of the tree has no prices")
        net, paid = problem.at(step.prices)
        for sites, opened in ((step.opened, False), (step.closed, True)):
            for site in sites:
                other = left.with_site(int(site), opened=opened)
                least = min(least, paid + problem.chosen(net, other))
        for site in step.opened:
            left = left.with_site(int(site), opened=True)
        for site in step.closed:
            left = left.with_site(int(site), opened=False)
        if step.below:
            (after,) = step.below
            waiting.append((after, left))
        else:
            least = min(least, paid + problem.chosen(net, left))
    return least


def _divided(step: Step, left: _Left) -> tuple[_Left, _Left]:
    """Return what is left on both sides of a step."""
    if step.by == "site":
        return left.with_site(step.at, opened=True), left.with_site(step.at, opened=False)
    if step.by == "count":
        fewer = replace(left, most=min(left.most, step.at - 1))
        return fewer, replace(left, least=max(left.least, step.at))
    raise ValueError(f"a step of the tree divides by {step.by!r}")


class _Problem:
    """Costs, hours and capacities of the file."""

    def __init__(self, instance: Instance, pairs: Sequence[tuple[str, str]]) -> None:
        sites, self.pairs = instance.sites, len(pairs)
        if len(instance.horizon) > 1 or any(o.count for site in sites for o in site.owned):
            raise ValueError("the proof is for one period without machines of before")
        position = {pair: j for j, pair in enumerate(pairs)}
        self.free = np.full(len(pairs), np.inf)
        self.cost = np.full((len(sites), len(pairs)), np.inf)
        self.hours = np.zeros((len(sites), len(pairs)))
        types: list[set[str]] = [set() for _ in sites]
        for some, free, printed in supply_costs(instance):
            spots = np.array([position[pair] for pair in some])
            self.free[spots] = free
            for (site, machine), (cost, hours) in printed.items():
                types[site].add(machine)
                self.cost[site, spots], self.hours[site, spots] = cost, hours
        if any(len(used) > 1 for used in types):
            raise ValueError("the proof is for one type of machine a site")
        self._price_sites(instance, types)
        short = ~np.isfinite(self.free)
        hours = np.where(np.isfinite(self.cost), self.hours, np.inf)
        least = hours[:, short].min(axis=0, initial=np.inf)
        self.demand = float(least[np.isfinite(least)].sum())
        self.able = np.isfinite(self.cost).any(axis=1)

    def _price_sites(self, instance: Instance, types: list[set[str]]) -> None:
        scale, years = instance.minimise.cost, instance.horizon[0].years
        self.capacity, self.fixed = np.zeros(len(types)), np.zeros(len(types))
        self.constant = 0.0
        for k, (site, used) in enumerate(zip(instance.sites, types, strict=True)):
            opening = 0.0 if site.already_open else site.opening_cost
            fixed = scale * (site.yearly_cost * years + opening)
            if site.state == "open":
                self.constant, fixed = self.constant + fixed, 0.0
            self.fixed[k] = fixed
            for name in used:
                sold = [c for c in site.contracts if c.machine == name]
                if sold:
                    limit = sold[0].hours_per_year
                    self.capacity[k] = np.inf if limit is None else limit
                    continue
                if site.most_machines > 1:
                    raise ValueError("the proof is for one machine a site")
                kind = next(m for m in instance.machines if m.name == name)
                price = kind.price * instance.horizon[0].machine_price_factor / kind.life_years
                self.capacity[k] = kind.utilisation_limit * kind.hours_per_year
                self.fixed[k] += scale * years * (price + kind.yearly_cost)

    def at(self, prices: Floats) -> tuple[Floats, float]:
        """Return what each site adds at least where it is open, and what is paid in any case."""
        site, pair = np.nonzero(self.cost < prices)
        gain, hours = prices[pair] - self.cost[site, pair], self.hours[site, pair]
        order = np.lexsort((-gain / np.maximum(hours, 1e-300), site))
        site, gain, hours = site[order], gain[order], hours[order]
        before = np.cumsum(hours) - hours
        first = np.searchsorted(site, np.arange(self.fixed.size))
        start = np.append(before, hours.sum())[first][site]
        room = np.maximum(self.capacity[site] - (before - start), 0.0)
        share = np.where(hours > 0, np.minimum(room / np.maximum(hours, 1e-300), 1.0), 1.0)
        won = np.bincount(site, gain * share, minlength=self.fixed.size)
        return self.fixed - won, self.constant + float(np.minimum(prices, self.free).sum())

    def chosen(self, net: Floats, left: _Left) -> float:
        """Return the least that sites add, enough of them for the demand."""
        if (left.must & ~left.may).any():
            return np.inf
        held, choice = left.must, left.may & ~left.must
        paid, values = float(net[held].sum()), net[choice]
        capacity = np.minimum(self.capacity, self.demand)
        largest = float(capacity[self.able].max(initial=0.0))
        if not self.able.any() or np.ptp(capacity[self.able]) <= TINY * largest:
            need = math.ceil(self.demand / largest - TINY) if largest > 0 else 0
            least, most = max(need, left.least) - held.sum(), left.most - held.sum()
            values = np.sort(values)
            if least > values.size or most < 0:
                return np.inf
            count = int(min(max((values < 0).sum(), least), most))
            return paid + float(values[:count].sum())
        whole = bool((capacity == np.round(capacity)).all())
        step = max(1.0 if whole else 0.0, self.demand / STEPS)
        weight = np.ceil(capacity / step - TINY).astype(np.int64)
        need = max(math.ceil(self.demand / step - TINY) - int(weight[held].sum()), 0)
        best = np.full(need + 1, np.inf)  # by the weight that is still needed
        best[need] = paid
        for value, size in zip(values, weight[choice], strict=True):
            other = np.full(need + 1, np.inf)
            if size <= need:
                other[: need + 1 - size] = best[size:]
            other[0] = best[: min(int(size), need) + 1].min()
            best = np.minimum(best, other + value)
        return float(best[0])
