"""The choices that tell plans of screening apart: which parts experts examine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.program.pyomo.differing import Choice

if TYPE_CHECKING:
    from amopt.screening.instance import ScreeningInstance
    from amopt.solution import Solution

__all__ = ["SENSE", "choices", "chosen", "in_words", "narrow", "refusal"]

SENSE = -1
"""What the examined parts are worth is to be high."""


def refusal(instance: ScreeningInstance) -> str:
    """Return why plans of an instance are not told apart: there is always another set of parts."""
    return ""


def choices(model: Any) -> dict[Any, Choice]:
    """Return the choices of a model: whether each part is examined."""
    return {(part,): Choice(model.examine[part], 1.0, 1.0, 1.0) for part in model.parts}


def narrow(model: Any) -> None:
    """Leave nothing out: each set of parts is a plan of its own."""


def chosen(solution: Solution) -> dict[Any, float]:
    """Return what an answer chooses, by the names of :func:`choices`."""
    return {(row["part"],): 1.0 for row in solution.rows["examine"]}


def in_words(solution: Solution, name: tuple[str, ...], before: float, after: float) -> str:
    """Return a choice that differs, in words."""
    return f"{name[0]}: {'examined' if after else 'not examined'}"
