"""The choices that tell plans of printing apart: the base-stock level of each part.

At each level the plan prints and flies in as is best for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.program.pyomo.differing import Choice, all_or_nothing

if TYPE_CHECKING:
    from amopt.printing.instance import PrintingInstance
    from amopt.solution import Solution

__all__ = ["choices", "chosen", "in_words", "may_mix", "narrow", "refusal"]

MOST_LEVELS = 5_000
"""Base-stock levels of all parts that a program of whole numbers may have."""


def refusal(instance: PrintingInstance) -> str:
    """Return why plans of an instance are not told apart; an empty text where they are."""
    from amopt.printing.formulation import useful_levels

    levels = int((useful_levels(instance.parameters) + 1).sum())
    if levels <= MOST_LEVELS:
        return ""
    return f"the parts have {levels:,} base-stock levels, of {MOST_LEVELS:,} at most"


def may_mix(instance: PrintingInstance) -> bool:
    """Return whether the best plan may keep several levels of a part by turns."""
    return bool(instance.limits)


def choices(model: Any) -> dict[Any, Choice]:
    """Return the choices of a model: the base-stock level of each part."""
    days = model.parameters.cycle_days
    return {
        (k,): Choice(model.stock[k, days], float(top), 1.0, float(top))
        for k, top in model.highest.items()
        if top
    }


def narrow(model: Any) -> None:
    """Keep one level of each part."""
    all_or_nothing(model.order_up_to)


def chosen(solution: Solution) -> dict[Any, float]:
    """Return what an answer chooses, by the names of :func:`choices`."""
    return {(row["part"],): float(row["base_stock"]) for row in solution.rows["parts"]}


def in_words(solution: Solution, name: tuple[str, ...], before: float, after: float) -> str:
    """Return a choice that differs, in words."""
    return f"base stock of {name[0]} {before:g} -> {after:g} parts"
