r"""The operational question: which unit prints which dated order.

Sites and machines are fixed. Time runs in weeks, up to the last one in which anything could still
be worth printing. Order :math:`o` may be printed by unit :math:`u` (a site and a type of machine),
to be ready at the end of week :math:`w`, or come from a conventional supplier.

After Rauch and Seidenstricker et al. (2018), on collaborative cloud manufacturing: an order goes to
a unit near by with free capacity that meets the agreed date; here, at least cost for all orders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.decision import Method, choose, judged
from amopt.errors import Conflict, InfeasibleError, Limit, NoAnswerError
from amopt.outcome import Outcome, Status, relative_gap, versions
from amopt.placement.answer.solution import PlacementSolution
from amopt.placement.orders import arrays, formulation
from amopt.placement.orders.options import IN_TIME, AssignmentOptions, units, weeks_late
from amopt.placement.referee.orders import check_orders
from amopt.program.family import Extend
from amopt.program.pyomo.extending import FIXED, extended
from amopt.program.solver import highs
from amopt.program.time import Budget
from amopt.verdict import Verdict

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.placement.instance.fields import Instance
    from amopt.placement.plan import Plan

__all__ = ["assign", "assigned", "read_back"]

Floats = NDArray[np.float64]
Progress = Callable[[highs.Progress], None]

WAYS = (
    Method("milp", "the formulation compiled to arrays, by HiGHS", honours=arrays.HONOURS),
    Method("formulation", "the Pyomo formulation itself, by HiGHS"),
)
"""The methods, fastest first."""

DUST = 1e-8
"""Hours below this share of all that an order takes are solver's dust and are left out."""


def assign(
    instance: Instance,
    *,
    plan: Plan | None = None,
    method: str = "auto",
    options: highs.Options | None = None,
    progress: Progress | None = None,
    extend: Extend | None = None,
) -> PlacementSolution:
    """Assign an instance's orders to units with free capacity, at least cost.

    Parameters
    ----------
    instance
        An instance with orders.
    plan
        The plan whose first period says which machines stand where; without one they are the
        machines that sites own and the hours that they sell.
    method
        ``"milp"``, ``"formulation"``, or ``"auto"``: the first that honours every family.
    options
        Limits of the solver.
    progress
        Called now and then.
    extend
        Adds variables and constraints to the Pyomo model before it is solved.

    Raises
    ------
    InfeasibleError
        When some orders cannot all be on time and may not be late.
    NoAnswerError
        When the limits were reached before any assignment was found.
    RefusedError
        When the referee does not accept the answer.
    UsageError
        When there is no such method, or it cannot answer this instance.
    """
    options = options or highs.Options()
    rows, outcome = assigned(
        instance, plan=plan, method=method, options=options, progress=progress, extend=extend
    )
    return judged(instance, _solution(instance, rows, outcome), check_orders)


def assigned(
    instance: Instance,
    *,
    plan: Plan | None,
    options: highs.Options,
    method: str = "auto",
    progress: Progress | None = None,
    extend: Extend | None = None,
) -> tuple[dict[str, Any], Outcome]:
    """Return the tables of an assignment and its outcome, not yet seen by the referee."""
    budget = Budget(options.time_limit)
    families = formulation.FAMILIES
    way = choose("orders", method, WAYS, families, instance, extended=extend is not None)
    budget.require(IN_TIME)
    read: Callable[[highs.Answer], Floats] = _values
    with budget.phase("build"):
        if way.name == "milp":
            sets = AssignmentOptions(instance, units(instance, plan), budget=budget)
            program = arrays.assemble(sets)
        else:
            model = formulation.formulate(instance, plan=plan, budget=budget)
            sets = model.assignment
            try:
                program, read = _compiled(model, extend)
            except InfeasibleError:
                raise _why(instance, plan, options, extend, budget) from None
    with budget.phase("solve"):
        budget.require("the program of the orders was built")
        answer = highs.solve(program, budget.options(options), progress=progress)
    if answer.outcome.status is Status.INFEASIBLE:
        raise _why(instance, plan, options, extend, budget, outcome=answer.outcome)
    if answer.values is None:
        raise NoAnswerError(
            f"no assignment was found in time ({answer.outcome.stopped}): allow more time",
            outcome=answer.outcome,
        )
    outcome = replace(answer.outcome, seconds=dict(budget.seconds))
    return _tables(sets, read(answer)), outcome


