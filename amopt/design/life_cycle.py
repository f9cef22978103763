r"""What a version costs over the life of the systems, closed form and for whole arrays at once.

:math:`N` parts are in use for :math:`T` months; each fails after :math:`\tau` months on average.
Spares are kept by a base-stock policy of level :math:`S` with lead time :math:`L`; a failure that
finds the shelf empty is met by an emergency shipment (Westerweel, Basten and van Houtum, 2018,
section 3). With :math:`a = N L / \tau` parts on order and :math:`B(S, a)` the Erlang loss,

.. math::

    C(S) = c_p (N + [S]) + h c_p T S + \frac{N T}{\tau} B(S, a) (c_e - c_d)
           + \frac{N T}{\tau} (c_d + [c_p]) .

What stands in brackets is counted where the accounting of the instance says so: the first
spares, and the parts of replacements. :math:`C` is convex in :math:`S`, and linear in :math:`T` for
a given :math:`S`: of an uncertain time in service only the mean matters. Of an uncertain installed
base the whole distribution does, and :math:`S` is chosen when it is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.design.instance import Component, DesignInstance, Version
from amopt.stock import best_base_stock, erlang_loss, least_for_shortage

__all__ = ["KINDS_OF_COST", "LifeCycle", "costs_of", "expected_cost", "life_cycle_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KINDS_OF_COST = ("parts", "spares", "holding", "replacement", "charged_parts", "emergency")
"""What the life-cycle cost is the sum of, in the order of :func:`costs_of`."""

_FIELDS = (
    "part_cost",
    "replacement_cost",
    "emergency_cost",
    "lead_time",
    "mean_months_between_failures",
    "months",
    "parts",
    "holding",
)

NEGLIGIBLE = 1e-9
"""Share of the failures that may find the shelf empty where more spares are of no use."""


@dataclass(frozen=True)
class LifeCycle:
    r"""The parameters of one or of many versions in use; all fields broadcast.

    :meth:`of` makes one from numbers and lists.

    Attributes
    ----------
    part_cost
        :math:`c_p`, money a part.
    replacement_cost, emergency_cost
        :math:`c_d` and :math:`c_e`, money a replacement from stock and in an emergency.
    lead_time, mean_months_between_failures, months
        :math:`L`, :math:`\tau` and :math:`T`, months.
    parts
        :math:`N`, parts in use. The last axis may run over an uncertain installed base.
    holding
        :math:`h`, share of the part cost a month.
    initial_spares_bought, replacements_charged
        What the bill holds.
    """

    part_cost: Floats
    replacement_cost: Floats
    emergency_cost: Floats
    lead_time: Floats
    mean_months_between_failures: Floats
    months: Floats
    parts: Floats
    holding: Floats
    initial_spares_bought: bool = True
    replacements_charged: bool = True

    @classmethod
    def of(
        cls,
        *,
        initial_spares_bought: bool = True,
        replacements_charged: bool = True,
        **fields: ArrayLike,
    ) -> LifeCycle:
        """Return the parameters from numbers, lists or arrays."""
        arrays = {name: np.asarray(value, dtype=float) for name, value in fields.items()}
        return cls(
            **arrays,
            initial_spares_bought=initial_spares_bought,
            replacements_charged=replacements_charged,
        )

    @property
    def failures(self) -> Floats:
        r"""Failures over the whole life, :math:`N T / \tau`."""
        return self.parts * self.months / self.mean_months_between_failures

    @property
    def load(self) -> Floats:
        r"""Parts on order at once in expectation, :math:`a = N L / \tau`."""
        return self.parts * self.lead_time / self.mean_months_between_failures

    @property
    def cost_of_a_spare(self) -> Floats:
        """What one more spare costs: :math:`h c_p T + [c_p]`."""
        return self.part_cost * (self.holding * self.months + self.initial_spares_bought)

    def best_base_stock(self) -> Ints:
        """Return the least level of lowest cost."""
        return best_base_stock(
            self.load,
            rate=self.failures,
            holding_cost=self.cost_of_a_spare,
            shortage_cost=self.emergency_cost - self.replacement_cost,
        )

    def highest_base_stock(self) -> Ints:
        """Return the level beyond which more spares are of no use to anyone."""
        return np.maximum(self.best_base_stock(), least_for_shortage(self.load, NEGLIGIBLE))

    def cost(self, level: ArrayLike | None = None) -> Floats:
        """Return C(S) in money; at the best level where none is given."""
        terms = costs_of(self, self.best_base_stock() if level is None else level)
        total: Floats = np.sum(np.broadcast_arrays(*terms), axis=0)
        return total

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that all fields broadcast to, the installed bases last."""
        found = np.broadcast_shapes(*(np.shape(getattr(self, name)) for name in _FIELDS))
        return found or (1,)

    def spread(self, shape: tuple[int, ...]) -> LifeCycle:
        """Return all fields broadcast to a shape, a row a version: shape (n, installed bases)."""
        return self.but(
            **{
                name: np.broadcast_to(getattr(self, name), shape).reshape(-1, shape[-1])
                for name in _FIELDS
            }
        )

    def take(self, index: Ints) -> LifeCycle:
        """Return some rows of what :meth:`spread` returned."""
        return self.but(**{name: getattr(self, name)[index] for name in _FIELDS})

    def but(self, **fields: ArrayLike) -> LifeCycle:
        """Return the same with some numbers changed."""
        arrays = {name: np.asarray(value, dtype=float) for name, value in fields.items()}
        return replace(self, **arrays)  # type: ignore[arg-type]


def costs_of(life: LifeCycle, level: ArrayLike) -> tuple[Floats, ...]:
    """Return the terms of C(S), in the order of :data:`KINDS_OF_COST`."""
    spares, failures = np.asarray(level, dtype=float), life.failures
    return (
        life.part_cost * life.parts,
        life.initial_spares_bought * life.part_cost * spares,
        life.holding * life.part_cost * life.months * spares,
        failures * life.replacement_cost,
        life.replacements_charged * life.part_cost * failures,
        failures * erlang_loss(level, life.load) * (life.emergency_cost - life.replacement_cost),
    )


def expected_cost(life: LifeCycle, probability: Floats) -> Floats:
    """Return the expectation of C over the last axis, at the best level of each installed base."""
    cost: Floats = life.cost() @ probability
    return cost


def life_cycle_of(instance: DesignInstance, component: Component, version: Version) -> LifeCycle:
    """Return the parameters of one version; its parts in use have shape (installed bases,)."""
    return LifeCycle.of(
        part_cost=version.part_cost,
        replacement_cost=component.replacement_cost,
        emergency_cost=component.emergency_cost,
        lead_time=version.lead_time_months,
        mean_months_between_failures=version.mean_months_between_failures,
        months=instance.months,
        parts=[base.systems * component.pieces_per_system for base in instance.installed_base],
        holding=instance.holding_cost_per_month_per_value,
        initial_spares_bought=instance.accounting.initial_spares_bought,
        replacements_charged=instance.accounting.replacements_charged,
    )
