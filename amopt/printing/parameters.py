"""The parameters of the decision process of all parts, as arrays that can only be read."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Charges", "Parameters", "read_only"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Charges:
    """What events cost beside their own costs and undiscounted: prices of limits, shape (parts,).

    Attributes
    ----------
    orders, prints, expedites
        Money a part.
    stock_days, down_days
        Money a day and part in stock, or system that is down.
    """

    orders: Floats
    prints: Floats
    expedites: Floats
    stock_days: Floats
    down_days: Floats

    def take(self, index: Any) -> Charges:
        """Return the charges of some parts only."""
        return Charges(**{name: np.atleast_1d(one[index]) for name, one in vars(self).items()})


@dataclass(frozen=True)
class Parameters:
    r"""The parameters of the decision process, one entry a part; its arrays can only be read.

    Attributes
    ----------
    cycle_days
        :math:`L`, days between two replenishments.
    discount
        :math:`\alpha`, discount factor a day; 1 for average cost.
    systems
        :math:`N`, systems in service, shape (parts,), int.
    order_cost, print_cost, expedite_cost
        :math:`c_r, c_p, c_e` in money a part, shape (parts,); infinite where not possible.
    backorder_cost
        :math:`b` in money a day and system that is down, shape (parts,).
    holding_cost
        :math:`h` in money a day and part in stock, shape (parts,).
    failure, printed_failure
        :math:`p_r, p_p`, probability of failure within a day, shape (parts,); 0 for a printed part
        where there is no printer.
    failures_per_day
        :math:`\lambda`, the failure rate a day, or the probability where the instance gives that,
        shape (parts,).
    charges
        What events cost beside; None: nothing.
    """

    cycle_days: int
    discount: float
    systems: NDArray[np.int64]
    order_cost: Floats
    print_cost: Floats
    expedite_cost: Floats
    backorder_cost: Floats
    holding_cost: Floats
    failure: Floats
    printed_failure: Floats
    failures_per_day: Floats
    charges: Charges | None = None

    def __post_init__(self) -> None:
        """Keep anybody from changing an instance through its arrays."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, entry.name, read_only(value))

    def __len__(self) -> int:
        """Return the number of parts."""
        return len(self.systems)

    @property
    def is_average(self) -> bool:
        """Whether the criterion is average cost."""
        return self.discount == 1.0

    @property
    def can_print(self) -> bool:
        """Whether any part can be printed."""
        return bool(np.isfinite(self.print_cost).any())

    @property
    def can_expedite(self) -> bool:
        """Whether any part can be expedited."""
        return bool(np.isfinite(self.expedite_cost).any())

    def take(self, index: Any) -> Parameters:
        """Return the parameters of some parts only."""
        arrays: dict[str, Any] = {
            field.name: np.atleast_1d(getattr(self, field.name)[index])
            for field in fields(self)
            if field.name not in ("cycle_days", "discount", "charges")
        }
        charges = None if self.charges is None else self.charges.take(index)
        return replace(self, **arrays, charges=charges)

    def without_printer(self) -> Parameters:
        """Return the same parts where nothing can be printed: a single source, the supplier."""
        return replace(
            self,
            print_cost=np.full(len(self), np.inf),
            printed_failure=np.zeros(len(self)),
        )

    def without_expediting(self) -> Parameters:
        """Return the same parts where nothing can be expedited."""
        return replace(self, expedite_cost=np.full(len(self), np.inf))

    def with_sources(self, *, printer: bool = True, expediting: bool = True) -> Parameters:
        """Return the same parts with or without a printer and expediting."""
        kept = self if printer else self.without_printer()
        return kept if expediting else kept.without_expediting()


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return the same values as an array that cannot be written to."""
    view = array.view()
    view.setflags(write=False)
    return view
