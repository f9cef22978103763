"""The formulation handed to the solver, and its answer read as a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError, UsageError
from amopt.printing import closed_form, formulation
from amopt.printing.instance import PrintingInstance
from amopt.printing.limit_rows import limit_rows, priced
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Mix, Optimum, Policy
from amopt.program.family import Extend, present

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.outcome import Outcome
    from amopt.program.linear import LinearProgram
    from amopt.program.solver.answer import Basis
    from amopt.program.solver.highs import Options, Progress

__all__ = ["best_policy", "is_extended", "obstacle", "read", "require_printing", "waiting_basis"]

Ints = NDArray[np.int64]

VISITED = 1e-7
"""Expected systems from which a day counts as visited: the solver's own tolerance."""

MIXED = 1e-6
"""Share from which a level or an action is part of a mix."""

NEARLY_ALWAYS = 1.0 - 1e-9
"""Availability beyond which what a shelf leaves down is lost in the tolerances."""

_OF_WAITING = {"shelf", "waits", "printed"}
"""Variables that are basic where every system waits."""

_BALANCES = {"one_level", "shelf_balance", "printed_balance", "shortage_balance"}
"""Constraints that hold with equality."""


def obstacle(instance: PrintingInstance) -> str:
    """Return why the program cannot answer an instance: a limit below the solver's tolerances."""
    expedited = np.isfinite(instance.parameters.expedite_cost)
    for limit in instance.limits:
        if limit.at_least is None or not limit.at_least > NEARLY_ALWAYS:
            continue
        for part, quick in zip(instance.parts, expedited, strict=True):
            if limit.holds(part) and part.print_cost is None and not quick:
                return (
                    f"limit {limit.name!r} allows less downtime than the solver tells from none, "
                    f"and {part.name!r} has its shelf alone; method 'prices' can"
                )
    return ""


def is_extended(instance: PrintingInstance, extend: Extend | None) -> bool:
    """Return whether a program has limits beside what the variables of a part mean."""
    families = present(formulation.FAMILIES, instance)
    return extend is not None or any(
        (family.scope or not family.judged) and not family.tightens for family in families
    )


