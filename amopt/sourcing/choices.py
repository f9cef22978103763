"""The choices that tell plans of sourcing apart: which suppliers fill which lines."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from amopt.program.pyomo.differing import Choice

if TYPE_CHECKING:
    from amopt.solution import Solution
    from amopt.sourcing.instance.fields import Instance

__all__ = ["choices", "chosen", "in_words", "narrow", "refusal"]

SHARE = 0.01
"""The share of a divisible line from which a supplier counts as one of its suppliers."""


def refusal(instance: Instance) -> str:
    """Return why plans of an instance are not told apart; an empty text where they are."""
    return "" if instance.lines else "there are no order lines"


def _step(instance: Instance, name: str) -> float:
    line = next(one for one in instance.lines if one.line == name)
    return SHARE * line.quantity if line.divisible else 1.0


def choices(model: Any) -> dict[Any, Choice]:
    """Return the choices of a model: each supplier of each line."""
    supply, shares = model.supply, model.segments.shares
    parts: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for i, option in enumerate(shares.option.tolist()):
        line = supply.instance.lines[supply.line[option]].line
        parts[line, supply.supplier[option]].append(model.quantity[i])
    found = {}
    for (line, supplier), variables in parts.items():
        step = _step(supply.instance, line)
        most = sum(float(variable.ub) for variable in variables)
        if most >= step:
            found[line, supplier] = Choice(sum(variables), most, step, step)
    return found


def narrow(model: Any) -> None:
    """Leave nothing out: a supplier is chosen by what is ordered of him."""


def chosen(solution: Solution) -> dict[Any, float]:
    """Return what an answer chooses, by the names of :func:`choices`: one step where it does."""
    instance = solution.instance_of_graph(None)
    parts: dict[tuple[str, str], float] = defaultdict(float)
    for row in solution.rows["orders"]:
        if not row["committed"]:
            parts[row["line"], row["supplier"]] += row["quantity"]
    steps = {line: _step(instance, line) for line, _ in parts}
    return {name: steps[name[0]] for name, number in parts.items() if number >= steps[name[0]]}


def in_words(solution: Solution, name: tuple[str, ...], before: float, after: float) -> str:
    """Return a choice that differs, in words."""
    return f"{name[0]}: {'from' if after else 'not from'} {name[1]}"
