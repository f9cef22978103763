"""Solve a placement instance: the optimum, the forms beside it, and the referee's word."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import RefusedError, UsageError
from amopt.placement.answer.solution import PlacementSolution
from amopt.placement.answer.tables import answer_of
from amopt.placement.forms import FORMS, Form
from amopt.placement.methods.arrays.families import assemble
from amopt.placement.methods.arrays.model import Model
from amopt.placement.plan import Plan
from amopt.placement.referee.check import check
from amopt.placement.supply.supply import Supply
from amopt.program.solver import highs
from amopt.program.solver.outcome import Outcome
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance
    from amopt.placement.methods.lagrangian import Priced

__all__ = ["METHODS", "Found", "solve"]

METHODS = ("auto", "milp", "lagrangian")
"""``milp`` hands the whole program to HiGHS; ``lagrangian`` prices supply by a dual ascent."""

WHOLE = 1e-7
"""How far from a whole number a value of the relaxation may be to count as one."""

MANY = 60_000
"""Supply columns from which ``auto`` takes the Lagrangian route, where it can.

Handed many more, the solver may find no plan within minutes.
"""

OPTIMUM_SHARE = 0.7
"""Share of the time limit that the optimum has, when the forms are asked for as well."""

Progress = Callable[[highs.Progress], None]
Extend = Callable[["ConcreteModel"], None]


@dataclass(frozen=True)
class Found:
    """A plan with what is proven of it.

    Attributes
    ----------
    plan
        The plan; None where there is none.
    outcome
        Statuses, objective and bound.
    relaxation
        The bound of the linear relaxation; None where it was not solved.
    model
        The program; None where it was never written down as a whole.
    priced
        What the Lagrangian route found; None where the solver proved the bound.
    """

    plan: Plan | None
    outcome: Outcome
    relaxation: float | None = None
    model: Model | None = None
    priced: Priced | None = None


def solve(
    instance: Instance,
    *,
    method: str = "auto",
    options: highs.Options | None = None,
    progress: Progress | None = None,
    forms: bool = True,
    extend: Extend | None = None,
) -> PlacementSolution:
    """Solve a placement instance.

    Parameters
    ----------
    instance
        The instance.
    method
        One of :data:`METHODS`.
    options
        Limits of the solver; the time limit holds for the optimum and the forms together.
    progress
        Called now and then while the optimum is sought.
    forms
        Whether to solve for the central, distributed and conventional forms as well.
    extend
        Called with the Pyomo model before it is solved, to add constraints of one's own.

    Raises
    ------
    InfeasibleError
        When no plan meets every requirement.
    NoAnswerError
        When the limits were reached before any plan was found.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, or it cannot answer this instance.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}: choose one of {', '.join(METHODS)}")
    options = options or highs.Options()
    if not any(d.per_year or any(d.by_period) for d in instance.demand):
        from amopt.placement.orders.assignment import assign

        return assign(instance, options=options, progress=progress)
    begun = time.perf_counter()
    supply = Supply(instance)
    first = options
    if forms and options.time_limit is not None:
        first = replace(options, time_limit=OPTIMUM_SHARE * options.time_limit)
    found = _optimum(supply, method, first, progress, extend)
    built = time.perf_counter()
    if found.plan is None:
        from amopt.placement.infeasible import no_plan

        raise no_plan(instance, found, options)
    others = _pure_forms(supply, found, options, begun) if forms else {}
    compared = time.perf_counter()
    answer = answer_of(instance, found, others)
    if instance.orders:
        from amopt.placement.orders.assignment import assigned

        orders, _ = assigned(instance, plan=found.plan, options=options)
        answer = replace(answer, rows={**answer.rows, **orders})
    verdict = check(instance, answer)
    if found.priced is not None:
        verdict = _proven(instance, found, verdict)
    seconds = {
        **found.outcome.seconds,
        "forms": compared - built,
        "check": time.perf_counter() - compared,
    }
    outcome = replace(found.outcome, seconds=seconds)
    if not verdict.accepted:
        raise RefusedError(verdict, outcome=outcome)
    return replace(answer, outcome=outcome, verdict=verdict)


def _proven(instance: Instance, found: Found, verdict: Verdict) -> Verdict:
    """Return the verdict with the referee's own proof of the bound."""
    from amopt.placement.referee.certificate import proven_bound

    assert found.plan is not None
    assert found.priced is not None
    prices = dict(zip(found.plan.supply.pairs, found.priced.prices.tolist(), strict=True))
    proven = proven_bound(instance, prices)
    findings = verdict.findings
    claimed = found.outcome.bound
    if claimed is not None and claimed > proven + 1e-6 * abs(proven):
        findings += (f"the bound is given as {claimed:.8g}, and the prices prove {proven:.8g}",)
    return replace(
        verdict,
        findings=findings,
        checks=verdict.checks + 1,
        measures={**verdict.measures, "proven_bound": proven},
    )


