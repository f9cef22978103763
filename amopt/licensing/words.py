"""The limits of licences in a planner's words, and what would mend them."""

from __future__ import annotations

from typing import Any

import numpy as np

from amopt.licensing.instance import LicensingInstance
from amopt.phrases import amount, counted, money, rounded_down, rounded_up

__all__ = [
    "allow_licensees",
    "lower_surplus",
    "raise_capacity",
    "says_capacity",
    "says_licensees",
    "says_surplus",
]


def says_surplus(instance: LicensingInstance, buyer: Any) -> str:
    """Return what a promised surplus is called."""
    least = next(one.least_surplus for one in instance.buyers if one.name == buyer)
    return f"the surplus of {money(least or 0.0, instance.currency)} a year of {buyer!r}"


def lower_surplus(instance: LicensingInstance, buyer: Any, change: float) -> str:
    """Return which promise can be kept."""
    least = next(one.least_surplus for one in instance.buyers if one.name == buyer) or 0.0
    left = rounded_down(max(0.0, least - change))
    return f"promise {buyer!r} no more than {left} {instance.currency} a year"


def says_licensees(instance: LicensingInstance, _: Any) -> str:
    """Return what the limit on licensees is called."""
    return f"at most {counted(instance.limits.most_licensees or 0, 'licensee')}"


def allow_licensees(instance: LicensingInstance, _: Any, change: float) -> str:
    """Return how many licensees would do."""
    wanted = (instance.limits.most_licensees or 0) + int(np.ceil(change - 1e-6))
    return f"allow {counted(wanted, 'licensee')}"


def _capacity_of(instance: LicensingInstance, printer: Any) -> float:
    return next(one.prints_per_year for one in instance.printers if one.name == printer)


def says_capacity(instance: LicensingInstance, printer: Any) -> str:
    """Return what a printer's capacity is called."""
    return f"the {amount(_capacity_of(instance, printer))} prints a year of printer {printer!r}"


def raise_capacity(instance: LicensingInstance, printer: Any, change: float) -> str:
    """Return which capacity would do."""
    wanted = rounded_up(_capacity_of(instance, printer) + change)
    return f"raise printer {printer!r} to {wanted} prints a year"
