"""Solve a placement instance: the optimum, the forms beside it, and the referee's word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from amopt.decision import Method, choose, judged, method_names
from amopt.errors import InfeasibleError, UsageError
from amopt.outcome import Status, Stopped, versions
from amopt.placement import formulation
from amopt.placement.answer.solution import PlacementSolution
from amopt.placement.answer.tables import answer_of
from amopt.placement.forms import FORMS, Form
from amopt.placement.methods import price_route
from amopt.placement.methods.arrays import families as arrays
from amopt.placement.methods.bounded_plan import BoundedPlan, bounded
from amopt.placement.methods.programs import (
    ProgramSearch,
    array_programs,
    plan_in,
    pyomo_programs,
)
from amopt.placement.referee.check import check
from amopt.placement.supply.supply import Supply
from amopt.program.family import Extend
from amopt.program.pyomo.extending import FIXED
from amopt.program.solver import highs
from amopt.program.time import Budget
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance
    from amopt.placement.methods.decomposed_plan import DecompositionSearch
    from amopt.placement.methods.lagrangian import LagrangianSearch
    from amopt.program.linear import LinearProgram

    Search = ProgramSearch | LagrangianSearch | DecompositionSearch

__all__ = ["METHODS", "WAYS", "formulate", "formulate_arrays", "read_back", "solve"]

MANY, MANY_IN_TIME = 60_000, 20_000
"""Pairs times sites, over all periods, beyond which ``auto`` goes by prices: always, and under a
time limit, within which the solver may find no plan."""

LAGRANGIAN = Method(
    "lagrangian",
    "prices on machine-hours, by the volume algorithm, and local search",
    honours=price_route.HONOURS,
    obstacle=price_route.obstacle,
)
DECOMPOSITION = Method(
    "decomposition",
    "prices of demand and limits, period by period and site by site, and programs of what is near",
    honours=arrays.HONOURS,
)
MILP = Method("milp", "the formulation compiled to arrays, by HiGHS", honours=arrays.HONOURS)
FORMULATION = Method("formulation", "the Pyomo formulation itself, by HiGHS")

WAYS = (LAGRANGIAN, DECOMPOSITION, MILP, FORMULATION)
"""The methods, fastest first; ``formulation`` is the formulation itself."""

METHODS = method_names(WAYS)
"""What ``solve`` takes as its method; ``auto`` is the fastest that honours every family."""

MODERATE, FOR_TREE, FOR_SINGLE_SOURCES = 5_000, 1_000, 150
"""Pairs times sites from which ``auto`` goes on by prices, where it can and the relaxation is not
the answer: for single sources, where prices find good plans while the solver by itself is slow; and
for sites of one capacity each, where a tree over open sites is faster, with single sources sooner
than without."""

PLAN_ALONE = {"forms": False}
"""The options of a solve whose plan alone is asked for."""

FORMS_SHARE = 0.3
"""Most of the time that is left that the forms may take; what they do not need, the optimum has."""

Progress = Callable[[highs.Progress], None]


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
        Limits of the solver; the time limit holds for everything together.
    progress
        Called now and then while the optimum is sought.
    forms
        Whether to solve for the central, distributed and conventional forms as well.
    extend
        Adds variables and constraints to the Pyomo model, as :func:`amopt.placement.formulate`
        returns it, before it is solved; to that of each form too.

    Raises
    ------
    InfeasibleError
        When no plan meets every requirement.
    NoAnswerError
        When the limits were reached before any plan was found.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, it cannot answer this instance, or ``extend`` changes the
        objective.
    """
    options = options or highs.Options()
    if not instance.has_demand:
        from amopt.placement.orders.assignment import assign

        return assign(instance, method=method, options=options, progress=progress, extend=extend)
    budget = Budget(options.time_limit)
    with budget.phase("prepare"):
        supply = Supply(instance, budget)
    way = choose(
        "placement", method, _ways(supply, options, forms=forms), formulation.FAMILIES, instance,
        extended=extend is not None,
    )  # fmt: skip
    budget.require("the supply options were listed")
    search = _search(way, supply, options, budget, extend, automatic=method == "auto")
    try:
        found, others = _solved(search, options, budget, progress, forms=forms)
    except InfeasibleError as error:
        from amopt.placement.infeasible import in_words

        raise in_words(error, formulation.FAMILIES, instance) from None
    if found.plan is None:
        from amopt.placement.infeasible import no_plan

        families = (*formulation.FAMILIES, FIXED)
        raise no_plan(search.program, families, instance, options, found.outcome, budget=budget)
    answer = answer_of(instance, found, others)
    if instance.orders:
        from amopt.placement.orders.assignment import assigned

        with budget.phase("orders"):
            rows, _ = assigned(instance, plan=found.plan, options=budget.options(options))
        answer = replace(answer, rows={**answer.rows, **rows})
    outcome = replace(answer.outcome, seconds=dict(budget.seconds))
    return judged(instance, replace(answer, outcome=outcome), _judge(found))