def _why(
    instance: Instance,
    plan: Plan | None,
    options: highs.Options,
    extend: Extend | None,
    budget: Budget,
    *,
    outcome: Outcome | None = None,
) -> InfeasibleError | NoAnswerError:
    """Return why there is no assignment; whoever may not be late is asked by how little.

    That there is none is proven already, whether or not it can be said why in time.
    """
    from amopt.placement.infeasible import in_words
    from amopt.program.infeasible.explain import explain
    from amopt.program.infeasible.search import Reasons
    from amopt.program.infeasible.sentences import no_plan
    from amopt.program.pyomo import compile_model

    families = formulation.FAMILIES
    try:
        model = formulation.formulate(instance, plan=plan, late=True, budget=budget.to_explain())
    except NoAnswerError as error:
        return no_plan(Reasons(unfinished=f"by how little orders are late: {error}"), outcome)
    filled = {option.order for option in model.assignment.options}
    nobody = [name for o, name in enumerate(model.assignment.names) if o not in filled]
    if nobody:
        words = "order {!r}, which nobody has machines to print, or supplies"
        limits = [Limit("order", name, words.format(name)) for name in nobody]
        conflicts = tuple(Conflict((limit,)) for limit in limits)
        return no_plan(Reasons(conflicts, complete=True), outcome)
    try:
        program = compile_model(extended(model, extend)).program
    except InfeasibleError as error:
        return in_words(error, families, instance)
    return explain(program, (*families, FIXED), instance, options, outcome, budget=budget)


def _values(answer: highs.Answer) -> Floats:
    assert answer.values is not None
    return answer.values


def _compiled(
    model: ConcreteModel, extend: Extend | None
) -> tuple[Any, Callable[[highs.Answer], Floats]]:
    """Return the model's program, and what reads an answer's values in the order of the arrays."""
    from amopt.program.pyomo import compile_model, load

    extended(model, extend)
    compiled = compile_model(model)

    def read(answer: highs.Answer) -> Floats:
        load(compiled, answer, duals=False)
        return _values_in(model)

    return compiled.program, read


def _values_in(model: ConcreteModel) -> Floats:
    """Return the values in a solved model: what is chosen, then the hours of printing."""
    chosen = [variable.value or 0.0 for variable in model.filled.values()]
    return np.array([*chosen, *(variable.value or 0.0 for variable in model.printed.values())])


def read_back(model: ConcreteModel, *, bound: float | None = None) -> PlacementSolution:
    """Return the assignment that a solved model holds, by whatever solver, judged by the referee.

    Parameters
    ----------
    model
        A model of :func:`amopt.placement.orders.formulation.formulate` with values.
    bound
        The bound that the solver proved; without one the answer is called feasible.
    """
    from amopt.program.pyomo import read_answer

    _, answer = read_answer(model)
    outcome = replace(
        answer.outcome,
        bound=bound,
        method="read back from the model",
        versions=versions("amopt", "pyomo"),
    )
    left = relative_gap(outcome.objective, bound)
    if left is not None and left <= highs.Options().gap:
        outcome = replace(outcome, status=Status.OPTIMAL)
    rows = _tables(model.assignment, _values_in(model))
    return judged(model.instance, _solution(model.instance, rows, outcome), check_orders)


def _solution(instance: Instance, rows: dict[str, Any], outcome: Outcome) -> PlacementSolution:
    return PlacementSolution(
        kind="placement",
        name=instance.name,
        outcome=outcome,
        verdict=Verdict(),
        rows=rows,
        currency=instance.currency,
        objective_meaning="cost of all orders with penalties for being late",
        instance=instance,
    )


def _tables(sets: AssignmentOptions, values: Floats) -> dict[str, Any]:
    """Return the tables of orders, and of the work on them week by week."""
    orders, first = sets.instance.orders, len(sets.options)
    hours = values[first : first + len(sets.printing)]
    work = [
        {
            "order": sets.names[o],
            "source": unit[0],
            "machine": unit[1],
            "week": week,
            "hours": float(spent),
        }
        for (o, unit, week), spent in zip(sets.printing, hours, strict=True)
        if spent > DUST * sets.hours[o, unit]
    ]
    started = {row["order"]: row["week"] for row in reversed(work)}
    rows = []
    for option, chosen in zip(sets.options, values, strict=False):
        if chosen < 0.5:
            continue
        order = orders[option.order]
        rows.append(
            {
                "order": order.order,
                "part": order.part,
                "quantity": order.quantity,
                "place": order.place,
                "source": option.supplier,
                "machine": option.unit[1] if option.unit else "",
                "start_week": started.get(order.order) if option.unit else None,
                "ready_week": option.week + 1 if option.unit else None,
                "arrival_week": option.arrival,
                "due_week": order.due_week,
                "weeks_late": weeks_late(order, option.arrival),
                "cost": option.cost,
                "penalty": option.penalty,
            }
        )
    return {"orders": rows, "work": work}
