"""The route for many pairs: prices prove a bound, and machines are chosen and bettered by them.

It answers instances of one period whose only shared resource is machine-hours. On a network of 100
sites, 1,000 places and 20 parts it closes the gap to well under one per cent, where writing down
the two million links of the whole program alone would take longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.placement.forms import Form
from amopt.placement.methods.pricing import Market, Prices, relax
from amopt.placement.methods.transport import FREE, Filled, fill, improve, rounded
from amopt.placement.plan import Plan
from amopt.placement.supply.columns import Columns
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs
from amopt.program.solver.outcome import Outcome, Status, Stopped, relative_gap, versions

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance

__all__ = ["Priced", "form_plan", "obstacle", "price"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

METHOD = "Lagrangian relaxation of demand, volume algorithm, local search"
EVERY = 25
"""Rounds of climbing between two looks for a plan."""

MOST_ROUNDS = 400
"""Rounds after which prices hardly climb any more."""

TINY_PACE = 2e-3
"""Pace at which climbing ends."""


@dataclass(frozen=True)
class Priced:
    """What the route found.

    Attributes
    ----------
    plan
        The plan; None where none was found.
    outcome
        Statuses, objective and bound.
    prices
        Prices of the pairs that prove the bound, shape (pairs,).
    market
        The instance as the relaxation saw it.
    """

    plan: Plan | None
    outcome: Outcome
    prices: Floats
    market: Market


def obstacle(instance: Instance) -> str:
    """Return why the route cannot answer an instance; nothing where it can."""
    limits = instance.limits
    reasons = {
        "it has several periods": len(instance.horizon) > 1,
        "sites own machines already": any(o.count for s in instance.sites for o in s.owned),
        "emissions count": limits.kg_co2 is not None or instance.minimise.kg_co2 > 0,
        "it has a budget": limits.budget is not None,
        "the number of open sites is limited": limits.open_sites is not None,
        "room for stock is limited": bool(limits.storage),
        "fill rates are met on average": any(f.on_average for f in limits.fill_rate),
    }
    return ", ".join(reason for reason, holds in reasons.items() if holds)


def price(
    supply: Supply,
    options: highs.Options,
    progress: Callable[[highs.Progress], None] | None = None,
) -> Priced:
    """Find a plan and prove how good it is."""
    started = time.perf_counter()
    until = started + (np.inf if options.time_limit is None else options.time_limit)
    market = Market(supply)
    built = time.perf_counter()
    prices = Prices(market)
    best = fill(market, market.most.copy())
    searched = False
    while time.perf_counter() < until and _gap(best, prices) > options.gap:
        resting = prices.resting(TINY_PACE) or prices.rounds > MOST_ROUNDS
        if resting and searched:
            break
        for _ in range(0 if resting else EVERY):
            prices.climb(best.cost)
            if time.perf_counter() > until:
                break
        starts = [best]
        for count in rounded(market, prices.count):
            if time.perf_counter() > until:
                break
            starts.append(fill(market, count))
        best = min(starts, key=_cost)
        if resting:
            goal = prices.bound / (1 - options.gap) if options.gap < 1 else np.inf
            best, searched = _search(market, starts, until, goal), True
        if progress is not None:
            objective = best.cost if np.isfinite(best.cost) else None
            spent = time.perf_counter() - started
            progress(
                highs.Progress(spent, objective, prices.bound, _gap(best, prices), prices.rounds)
            )
    seconds = {"build": built - started, "solve": time.perf_counter() - built}
    stopped = Stopped.TIME_LIMIT if time.perf_counter() >= until else Stopped.FINISHED
    return _priced(
        market,
        best,
        bound=prices.bound,
        prices=prices.best,
        seconds=seconds,
        stopped=stopped,
        rounds=prices.rounds,
        options=options,
    )


def _cost(filled: Filled) -> float:
    return filled.cost


def _search(market: Market, starts: list[Filled], until: float, goal: float) -> Filled:
    """Better the starts, the cheapest first, until one is good enough."""
    best = min(starts, key=_cost)
    for start in sorted(starts, key=_cost):
        if best.cost <= goal or not np.isfinite(start.cost):
            break
        best = min(best, improve(market, start, until, goal), key=_cost)
    return best


def _gap(best: Filled, prices: Prices) -> float:
    if not np.isfinite(best.cost):
        return np.inf
    return relative_gap(best.cost, min(prices.bound, best.cost)) or 0.0


def _priced(
    market: Market,
    best: Filled,
    *,
    bound: float | None,
    prices: Floats,
    seconds: dict[str, float],
    stopped: Stopped,
    rounds: int,
    options: highs.Options,
) -> Priced:
    found = bool(np.isfinite(best.cost))
    outcome = Outcome(
        stopped=stopped,
        status=Status.FEASIBLE if found else Status.UNKNOWN,
        bound=bound,
        method=METHOD,
        seconds=seconds,
        versions=versions("amopt", "numpy", "scipy"),
        iterations=rounds,
    )
    if not found:
        return Priced(None, outcome, prices, market)
    plan = plan_of(market, best)
    objective = plan.objective
    if bound is not None:
        bound = min(bound, objective)
        if (relative_gap(objective, bound) or 0.0) <= options.gap:
            outcome = replace(outcome, status=Status.OPTIMAL)
    return Priced(plan, replace(outcome, objective=objective, bound=bound), prices, market)


def plan_of(market: Market, filled: Filled) -> Plan:
    """Return the plan of machines and of who supplies whom."""
    own = np.flatnonzero(filled.unit != FREE)
    chosen = market.free_column.copy()
    chosen[own] = market.column[filled.unit[own], own]
    columns: Columns = market.columns.take(chosen)
    opened = market.forced.copy()
    opened[market.site[filled.count > 0]] = True
    stands = market.fleet.stand >= 0
    count = np.zeros((market.fleet.most.size, 1))
    count[market.fleet.stand[stands], 0] = filled.count[stands]
    none = np.zeros_like(count)
    return Plan(
        supply=market.supply,
        fleet=market.fleet,
        columns=columns,
        share=np.ones(market.pairs),
        open=opened[:, None],
        count=count,
        bought=none,
        sold=none,
        moved_in=none,
        moved_out=none,
        held=np.empty(0),
    )


def form_plan(market: Market, form: Form, options: highs.Options) -> Priced:
    """Find the best plan of one form.

    Without machines every pair has its cheapest other supply. With one site, or with each pair
    bound to its own, sites decide by themselves at the prices of that supply, which is exact where
    a site has one type of machine.
    """
    started = time.perf_counter()
    best, bound = _of_form(market, form)
    seconds = {"solve": time.perf_counter() - started}
    return _priced(
        market,
        best,
        bound=bound,
        prices=market.free,
        seconds=seconds,
        stopped=Stopped.FINISHED,
        rounds=1,
        options=options,
    )


def _of_form(market: Market, form: Form) -> tuple[Filled, float | None]:
    none = fill(market, np.zeros(market.units, dtype=np.int64))
    if form == "conventional" or not np.isfinite(market.free).all():
        hopeless = replace(none, cost=np.inf)
        return (none, none.cost) if form == "conventional" else (hopeless, None)
    if form == "distributed":
        own = market.fleet.own_site(market.supply)
        bound_to = market.site[:, None] == own[None, :]
        forced = market.forced.copy()
        forced[own[own >= 0]] = True
        narrow = market.narrowed(np.where(bound_to, market.cost, np.inf), forced)
        return _at_free_prices(narrow)
    best, least = replace(none, cost=np.inf), np.inf
    for site in np.unique(market.site):
        if market.forced.any() and not market.forced[site]:
            continue
        forced = np.zeros_like(market.forced)
        forced[site] = True
        if (market.forced & ~forced).any():
            continue
        mine = market.site == site
        narrow = market.narrowed(np.where(mine[:, None], market.cost, np.inf), forced)
        found, bound = _at_free_prices(narrow)
        least = min(least, bound)
        best = min(best, found, key=lambda filled: filled.cost)
    return best, least if np.isfinite(least) else None


def _at_free_prices(market: Market) -> tuple[Filled, float]:
    relaxed = relax(market, market.free)
    return fill(market, relaxed.count.astype(np.int64)), relaxed.bound
