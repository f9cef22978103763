"""The best plan whose ages lie within windows: the same program, some of its pairs held at nothing.

Each window is of one decision: on no day before its first the decision is taken, on its last day
and later it is not put off. To order on day 0 is to order with the part that is installed, so that
a window which ends there leaves no part to be installed without an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.process import ACTIONS, Grid

if TYPE_CHECKING:
    from amopt.maintenance.instance import MaintenanceInstance

__all__ = ["ORDER", "PRINT", "REPLACE", "Windows", "earliest", "hold", "never", "within", "without"]

ORDER, REPLACE, PRINT = "order", "replace", "print"
"""The decisions: the age at which the next part is ordered, and at which it is installed; and the
days to its arrival from which a print bridges the time."""

Windows = Mapping[str, tuple[int, int]]
"""First and last day of a decision, by its name."""

_TAKEN = {
    ORDER: ("order", "print and order", "install and order"),
    REPLACE: ("install", "install and order"),
    PRINT: ("print",),
}
_PUT_OFF = {ORDER: "keep", REPLACE: "keep", PRINT: "wait"}
_ALONE, _AT_ONCE = ACTIONS.index("install"), ACTIONS.index("install and order")


def earliest(name: str) -> int:
    """Return the first day on which a decision can be taken."""
    return 0 if name == ORDER else 1


def never(instance: MaintenanceInstance) -> dict[str, int]:
    """Return the decisions that an instance leaves open, each with the day that means never.

    No order is a whole lead time away on a morning: it was given the day before.
    """
    ages, lead = len(instance.failure_probabilities[0]), instance.regular.lead_time_days
    found = {ORDER: ages, REPLACE: ages}
    return found if instance.printed is None or lead < 2 else {**found, PRINT: lead}


def without(grid: Grid, windows: Windows) -> NDArray[np.bool_]:
    """Return which pairs a plan within windows does not take, shape (pairs,)."""
    found = np.zeros(len(grid.unit), dtype=bool)
    for name, (first, last) in windows.items():
        if name == PRINT:
            here = (grid.unit == grid.none) & (grid.status >= 1) & (grid.status <= grid.lead)
            day = grid.status
        else:
            here = (grid.unit < grid.regular) & (grid.status == (0, grid.stock)[name == REPLACE])
            day = grid.unit
        takes = np.isin(grid.action, [ACTIONS.index(one) for one in _TAKEN[name]])
        puts_off = grid.action == ACTIONS.index(_PUT_OFF[name])
        found |= here & ((takes & (day < first)) | (puts_off & (day >= last)))
        if name == ORDER and first > 0:
            found |= grid.action == _AT_ONCE
        if name == ORDER and last < 1:
            found |= grid.action == _ALONE
    return found


def within(
    grid: Grid, windows: Windows, share: NDArray[np.float64], taken: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a policy for states that a plan within windows does not come to.

    It is another policy where that keeps to the windows, acts as soon as it may where that does
    not, and orders with the part that is installed, or does not, as the plan does.

    Parameters
    ----------
    share
        Which pairs the other policy takes, 0 or 1, shape (pairs,).
    taken
        How often the plan takes each pair, shape (pairs,).
    """
    state, found = grid.process.state_of_pair, share.copy()
    alone, at_once = np.flatnonzero(grid.action == _ALONE), np.flatnonzero(grid.action == _AT_ONCE)
    usual, unusual = (
        (alone, at_once) if taken[alone].sum() >= taken[at_once].sum() else (at_once, alone)
    )
    found[usual] += found[unusual]
    found[unusual] = 0.0
    held = without(grid, windows)
    wrong = np.isin(state, state[held & (found > 0)])
    rank = grid.action.copy()
    rank[usual], rank[unusual] = len(ACTIONS), len(ACTIONS) - 1
    left = np.flatnonzero(wrong & ~held)
    left = left[np.lexsort((rank[left], state[left]))]
    most_active = left[np.append(np.diff(state[left]) > 0, True)] if left.size else left
    found[wrong] = 0.0
    found[most_active] = 1.0
    return found


def hold(model: Any, windows: Windows) -> None:
    """Keep a model of the formulation within windows; the plan without a printer stays free."""
    if model.printer:
        pairs = list(model.occupation.values())
        for pair in np.flatnonzero(without(model.grid, windows)).tolist():
            pairs[pair].fix(0.0)