def beside_the_plan(instance: Instance) -> tuple[str, ...]:
    """Return the keys of what is worked out after the plan, and is not in its cost."""
    return ("orders", "commitments") if instance.demand else ()


def formulate(instance: Instance, *, form: Form = "optimum") -> ConcreteModel:
    """Return the program of an instance as a Pyomo model.

    Parameters
    ----------
    instance
        The instance; with orders and no demand, the program is the assignment of the orders.
    form
        The form that the plan must have.

    See Also
    --------
    amopt.placement.formulation.formulate, amopt.placement.orders.formulation.formulate
    """
    if instance.has_demand:
        return formulation.formulate(instance, form=form)
    from amopt.placement.orders.formulation import formulate as formulate_orders

    return formulate_orders(instance)


def formulate_arrays(instance: Instance) -> LinearProgram | None:
    """Return the program of an instance as arrays, which is quicker than by way of Pyomo.

    Returns
    -------
    LinearProgram or None
        The same program as that of :func:`formulate`; None where the arrays do not honour one of
        its families.
    """
    obstacle = MILP.against(formulation.FAMILIES, instance, extended=False)
    if not instance.has_demand or obstacle:
        return None
    return arrays.assemble(Supply(instance), prune=False).program


def read_back(model: ConcreteModel, *, bound: float | None = None) -> PlacementSolution:
    """Return the solution that a solved model holds, by whatever solver, judged by the referee.

    Parameters
    ----------
    model
        A model of :func:`amopt.placement.formulate`, extended or not, with values.
    bound
        The bound that the solver proved; without one the answer is called feasible.

    Raises
    ------
    RefusedError
        When the referee does not accept what the values say.
    UsageError
        When the model is not one of placement, or its values are no plan.
    """
    from amopt.program.pyomo import read_answer

    if hasattr(model, "assignment"):
        from amopt.placement.orders.assignment import read_back as read_assignment

        return read_assignment(model, bound=bound)
    if not hasattr(model, "sets") or not hasattr(model, "instance"):
        raise UsageError(f"the model {model.name!r} is not one that amopt.placement formulated")
    instance: Instance = model.instance
    _, answer = read_answer(model)
    plan = plan_in(model)
    outcome = replace(
        answer.outcome,
        method="read back from the model",
        versions=versions("amopt", "pyomo"),
    )
    outcome = bounded(outcome, plan, bound)
    return judged(instance, answer_of(instance, BoundedPlan(plan, outcome), {}), check)


def _ways(supply: Supply, options: highs.Options, *, forms: bool) -> tuple[Method, ...]:
    """Return the methods, the fastest first; prices by themselves only for many pairs and sites.

    Sites of one capacity each have a tree after the solver; over periods no forms are sought.
    """
    instance = supply.instance
    size = len(supply.pairs) * max(len(instance.sites), 1) * len(instance.horizon)
    in_time = options.time_limit is not None and not price_route.by_tree(instance)
    by_prices, by_periods = (
        replace(way, automatic=size > (MANY_IN_TIME if in_time and fewer else MANY))
        for way, fewer in ((LAGRANGIAN, True), (DECOMPOSITION, not forms))
    )
    return (by_prices, by_periods, MILP, FORMULATION)


def _search(
    way: Method,
    supply: Supply,
    options: highs.Options,
    budget: Budget,
    extend: Extend | None,
    *,
    automatic: bool,
) -> Search:
    """Return the search of a method; what it alone needs is imported with it."""
    if way.name == "lagrangian":
        from amopt.placement.methods.lagrangian import LagrangianSearch

        return LagrangianSearch(supply, options, budget)
    if way.name == "decomposition":
        from amopt.placement.methods.decomposed_plan import DecompositionSearch

        return DecompositionSearch(supply, options, budget)
    if way.name == "formulation":
        return ProgramSearch(pyomo_programs(supply.instance, budget, extend), options, budget)
    if automatic and _by_prices_after(supply):
        from amopt.placement.methods.prices_after import PricesAfter

        return PricesAfter(supply, options, budget)
    return ProgramSearch(array_programs(supply), options, budget)


