"""The choices that tell plans of placement apart: which sites are open, which machines stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.program.pyomo.differing import Choice

if TYPE_CHECKING:
    from amopt.placement.instance.fields import Instance
    from amopt.solution import Solution

__all__ = ["choices", "chosen", "in_words", "narrow", "refusal"]


def refusal(instance: Instance) -> str:
    """Return why plans of an instance are not told apart; an empty text where they are."""
    if not instance.has_demand:
        return "orders are assigned to units week by week, which are too many choices to tell apart"
    if not instance.sites:
        return "there is no site, so that nothing is decided but what supplies whom"
    return ""


def choices(model: Any) -> dict[Any, Choice]:
    """Return the choices of a model: sites that cost something by being open, and machines."""
    costly = {site.place for site in model.instance.sites if site.yearly_cost or site.opening_cost}
    found: dict[Any, Choice] = {
        ("site", i, t): Choice(variable, 1.0, 1.0, 1.0)
        for (i, t), variable in model.open.items()
        if i in costly and variable.lb != variable.ub
    }
    for (i, m, t), variable in model.machines.items():
        most = float(variable.ub)
        if most:
            found["machines", i, m, t] = Choice(variable, most, 1.0, most)
    return found


def narrow(model: Any) -> None:
    """Leave out plans that only add what nothing uses: they are no plans of their own."""
    from amopt.placement.formulation.idle import leave_nothing_idle

    leave_nothing_idle(model, [name[1:] for name in choices(model)])


def chosen(solution: Solution) -> dict[Any, float]:
    """Return what an answer chooses, by the names of :func:`choices`."""
    found: dict[Any, float] = {
        ("site", row["place"], row["period"]): float(row["open"]) for row in solution.rows["sites"]
    }
    for row in solution.rows["fleet"]:
        if row["ownership"] == "machines":
            found["machines", row["place"], row["machine"], row["period"]] = float(row["count"])
    return found


def in_words(solution: Solution, name: tuple[str, ...], before: float, after: float) -> str:
    """Return a choice that differs, in words."""
    if name[0] == "site":
        return f"{name[1]} {'open' if after else 'closed'} ({name[2]})"
    return f"{name[1]}: {name[2]} {before:g} -> {after:g} ({name[3]})"