def _optimum(
    supply: Supply,
    method: str,
    options: highs.Options,
    progress: Progress | None,
    extend: Extend | None,
) -> Found:
    if extend is not None:
        return by_pyomo(supply, options, extend, progress)
    from amopt.placement.methods.lagrangian import obstacle, price

    against = obstacle(supply.instance)
    if method == "lagrangian" and against:
        raise UsageError(f"method 'lagrangian' cannot answer this instance: {against}")
    many = len(supply.pairs) * max(len(supply.instance.sites), 1) > MANY
    if method == "lagrangian" or (method == "auto" and many and not against):
        priced = price(supply, options, progress)
        return Found(priced.plan, priced.outcome, priced=priced)
    return by_program(supply, "optimum", options, progress)


def by_program(
    supply: Supply, form: Form, options: highs.Options, progress: Progress | None = None
) -> Found:
    """Hand the whole program to the solver; its relaxation first, which often is the answer."""
    started = time.perf_counter()
    model = assemble(supply, form=form)
    program = model.program
    assembled = time.perf_counter()
    with highs.Solver(program.relaxed(), options) as solver:
        relaxed = solver.solve()
    relaxation = relaxed.outcome.bound
    answer = relaxed
    if relaxed.values is not None and not _is_whole(model, relaxed.values):
        left = options.time_limit
        if left is not None:
            left = max(left - (time.perf_counter() - started), 0.01)
        answer = highs.solve(program, replace(options, time_limit=left), progress=progress)
    outcome = replace(
        answer.outcome,
        seconds={"build": assembled - started, "solve": time.perf_counter() - assembled},
    )
    return _found(model, answer, outcome, relaxation)


def by_pyomo(
    supply: Supply, options: highs.Options, extend: Extend, progress: Progress | None
) -> Found:
    """Solve the program with a caller's constraints."""
    from amopt.placement.formulation import formulate
    from amopt.program.pyomo import compile_model

    started = time.perf_counter()
    model = assemble(supply, prune=False)
    pyomo = formulate(supply.instance)
    names = [variable for component in _families(pyomo, model) for variable in component.values()]
    extend(pyomo)
    compiled = compile_model(pyomo)
    built = time.perf_counter()
    answer = highs.solve(compiled.program, options, progress=progress)
    if answer.values is not None:
        place = {id(variable): k for k, variable in enumerate(compiled.variables)}
        values = np.array(
            [
                answer.values[place[id(v)]] if id(v) in place else (v.value or v.lb or 0.0)
                for v in names
            ]
        )
        answer = replace(answer, values=values)
    seconds = {"build": built - started, "solve": time.perf_counter() - built}
    return _found(model, answer, replace(answer.outcome, seconds=seconds), None)


def _families(pyomo: Any, model: Model) -> list[Any]:
    """Return the Pyomo variables in the order of the program's columns."""
    return [pyomo.component(family.name) for family in model.program.columns.families]


def _is_whole(model: Model, values: Any) -> bool:
    integer = values[model.program.integer]
    return bool((np.abs(integer - np.round(integer)) <= WHOLE).all())


def _found(model: Model, answer: highs.Answer, outcome: Outcome, relaxation: float | None) -> Found:
    if answer.values is None:
        return Found(None, outcome, relaxation, model)
    plan = Plan.from_values(model, answer.values)
    return Found(plan, priced(outcome, plan), relaxation, model)


def priced(outcome: Outcome, plan: Plan) -> Outcome:
    """Return the outcome with the plan's own objective, which no bound may exceed."""
    bound = outcome.bound
    objective = plan.objective
    if bound is not None and bound > objective:
        # The last digits of a bound are not better than those of the objective.
        bound = objective if bound - objective <= 1e-7 * abs(objective) else bound
    return replace(outcome, objective=objective, bound=bound)


def _pure_forms(
    supply: Supply, optimum: Found, options: highs.Options, begun: float
) -> dict[Form, Found]:
    """Solve for the pure forms, which share what is left of the time limit."""
    others: dict[Form, Found] = {}
    for form in FORMS[1:]:
        limit = None
        if options.time_limit is not None:
            spent = time.perf_counter() - begun
            limit = max((options.time_limit - spent) / (len(FORMS) - 1 - len(others)), 0.05)
        others[form] = _by_form(supply, form, optimum, replace(options, time_limit=limit))
    return others


def _by_form(supply: Supply, form: Form, optimum: Found, options: highs.Options) -> Found:
    """Solve for one form; with many columns, by its own route."""
    if optimum.priced is not None:
        from amopt.placement.methods.lagrangian import form_plan

        priced = form_plan(optimum.priced.market, form, options)
        return Found(priced.plan, priced.outcome)
    return by_program(supply, form, options)
