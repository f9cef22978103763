"""The referee of design: recomputes every number of an answer from the instance alone.

It reads the choice from the answer's tables, works out what that comes to and what every version
would cost by itself, and tries the break-even points: a little less must be too little, a little
more enough. It has never seen the program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.design.instance import PRINTED, DesignInstance, Limits
from amopt.design.referee.bill import DAYS_A_YEAR, Bills, Entry
from amopt.design.referee.comparison import compare_break_even
from amopt.referee import Amount, Notebook, is_number
from amopt.stock import erlang_loss
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from amopt.solution import Solution

__all__ = ["check"]

EXACT = 1e-7
"""Relative difference from which a stated number is wrong."""

OPTIMALITY = 1e-6
"""Relative distance from the best from which an answer is not optimal."""

TABLES = ("components", "versions", "stock", "break_even", "availability", "limits", "totals")

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def check(instance: DesignInstance, solution: Solution, *, limits: Sequence[str] = ()) -> Verdict:
    """Recompute an answer from the instance.

    Every column of every row of every table is compared. That no choice is cheaper the referee
    proves where no limit ties the components together; else the bound is the solver's, and may not
    lie above the answer.

    Parameters
    ----------
    instance
        The instance.
    solution
        The answer; ``rows`` and ``outcome`` are read.
    limits
        The names of limits that were added to the program; the referee does not know what they say.

    Returns
    -------
    Verdict
        ``measures`` holds ``cheapest_by_itself``, the sum of the cheapest versions whatever the
        limits: no choice costs less.
    """
    notebook = Notebook(tolerance=EXACT)
    rows = solution.rows
    notebook.tables(rows, TABLES)
    if notebook.findings:
        return notebook.verdict()
    stated = [row.get("limit") for row in rows["limits"]]
    fits = stated == list(limits) and all(set(row) == {"limit"} for row in rows["limits"])
    notebook.require(fits, f"limits are {stated}; those that were added are {list(limits)}")
    chosen = _chosen(notebook, instance, rows)
    levels = _levels(notebook, instance, rows, chosen)
    if notebook.findings:
        return notebook.verdict()
    entries = [
        (component, version) for component in instance.components for version in component.versions
    ]
    every, plan = Bills.of(instance, entries), Bills.of(instance, chosen)
    best, now = every.columns(every.levels()), plan.columns(levels)
    _compare_choice(notebook, rows, (chosen, now), (entries, best))
    compare_break_even(notebook, instance, rows["break_even"])
    _compare_stock(notebook, instance, rows, (chosen, plan), levels)
    down = plan.down(levels).sum(axis=0)
    _compare_limits(notebook, instance, rows, now, down)
    _compare_totals(notebook, instance, rows, ((chosen, now), (entries, best)), down)
    _optimality(notebook, instance, solution, (now, entries, best), bool(limits))
    return notebook.verdict()


def _chosen(notebook: Notebook, instance: DesignInstance, rows: Rows) -> list[Entry]:
    """Return the versions of the choice, noting what is none."""
    stated = [row.get("component") for row in rows["components"]]
    due = [component.name for component in instance.components]
    if not notebook.require(stated == due, f"the components are {stated}, not {due}"):
        return []
    found = []
    for component, row in zip(instance.components, rows["components"], strict=True):
        name = row.get("version")
        known = {version.name: version for version in component.versions}
        if notebook.require(
            isinstance(name, str) and name in known, f"{component.name!r} has no version {name!r}"
        ):
            found.append((component, known[name]))  # type: ignore[index]
    return found


def _levels(
    notebook: Notebook, instance: DesignInstance, rows: Rows, chosen: Sequence[Entry]
) -> NDArray[np.int64]:
    """Return the levels of the choice, shape (components, bases), noting what does not fit."""
    due = [
        (component.name, version.name, base.systems)
        for component, version in chosen
        for base in instance.installed_base
    ]
    keys = ("component", "version", "systems")
    stated = [tuple(row.get(key) for key in keys) for row in rows["stock"]]
    notebook.require(stated == due, f"the stock is that of {stated}, not of {due}")
    levels = [row.get("base_stock") for row in rows["stock"]]
    for key, level in zip(stated, levels, strict=True):
        whole = type(level) is int and 0 <= level < 2**40
        notebook.require(whole, f"{key}: a stock of {level!r} is not a whole number")
    if notebook.findings:
        return np.zeros((0, 0), dtype=np.int64)
    return np.array(levels, dtype=np.int64).reshape(len(chosen), len(instance.installed_base))


Priced = tuple[Sequence[Entry], Sequence[dict[str, Any]]]


def _compare_choice(notebook: Notebook, rows: Rows, now: Priced, best: Priced) -> None:
    """Compare the tables of the choice and of every version by itself."""
    for row, (component, version), bill in zip(rows["components"], *now, strict=True):
        expected = {
            "component": component.name,
            "version": version.name,
            "made": version.made,
            **bill,
        }
        notebook.compare(f"component {component.name!r}", row, expected)
    names = [(component.name, version.name) for component, version in best[0]]
    stated = [(row.get("component"), row.get("version")) for row in rows["versions"]]
    if not notebook.require(stated == names, f"the versions are {stated}, not {names}"):
        return
    taken = {(component.name, version.name) for component, version in now[0]}
    for row, (component, version), bill in zip(rows["versions"], *best, strict=True):
        expected = {
            "component": component.name,
            "version": version.name,
            "made": version.made,
            "chosen": (component.name, version.name) in taken,
            **bill,
        }
        notebook.compare(f"version {version.name!r} of {component.name!r}", row, expected)


def _compare_stock(
    notebook: Notebook,
    instance: DesignInstance,
    rows: Rows,
    plan: tuple[Sequence[Entry], Bills],
    levels: NDArray[np.int64],
) -> None:
    """Compare the table of stock with what the levels come to."""
    table = iter(rows["stock"])
    for (component, version), own in zip(plan[0], levels, strict=True):
        for base, level in zip(instance.installed_base, own, strict=True):
            pieces = base.systems * component.pieces_per_system
            load = pieces * version.lead_time_months / version.mean_months_between_failures
            expected = {
                "component": component.name,
                "version": version.name,
                "systems": base.systems,
                "probability": base.probability,
                "base_stock": int(level),
                "fill_rate": Amount(1.0 - float(erlang_loss(level, load)), 1.0),
            }
            where = f"stock of {component.name!r} with {base.systems} systems"
            notebook.compare(where, next(table), expected)


def _compare_limits(
    notebook: Notebook,
    instance: DesignInstance,
    rows: Rows,
    now: Sequence[dict[str, Any]],
    down: NDArray[np.float64],
) -> None:
    """Compare the availability, and hold the choice to the limits of the instance."""
    limits = instance.limits
    if not notebook.require(
        len(rows["availability"]) == len(down), "availability has not a row a number of systems"
    ):
        return
    for row, base, share in zip(rows["availability"], instance.installed_base, down, strict=True):
        where = f"availability with {base.systems} systems"
        expected = {
            "systems": base.systems,
            "probability": base.probability,
            "down_days_per_year": DAYS_A_YEAR * float(share),
            "availability": Amount(1.0 - float(share), max(1.0, float(share))),
            "least": limits.availability,
        }
        notebook.compare(where, row, expected)
        if limits.availability is not None:
            notebook.within(f"{where}, share of time down", float(share), 1 - limits.availability)
    if limits.design_budget is not None:
        spent = math.fsum(bill["design_cost"] for bill in now)
        notebook.within("the design budget", spent, limits.design_budget)


def _summed(bills: Sequence[dict[str, Any]]) -> Amount:
    """Return the sum of total costs, with what was added up to it."""
    totals = [bill["total_cost"] for bill in bills]
    return Amount(math.fsum(one.value for one in totals), math.fsum(one.scale for one in totals))


def _compare_totals(
    notebook: Notebook,
    instance: DesignInstance,
    rows: Rows,
    priced: tuple[Priced, Priced],
    down: NDArray[np.float64],
) -> None:
    """Compare the row of totals."""
    now, best = priced
    if not notebook.require(len(rows["totals"]) == 1, "totals has not one row"):
        return
    first = [
        bill
        for (component, version), bill in zip(*best, strict=True)
        if version is component.versions[0]
    ]
    cost, reference = _summed(now[1]), _summed(first)
    expected = {
        "components": len(instance.components),
        "printed": sum(version.made == PRINTED for _, version in now[0]),
        "total_cost": cost,
        "first_versions_cost": reference,
        "saving": Amount(reference.value - cost.value, max(reference.scale, cost.scale)),
        "design_cost": math.fsum(bill["design_cost"] for bill in now[1]),
        "design_budget": instance.limits.design_budget,
        "availability": Amount(1.0 - float(down.max()), max(1.0, float(down.max()))),
    }
    notebook.compare("totals", rows["totals"][0], expected)


def _optimality(
    notebook: Notebook,
    instance: DesignInstance,
    solution: Solution,
    bills: tuple[Sequence[dict[str, Any]], Sequence[Entry], Sequence[dict[str, Any]]],
    extended: bool,
) -> None:
    """Compare status, objective and bound with what is proven."""
    now, entries, best = bills
    cheapest: dict[str, float] = {}
    for (component, _), bill in zip(entries, best, strict=True):
        cost = bill["total_cost"].value
        cheapest[component.name] = min(cheapest.get(component.name, math.inf), cost)
    lowest, cost = math.fsum(cheapest.values()), _summed(now)
    notebook.measures["cheapest_by_itself"] = lowest
    outcome = solution.outcome
    status, bound = str(outcome.status), outcome.bound
    notebook.require(status in ("optimal", "feasible"), f"an answer is not {status}")
    notebook.same("objective", outcome.objective, cost)
    near = OPTIMALITY * cost.scale
    if bound is not None:
        fits = is_number(bound) and bound <= cost.value + near
        notebook.require(fits, f"the bound {bound!r} lies above the cost of {cost.value:.9g}")
    if status == "optimal":
        proven = bound is not None and is_number(bound) and bound >= cost.value - near
        notebook.require(proven, f"{cost.value:.9g} is called optimal with the bound {bound!r}")
        tied = extended or instance.limits != Limits()
        notebook.require(
            tied or cost.value <= lowest + near,
            f"{cost.value:.9g} is called optimal, and cheapest versions cost {lowest:.9g}",
        )