def _by_prices_after(supply: Supply) -> bool:
    """Return whether prices are likely to be faster, once the relaxation is not the answer."""
    instance, size = supply.instance, len(supply.pairs) * len(supply.instance.sites)
    against = LAGRANGIAN.against(formulation.FAMILIES, instance, extended=False)
    if against:
        return False
    by_tree = price_route.by_tree(instance)
    if by_tree:
        return size >= (FOR_SINGLE_SOURCES if instance.single_source else FOR_TREE)
    return instance.single_source and size >= MODERATE


def _solved(
    search: Search,
    options: highs.Options,
    budget: Budget,
    progress: Progress | None,
    *,
    forms: bool,
) -> tuple[BoundedPlan, dict[Form, BoundedPlan]]:
    """Return the best plan, and the best of each form.

    The forms come before the optimum, where its relaxation is not the answer already: what they
    leave of their time the optimum has, and the best of their plans is one of its own.
    """
    found = search.begin()
    if found is not None and found.plan is None:
        return found, {}
    others: dict[Form, BoundedPlan] = {}
    if forms:
        with budget.phase("forms"):
            others = _pure_forms(search, options, budget)
    interrupted = next(filter(_is_interrupted, others.values()), None)
    if found is None and interrupted is not None:
        outcome = replace(interrupted.outcome, bound=interrupted.relaxation)
        found = replace(interrupted, plan=None, outcome=outcome)
    elif found is None:
        found = search.finish(progress)
    return _best(found, others), _with_bound(others, found)


def _pure_forms(search: Search, options: highs.Options, budget: Budget) -> dict[Form, BoundedPlan]:
    """Solve for the pure forms, which share the time that they may take."""
    others: dict[Form, BoundedPlan] = {}
    left = budget.left
    until = None if left is None else budget.spent + FORMS_SHARE * left
    for remaining, form in zip((3, 2, 1), FORMS[1:], strict=True):
        limit = None if until is None else max((until - budget.spent) / remaining, 0.01)
        others[form] = search.form(form, replace(options, time_limit=limit))
        if _is_interrupted(others[form]):
            break
    return others


def _is_interrupted(found: BoundedPlan) -> bool:
    return found.outcome.stopped is Stopped.INTERRUPTED


def _best(found: BoundedPlan, others: dict[Form, BoundedPlan]) -> BoundedPlan:
    """Return the plan found, or a form's where that is better: it is a plan too."""
    plans = [other.plan for other in others.values() if other.plan is not None]
    if found.outcome.status is Status.INFEASIBLE or not plans:
        return found
    best = min(plans, key=lambda plan: plan.objective)
    if found.plan is not None and found.plan.objective <= best.objective:
        return found
    status = Status.FEASIBLE if found.plan is None else found.outcome.status
    outcome = bounded(replace(found.outcome, status=status), best)
    return replace(found, plan=best, outcome=outcome)


def _with_bound(others: dict[Form, BoundedPlan], found: BoundedPlan) -> dict[Form, BoundedPlan]:
    """Return the forms with the bound of the optimum, where their own is less: they are plans."""
    known = found.outcome.bound
    return {
        form: other
        if other.plan is None
        else replace(other, outcome=bounded(other.outcome, other.plan, known))
        for form, other in others.items()
    }


def _judge(found: BoundedPlan) -> Callable[[Instance, PlacementSolution], Verdict]:
    """Return the referee, who proves the bound by himself where prices proved it."""
    if found.prices is None and found.proof is None:
        return check

    def judge(instance: Instance, answer: PlacementSolution) -> Verdict:
        verdict = check(instance, answer)
        proven = _proven(instance, found)
        claimed, findings = found.outcome.bound, verdict.findings
        if claimed is not None and claimed > proven + 1e-6 * abs(proven):
            findings += (f"the bound is given as {claimed:.8g}, and the prices prove {proven:.8g}",)
        return replace(
            verdict,
            findings=findings,
            checks=verdict.checks + 1,
            measures={**verdict.measures, "proven_bound": proven},
        )

    return judge


def _proven(instance: Instance, found: BoundedPlan) -> float:
    """Return the bound that the referee proves."""
    from amopt.placement.referee.certificate import proven_bound
    from amopt.placement.referee.location import proven_by_tree

    assert found.plan is not None
    pairs = found.plan.supply.pairs
    if found.proof is not None:
        return proven_by_tree(instance, pairs, found.proof)
    assert found.prices is not None
    return proven_bound(instance, dict(zip(pairs, found.prices.tolist(), strict=True)))
