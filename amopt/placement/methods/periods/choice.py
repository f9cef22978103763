"""Which machines stand where in good plans, as local search over the priced problem finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.placement.methods.decomposition import Offers
from amopt.placement.methods.periods.climbing import Dual
from amopt.placement.methods.prices.local_search import improve, settled
from amopt.placement.methods.pricing import DenseSupply
from amopt.placement.methods.transport import Filled, fill
from amopt.program.time import Budget

__all__ = ["Choice", "averages", "by_local_search"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
    """

    opened: Floats
    most: Ints
    held: Ints


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
        held[:, period] = _begun(dual, dense, period, budget).count
    return Choice(opened, most.astype(np.int64), held)


def by_local_search(dual: Dual, offers: Offers, limits: Floats, budget: Budget) -> Choice:
    """Return sites and machines of the cheapest plan of each period at prices of the limits.

    Parameters
    ----------
    dual
        Prices and averages.
    offers
        The cheapest supply at those prices.
    limits
        The prices of limits, shape (limits,).
    budget
        The time for it; what is found by then is returned.
    """
    problem = dual.problem
    held = np.zeros((problem.units, problem.periods), dtype=np.int64)
    for period, dense in enumerate(_periods(dual, offers, limits)):
        left = budget.left
        part = Budget(None if left is None else left / (problem.periods - period))
        found = _begun(dual, dense, period, part)
        held[:, period] = improve(dense, found, part, -np.inf).count
    used = np.zeros(dual.opened.shape)
    np.add.at(used, problem.fleet.unit_site, held)
    wanted = (used.max(axis=1, initial=0.0) > 0).astype(np.float64)
    opened = np.repeat(wanted[:, None], problem.periods, axis=1)
    most = np.minimum(held.max(axis=1, initial=0)[:, None] + 1, problem.most[:, None])
    most = np.repeat(most, problem.periods, axis=1) * opened[problem.fleet.unit_site]
    return Choice(opened, most.astype(np.int64), held)


def _periods(dual: Dual, offers: Offers, limits: Floats) -> Iterator[DenseSupply]:
    """Yield each period with what sites and machines cost in it, at their rents."""
    problem = dual.problem
    fixed, machine = problem.charges(limits, dual.rents)
    for period in range(problem.periods):
        dense = problem.dense(period, offers)
        dense.machine_cost, dense.site_cost = machine[:, period], fixed[:, period]
        yield dense


def _begun(dual: Dual, dense: DenseSupply, period: int, budget: Budget) -> Filled:
    """Return a plan of a period whose machines pay for themselves."""
    start = np.minimum(np.rint(dual.count[:, period]).astype(np.int64), dense.most)
    return settled(dense, fill(dense, start), budget)
