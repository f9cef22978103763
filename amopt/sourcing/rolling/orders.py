"""What a replay knows of an order, and of a line since it came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amopt.sourcing.instance.fields import CONVENTIONAL, Committed

if TYPE_CHECKING:
    from amopt.sourcing.instance.fields import Instance, Line, Route

__all__ = ["LATE", "KnownLine", "Order", "under_way"]

LATE = 1e-9
"""Weeks by which two times may differ by rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order: planned, or placed once its time has come.

    Attributes
    ----------
    decided
        When it was decided, in weeks from the start, and its place among the orders of then.
    line, part, supplier, route, material
        What was ordered where.
    quantity
        Parts.
    cost
        What is paid in all, in money.
    placed_weeks, delivered_weeks
        When it is placed and delivered, in weeks from the start.
    kg_co2, machine_hours
        Emissions, and the supplier's machine hours.
    finished
        Whether the prints are finished.
    given
        Whether the files say so, and no plan.
    early_weeks
        How much earlier than promised it is delivered.
    order
        Number among the orders of the decision: lines may share one. None where it is given.
    day
        The day of delivery that was agreed, as ISO text; None where it follows from the weeks.
    """

    decided: tuple[float, int]
    line: str
    part: str
    supplier: str
    quantity: float
    cost: float
    placed_weeks: float
    delivered_weeks: float
    route: Route | None = None
    material: str | None = None
    kg_co2: float = 0.0
    machine_hours: float = 0.0
    finished: bool = False
    given: bool = False
    early_weeks: float = 0.0
    order: int | None = None
    day: str | None = None

    def holds_capacity(self, now: float) -> bool:
        """Return whether the supplier is still busy with it."""
        return not self.finished and self.delivered_weeks > now + LATE

    def committed(self, now: float, origin: float) -> Committed:
        """Return it as a committed order of an instance whose line counts time from ``origin``."""
        return Committed.model_construct(
            line=self.line,
            supplier=self.supplier,
            route=self.route,
            material=self.material,
            quantity=self.quantity,
            cost=self.cost,
            weeks=max(0.0, self.delivered_weeks - origin),
            kg_co2=self.kg_co2,
            machine_hours=self.machine_hours if self.holds_capacity(now) else 0.0,
        )


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line since it came in; ``cancelled`` once it is not needed any more."""

    line: Line
    since_weeks: float = 0.0
    cancelled: bool = False


def under_way(instance: Instance, orders: Iterable[Order], now: float) -> dict[str, Any]:
    """Return preparations and approvals with the weeks that are left of them.

    They begin with the first order that needs them, the approval once the model is prepared.

    Parameters
    ----------
    instance
        The instance at the start.
    orders
        Orders that are placed.
    now
        The time, in weeks from the start.
    """
    begun: dict[tuple[str, str], float] = {}
    for order in orders:
        key = order.supplier, order.part
        if order.supplier != CONVENTIONAL and order.placed_weeks <= now + LATE:
            begun[key] = min(order.placed_weeks, begun.get(key, order.placed_weeks))
    first = {p: min(at for (_, q), at in begun.items() if q == p) for _, p in begun}
    prepared = {
        entry.part: first[entry.part] + (0.0 if entry.done else entry.weeks)
        for entry in instance.preparations
        if entry.part in first
    }
    approvals = []
    for entry in instance.approvals:
        key, left = (entry.supplier, entry.part), entry.weeks
        if key in begun:
            ready = prepared.get(entry.part, begun[key])
            approved = max(begun[key], ready) + entry.weeks
            left = max(0.0, approved - max(now, ready))
        approvals.append(entry.model_copy(update={"weeks": left}))
    return {
        "approvals": tuple(approvals),
        "preparations": tuple(
            entry.model_copy(update={"weeks": max(0.0, prepared[entry.part] - now)})
            if entry.part in prepared
            else entry
            for entry in instance.preparations
        ),
    }