def best_policy(
    instance: PrintingInstance,
    *,
    printer: bool,
    expediting: bool = True,
    options: Options,
    extend: Extend | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Optimum:
    """Find the best policy of every part by the linear program.

    Where nothing but the parts' own families is present, levels are left out that closed form shows
    not to be best; else none is that may be used up within a cycle.

    Raises
    ------
    InfeasibleError
        When nothing meets what was added.
    NoAnswerError
        When the solver did not reach the optimum within its limits.
    """
    from amopt.outcome import Status
    from amopt.program.infeasible.explain import explain
    from amopt.program.pyomo import FIXED, compile_model, extended, load
    from amopt.program.solver.highs import solve
    from amopt.program.time import Budget

    budget = Budget(options.time_limit)
    if is_extended(instance, extend):
        model = formulation.formulate(instance, printer=printer, expediting=expediting)
    else:
        parameters = instance.parameters.with_sources(printer=printer, expediting=expediting)
        highest = closed_form.levels_to_try(parameters).tolist()
        model = formulation.build(instance, parameters, highest, printer=printer)
    extended(model, extend)
    compiled = compile_model(model)
    answer = solve(
        compiled.program,
        budget.options(options),
        basis=waiting_basis(compiled.program),
        progress=progress,
    )
    outcome = answer.outcome
    if outcome.status is Status.INFEASIBLE:
        raise explain(
            compiled.program,
            (*formulation.FAMILIES, FIXED),
            instance,
            options,
            outcome,
            budget=budget,
        )
    if outcome.status is not Status.OPTIMAL and not (extend is not None and outcome.has_answer):
        raise NoAnswerError(
            f"The linear program was not solved: {outcome.status} ({outcome.stopped}).",
            outcome=outcome,
        )
    load(compiled, answer)
    return read(model, outcome=outcome, bound=outcome.bound)


def waiting_basis(program: LinearProgram) -> Basis | None:
    """Return the basis of keeping no stock and letting every system wait; None where it is none.

    It is triangular and feasible without limits, and every plan is a few changes away: sooner
    solved from there than presolved.
    """
    from amopt.program.solver.answer import Basis

    if program.is_mixed_integer:
        return None
    columns, rows = np.zeros(program.shape[1], bool), np.ones(program.shape[0], bool)
    start = 0
    for family in program.columns.families:
        there = slice(start, start := start + len(family))
        if family.name == "order_up_to":
            columns[there] = [family.key(j)[1] == 0 for j in range(len(family))]
        else:
            columns[there] = family.name in _OF_WAITING
    start = 0
    for family in program.rows.families:
        there = slice(start, start := start + len(family))
        rows[there] = family.name not in _BALANCES
    return Basis.of(columns, rows) if columns.sum() + rows.sum() == len(rows) else None


def read(
    model: ConcreteModel, *, outcome: Outcome | None = None, bound: float | None = None
) -> Optimum:
    """Return what a solved program says.

    Parameters
    ----------
    model
        A program of :func:`amopt.printing.formulation.formulate`, with whatever was added, solved
        by whatever solver.
    outcome
        What the solver said.
    bound
        What it proved that a cycle of all parts costs at least, in money.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    """
    if any(variable.value is None for variable in model.order_up_to.values()):
        raise NoAnswerError(f"the model {model.name!r} has no values: solve it first")
    parameters = model.parameters
    limits, duals = _limits(model), _duals(model)
    shared = bool(limits or duals)
    chosen = [_part(model, k, parameters.cycle_days, mixes=shared) for k in model.parts]
    policy = Policy(
        np.array([stock for stock, _, _ in chosen], dtype=np.int64),
        np.stack([action for _, action, _ in chosen], axis=1),
    )
    policy = closed_form.completed(_with_prices(model, duals), policy)
    mixes = {
        part: _completed(mix, policy.action[:, part])
        for part, (_, _, mix) in enumerate(chosen)
        if mix is not None
    }
    return Optimum(
        Policy(policy.base_stock, policy.action, mixes),
        np.array([float(model.part_cost[k]()) for k in model.parts]),
        solver="" if outcome is None else outcome.method,
        iterations=(outcome.iterations or 0) if outcome is not None else 0,
        bound=bound if shared and model.objective.active else None,
        limits=limits,
        duals=duals,
    )


def _with_prices(model: Any, duals: Mapping[str, float | None]) -> Parameters:
    """Return the parameters at which what is never done is worth it or not."""
    parameters: Parameters = model.parameters
    if not duals or None in duals.values():
        return parameters
    rows = limit_rows(model.instance)
    prices = [min(0.0, duals[row.limit.name] or 0.0) for row in rows]
    return priced(parameters, rows, prices)[0]


def _part(model: Any, k: str, days: int, *, mixes: bool) -> tuple[int, Ints, Mix | None]:
    """Return level and actions of a part, -1 on days that nobody visits, and how it mixes."""
    chances = {S: model.order_up_to[k, S].value for S in range(model.highest[k] + 1)}
    flows = np.zeros((days, 3))
    for column, flow in enumerate((model.waits, model.prints, model.expedites)):
        flows[1:, column] = [flow[k, n].value for n in range(1, days)]
    flows = np.maximum(flows, 0.0)
    total = flows.sum(axis=1)
    visited = total > VISITED
    action = np.where(visited, flows.argmax(axis=1), -1)
    action[0] = Action.WAIT
    if not mixes:
        return next(S for S, chance in chances.items() if chance > VISITED), action, None
    levels = {S: chance for S, chance in chances.items() if chance > MIXED}
    share = np.where(visited[:, None], flows / np.where(visited, total, 1.0)[:, None], 0.0)
    share[share < MIXED] = 0.0
    share /= np.where(visited, share.sum(axis=1), 1.0)[:, None]
    likeliest = max(levels, key=lambda S: levels[S])
    if len(levels) == 1 and (share.max(axis=1)[visited] > 1 - MIXED).all():
        return likeliest, action, None
    whole = sum(levels.values())
    return likeliest, action, Mix({S: p / whole for S, p in levels.items()}, share)


def _completed(mix: Mix, action: Any) -> Mix:
    """Return a mix with an action on days that nobody visits too."""
    share = mix.share.copy()
    open_days = share.sum(axis=1) == 0
    share[open_days, action[open_days]] = 1.0
    return Mix(mix.levels, share)


def _limits(model: Any) -> dict[str, float | None]:
    """Return what a program has beside the instance's own families, by name, with its dual.

    Constraints with their duals where there are any; variables that were fixed or bounded; another
    objective.
    """
    from amopt.program.pyomo import FIXED

    dual = model.component("dual")
    own = {name for f in formulation.FAMILIES if f.judged for name in f.components}
    found: dict[str, float | None] = {}
    for component in model.component_objects(active=True):
        if component.ctype.__name__ == "Constraint" and component.name not in own:
            for row in component.values():
                if row.active:
                    name = f"{row.index()} is held" if component.name == FIXED.name else row.name
                    found[name] = None if dual is None else dual.get(row)
    price = {
        "prints": model.parameters.print_cost,
        "printed": model.parameters.print_cost,
        "expedites": model.parameters.expedite_cost,
    }
    for name in (*price, "order_up_to", "shelf", "waits"):
        for key, variable in model.component(name).items():
            missing = name in price and not np.isfinite(price[name][model.position[key[0]]])
            bounded = variable.has_ub() or not variable.has_lb() or variable.lb != 0.0
            if (variable.fixed and not missing) or bounded:
                found[f"{variable.name} is held"] = None
    if not model.objective.active:
        found["another objective"] = None
    return found


def _duals(model: Any) -> dict[str, float | None]:
    """Return the duals of the limits that the instance states, by name."""
    rows, dual = model.component("limits"), model.component("dual")
    held = {} if rows is None else dict(rows.items())
    return {
        limit.name: 0.0
        if limit.name not in held  # it adds up nothing
        else None
        if dual is None
        else dual.get(held[limit.name])
        for limit in model.instance.limits
    }


def require_printing(model: Any) -> None:
    """Refuse a model that is not the collapsed program of a printing instance.

    Raises
    ------
    UsageError
        When it is not.
    """
    if not isinstance(getattr(model, "instance", None), PrintingInstance) or not hasattr(
        model, "order_up_to"
    ):
        raise UsageError(f"the model {model.name!r} is not one that amopt.printing formulated")
