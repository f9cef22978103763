"""Solve a maintenance instance: by the fastest method that honours every family of constraints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from amopt.decision import CLOSE, Method, answered, choose, judged, method_names, proven
from amopt.errors import AmoptError, InfeasibleError, NoAnswerError
from amopt.maintenance import formulation
from amopt.maintenance.answer.solution import MaintenanceSolution
from amopt.maintenance.answer.tables import tables
from amopt.maintenance.formulation import without_printer
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.methods import program, renewal
from amopt.maintenance.policy import Optimum
from amopt.maintenance.referee.check import check
from amopt.outcome import Outcome, Stopped, rounded_bound, versions
from amopt.phrases import listed
from amopt.program.family import Extend
from amopt.program.solver.highs import Progress
from amopt.program.solver.options import Options
from amopt.program.time import Budget
from amopt.solution import Table

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

__all__ = ["METHODS", "WAYS", "answer_of", "program_options", "read_back", "solve"]

LEFT_DOWN = (
    "Without printing it would cost the least to leave the system down, so that what printing "
    "saves is not told."
)

WAYS = (
    Method(
        "policy_iteration",
        "policy iteration from installation to installation",
        honours=renewal.HONOURS,
    ),
    Method("arrays", "linear program as arrays", honours=program.HONOURS),
    Method("program", "linear program of the process"),
)
"""The methods, fastest first; ``program`` is the formulation itself."""

METHODS = method_names(WAYS)
"""What ``solve`` takes as its method; ``auto`` is the first that can answer."""


def program_options(method: str) -> dict[str, str]:
    """Return the options of :func:`~amopt.maintenance.formulate`: every method solves that one."""
    return {}


def _optimum(
    instance: MaintenanceInstance,
    method: str,
    options: Options,
    budget: Budget,
    *,
    extend: Extend | None = None,
    progress: Callable[[Progress], None] | None = None,
    printer: bool = True,
) -> Optimum:
    """Find the best policy by one method."""
    if method == "program":
        return program.by_pyomo(
            instance, options, budget, extend=extend, progress=progress, printer=printer
        )
    known = instance if printer else without_printer(instance)
    if method == "arrays":
        return program.by_arrays(known, options, budget, progress)
    return program.by_renewal(known, budget)


def solve(
    instance: MaintenanceInstance,
    *,
    method: str = "auto",
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    extend: Extend | None = None,
) -> MaintenanceSolution:
    """Find when to order, replace and print, and have it checked by the referee.

    Parameters
    ----------
    instance
        The instance.
    method
        One of :data:`METHODS`. All are exact.
    options
        Time limit, threads and seed of the solver.
    progress
        Called now and then by solvers that report.
    extend
        Adds variables and constraints to the Pyomo model, as
        :func:`amopt.maintenance.formulate` returns it, before it is solved: once with the printer,
        and once without, for comparison.

    Returns
    -------
    MaintenanceSolution
        Its objective is the average cost a day, in money.

    Raises
    ------
    InfeasibleError
        When no plan meets the limits, or what was added.
    NoAnswerError
        When a limit was reached before the optimum, or nothing should ever be installed.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, or it cannot answer this instance.
    """
    way = choose(
        "maintenance", method, WAYS, formulation.FAMILIES, instance, extended=extend is not None
    )
    options = options or Options()
    budget = Budget(options.time_limit)
    with budget.phase("solve"):
        found = _optimum(instance, way.name, options, budget, extend=extend, progress=progress)
        regular_only: Optimum | None = None
        if instance.printed is not None:
            budget.require("the plan without a printer was found")
            try:
                regular_only = _optimum(
                    instance,
                    way.name,
                    options,
                    budget,
                    extend=extend,
                    progress=progress,
                    printer=False,
                )
            except InfeasibleError:  # the limits cannot be met without a printer
                regular_only = None
    return _answer(instance, found, regular_only, budget, way.meaning)


def read_back(model: ConcreteModel, *, bound: float | None = None) -> MaintenanceSolution:
    """Return the solution that a solved model holds, by whatever solver, judged by the referee.

    What it is compared with, the plan without a printer, is the best one within the limits of the
    instance, without limits of your own.

    Parameters
    ----------
    model
        A model of :func:`amopt.maintenance.formulate`, extended or not, with values; its suffix
        ``dual`` is read where there is one.
    bound
        What the solver proved that a day costs at least, in money.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    RefusedError
        When the referee does not accept what the values say.
    UsageError
        When the model is not one of maintenance.
    """
    budget = Budget()
    found = program.read(model, bound=bound)
    instance: MaintenanceInstance = model.instance
    if not model.printer:
        instance = without_printer(instance)
    regular_only: Optimum | None = None
    if instance.printed is not None:
        way = choose("maintenance", "auto", WAYS, formulation.FAMILIES, instance)
        try:
            regular_only = _optimum(instance, way.name, Options(), budget, printer=False)
        except AmoptError:
            regular_only = None
    return _answer(instance, found, regular_only, budget, "read back from the model")


def answer_of(instance: MaintenanceInstance, found: Optimum, budget: Budget) -> MaintenanceSolution:
    """Return the answer that follows from a policy of an instance without limits, judged.

    Raises
    ------
    NoAnswerError
        When it leaves the system down, or the time is over.
    RefusedError
        When the referee does not accept it.
    """
    regular_only: Optimum | None = None
    if instance.printed is not None:
        regular_only = program.by_renewal(without_printer(instance), budget)
    return _answer(instance, found, regular_only, budget, "linear program within windows")


def _answer(
    instance: MaintenanceInstance,
    found: Optimum,
    regular_only: Optimum | None,
    budget: Budget,
    meaning: str,
) -> MaintenanceSolution:
    """Return the answer that follows from the policies, judged."""
    _require_a_running_system(instance, found)
    left_down = regular_only is not None and _leaves_it_down(instance, regular_only)
    regular_only = None if left_down else regular_only
    with budget.phase("tables"):
        rows = tables(instance, found, regular_only, budget)
    cost = rows["account"][0]["cost_per_day"]
    if abs(cost - found.gain) > CLOSE * max(abs(cost), abs(found.gain)) + instance.rounding:
        raise NoAnswerError(
            f"the policy that was read costs {cost:.9g} a day, the program says {found.gain:.9g}: "
            "the plan may mix several recurrent classes"
        )
    scale = max(cost, instance.rounding / CLOSE)
    bound = rounded_bound(found.bound, cost, scale)
    outcome = Outcome(
        stopped=Stopped.FINISHED,
        status=proven(cost, bound, scale),
        objective=cost,
        bound=bound,
        method=f"{meaning} ({found.solver})" if found.solver else meaning,
        versions=versions("amopt", "numpy", "scipy", *(["highspy"] if found.solver else [])),
        residuals={"objective": abs(cost - found.gain)},
        iterations=found.iterations or None,
        seconds=budget.seconds,
    )
    notes = _notes(instance, found, rows)
    if left_down:
        notes += (LEFT_DOWN,)
    elif instance.printed is not None and regular_only is None:
        notes += ("Without printing no plan meets the limits.",)
    meaning = "average cost a day"
    answer = answered(
        MaintenanceSolution,
        instance,
        outcome,
        rows,
        notes=notes,
        meaning=meaning,
        instance=instance,
    )
    known = {"stock", "downtime"}
    added = tuple(name for name in found.limits if name not in known)
    return judged(instance, answer, partial(check, limits=added))


def _leaves_it_down(instance: MaintenanceInstance, found: Optimum) -> bool:
    """Return whether a plan costs what a system costs that is down for ever."""
    down = instance.downtime_cost_per_day
    return abs(found.gain - down) <= CLOSE * down


def _require_a_running_system(instance: MaintenanceInstance, found: Optimum) -> None:
    """Refuse a plan that leaves the system down for ever, in words."""
    down = instance.downtime_cost_per_day
    if _leaves_it_down(instance, found):
        raise NoAnswerError(
            f"nothing should ever be installed: to leave the system down costs {down:.6g} a day, "
            "and no plan costs less. Is downtime_cost_per_day right? A limit, "
            "downtime_days_per_year, keeps the system running whatever it costs."
        )


def _notes(
    instance: MaintenanceInstance, found: Optimum, rows: Mapping[str, Table]
) -> tuple[str, ...]:
    """Return what the planner should know."""
    notes = []
    never = [row["policy"] for row in rows["policies"] if row["replace_at"] is None]
    if never:
        verb, them = ("replaces", "Policy") if len(never) == 1 else ("replace", "Policies")
        notes.append(f"{them} {listed(never)} never {verb} a regular part before it fails.")
    if ((found.share > 0) & (found.share < 1)).any():
        notes.append(
            "To meet a limit exactly the plan mixes: on some days it draws between two actions, "
            "with the shares of table rules."
        )
    return tuple(notes)
