"""What the words for limits share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from amopt.phrases import plural

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance

__all__ = ["in_period", "more"]


def in_period(instance: Instance, period: str) -> str:
    """Return in which period, where there is more than the year."""
    return f" in {period}" if instance.periods else ""


def more(amount: float, noun: str) -> str:
    """Return how many more, whole: the thing cannot be had in parts."""
    number = math.ceil(amount - 1e-6)
    return f"{number:,} more {plural(number, noun)}"
