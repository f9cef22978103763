"""Solve a placement instance: the optimum, the forms beside it, and the referee's word."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import InfeasibleError, NoAnswerError, RefusedError, UsageError
from amopt.placement.check import check
from amopt.placement.formulation import assemble
from amopt.placement.model import FORMS, Form, Model
from amopt.placement.plan import BILL, Plan, tables
from amopt.placement.solution import PlacementSolution
from amopt.placement.supply import Supply
from amopt.program import highs
from amopt.program.outcome import Outcome, Status, relative_gap
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance import Instance
    from amopt.placement.lagrangian import Priced

__all__ = ["METHODS", "Found", "solve"]

METHODS = ("auto", "milp", "lagrangian")
"""``milp`` hands the whole program to HiGHS; ``lagrangian`` prices supply by a dual ascent."""

WHOLE = 1e-7
"""How far from a whole number a value of the relaxation may be to count as one."""

MANY = 150_000
"""Supply columns from which ``auto`` takes the Lagrangian route, where it can."""

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
        from amopt.placement.assignment import assign

        return assign(instance, options=options, progress=progress)
    begun = time.perf_counter()
    supply = Supply(instance)
    first = options
    if forms and options.time_limit is not None:
        first = replace(options, time_limit=OPTIMUM_SHARE * options.time_limit)
    found = _optimum(supply, method, first, progress, extend)
    built = time.perf_counter()
    if found.plan is None:
        raise _no_plan(instance, found, options)
    others: dict[Form, Found] = {}
    for form in FORMS[1:] if forms else ():
        limit = None
        if options.time_limit is not None:
            spent = time.perf_counter() - begun
            limit = max((options.time_limit - spent) / (len(FORMS) - 1 - len(others)), 0.05)
        others[form] = _by_form(supply, form, found, replace(options, time_limit=limit))
    compared = time.perf_counter()
    answer = _answer(instance, found, others)
    if instance.orders:
        from amopt.placement.assignment import assigned

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
    from amopt.placement.certificate import proven_bound

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
    from amopt.placement.lagrangian import obstacle, price

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
    with highs.Door(program.relaxed(), options) as door:
        relaxed = door.solve()
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
    from amopt.program.pyomo import compile_model, to_pyomo

    started = time.perf_counter()
    model = assemble(supply, prune=False)
    pyomo = to_pyomo(model.program)
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


def _by_form(supply: Supply, form: Form, optimum: Found, options: highs.Options) -> Found:
    """Solve for one form; with many columns, by its own route."""
    if optimum.priced is not None:
        from amopt.placement.lagrangian import form_plan

        priced = form_plan(optimum.priced.market, form, options)
        return Found(priced.plan, priced.outcome)
    return by_program(supply, form, options)


def _no_plan(
    instance: Instance, found: Found, options: highs.Options
) -> InfeasibleError | NoAnswerError:
    """Return the error that says why there is no plan."""
    from amopt.placement.words import SOFT, limit_words, remedy_words
    from amopt.program.diagnose import diagnose, least_change

    outcome = found.outcome
    if found.priced is not None:
        return NoAnswerError(
            "no plan was found: the machines may have too few hours for demand that nobody else "
            "supplies. Method 'milp' would prove it and say what clashes",
            outcome=outcome,
        )
    if outcome.status is not Status.INFEASIBLE or found.model is None:
        return NoAnswerError(
            f"no plan was found ({outcome.stopped}, {outcome.status}): allow more time",
            outcome=outcome,
        )
    program = found.model.program
    within = replace(options, time_limit=min(options.time_limit or 60.0, 60.0))
    remedies: list[str] = []
    try:
        conflict = diagnose(program, within)
        clashing = {limit.family for limit in conflict.rows}
        # One family at a time: hours and money cannot be weighed against each other.
        for name in SOFT:
            change = least_change(program, {name: 1.0}, within) if name in clashing else None
            remedies += change.in_words(remedy_words(instance)) if change else ()
    except (NoAnswerError, UsageError):
        return InfeasibleError(
            "no plan meets every requirement; which of them clash could not be found in time",
            outcome=outcome,
        )
    return InfeasibleError(
        "no plan meets every requirement: these cannot hold together",
        conflict=conflict.in_words(limit_words(instance)),
        remedies=remedies,
        outcome=outcome,
    )


def _answer(instance: Instance, found: Found, others: dict[Form, Found]) -> PlacementSolution:
    """Return the answer, not yet seen by the referee."""
    assert found.plan is not None
    plans: dict[Form, Found] = {"optimum": found, **others}
    rows: dict[str, Any] = tables(found.plan)
    rows["bill"] = [
        {
            "cost": kind,
            **{form: _bill(plans.get(form), kind) for form in FORMS},
        }
        for kind in (*BILL, "total")
    ]
    rows["forms"] = [_form(name, each.plan, each.outcome) for name, each in plans.items()
                     if each.plan is not None]  # fmt: skip
    notes = [] if found.relaxation is None else [_about_relaxation(found.plan, found.relaxation)]
    for form, each in others.items():
        if each.plan is None:
            what = "cannot be" if each.outcome.status is Status.INFEASIBLE else "was not found"
            notes.append(f"A {form} plan {what}.")
    return PlacementSolution(
        kind="placement",
        name=instance.name,
        outcome=found.outcome,
        verdict=Verdict(),
        rows=rows,
        notes=tuple(notes),
        currency=instance.currency,
        objective_meaning=_objective_meaning(instance),
    )


def _about_relaxation(plan: Plan, relaxation: float) -> str:
    """Say what the plan would come to with fractions of sites and machines."""
    gap = relative_gap(plan.objective, min(relaxation, plan.objective)) or 0.0
    if gap <= WHOLE:
        return (
            "Fractions of sites and machines, if they could be had, would make no better plan "
            "(the linear relaxation is equal)."
        )
    return (
        f"With fractions of sites and machines the objective would be {relaxation:,.2f}, "
        f"{100 * gap:.2g} % less (the linear relaxation): that much is lost to whole numbers at "
        "most."
    )


def _objective_meaning(instance: Instance) -> str:
    """Return what the objective measures."""
    weight = instance.minimise
    over = "over all periods" if len(instance.horizon) > 1 else f"over {_years(instance)}"
    if weight.kg_co2 == 0:
        return f"{'cost' if weight.cost == 1 else f'{weight.cost:g} x cost'} {over}"
    if weight.cost == 0:
        return f"{weight.kg_co2:g} x kg of CO2 {over}"
    return f"{weight.cost:g} x cost + {weight.kg_co2:g} x kg of CO2 {over}"


def _years(instance: Instance) -> str:
    years = instance.horizon[0].years
    return "a year" if years == 1 else f"{years:g} years"


def _bill(found: Found | None, kind: str) -> float | None:
    if found is None or found.plan is None:
        return None
    return found.plan.cost if kind == "total" else found.plan.bill[kind]


def _form(name: str, plan: Plan | None, outcome: Outcome) -> dict[str, Any]:
    assert plan is not None
    columns, rates = plan.columns, plan.supply.rates
    demand = rates[columns.pair, columns.period] * plan.share * plan.years[columns.period]
    return {
        "form": name,
        "cost": plan.cost,
        "kg_co2": plan.kg_co2,
        "open_sites": int(plan.open.any(axis=1).sum()),
        "machines": int(plan.count.sum(axis=0).max(initial=0)),
        "printed": float(demand[columns.site >= 0].sum() / demand.sum()),
        "gap": outcome.gap,
    }
