"""The break-even points of an answer: tried, not solved for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.design.instance import Component, DesignInstance, Version
from amopt.design.referee.bill import Bills
from amopt.referee import TOLERANCE, Amount, Notebook, is_number

__all__ = ["compare_break_even"]

Floats = NDArray[np.float64]

ROUNDING = 1e-12
"""Share of a cost that is rounding."""

NEXT_TO_NOTHING = 1e-9
"""Share of the largest part cost in question that counts as parts for nothing."""

Pair = tuple[Component, Version, Version]

Trial = tuple[Bills, Floats, Floats]
"""Versions, what each may cost to break even, and the rounding of that."""


def compare_break_even(
    notebook: Notebook, instance: DesignInstance, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Compare the table of break-even points.

    A point is right if a version that is better by the tolerance of the notebook is no dearer than
    the first version, and one that is worse by as much no cheaper.
    """
    pairs = [
        (component, component.versions[0], version)
        for component in instance.components
        for version in component.versions[1:]
    ]
    due = [(component.name, version.name) for component, _, version in pairs]
    stated = [(row.get("component"), row.get("version")) for row in rows]
    if not notebook.require(stated == due, f"break_even has {stated}, not {due}") or not pairs:
        return
    first = Bills.of(instance, [(component, other) for component, other, _ in pairs])
    version = Bills.of(instance, [(component, own) for component, _, own in pairs])
    life = first.life()
    extra = version.I[:, 0] - first.I[:, 0] - (version.benefit - first.benefit)
    size = version.I[:, 0] + first.I[:, 0] + version.benefit + first.benefit
    target, scale = life - extra, life + size
    never_fails = version.terms(version.levels())["parts_cost"]
    saving = target - version.life()
    alike = replace(version, c_p=first.c_p, tau=first.tau).life()
    for n, (row, pair) in enumerate(zip(rows, pairs, strict=True)):
        expected = {
            "component": pair[0].name,
            "version": pair[2].name,
            "against": pair[1].name,
            "verdict": row.get("verdict"),
            "saving": Amount(float(saving[n]), float(scale[n])),
            "extra_cost": Amount(float(extra[n]), float(size[n])),
            "mean_months_between_failures": pair[2].mean_months_between_failures,
            "break_even_months": row.get("break_even_months"),
            "part_cost": pair[2].part_cost,
            "break_even_part_cost": row.get("break_even_part_cost"),
            "highest_extra_cost": Amount(float(life[n] - never_fails[n]), float(life[n])),
            "worth_of_lead_time": Amount(float(life[n] - alike[n]), float(life[n])),
        }
        notebook.compare(_where(pair), row, expected)
        notebook.same(f"{_where(pair)}, verdict", row.get("verdict"), _better(row.get("saving")))
    where = [_where(pair) for pair in pairs]
    trial = (version, target, ROUNDING * scale)
    _try_months(notebook, trial, never_fails, rows, where)
    _try_part_cost(notebook, trial, rows, where)


def _better(saving: Any) -> str:
    """Return the verdict that goes with a stated saving."""
    if not is_number(saving) or saving < 0:
        return "dearer"
    return "cheaper" if saving > 0 else "equal"


def _where(pair: Pair) -> str:
    return f"break-even of version {pair[2].name!r} of {pair[0].name!r}"


def _numbers(rows: Sequence[Mapping[str, Any]], column: str) -> Floats:
    """Return stated numbers; NaN for what is none."""
    values = [row.get(column) for row in rows]
    return np.array([value if is_number(value) else math.nan for value in values], dtype=float)


def _try_months(
    notebook: Notebook,
    trial: Trial,
    never_fails: Floats,
    rows: Sequence[Mapping[str, Any]],
    where: Sequence[str],
) -> None:
    r"""Try :math:`\tau^*`: the cost falls in it."""
    version, target, rounding = trial
    room = target - never_fails
    stated = _numbers(rows, "break_even_months")
    known = np.where(stated > 0, stated, 1.0)[:, None]
    shorter = replace(version, tau=known * (1 - TOLERANCE)).life()
    longer = replace(version, tau=known * (1 + TOLERANCE)).life()
    any_will_do = _whether_any_will_do(version, target, room)
    for n, words in enumerate(where):
        said = rows[n].get("break_even_months")
        if said is None:
            fits = room[n] <= rounding[n] or any_will_do[n]
        else:
            fits = (
                stated[n] > 0
                and room[n] > -rounding[n]
                and shorter[n] >= target[n] - rounding[n]
                and longer[n] <= target[n] + rounding[n]
            )
        notebook.require(bool(fits), f"{words}: {said!r} months do not break even")


def _whether_any_will_do(version: Bills, target: Floats, room: Floats) -> NDArray[np.bool_]:
    """Return which versions break even although they hardly last."""
    charged = version.instance.accounting.replacements_charged * version.c_p
    use = (version.pieces * version.systems * version.instance.months) @ version.chance
    most = use * (version.c_e + charged)[:, 0]
    last = NEXT_TO_NOTHING * most / np.where(room > 0, room, 1.0)
    tried = replace(version, tau=np.where(last > 0, last, 1.0)[:, None]).life()
    found: NDArray[np.bool_] = (most == 0) | (tried <= target + TOLERANCE * np.abs(target))
    return found


def _try_part_cost(
    notebook: Notebook,
    trial: Trial,
    rows: Sequence[Mapping[str, Any]],
    where: Sequence[str],
) -> None:
    """Try :math:`c^*`: the cost rises in it; parts for next to nothing tell whether it exists."""
    version, target, rounding = trial
    own = replace(version, c_p=np.ones_like(version.c_p)).terms(version.levels())
    most = (target - own["replacement_cost"]) / (own["parts_cost"] + own["charged_parts_cost"])
    nothing = NEXT_TO_NOTHING * np.where(most > 0, most, 1.0)[:, None]
    free = replace(version, c_p=nothing).life()
    stated = _numbers(rows, "break_even_part_cost")
    known = np.where(stated > 0, stated, 1.0)[:, None]
    cheaper = replace(version, c_p=known * (1 - TOLERANCE)).life()
    dearer = replace(version, c_p=known * (1 + TOLERANCE)).life()
    for n, words in enumerate(where):
        said = rows[n].get("break_even_part_cost")
        if said is None:
            fits = most[n] <= 0 or free[n] >= target[n] - TOLERANCE * abs(target[n])
        else:
            fits = (
                stated[n] > 0
                and cheaper[n] <= target[n] + rounding[n]
                and dearer[n] >= target[n] - rounding[n]
            )
        notebook.require(bool(fits), f"{words}: a part cost of {said!r} does not break even")
