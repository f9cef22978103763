"""Is AM worth it, for which parts and up to which quantities? Every part against every supplier.

Equations (1) to (6) of Akmal, Salmi, Björkstrand, Partanen and Holmström (2022), as arrays: n
comparisons of one AM offer with the conventional supply of its part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.instance.curves import TOLERANCE, Curves

if TYPE_CHECKING:
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["SCENARIOS", "Analysis", "analyse", "analysis_of", "nondominated", "scenarios"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SCENARIOS = ("", "I", "II", "III", "IV")
"""I saves cost and time, II cost alone, III neither, IV time alone; empty without comparison."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """What n comparisons say, shape (n,) each; NaN where there is no conventional supply.

    Attributes
    ----------
    cost_saving
        Conventional minus AM total of the quantity, in money (eq. 1).
    weeks_saved
        Conventional minus AM lead time of the quantity, in weeks (eq. 2).
    total_saving
        Cost saving plus downtime cost a week times the weeks saved, in money (eqs. 3, 4).
    scenario, scenario_with_downtime
        Positions in :data:`SCENARIOS`, without and with downtime cost.
    reduced_cost_quantity, reduced_time_quantity
        Parts that can be had at reduced cost (``N_cost - 1``, eq. 5) and in reduced time
        (``N_time - 1``, eq. 6); the offer's largest quantity where all of them can.
    on_frontier
        Whether no other offer of the group does as much in both quantities and more in one.
    """

    cost_saving: Floats
    weeks_saved: Floats
    total_saving: Floats
    scenario: NDArray[np.int8]
    scenario_with_downtime: NDArray[np.int8]
    reduced_cost_quantity: Floats
    reduced_time_quantity: Floats
    on_frontier: Bools


def analyse(
    total: Curves,
    lead_time: Curves,
    *,
    group: Ints,
    quantity: Floats,
    smallest: Floats,
    largest: Floats,
    conventional_fixed: Floats,
    conventional_rate: Floats,
    conventional_weeks: Floats,
    downtime_per_week: Floats,
) -> Analysis:
    """Compare n AM offers with conventional supply.

    Parameters
    ----------
    total, lead_time
        What q parts cost in money and how many weeks they take, n curves each.
    group
        Comparisons of one group (a part, or a line) share a performance frontier, shape (n,).
    quantity
        Parts that are needed, shape (n,).
    smallest, largest
        The quantities that each offer takes, shape (n,).
    conventional_fixed, conventional_rate
        Conventional supply costs ``fixed + rate * q``, in money, shape (n,); NaN without any.
    conventional_weeks
        Conventional lead time in weeks, shape (n,).
    downtime_per_week
        Cost in money of each week of waiting, shape (n,).
    """
    paid, usual = total.at(quantity), conventional_fixed + conventional_rate * quantity
    weeks = lead_time.at(quantity)
    cost_saving = _difference(usual, paid)
    weeks_saved = _difference(conventional_weeks, weeks)
    with np.errstate(invalid="ignore"):
        total_saving = cost_saving + downtime_per_week * weeks_saved
    known = np.isfinite(cost_saving) & np.isfinite(weeks_saved)
    scenario = np.where(known, scenarios(cost_saving, weeks_saved), 0).astype(np.int8)
    # Equations (3) and (4) hold where time is saved or the same.
    better = known & (weeks_saved >= 0) & (total_saving > 0)
    with_downtime = np.where(better, 1, scenario).astype(np.int8)
    zero = np.zeros_like(quantity)
    cost_quantity = _reduced(total, conventional_fixed, conventional_rate, smallest, largest)
    time_quantity = _reduced(lead_time, conventional_weeks, zero, smallest, largest)
    cost_quantity[~known] = time_quantity[~known] = np.nan
    return Analysis(
        cost_saving,
        weeks_saved,
        total_saving,
        scenario,
        with_downtime,
        cost_quantity,
        time_quantity,
        known & nondominated(group, cost_quantity, time_quantity),
    )


def scenarios(cost_saving: Floats, weeks_saved: Floats) -> NDArray[np.int8]:
    """Return positions in :data:`SCENARIOS`; a saving of zero is no saving."""
    cost, time = cost_saving > 0, weeks_saved > 0
    return np.where(cost, np.where(time, 1, 2), np.where(time, 4, 3)).astype(np.int8)


def _difference(a: Floats, b: Floats) -> Floats:
    """Return ``a - b``, exactly zero where the two are the same amount but for rounding."""
    with np.errstate(invalid="ignore"):
        difference: Floats = a - b
        same = np.abs(difference) <= TOLERANCE * np.maximum(np.abs(a), np.abs(b))
    difference[same] = 0.0
    return difference


def _reduced(
    curves: Curves, fixed: Floats, rate: Floats, smallest: Floats, largest: Floats
) -> Floats:
    """Return N - 1: how many parts can be had below the line ``fixed + rate * q``."""
    first = curves.first_not_below(
        np.nan_to_num(fixed), np.nan_to_num(rate), np.maximum(smallest, 1.0), largest
    )
    reduced = np.where(np.isinf(first), np.floor(largest), first - 1)
    reduced[reduced < smallest] = 0.0
    return reduced


def nondominated(group: Ints, first: Floats, second: Floats) -> Bools:
    """Return which points no other point of their group dominates; more is better in both.

    Parameters
    ----------
    group
        Group of each point, shape (n,).
    first, second
        The points, shape (n,); infinite is allowed, NaN counts as less than everything.
    """
    n = group.size
    if not n:
        return np.zeros(0, dtype=bool)
    first, second = (
        np.nan_to_num(first, nan=-1, posinf=np.inf),
        np.nan_to_num(second, nan=-1, posinf=np.inf),
    )
    rank = np.unique(second, return_inverse=True)[1].astype(np.int64)
    group = np.unique(group, return_inverse=True)[1].astype(np.int64)
    order = np.lexsort((-rank, -first, group))
    group, first, rank = group[order], first[order], rank[order]
    # Groups ascend, so that a running maximum of (group, rank) starts anew with each group.
    best = np.maximum.accumulate(group * (n + 1) + rank + 1)
    tie = np.ones(n, dtype=bool)
    tie[1:] = (group[1:] != group[:-1]) | (first[1:] != first[:-1])
    head = np.maximum.accumulate(np.where(tie, np.arange(n), 0))
    before = np.where(head > 0, best[np.maximum(head - 1, 0)], 0)
    free = before < group * (n + 1) + rank + 1
    result = np.zeros(n, dtype=bool)
    result[order] = free & (rank == rank[head])
    return result


def analysis_of(supply: SupplyOptions) -> tuple[Ints, Analysis]:
    """Compare every offer with conventional supply, line by line.

    Returns
    -------
    option : array of int, shape (n,)
        The supply options that were compared: all but conventional supply.
    analysis : Analysis
        The comparisons; offers that cannot be used are never on the frontier.
    """
    option = np.flatnonzero(~supply.conventional)
    line = supply.line[option]
    usual = supply.conventional_of_line[line]
    known = usual >= 0
    straight = np.where(known, usual, usual.max(initial=-1))  # any line will do where none is
    total, weeks = (
        curves.take(straight) if known.any() else Curves.lines(*2 * [np.zeros(line.size)])
        for curves in (supply.total, supply.lead_time)
    )
    fixed, rate, lead = total.fixed.copy(), total.rate.copy(), weeks.fixed.copy()
    fixed[~known] = rate[~known] = lead[~known] = np.nan
    blocked = ~supply.usable[option]
    analysis = analyse(
        supply.total.take(option),
        supply.lead_time.take(option),
        group=np.where(blocked, -1 - np.arange(option.size), line),
        quantity=supply.quantity[line],
        smallest=supply.smallest[option],
        largest=supply.largest[option],
        conventional_fixed=fixed,
        conventional_rate=rate,
        conventional_weeks=lead,
        downtime_per_week=supply.downtime_per_week[line],
    )
    analysis.on_frontier[blocked] = False
    return option, analysis
