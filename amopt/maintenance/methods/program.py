"""The linear program handed to the solver, as arrays or as a Pyomo model, read as a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.decision import CLOSE
from amopt.errors import NoAnswerError, UsageError
from amopt.maintenance import formulation
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.methods import hair, renewal
from amopt.maintenance.methods.windows import Windows, within, without
from amopt.maintenance.policy import Optimum, chosen, printing_only
from amopt.maintenance.process import Grid, build
from amopt.mdp import dual_program
from amopt.mdp.policy import PolicyChain, toward
from amopt.outcome import Outcome, Status, Stopped
from amopt.program.family import Extend
from amopt.program.infeasible.explain import explain
from amopt.program.solver.highs import solve as run
from amopt.program.time import Budget

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

    from amopt.mdp import SideConstraint
    from amopt.program.linear import LinearProgram
    from amopt.program.solver.highs import Options, Progress

__all__ = ["HONOURS", "by_arrays", "by_pyomo", "by_renewal", "read"]

Floats = NDArray[np.float64]
Prices = Mapping[str, float | None]

HONOURS = renewal.HONOURS | {"stock", "downtime"}
"""The families of constraints that the program as arrays honours."""

_IN_TIME = "the linear program was built"

VISITED = 1e-10
"""Share of the days from which a state counts as visited."""

NEAR = 1.001
"""Ratio to its limit up to which what every plan needs is told by it: others have other reasons."""

SELDOM = 1e-7
"""Share of the days of a plan that leads from each of several classes of states to the others."""


def by_renewal(instance: MaintenanceInstance, budget: Budget) -> Optimum:
    """Find the best policy by policy iteration on the structure of the process.

    Raises
    ------
    NoAnswerError
        When the bound is not close, or the time limit is over.
    """
    found = renewal.solve([instance], budget)
    gain, bound = float(found.gain[0]), float(found.bound[0])
    if not gain - bound <= CLOSE * abs(gain) + instance.rounding:
        raise NoAnswerError("policy iteration did not converge: ask for --method arrays")
    grid = build(instance)
    alone = np.inf if instance.printed is None else renewal.printing_alone(instance)
    if abs(gain - alone) <= CLOSE * alone and alone < instance.downtime_cost_per_day:
        return Optimum(grid, printing_only(grid), alone, bound, iterations=found.rounds)
    share = chosen(grid, found.order[0], found.install[0], found.down[0])
    return Optimum(grid, share, gain, bound, iterations=found.rounds)


def _fallback(
    instance: MaintenanceInstance, grid: Grid, prices: Prices, budget: Budget | None
) -> Floats:
    """Return a policy that is best at the prices of the limits, for states that are hardly visited.

    A program says next to nothing of these; a plan that comes to them once in many years would be
    no longer the best if it then went on as if there were no limits.
    """
    stock, downtime = (min(prices.get(name) or 0.0, 0.0) for name in ("stock", "downtime"))
    priced = instance.unchecked_copy(
        holding_cost_per_year_per_value=None,
        holding_cost_per_day=instance.holding_cost - stock,
        downtime_cost_per_day=instance.downtime_cost_per_day - formulation.YEAR * downtime,
    )
    found = renewal.solve([priced], budget)
    return chosen(grid, found.order[0], found.install[0], found.down[0])


def _shares(
    instance: MaintenanceInstance,
    grid: Grid,
    occupation: Floats,
    prices: Prices,
    budget: Budget | None,
    *,
    windows: Windows | None = None,
) -> tuple[Floats, Prices]:
    """Return the probability of each pair in its state, and the prices that its mixes prove."""
    taken = np.maximum(occupation, 0.0)
    only_prints = grid.installs @ taken <= VISITED < grid.prints @ taken
    state = grid.process.state_of_pair
    counted = np.bincount(state, weights=taken, minlength=grid.process.states)
    visits = np.asarray(counted, dtype=np.float64)
    visited = (visits > VISITED)[state]
    other = printing_only(grid) if only_prints else _fallback(instance, grid, prices, budget)
    if windows is not None:
        other = within(grid, windows, other, taken)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(visited, taken / visits[state], other)
    share[share < VISITED] = 0.0
    share /= np.bincount(state, weights=share)[state]
    classes = PolicyChain.randomised(grid.process, share).recurrent_classes
    if len(classes) == 1:
        return share, prices
    return _joined(grid, taken, visits, share), dict.fromkeys(prices)


def _joined(grid: Grid, taken: Floats, visits: Floats, share: Floats) -> Floats:
    """Return shares that come from each of several classes to the others, though seldom.

    Only a plan that is divided in time between classes costs what the program says, such as
    printing alone for years and regular parts for years. Of all days a part, :data:`SELDOM`, is
    given to a plan that leads from each to the next: what it costs more is next to nothing.
    """
    process = grid.process
    state = process.state_of_pair
    plain = np.zeros(process.states, dtype=np.intp)
    best = np.lexsort((share, state))  # of each state the pair with the largest share comes last
    plain[state[best]] = best
    there = np.flatnonzero(visits > VISITED)
    classes = [
        members
        for members in PolicyChain.randomised(process, share).recurrent_classes
        if np.isin(members, there).any()
    ]
    if len(classes) == 1:  # what is never visited leads there
        to, _ = toward(process, there, plain)
        return np.where((visits > VISITED)[state], share, np.isin(np.arange(len(state)), to))
    leading = np.zeros(len(state))
    for members in classes:
        to, _ = toward(process, members, plain)
        leading[to] += 1 / len(classes)
    visited = (visits > VISITED)[state]
    linked = np.where(visited, (share + leading) / 2, leading)
    chain = PolicyChain.randomised(process, linked)
    days = chain.visits(np.full(process.states, 1 / process.states))
    of_pair = days[state] * linked
    with np.errstate(invalid="ignore", divide="ignore"):
        mixed = (1 - SELDOM) * taken + SELDOM * of_pair
        mixed /= ((1 - SELDOM) * visits + SELDOM * days)[state]
    return np.where(visited, mixed, linked)


def _require(outcome: Outcome) -> None:
    if outcome.status is not Status.OPTIMAL:
        raise NoAnswerError(
            f"The linear program was not solved: {outcome.status} ({outcome.stopped}).",
            outcome=outcome,
        )


def _is_in_doubt(outcome: Outcome) -> bool:
    """Return whether the solver did not tell a limit that is kept from one that is not."""
    ended = outcome.stopped in (Stopped.FINISHED, Stopped.FAILED)
    return ended and outcome.status is not Status.OPTIMAL


def _is_kept(
    instance: MaintenanceInstance,
    grid: Grid,
    sides: Sequence[SideConstraint],
    options: Options,
    budget: Budget,
) -> bool:
    """Return whether limits that the solver was in doubt of are kept, up to rounding.

    Raises
    ------
    InfeasibleError
        When they are out of reach by a hair.
    """
    told = hair.least_ratio(grid, sides, budget.options(options))
    if told is None:
        return False
    why = hair.out_of_reach(instance, sides, told[1])
    if why is not None and told[1] <= NEAR:
        raise why
    return why is None and told[0] <= 1 + hair.HAIR


def _within_rounding(program: LinearProgram, sides: Sequence[SideConstraint]) -> LinearProgram:
    """Return a program whose limits are kept by rounding."""
    upper = program.row_upper.copy()
    for side in hair.within_rounding(sides):
        upper[program.rows.block(side.name)] = side.upper
    return replace(program, row_upper=upper)


def _bound(grid: Grid, outcome: Outcome) -> float | None:
    """Return the proven bound: where every cost is 0 or more, no plan costs less than 0."""
    if outcome.bound is None or grid.process.cost.min() < 0:
        return outcome.bound
    return max(outcome.bound, 0.0)


def by_arrays(
    instance: MaintenanceInstance,
    options: Options,
    budget: Budget,
    progress: Callable[[Progress], None] | None = None,
    *,
    windows: Windows | None = None,
) -> Optimum:
    """Find the best policy by the linear program as arrays, within windows where some are given.

    Raises
    ------
    InfeasibleError
        When no policy meets the limits.
    NoAnswerError
        When the solver did not reach the optimum within its limits.
    """
    budget.require(_IN_TIME)
    grid = build(instance)
    budget.require(_IN_TIME)
    sides = formulation.limits(instance, grid)
    program = dual_program(grid.process, side_constraints=sides)
    if windows is not None:
        program = replace(program, upper=np.where(without(grid, windows), 0.0, program.upper))
    budget.require(_IN_TIME)
    answer = run(program, budget.options(options), progress=progress)
    if sides and _is_in_doubt(answer.outcome) and _is_kept(instance, grid, sides, options, budget):
        program = _within_rounding(program, sides)
        answer = run(program, budget.options(options), progress=progress)
    outcome = answer.outcome
    if outcome.status is Status.INFEASIBLE:
        raise explain(program, formulation.FAMILIES, instance, options, outcome, budget=budget)
    _require(outcome)
    assert answer.values is not None
    assert answer.duals is not None
    duals = answer.duals[len(answer.duals) - len(sides) :]
    prices = {side.name: float(price) + 0.0 for side, price in zip(sides, duals, strict=True)}
    share, known = _shares(instance, grid, answer.values, prices, budget, windows=windows)
    return Optimum(
        grid,
        share,
        float(outcome.objective or 0.0),
        _bound(grid, outcome),
        outcome.method,
        outcome.iterations or 0,
        known,
    )


def by_pyomo(
    instance: MaintenanceInstance,
    options: Options,
    budget: Budget,
    *,
    extend: Extend | None = None,
    progress: Callable[[Progress], None] | None = None,
    printer: bool = True,
) -> Optimum:
    """Find the best policy by the formulation, with what a caller adds.

    Raises
    ------
    InfeasibleError
        When no policy meets the limits, or what was added.
    NoAnswerError
        When the solver did not reach the optimum within its limits.
    """
    from amopt.program.pyomo import FIXED, compile_model, extended, load

    model = formulation.formulate(instance, printer=printer, budget=budget)
    budget.require(_IN_TIME)
    extended(model, extend)
    compiled = compile_model(model)
    budget.require(_IN_TIME)
    answer = run(compiled.program, budget.options(options), progress=progress)
    if extend is None and _is_in_doubt(answer.outcome):
        known = instance if printer else formulation.without_printer(instance)
        sides = formulation.limits(known, model.grid)
        if sides and _is_kept(known, model.grid, sides, options, budget):
            nearly = _within_rounding(compiled.program, sides)
            answer = run(nearly, budget.options(options), progress=progress)
    outcome = answer.outcome
    if outcome.status is Status.INFEASIBLE:
        families = (*formulation.FAMILIES, FIXED)
        raise explain(compiled.program, families, instance, options, outcome, budget=budget)
    _require(outcome)
    load(compiled, answer)
    return read(model, outcome=outcome, bound=_bound(model.grid, outcome), budget=budget)


def read(
    model: ConcreteModel,
    *,
    outcome: Outcome | None = None,
    bound: float | None = None,
    budget: Budget | None = None,
) -> Optimum:
    """Return what a solved program says.

    Raises
    ------
    NoAnswerError
        When the model has no values.
    UsageError
        When the model is not one of maintenance.
    """
    grid = getattr(model, "grid", None)
    if not isinstance(grid, Grid):
        raise UsageError(f"the model {model.name!r} is not one that amopt.maintenance formulated")
    values = [variable.value for variable in model.occupation.values()]
    if any(value is None for value in values):
        raise NoAnswerError(f"the model {model.name!r} has no values: solve it first")
    instance: Any = model.instance
    known = instance if model.printer else formulation.without_printer(instance)
    occupation = np.array(values, dtype=np.float64)
    share, limits = _shares(known, grid, occupation, _limits(model), budget)
    return Optimum(
        grid,
        share,
        float(grid.process.cost @ occupation),
        bound,
        "" if outcome is None else outcome.method,
        (outcome.iterations or 0) if outcome is not None else 0,
        limits,
    )


def _limits(model: Any) -> dict[str, float | None]:
    """Return what a program has beside the process, by name, with its dual where there is one."""
    dual = model.component("dual")
    found: dict[str, float | None] = {}
    for component in model.component_objects(active=True):
        if component.ctype.__name__ == "Constraint" and component.name not in renewal.HONOURS:
            for row in component.values():
                if row.active:
                    found[row.name] = None if dual is None else dual.get(row)
    for variable in model.occupation.values():
        if variable.fixed or variable.has_ub():
            found[f"{variable.name} is held"] = None
    return found
