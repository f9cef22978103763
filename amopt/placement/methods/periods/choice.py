"""Which machines stand where in good plans, as local search over the priced problem finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.arrays.limits import sizes
from amopt.placement.methods.decomposition import Decomposition, Offers
from amopt.placement.methods.periods.climbing import Dual
from amopt.placement.methods.prices.local_search import improve, settled
from amopt.placement.methods.pricing import DenseSupply
from amopt.placement.methods.transport import Filled, fill
from amopt.program.time import Budget

__all__ = ["Choice", "averages", "by_local_search", "within_limits"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PUSHES = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4, 1e5)
"""Shares of the bound that all limits together cost more, until a plan keeps them."""

NARROWED, MOST_STEPS = 5, 15
"""How often the lowest of them is narrowed down by half; steps among which time is divided."""


@dataclass(frozen=True)
class Choice:
    """Sites and machines that a program of what is near is about.

    Attributes
    ----------
    opened
        Which sites may be open, none or one, shape (sites, periods).
    most
        Most machines of each unit, shape (units, periods).
    held
        Machines of each unit that pay for themselves, shape (units, periods).
    columns
        What supplies each pair in the plan that has them, where there is one.
    """

    opened: Floats
    most: Ints
    held: Ints
    columns: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def averages(dual: Dual, offers: Offers, threshold: float, budget: Budget) -> Choice:
    """Return the sites that are open at least so often in the averages, with a machine more."""
    problem = dual.problem
    wanted = (dual.opened.max(axis=1, initial=0.0) >= threshold).astype(np.float64)
    opened = np.repeat(wanted[:, None], problem.periods, axis=1)
    most = np.minimum(np.ceil(dual.count) + 1.0, problem.most[:, None])
    most *= opened[problem.fleet.unit_site]
    held = np.zeros((problem.units, problem.periods), dtype=np.int64)
    for period, dense in enumerate(_periods(dual, offers, dual.limits)):
        dense.most = np.where(opened[dense.site, period] > 0, dense.most, 0)
        held[:, period] = _begun(dense, dual.count[:, period], budget).count
    return Choice(opened, most.astype(np.int64), held)


def by_local_search(dual: Dual, limits: Floats, budget: Budget) -> Choice:
    """Return sites and machines of the cheapest plan of each period at prices of the limits.

    Parameters
    ----------
    dual
        Prices and averages.
    limits
        The prices of limits, shape (limits,).
    budget
        The time for it; what is found by then is returned.
    """
    return _moved(dual, limits, dual.count, budget, budget)


def within_limits(dual: Dual, budget: Budget) -> Iterator[tuple[Choice, Floats]]:
    """Yield choices at prices of limits that climb until plans keep them, and these prices.

    The lowest prices at which a plan keeps all limits are narrowed down, and the plan just short of
    it comes second: shares of what it may take instead may keep them, too. Where no plan keeps
    them, the first and the last come.

    Parameters
    ----------
    dual
        Prices and averages.
    budget
        The time for everything.
    """
    problem, count = dual.problem, dual.count
    share = max(dual.bound, 0.0) / (sizes(problem.program) * max(dual.limits.size, 1))
    walked: list[tuple[float, Choice]] = []

    def moved(push: float, count: Floats | Ints) -> Choice:
        return _moved(dual, dual.limits + push * share, count, budget, _part(budget, MOST_STEPS))

    for push in PUSHES:
        choice = moved(push, count)
        count = choice.held.astype(np.float64)
        kept = _keeps(problem, choice)
        if not kept:
            walked.append((push, choice))
        if kept or budget.is_over:
            break
    else:
        kept = False
    if kept:
        found = push, choice
        for _ in range(NARROWED if walked else 0):
            if budget.is_over:
                break
            between = (walked[-1][0] + found[0]) / 2
            choice = moved(between, walked[-1][1].held)
            if _keeps(problem, choice):
                found = between, choice
            else:
                walked.append((between, choice))
        walked = [found, *walked[-1:]]
    else:
        walked = walked[::-1][:: max(len(walked) - 1, 1)]
    for push, choice in walked:
        yield choice, dual.limits + push * share


def _keeps(problem: Decomposition, choice: Choice) -> bool:
    """Return whether a choice's plan keeps the limits, as far as it is one."""
    pairs = int(problem.active.sum())
    if choice.columns.size < pairs:
        return False
    model, solution = problem.model, np.zeros(problem.program.cost.size)
    solution[choice.columns] = 1.0
    used = np.zeros(choice.opened.shape)
    np.add.at(used, problem.fleet.unit_site, choice.held)
    forced = problem.program.lower[model.y.block] > 0
    solution[model.y.block] = (used > 0).ravel() | forced
    solution[model.machines.block] = problem.of_stands(choice.held).ravel()
    beyond = problem.program.matrix @ solution - problem.limit
    return bool((beyond <= 0).all())


def _moved(
    dual: Dual, limits: Floats, count: Floats | Ints, budget: Budget, for_moves: Budget
) -> Choice:
    """Return the choice of a plan of each period whose machines pay for themselves.

    Parameters
    ----------
    dual, limits
        As above.
    count
        Machines to begin with, shape (units, periods).
    budget, for_moves
        The time for it, and for local search that goes on from it.
    """
    problem = dual.problem
    offers = problem.offers(problem.priced(limits)[problem.model.x.block])
    held = np.zeros((problem.units, problem.periods), dtype=np.int64)
    columns = []
    for period, dense in enumerate(_periods(dual, offers, limits)):
        found = _begun(dense, count[:, period], _part(budget, problem.periods - period))
        found = improve(dense, found, _part(for_moves, problem.periods - period), -np.inf)
        held[:, period] = found.count
        columns.append(found.columns(dense))
    used = np.zeros(dual.opened.shape)
    np.add.at(used, problem.fleet.unit_site, held)
    wanted = (used.max(axis=1, initial=0.0) > 0).astype(np.float64)
    opened = np.repeat(wanted[:, None], problem.periods, axis=1)
    most = np.minimum(held.max(axis=1, initial=0)[:, None] + 1, problem.most[:, None])
    most = np.repeat(most, problem.periods, axis=1) * opened[problem.fleet.unit_site]
    every = np.concatenate(columns)
    return Choice(opened, most.astype(np.int64), held, every[every >= 0])


def _periods(dual: Dual, offers: Offers, limits: Floats) -> Iterator[DenseSupply]:
    """Yield each period with what sites and machines cost in it, at their rents."""
    problem = dual.problem
    fixed, machine = problem.charges(limits, dual.rents)
    for period in range(problem.periods):
        dense = problem.dense(period, offers)
        dense.machine_cost, dense.site_cost = machine[:, period], fixed[:, period]
        yield dense


def _part(budget: Budget, of: int) -> Budget:
    """Return one of equal parts of the time that is left."""
    left = budget.left
    return Budget(None if left is None else left / of)


def _begun(dense: DenseSupply, count: Floats | Ints, budget: Budget) -> Filled:
    """Return a plan of a period whose machines pay for themselves."""
    start = np.minimum(np.rint(count).astype(np.int64), dense.most)
    return settled(dense, fill(dense, start), budget)
