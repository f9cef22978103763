r"""The best plan that does not mix, beside one that does: one policy a part.

A mixed-integer program over columns: each part takes one policy of a base-stock level :math:`S` and
two thresholds: with :math:`n` days to go it expedites where :math:`n \ge n_e`, prints where
:math:`n_p \le n < n_e`, else waits (Westerweel 2019, theorems 3.1 and 3.4). A policy whose reduced
cost at the prices of the limits exceeds the gap between the mix and a plan that is known is in no
better plan, and left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.errors import NoAnswerError
from amopt.printing import closed_form
from amopt.printing.formulation import useful_levels
from amopt.printing.limit_rows import LimitRow, priced
from amopt.printing.methods.columns import Columns
from amopt.printing.policy import Action, Policy, Pure
from amopt.program.linear import LinearProgram

if TYPE_CHECKING:
    from amopt.printing.methods.master import Master, Solved
    from amopt.printing.parameters import Parameters
    from amopt.program.time import Budget

__all__ = ["best_pure", "threshold_columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_POLICIES = 2_000_000
"""The most policies that are looked at."""

CHUNK = 100_000
"""Policies that are looked at in one go."""

CLOSE = 1e-4
"""Relative gap at which the search for a plan that does not mix stops where parts are many; it is
no more than beside the plan that does."""

EXACT = 1e-9
"""The same where parts are few."""

FEW_PARTS = 100
"""Up to so many parts the search goes on until the best plan is known."""

FREE = 300
"""Policies beside those of the mix among which a first plan of many parts is looked for."""

PATIENCE = 5.0
"""Seconds that each of its two searches may take at most."""

NOTHING = 1e-9
"""Share of the gap by which a reduced cost may be off."""


def best_pure(master: Master, found: Solved, budget: Budget) -> Pure | None:
    """Return the best plan of one policy a part that is found in time; None where none is known.

    Parameters
    ----------
    master
        The master program of the mix.
    found
        Its optimum.
    budget
        The time that it may take.
    """
    known = master.columns
    worth = known.cost - found.duals @ known.usage
    least = np.full(len(master.parameters), np.inf)
    np.minimum.at(least, known.part, worth)
    if len(master.parameters) > FEW_PARTS:
        near = known.take(_nearest(found, worth - least[known.part]))
        quick = _chosen(master, near, budget)
        if quick is not None and _gap(near, quick, found) <= CLOSE * abs(found.bound):
            return _pure(near, quick, found.bound, proven=False)
    first = _chosen(master, known, budget)
    gap = np.inf if first is None else _gap(known, first, found)
    highest = useful_levels(master.parameters)
    part, level = _levels_near(master, found.duals, least, gap, highest)
    policies = _thresholds(master.parameters, part, level, MOST_POLICIES)
    beside = None
    if policies is not None:
        beside = _near(master, policies, found.duals, least=least, gap=gap, budget=budget)
    if beside is None:
        return _pure(known, first, found.bound, proven=False)
    pool = known.and_(beside)
    second = _chosen(master, pool, budget)
    if second is None:
        return _pure(known, first, found.bound, proven=False)
    return _pure(pool, second, second[1], proven=True)


def _nearest(found: Solved, reduced: Floats) -> NDArray[np.bool_]:
    """Return which columns are in the mix, or next to it by their reduced costs."""
    mixed = found.shares > 0
    beside = np.flatnonzero(~mixed)
    near = mixed.copy()
    near[beside[np.argsort(reduced[beside], kind="stable")[:FREE]]] = True
    return near


def _gap(columns: Columns, chosen: tuple[Ints, float], found: Solved) -> float:
    """Return what chosen columns cost more than the mix is proven to cost at least."""
    return float(columns.cost[chosen[0]].sum()) - found.bound


def _levels_near(
    master: Master, duals: Floats, least: Floats, gap: float, highest: Ints
) -> tuple[Ints, Ints]:
    """Return the parts and levels whose best policy at these prices is within the gap."""
    parameters = master.parameters
    part = np.repeat(np.arange(len(parameters)), highest + 1)
    level = np.arange(part.size) - np.repeat(np.cumsum(highest + 1) - highest - 1, highest + 1)
    with_prices, room = priced(parameters, master.rows, duals)
    action = closed_form.best_policy(with_prices, room).action
    policy = Policy(level, action[:, part])
    worth = closed_form.cycle_cost(with_prices.take(part), policy) + room[part] * level
    near = worth - least[part] <= gap + NOTHING * (np.abs(worth) + np.abs(least[part]))
    return part[near], level[near]


def _pure(
    columns: Columns, chosen: tuple[Ints, float] | None, bound: float, *, proven: bool
) -> Pure | None:
    """Return the plan of chosen columns, one a part, in the order of the parts."""
    if chosen is None:
        return None
    taken = columns.take(chosen[0][np.argsort(columns.part[chosen[0]])])
    return Pure(Policy(taken.base_stock, taken.action), taken.cost, bound, proven)


def _chosen(master: Master, columns: Columns, budget: Budget) -> tuple[Ints, float] | None:
    """Return the columns of the cheapest choice of one a part, and what is proven; None if none."""
    from amopt.program.solver.highs import solve

    parts, count = len(master.parameters), columns.cost.size
    one = sp.csr_array((np.ones(count), (columns.part, np.arange(count))), shape=(parts, count))
    program = LinearProgram.from_arrays(
        cost=columns.cost,
        matrix=sp.vstack([one, sp.csr_array(columns.usage)], format="csr"),
        row_lower=np.concatenate([np.ones(parts), np.full(len(master.rows), -np.inf)]),
        row_upper=np.concatenate([np.ones(parts), master.most]),
        upper=1.0,
        integer=True,
        name="portfolio of one policy a part",
    )
    close = EXACT if parts <= FEW_PARTS else max(master.options.gap, CLOSE)
    options = budget.options(replace(master.options, gap=close))
    patience = PATIENCE if options.time_limit is None else min(PATIENCE, options.time_limit)
    try:
        answer = solve(program, replace(options, time_limit=patience), progress=master.progress)
    except NoAnswerError:
        return None
    if answer.values is None or answer.outcome.bound is None:
        return None
    return np.flatnonzero(answer.values > 0.5), answer.outcome.bound


def _thresholds(
    parameters: Parameters, part: Ints, level: Ints, most: int
) -> tuple[Ints, Ints, Ints, Ints] | None:
    """Return part, level and both thresholds of every policy; None where there are too many.

    ``L`` is the threshold of what is never done.
    """
    days = parameters.cycle_days
    first, second = (grid.ravel() for grid in np.indices((days, days)) + 1)
    fits = (first <= second) | (first == days)
    first, second = first[fits], second[fits]
    if part.size * first.size > most * days:
        return None
    owner, at = np.repeat(part, first.size), np.repeat(level, first.size)
    prints, expedites = np.tile(first, part.size), np.tile(second, part.size)
    possible = (np.isfinite(parameters.print_cost[owner]) | (prints == days)) & (
        np.isfinite(parameters.expedite_cost[owner]) | (expedites == days)
    )
    if np.count_nonzero(possible) > most:
        return None
    return owner[possible], at[possible], prints[possible], expedites[possible]


def _near(
    master: Master,
    policies: tuple[Ints, Ints, Ints, Ints],
    duals: Floats,
    *,
    least: Floats,
    gap: float,
    budget: Budget,
) -> Columns | None:
    """Return the policies whose reduced cost is within the gap; None where the time is over."""
    days, found = master.parameters.cycle_days, None
    for start in range(0, policies[0].size, CHUNK):
        if budget.is_over:
            return None
        part, level, prints, expedites = (each[start : start + CHUNK] for each in policies)
        policy = Policy(level, _actions(days, prints, expedites))
        columns = Columns.of(master.parameters, master.rows, policy, part)
        reduced = columns.cost - duals @ columns.usage - least[part]
        scale = np.abs(columns.cost) + np.abs(least[part])
        near = columns.take(reduced <= gap + NOTHING * scale)
        found = near if found is None else found.and_(near)
    return master.columns.take(np.zeros(0, np.int64)) if found is None else found


def _actions(days: int, prints: Ints, expedites: Ints) -> Ints:
    """Return the actions of thresholds by days to go, shape (days, policies)."""
    n = np.arange(days)[:, None]
    action = np.where(n >= prints, int(Action.PRINT), int(Action.WAIT))
    action = np.where(n >= expedites, int(Action.EXPEDITE), action)
    action[0] = Action.WAIT
    return action


def threshold_columns(
    parameters: Parameters, rows: Sequence[LimitRow], highest: Ints, *, most: int
) -> Columns | None:
    """Return the columns of every level and both thresholds of all parts; None beyond ``most``."""
    if int(np.sum(highest + 1)) > most:
        return None
    part = np.repeat(np.arange(len(parameters)), highest + 1)
    level = np.concatenate([np.arange(one + 1) for one in highest])
    policies = _thresholds(parameters, part, level, most)
    if policies is None:
        return None
    owner, stock, prints, expedites = policies
    policy = Policy(stock, _actions(parameters.cycle_days, prints, expedites))
    return Columns.of(parameters, rows, policy, owner)
