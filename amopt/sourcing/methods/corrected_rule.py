r"""The frontier rule with the tooling counted once.

The source's rule lets every supplier make what it can at reduced cost, and so credits the whole
tooling that AM spares to each of them; it is spared once. Here all suppliers of a line share one
credit: each takes as many parts as it can in time while

.. math:: \sum_j C_j(q_j) - c \, q_j < C_\text{asset}

in two orders, the source's and by rising excess a part, and the cheaper of the two is taken if it
fills the line; else conventional supply. It never costs more than conventional supply, and is still
a rule, not the optimum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.sourcing.methods.frontier_rule import HONOURS, WHOLE, Left, conventional_order
from amopt.sourcing.offers.analysis import Analysis, analysis_of

if TYPE_CHECKING:
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["HONOURS", "corrected_plan"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK = 4096
"""Quantities that are looked at together, from the largest down."""


def corrected_plan(
    supply: SupplyOptions, compared: tuple[Ints, Analysis] | None = None
) -> tuple[Floats, tuple[str, ...]]:
    """Fill every line by the corrected rule, lines in the order of the file.

    Returns
    -------
    quantity : array of float, shape (n,)
        Parts ordered from each supply option.
    unfilled : tuple of str
        Lines that it cannot fill.
    """
    option, analysis = analysis_of(supply) if compared is None else compared
    in_time, effect = np.zeros(len(supply)), np.zeros(len(supply))
    own = supply.largest[option]
    by_time, by_cost = analysis.reduced_time_quantity, analysis.reduced_cost_quantity
    in_time[option] = np.where(np.isnan(by_time), own, by_time)
    effect[option] = np.where(np.isnan(by_time), own, np.minimum(by_time, by_cost))
    left = Left.of(supply)
    quantity = np.zeros(len(supply))
    unfilled = []
    for line, options in enumerate(supply.options_of_line):
        need = supply.quantity[line] - left.committed[line]
        if need <= WHOLE * supply.quantity[line]:
            continue
        chosen = _Filling(
            supply, left, line=line, need=float(need), in_time=in_time, effect=effect
        ).best(options)
        if not chosen:
            unfilled.append(supply.instance.lines[line].line)
        for o, amount in chosen:
            quantity[o] = amount
            left.use(supply, o, amount)
    return quantity, tuple(unfilled)


class _Filling:
    """One line to fill.

    Attributes
    ----------
    need
        Parts to order.
    in_time, effect
        What each option can do in reduced time, and at reduced cost as well, shape (n,).
    credit, rate
        What conventional supply costs once, infinite where there is none, and a part.
    """

    def __init__(
        self,
        supply: SupplyOptions,
        left: Left,
        *,
        line: int,
        need: float,
        in_time: Floats,
        effect: Floats,
    ) -> None:
        self.supply, self.left, self.line, self.need = supply, left, line, need
        self.in_time, self.effect = in_time, effect
        usual = int(supply.conventional_of_line[line])
        self.credit, self.rate = np.inf, 0.0
        if usual >= 0:
            curve = supply.total.take(np.array([usual]))
            self.credit, self.rate = float(curve.fixed[0]), float(curve.rate[0])

    def best(self, options: Ints) -> list[tuple[int, float]]:
        """Return the cheaper of the two fillings; conventional supply where neither fills."""
        supply = self.supply
        able = [o for o in options.tolist() if not supply.conventional[o] and self.in_time[o] > 0]
        by_effect = sorted(able, key=lambda o: (-self.effect[o], self._rounded(self._cost(o))))
        by_excess = sorted(able, key=lambda o: (self._rounded(self._excess_a_part(o)), o))
        found = [
            filled
            for filled in map(self._filled, (by_effect, by_excess))
            if filled and self.left.in_time(supply, self.line, filled)
        ]
        if not found:
            return conventional_order(supply, self.left, self.line, self.need)
        return min(found, key=lambda plan: sum(self._total(o, q) for o, q in plan))

    def _filled(self, order: list[int]) -> list[tuple[int, float]]:
        """Return what suppliers take in an order, under one credit; nothing if they cannot."""
        limit = self.supply.instance.limits.suppliers_per_line
        suppliers = set(self.left.suppliers[self.line])
        chosen: list[tuple[int, float]] = []
        need, credit = self.need, self.credit
        for o in order:
            name = self.supply.supplier[o]
            if limit is not None and name not in suppliers and len(suppliers) >= limit:
                continue
            amount = self._most(o, min(need, self.left.room(self.supply, o, chosen)), credit)
            if amount <= 0:
                continue
            chosen.append((o, amount))
            suppliers.add(name)
            credit -= self._total(o, amount) - self.rate * amount
            need -= amount
            if need <= WHOLE * self.supply.quantity[self.line]:
                return chosen
        return []

    def _most(self, o: int, room: float, credit: float) -> float:
        """Return the largest order of an option in time whose excess is below the credit."""
        top = min(room, float(self.in_time[o]), float(self.supply.largest[o]))
        if not self.supply.divisible[self.line]:
            top = float(np.floor(top * (1 + WHOLE)))
        least = float(self.supply.smallest[o])
        while top >= least:
            amounts = np.maximum(np.append(top, np.ceil(top) - np.arange(1, CHUNK)), 0.0)
            amounts = amounts[amounts >= max(least, 1e-6)]
            if not amounts.size:
                return 0.0
            totals = self.supply.total.take(np.full(amounts.size, o)).at(amounts)
            below = np.flatnonzero(totals - self.rate * amounts < credit * (1 - WHOLE))
            if below.size:
                return float(amounts[below[0]])
            top = float(amounts[-1]) - 1
        return 0.0

    def _total(self, o: int, amount: float) -> float:
        return float(self.supply.total.take(np.array([o])).at(np.array([amount]))[0])

    def _doable(self, o: int) -> float:
        most = self.need + float(self.supply.surplus[self.line])
        return max(min(float(self.in_time[o]), most), float(self.supply.smallest[o]))

    def _cost(self, o: int) -> float:
        return self._total(o, self._doable(o))

    def _excess_a_part(self, o: int) -> float:
        amount = self._doable(o)
        return self._total(o, amount) / amount - self.rate

    @staticmethod
    def _rounded(value: float) -> float:
        """Return a number without rounding, so that the order of the file decides of the same."""
        return float(f"{value:.9e}")
