r"""The limits of an instance as rows: coefficients on what each part does in a cycle.

A limit :math:`\ell` says :math:`\sum_k \sum_a c_{\ell a k} A_{ak} \le b_\ell`, where
:math:`A_{ak}` is what part :math:`k` does of kind :math:`a` in a cycle in expectation:
:data:`KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from amopt.instance.suggest import shown
from amopt.phrases import rounded_down, rounded_up
from amopt.printing.instance import REPORTED_DAYS, Limit, PrintingInstance
from amopt.printing.parameters import Charges, Parameters

__all__ = ["KINDS", "LimitRow", "limit_rows", "limited_systems", "priced", "remedy", "says"]

Floats = NDArray[np.float64]

KINDS = ("orders", "prints", "expedites", "stock_days", "down_days", "base_stock")
"""What a part does in a cycle: parts ordered, printed, expedited; days that parts lie on the shelf;
days that systems are down; the stock after a replenishment."""


@dataclass(frozen=True)
class LimitRow:
    r"""One limit as a row.

    Attributes
    ----------
    limit
        What the file says.
    coefficients
        By kind of :data:`KINDS`, those that the limit counts, shape (parts,).
    most
        :math:`b_\ell`, in the unit of the limit; for availability the most unavailability.
    """

    limit: Limit
    coefficients: Mapping[str, Floats]
    most: float


def limit_rows(instance: PrintingInstance) -> tuple[LimitRow, ...]:
    """Return the limits of an instance as rows, in its order."""
    return tuple(_row(instance, limit) for limit in instance.limits)


def priced(
    parameters: Parameters, rows: Sequence[LimitRow], duals: Sequence[float] | Floats
) -> tuple[Parameters, Floats]:
    """Return parameters with the prices of limits charged beside the costs of their parts.

    Limits do not discount what they count, so that what is charged for it is not discounted.

    Parameters
    ----------
    parameters
        The parameters of all parts.
    rows
        The limits.
    duals
        The change of the cost of a cycle a unit of each, none above 0.

    Returns
    -------
    tuple
        The parameters, and what a part of the base-stock level costs a cycle beside them, shape
        (parts,).
    """
    extra = {kind: np.zeros(len(parameters)) for kind in KINDS}
    for row, dual in zip(rows, duals, strict=True):
        for kind, numbers in row.coefficients.items():
            extra[kind] -= dual * numbers
    room = extra.pop("base_stock")
    return replace(parameters, charges=Charges(**extra)), room


def says(instance: PrintingInstance, name: str) -> str:
    """Return what a limit is called in a planner's words."""
    limit = _named(instance, name)
    return f"the limit {shown(name)} ({limit.bound})"


def remedy(instance: PrintingInstance, name: str, change: float) -> str:
    """Return what to do about a limit, from the least change of its right-hand side."""
    limit = _named(instance, name)
    if limit.at_least is not None:
        lower = rounded_down(100 * (limit.at_least - change))
        return f"lower the limit {shown(name)} to {lower} % of availability"
    return f"raise the limit {shown(name)} by {rounded_up(change)} {limit.unit}"


def _named(instance: PrintingInstance, name: str) -> Limit:
    return next(limit for limit in instance.limits if limit.name == name)


def _row(instance: PrintingInstance, limit: Limit) -> LimitRow:
    """Return one limit as a row."""
    held = np.array([limit.holds(part) for part in instance.parts], dtype=np.float64)
    counted = _counted(instance, limit)
    often = REPORTED_DAYS / instance.cycle_days if limit.per == "year" else 1.0
    most = 1.0 - (limit.at_least or 0.0) if limit.at_most is None else limit.at_most
    return LimitRow(
        limit,
        {kind: often * held * np.where(held > 0, values, 0.0) for kind, values in counted.items()},
        most,
    )


def _counted(instance: PrintingInstance, limit: Limit) -> dict[str, Floats]:
    """Return what one event of each kind adds to a measure, shape (parts,)."""
    parameters, days = instance.parameters, float(instance.cycle_days)
    one = np.ones(len(parameters))
    if limit.measure == "spending":
        return {
            "orders": parameters.order_cost,
            "prints": _where_finite(parameters.print_cost),
            "expedites": _where_finite(parameters.expedite_cost),
        }
    if limit.measure == "kg_co2":
        return {
            "orders": _field(instance, "kg_co2_per_order"),
            "prints": _field(instance, "kg_co2_per_print"),
            "expedites": _field(instance, "kg_co2_per_expedite"),
        }
    if limit.measure == "availability":
        return {"down_days": one / (days * limited_systems(instance, limit))}
    kind, values = {
        "stock": ("base_stock", one),
        "storage_cm3": ("base_stock", _field(instance, "storage_cm3")),
        "average_stock": ("stock_days", one / days),
        "printer_hours": ("prints", _field(instance, "print_hours")),
        "material_cm3": ("prints", _field(instance, "print_material_cm3")),
    }.get(limit.measure, (limit.measure, one))
    return {kind: values}


def limited_systems(instance: PrintingInstance, limit: Limit) -> int:
    """Return how many systems a limit on availability is about: those that hold a part of it.

    Others that it names are never down, and would let these be.
    """
    names = {part.system for part in instance.parts if limit.holds(part)}
    return sum(system.count for system in instance.systems if system.name in names)


def _field(instance: PrintingInstance, name: str) -> Floats:
    return np.array([getattr(part, name) or 0.0 for part in instance.parts])


def _where_finite(cost: Floats) -> Floats:
    return np.where(np.isfinite(cost), cost, 0.0)
