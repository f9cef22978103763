"""The steps by which limits are looked at: one unit, or what is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.errors import UsageError
from amopt.phrases import listed
from amopt.sourcing.worth.limits import FAMILIES

if TYPE_CHECKING:
    from amopt.sourcing.worth.stated import StatedLimit

__all__ = ["family_of", "steps_of", "with_steps"]

KEYS = {"minimum_order_value": "least_spend"}
"""Families whose limit has another name in the file."""

WHOLE = ("suppliers_per_line", "least_suppliers", "closures")
"""The families whose limits are whole numbers: suppliers, and days."""


def family_of(name: str) -> str:
    """Return the family of a limit, which may be named as the file does."""
    return KEYS.get(name, name)


def steps_of(words: Iterable[str]) -> dict[str, float]:
    """Return the steps that ``FAMILY=AMOUNT`` say.

    Raises
    ------
    UsageError
        When one says no number, or a family comes twice.
    """
    found: dict[str, float] = {}
    for word in words:
        name, sign, amount = (piece.strip() for piece in word.partition("="))
        try:
            step = float(amount)
        except ValueError:
            raise UsageError(f"a step is a limit and a number, budget=500, not {word!r}") from None
        if family_of(name) in found or not sign:
            raise UsageError(f"the step of {name!r} is said twice")
        found[family_of(name)] = step
    return found


def with_steps(
    limits: Iterable[StatedLimit], steps: Mapping[str, float], wanted: Sequence[str] = ()
) -> list[StatedLimit]:
    """Return the limits that are wanted, each with the step by which it is looked at.

    Parameters
    ----------
    limits
        All limits of an instance.
    steps
        The step of a family, in the unit of its limits; left out, one unit.
    wanted
        Families; left out, all.

    Raises
    ------
    UsageError
        When a step is of no family that is looked at, or none that its limits can take.
    """
    found = [limit for limit in limits if not wanted or limit.family in wanted]
    for family, step in steps.items():
        if family not in FAMILIES:
            raise UsageError(
                f"there is no limit {family!r} to step; name {', '.join(FAMILIES)}",
                "worth-of-unknown-limit",
            )
        if not (math.isfinite(step) and step > 0):
            raise UsageError(f"the step of {family} must be a number above 0, not {step:g}")
        if family in WHOLE and step != round(step):
            raise UsageError(f"the step of {family} must be a whole number, not {step:g}")
        if family not in (own := sorted({limit.family for limit in found})):
            there = f"there are {listed(own)}" if own else "there are none"
            raise UsageError(
                f"a step of {family} is asked for, and no such limit is looked at; {there}",
                "worth-of-unknown-limit",
            )
    return [replace(limit, asked=steps.get(limit.family)) for limit in found]
