r"""The cost of a cycle as a line in the base-stock level, less what the failures of each day use.

See :mod:`amopt.printing.closed_form` for the equations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.printing.parameters import Charges, Parameters
from amopt.printing.shelf_use import expected_use

__all__ = ["TIE", "Costs", "Line", "cost_line", "use", "value_at"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIE = 1e-12
"""Actions and stock levels whose costs differ by less than this share of what is at stake tie; then
the planner does the least: waits before printing, prints before expediting, stocks less."""


@dataclass(frozen=True)
class Costs:
    """What each kind of event costs, shape (parts,) each; a unit vector counts one kind.

    Several sets of costs for the same parts have shape (sets, parts). ``charges`` come on top,
    undiscounted.
    """

    order: Floats
    printing: Floats
    expediting: Floats
    backorder: Floats
    holding: Floats
    charges: Charges | None = None

    @classmethod
    def of(cls, parameters: Parameters) -> Costs:
        """Return the costs of all parts."""
        return cls(
            order=parameters.order_cost,
            printing=parameters.print_cost,
            expediting=parameters.expedite_cost,
            backorder=parameters.backorder_cost,
            holding=parameters.holding_cost,
            charges=parameters.charges,
        )

    def take(self, part: int) -> Costs:
        """Return the costs of one part."""
        return Costs(
            order=self.order[..., [part]],
            printing=self.printing[..., [part]],
            expediting=self.expediting[..., [part]],
            backorder=self.backorder[..., [part]],
            holding=self.holding[..., [part]],
            charges=None if self.charges is None else self.charges.take([part]),
        )

    def on(self, weight: float) -> Costs:
        """Return what events cost on a day, in money of that day, charges with it.

        ``weight`` is the discount factor from the start of the cycle to that day.
        """
        if self.charges is None:
            return self
        return Costs(
            order=self.order + self.charges.orders / weight,
            printing=self.printing + self.charges.prints / weight,
            expediting=self.expediting + self.charges.expedites / weight,
            backorder=self.backorder + self.charges.down_days / weight,
            holding=self.holding + self.charges.stock_days / weight,
        )

    @classmethod
    def counting(cls, kinds: Sequence[str], parts: int) -> Costs:
        """Return for each kind of event costs of 1 for it and of 0 for all others."""
        each = ("order", "printing", "expediting", "backorder", "holding")
        ones = np.array([[name == kind for kind in kinds] for name in each], dtype=np.float64)
        return cls(*np.broadcast_to(ones[..., None], (*ones.shape, parts)))


@dataclass(frozen=True)
class Line:
    """The line ``fixed + slope S`` and the prices of the cost of a cycle, for all parts.

    ``fixed`` and ``slope`` have shape (parts,); ``price`` (:math:`q_n`, row 0 unused) and
    ``action`` have shape (L, parts). Of several sets of costs they are (sets, parts) and
    (L, sets, parts).
    """

    fixed: Floats
    slope: Floats
    price: Floats
    action: Ints

    def take(self, parts: Ints) -> Line:
        """Return the lines of some parts."""
        return Line(
            self.fixed[parts], self.slope[parts], self.price[:, parts], self.action[:, parts]
        )


def cost_line(
    parameters: Parameters,
    costs: Costs,
    *,
    discount: float,
    action: Ints | None = None,
    share: Floats | None = None,
) -> Line:
    """Run the recursions; where ``action`` is -1 or not given the cheapest one is taken.

    ``share`` gives the probabilities of actions of one part instead, shape (L, 3).
    """
    days, failing = parameters.cycle_days, parameters.failure
    missing = printed = costs.on(discount**days).order
    regular = np.zeros(missing.shape)
    price = np.zeros((days, *missing.shape))
    taken = np.zeros(price.shape, dtype=np.int64)
    complete = action is not None and bool((action[1:] >= 0).all())
    for n in range(1, days):
        today = costs.on(discount ** (days - n))
        regular = discount * (regular + failing * missing)
        printed = discount * (
            (1 - parameters.printed_failure) * printed
            + (parameters.printed_failure - failing) * missing
        )
        choices = (
            today.backorder + discount * (1 - failing) * missing,
            today.printing + printed,
            today.expediting,
        )
        if action is None:
            taken[n] = _least(np.stack(choices))
        elif complete:
            taken[n] = action[n]
        else:
            taken[n] = np.where(action[n] < 0, _least(np.stack(choices)), action[n])
        before = missing
        if share is None:
            missing = np.choose(taken[n], choices)
        else:
            missing = sum(share[n, k] * choices[k] for k in np.flatnonzero(share[n] > 0))
        price[n] = today.holding + missing - discount * before
    regular = discount * (regular + failing * missing)
    unused = costs.order * -np.expm1(days * np.log(discount)) + costs.holding * np.sum(
        discount ** np.arange(days)
    )
    if costs.charges is not None:
        unused = unused + days * costs.charges.stock_days
    return Line(parameters.systems * regular, unused, price, taken)


def _least(choices: Floats) -> Ints:
    """Return the first choice that is least but for rounding, along the first axis."""
    least = choices.min(axis=0)
    first: Ints = np.argmax(choices <= least + TIE * np.abs(least), axis=0)
    return first


def use(parameters: Parameters, base_stock: Ints) -> Floats:
    r"""Return :math:`\mathbb{E} \min(S, B_k)` by the days k = 1..L-1, shape (L - 1, parts)."""
    days = np.arange(1, parameters.cycle_days)[:, None]
    return expected_use(base_stock, days * parameters.systems, parameters.failure)


def value_at(
    parameters: Parameters,
    line: Line,
    base_stock: Ints,
    discount: float,
    used: Floats | None = None,
) -> Floats:
    """Return :math:`g(S)`, (parts,) or (sets, parts); ``used`` is what :func:`use` returns."""
    if used is None:
        used = use(parameters, base_stock)
    days = np.arange(1, parameters.cycle_days)[:, None]
    if line.price.ndim > used.ndim:
        days, used = days[:, None], used[:, None]
    saved = discount**days * line.price[:0:-1] * used
    total: Floats = line.fixed + base_stock * line.slope - saved.sum(axis=0)
    return total
