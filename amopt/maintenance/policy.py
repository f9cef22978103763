"""A policy: what is done in each state of the process, and the same as rules for a planner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.process import ACTIONS, Grid

__all__ = ["Optimum", "chosen", "printing_only", "rules"]

Floats = NDArray[np.float64]

INSTALL, INSTALL_ORDER = ACTIONS.index("install"), ACTIONS.index("install and order")


@dataclass(frozen=True)
class Optimum:
    """What a method found.

    Attributes
    ----------
    grid
        The process.
    share
        Probability of each pair in its state, shape (pairs,).
    gain
        What the method says that a day costs, in money.
    bound
        What no policy is below; None where nothing is proven.
    solver
        How the solver calls what it did; empty where there was none.
    iterations
        Its iterations.
    limits
        The limits of the program by name, with their duals: change of the cost a day a unit.
    """

    grid: Grid
    share: Floats
    gain: float
    bound: float | None
    solver: str = ""
    iterations: int = 0
    limits: Mapping[str, float | None] = field(default_factory=dict)


def chosen(grid: Grid, order: Floats, install: Floats, down: Floats) -> Floats:
    """Return the shares of a policy that draws nothing at random, shape (pairs,).

    Parameters
    ----------
    grid
        The process.
    order, install
        Whether a part is ordered, or the spare installed, by unit that is installed: regular parts
        by age, then printed ones; shape (units,), bool.
    down
        Index of the action of a system that is down, by status of the order.
    """
    action = np.zeros((grid.none + 1, grid.lead + 2), dtype=np.intp)
    working = grid.regular + grid.printed
    action[:working, 0] = np.where(order[:working], ACTIONS.index("order"), 0)
    installing = INSTALL_ORDER if order[0] else INSTALL
    action[:working, grid.stock] = np.where(install[:working], installing, 0)
    action[grid.none] = np.where(np.asarray(down) == INSTALL, installing, down)
    return np.asarray(action[grid.unit, grid.status] == grid.action, dtype=np.float64)


def printing_only(grid: Grid) -> Floats:
    """Return the shares of the plan that orders nothing, and prints when a part has failed.

    A spare that is there all the same is installed at once, so that the system comes to print
    wherever it begins.
    """
    working = grid.regular + grid.printed
    down = np.full(grid.lead + 2, ACTIONS.index("print"))
    down[grid.stock] = INSTALL
    return chosen(grid, np.zeros(working, dtype=bool), np.ones(working, dtype=bool), down)


def rules(grid: Grid, share: Floats) -> list[dict[str, Any]]:
    """Return a policy as rows: what is installed, the order, an action, from and to which day."""
    return list(_rules(grid, share))


def _rules(grid: Grid, share: Floats) -> Iterator[dict[str, Any]]:
    units = {
        "regular": np.arange(grid.regular),
        "printed": np.arange(grid.regular, grid.regular + grid.printed),
        "none": np.array([grid.none]),
    }
    table = np.zeros((grid.none + 1, grid.lead + 2, len(ACTIONS)))
    table[grid.unit, grid.status, grid.action] = share
    for installed, members in units.items():
        for order, status in (("no order", 0), ("in stock", grid.stock)):
            yield from _runs(installed, order, table[members, status], 0)
        if installed == "none":
            yield from _runs(installed, "on order", table[grid.none, 1 : grid.stock], 1)


def _runs(installed: str, order: str, share: Floats, first: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each run of days with the same actions, and each action in it.

    However seldom an action is, what it leads to may matter: shares are told as they are.
    """
    for _, run in groupby(range(len(share)), key=lambda day: _digits(share[day])):
        days = list(run)
        for action, part in enumerate(share[days[0]].tolist()):
            if part > 0:
                yield {
                    "installed": installed,
                    "order": order,
                    "action": ACTIONS[action],
                    "from_day": days[0] + first,
                    "to_day": days[-1] + first,
                    "share": part,
                }


def _digits(shares: Floats) -> tuple[str, ...]:
    """Return shares to so many digits that rounding does not tell them apart."""
    return tuple(f"{share:.10g}" for share in shares.tolist())
