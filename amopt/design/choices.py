"""The choices that tell plans of design apart: the version of each component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amopt.program.pyomo import linear
from amopt.program.pyomo.differing import Choice

if TYPE_CHECKING:
    from amopt.design.instance import DesignInstance
    from amopt.solution import Solution

__all__ = ["choices", "chosen", "in_words", "narrow", "refusal"]


def refusal(instance: DesignInstance) -> str:
    """Return why plans of an instance are not told apart; an empty text where they are."""
    if all(len(component.versions) == 1 for component in instance.components):
        return "no component has a second version"
    return ""


def choices(model: Any) -> dict[Any, Choice]:
    """Return the choices of a model: the position of the version of each component."""
    found = {}
    for component in model.instance.components:
        keys = [(component.name, version.name) for version in component.versions]
        last = float(len(keys) - 1)
        if last:
            positions = list(map(float, range(len(keys))))
            position = linear(positions, [model.choose[key] for key in keys])
            found[(component.name,)] = Choice(position, last, 1.0, last)
    return found


def narrow(model: Any) -> None:
    """Leave nothing out: each choice of versions is a plan of its own."""


def chosen(solution: Solution) -> dict[Any, float]:
    """Return what an answer chooses, by the names of :func:`choices`."""
    versions = _versions(solution)
    return {
        (row["component"],): float(versions[row["component"]].index(row["version"]))
        for row in solution.rows["components"]
    }


def _versions(solution: Solution) -> dict[str, list[str]]:
    """Return the versions of each component, in the order of the file."""
    found: dict[str, list[str]] = {}
    for row in solution.rows["versions"]:
        found.setdefault(row["component"], []).append(row["version"])
    return found


def in_words(solution: Solution, name: tuple[str, ...], before: float, after: float) -> str:
    """Return a choice that differs, in words."""
    versions = _versions(solution)[name[0]]
    return f"{name[0]}: version {versions[int(after)]} instead of {versions[int(before)]}"
