"""The choices that tell offers of licensing apart: who takes a licence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.licensing.methods import by_program
from amopt.program.pyomo.differing import Choice

if TYPE_CHECKING:
    from amopt.licensing.instance import LicensingInstance
    from amopt.solution import Solution

__all__ = ["SENSE", "choices", "chosen", "in_words", "narrow", "refusal"]

SENSE = -1
"""The maker's profit is to be high."""


def refusal(instance: LicensingInstance) -> str:
    """Return why offers of an instance are not told apart; an empty text where they are."""
    count = by_program.choices(instance)
    if count <= by_program.MOST_CHOICES:
        return ""
    return (
        f"the program that tells offers apart would have {count:,} choices, of "
        f"{by_program.MOST_CHOICES:,} at most"
    )


def choices(model: Any) -> dict[Any, Choice]:
    """Return the choices of a model: whether each buyer takes a licence.

    Buyers of one demand do the same: they are one choice.
    """
    of_demand = {model.alike[i]: i for i in reversed(list(model.buyers))}
    return {(i,): Choice(model.licensed[i], 1.0, 1.0, 1.0) for i in of_demand.values()}


def narrow(model: Any) -> None:
    """Leave nothing out: each set of licensees is an offer of its own."""


def chosen(solution: Solution) -> dict[Any, float]:
    """Return what an answer chooses, by the names of :func:`choices` and of buyers alike."""
    return {(row["buyer"],): float(row["contract"] is not None) for row in solution.rows["buyers"]}


def in_words(solution: Solution, name: tuple[str, ...], before: float, after: float) -> str:
    """Return a choice that differs, in words."""
    return f"{name[0]} takes {'a' if after else 'no'} licence"
