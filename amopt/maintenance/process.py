r"""The decision process on a grid of days: what is installed, how old it is, where the order is.

A state is what is installed (a regular or printed part of an age in whole days, a part that is
being printed, or none) with the status of the order of a regular part: none, :math:`m = 1..L_r`
days to arrival, or in stock. Every action takes a day, in this order: what is decided is done; the
day passes, in which a part of age :math:`a` fails with probability
:math:`1 - \bar F(a + 1) / \bar F(a)`; an order comes a day nearer. A failure costs :math:`c_f` and
leaves the system down from the next morning on. A day that begins with a spare on the shelf, which
is not installed, costs :math:`h`; a day that the system is down costs :math:`b`.

It is not restricted to thresholds, so that its optimum shows what thresholds cost. On the grid a
part that fails within a day still works until its end; :mod:`~amopt.maintenance.closed_form` has no
grid, and the difference is below half a day of downtime a failure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.maintenance.instance import MaintenanceInstance
from amopt.mdp import MarkovDecisionProcess

__all__ = ["ACTIONS", "Grid", "build", "costs"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

ACTIONS = ("keep", "wait", "print", "order", "print and order", "install", "install and order")
"""What can be done on a day; keep with a part installed, wait without."""

KEEP, WAIT, PRINT, ORDER, PRINT_ORDER, INSTALL, INSTALL_ORDER = range(len(ACTIONS))


@dataclass(frozen=True)
class Grid:
    """The process of an instance, and what each pair uses; arrays of shape (pairs,).

    Attributes
    ----------
    process
        The Markov decision process; average cost a day.
    regular, printed, printing
        How many units are regular parts by age, printed parts by age, and days of printing that
        are left; the last unit is: none installed.
    lead
        :math:`L_r`.
    unit, status, action
        Of each pair: its unit; its status, 0 for no order, then days to arrival, last in stock;
        its index in :data:`ACTIONS`.
    failures, down, held
        Expected failures, days down and days with a spare on the shelf.
    """

    process: MarkovDecisionProcess
    regular: int
    printed: int
    printing: int
    lead: int
    unit: Ints
    status: Ints
    action: Ints
    failures: Floats
    down: Floats
    held: Floats

    @property
    def none(self) -> int:
        """The unit of a system with nothing installed."""
        return self.regular + self.printed + self.printing

    @property
    def stock(self) -> int:
        """The status of a regular spare in stock."""
        return self.lead + 1

    @property
    def orders(self) -> Floats:
        """Regular parts ordered."""
        return np.isin(self.action, (ORDER, PRINT_ORDER, INSTALL_ORDER)).astype(np.float64)

    @property
    def prints(self) -> Floats:
        """Parts printed."""
        return np.isin(self.action, (PRINT, PRINT_ORDER)).astype(np.float64)

    @property
    def installs(self) -> Floats:
        """Regular parts installed."""
        return np.isin(self.action, (INSTALL, INSTALL_ORDER)).astype(np.float64)


def build(instance: MaintenanceInstance) -> Grid:
    """Return the process of an instance; without a printed part, none can be printed."""
    fails_regular, fails_printed = instance.failure_probabilities
    regular, printed = len(fails_regular), len(fails_printed)
    printing = 0 if instance.printed is None else instance.printed.lead_time_days - 1
    lead = instance.regular.lead_time_days
    none = regular + printed + printing
    unit, status, action = _pairs(none, regular + printed, lead, printed > 0)
    fails = np.concatenate([fails_regular, fails_printed, np.zeros(printing + 1)])
    runs, after = _what_runs(unit, action, regular, printed, printing)
    works = runs < regular + printed
    down = (~works).astype(np.float64)
    failures = np.where(works, fails[runs], 0.0)
    held = ((status == lead + 1) & (action < INSTALL)).astype(np.float64)
    ahead = _order_ahead(status, action, lead)
    statuses = lead + 2
    process = MarkovDecisionProcess(
        _transition(after * statuses + ahead, none * statuses + ahead, failures, none, statuses),
        costs(instance, action, failures, down, held),
        unit * statuses + status,
        None,
        state_names=_state_names(regular, printed, printing, lead),
        pair_names=_pair_names(
            np.stack([unit, status, action]), _unit_names(regular, printed, printing), lead
        ),
    )
    return Grid(
        process, regular, printed, printing, lead, unit, status, action, failures, down, held
    )


def _pairs(none: int, working: int, lead: int, printer: bool) -> tuple[Ints, Ints, Ints]:
    """Return unit, status and action of every pair, sorted by state."""
    every, stock = np.arange(lead + 2), lead + 1
    found = []

    def add(units: Ints, statuses: Ints, action: int) -> None:
        pairs = np.meshgrid(units, statuses, indexing="ij")
        found.append(np.stack([*(part.ravel() for part in pairs), np.full(pairs[0].size, action)]))

    installed, empty = np.arange(none), np.array([none])
    add(installed, every, KEEP)
    add(empty, every, WAIT)
    if printer:
        add(empty, every, PRINT)
        add(empty, np.array([0]), PRINT_ORDER)
    decided = np.append(np.arange(working), none)
    add(decided, np.array([0]), ORDER)
    for action in (INSTALL, INSTALL_ORDER):
        add(decided, np.array([stock]), action)
    pairs = np.concatenate(found, axis=1)
    pairs = pairs[:, np.lexsort((pairs[2], pairs[1], pairs[0]))]
    return pairs[0], pairs[1], pairs[2]


def _what_runs(
    unit: Ints, action: Ints, regular: int, printed: int, printing: int
) -> tuple[Ints, Ints]:
    """Return the unit of the day, after what was decided, and the unit of the next morning."""
    working, none = regular + printed, regular + printed + printing
    runs = np.where(action >= INSTALL, 0, unit)
    after = runs + 1
    last = (runs == regular - 1) | (runs == working - 1)
    after = np.where(last | (runs == none), runs, after)
    if printing:  # units of printing: the first has most days left
        after = np.where(runs == none - 1, regular, after)
    prints = np.isin(action, (PRINT, PRINT_ORDER))
    return runs, np.where(prints, working if printing else regular, after)


def _order_ahead(status: Ints, action: Ints, lead: int) -> Ints:
    """Return the status of the next morning."""
    status = np.where(action >= INSTALL, 0, status)
    status = np.where(np.isin(action, (ORDER, PRINT_ORDER, INSTALL_ORDER)), lead, status)
    ahead = np.where(status == 1, lead + 1, status - 1)
    return np.where((status == 0) | (status == lead + 1), status, ahead)


def _transition(
    survives: Ints, fails: Ints, failures: Floats, none: int, statuses: int
) -> sp.csr_array:
    """Return the transition probabilities of the pairs."""
    pair = np.arange(len(survives))
    found = sp.csr_array(
        (
            np.concatenate([1 - failures, failures]),
            (np.concatenate([pair, pair]), np.concatenate([survives, fails])),
        ),
        shape=(len(pair), (none + 1) * statuses),
    )
    found.sum_duplicates()
    found.eliminate_zeros()
    found.sort_indices()
    return found


def costs(
    instance: MaintenanceInstance, action: Ints, failures: Floats, down: Floats, held: Floats
) -> Floats:
    r"""Return the cost of each pair: :math:`c_r, c_p, c_m, c_f, b, h` times what it uses."""
    printed = 0.0 if instance.printed is None else instance.printed.cost
    orders = np.isin(action, (ORDER, PRINT_ORDER, INSTALL_ORDER))
    prints, installs = np.isin(action, (PRINT, PRINT_ORDER)), action >= INSTALL
    return np.asarray(
        instance.regular.cost * orders
        + printed * prints
        + instance.replacement_cost * (prints | installs)
        + instance.failure_cost * failures
        + instance.downtime_cost_per_day * down
        + instance.holding_cost * held
    )


def _unit_names(regular: int, printed: int, printing: int) -> list[tuple[str, int]]:
    return [
        *(("regular", age) for age in range(regular)),
        *(("printed", age) for age in range(printed)),
        *(("printing", left) for left in range(printing, 0, -1)),
        ("none", 0),
    ]


def _status_names(lead: int) -> list[str | int]:
    return ["no order", *range(1, lead + 1), "in stock"]


def _state_names(regular: int, printed: int, printing: int, lead: int) -> list[tuple[object, ...]]:
    return [
        (*unit, status)
        for unit in _unit_names(regular, printed, printing)
        for status in _status_names(lead)
    ]


def _pair_names(pairs: Ints, units: list[tuple[str, int]], lead: int) -> list[tuple[object, ...]]:
    statuses = _status_names(lead)
    return [(*units[u], statuses[o], ACTIONS[a]) for u, o, a in pairs.T.tolist()]
