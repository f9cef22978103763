r"""Solving a Markov decision process by linear programming: from a vertex to a policy.

A vertex of the dual program is a deterministic policy, and a policy is a basis: started from that
of policy iteration's policy, the simplex method has only to certify it. The policy of the vertex is
evaluated exactly, completed in the states where its measure is zero, and its bound recomputed from
the process. Should the solver's tolerances have stopped it short, policy iteration takes the last
steps and the outcome's method says so.

With side constraints :math:`b^-_i \le \sum_k a_{ik} x_k \le b^+_i` and their shadow prices
:math:`\pi_i`, the Lagrangian bound

.. math::

    \sum_s w_s V_\pi(s) + \sum_i \pi_i b_i, \qquad
    V_\pi \text{ optimal for the costs } c_k - \sum_i \pi_i a_{ik},

is recomputed from the process by policy iteration and travels with the answer.

The solver sees costs times :math:`1 - \alpha`, and weights :math:`w` times the number of states and
:math:`\sqrt{1 - \alpha}`: so values have the size of costs, the measure is neither lost below its
tolerances nor drowned in rounding. All that comes back is in the process's units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError, UsageError
from amopt.mdp.infeasibility import explain, explain_alone
from amopt.mdp.iteration.column_generation import Vertex, priced_in
from amopt.mdp.iteration.methods import improve_until_stable, policy_iteration
from amopt.mdp.iteration.result import PROVEN, IterationBudget, certified
from amopt.mdp.linear_program import (
    SideConstraint,
    check_side_constraints,
    dual_program,
    primal_program,
)
from amopt.mdp.policy import REACHED, DependsOnStartError, PolicyChain, policy_of_measure, toward
from amopt.mdp.process import Process
from amopt.mdp.solution import MarkovSolution
from amopt.outcome import Outcome, Status, Stopped, rounded_bound
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.time import Budget

__all__ = ["STARTS", "Start", "policy_basis", "solve"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

Start = Literal["policy_iteration", "column_generation", "cold"]

STARTS = get_args(Start)
"""Where a linear program starts."""


def solve(
    process: Process,
    initial: Floats,
    *,
    form: str = "dual",
    side_constraints: Sequence[SideConstraint] = (),
    start: Start = "policy_iteration",
    options: highs.Options | None = None,
    progress: Callable[[highs.Progress], None] | None = None,
) -> MarkovSolution:
    """Solve by linear programming; parameters as of :meth:`MarkovDecisionProcess.solve`."""
    if start not in STARTS:
        raise UsageError(f"unknown start {start!r}; choose one of {', '.join(STARTS)}")
    if start == "column_generation" and (side_constraints or form == "primal"):
        raise UsageError("column generation is for the dual program without side constraints")
    options = highs.Options(presolve=start == "cold") if options is None else options
    budget = Budget(options.time_limit)
    known = None
    if start != "cold":
        known = policy_iteration(process, initial, time_limit=budget.left)
        if known.outcome.stopped is Stopped.INTERRUPTED and not side_constraints:
            return known
        known.outcome.require_ended()
    if side_constraints:
        check_side_constraints(process, side_constraints)
        clash = explain_alone(process, initial, side_constraints, budget)
        if clash is not None:
            raise clash
    weights = initial if side_constraints else _positive(process, initial)

    def solve_part(part: Process, policy: Ints | None) -> Vertex:
        return _solve_program(
            part,
            weights,
            form,
            side_constraints,
            policy=policy,
            options=replace(options, time_limit=budget.left),
            progress=progress,
        )

    policy = None if known is None else known.policy
    if start == "column_generation" and policy is not None:
        vertex = priced_in(process, policy, solve_part)
    else:
        vertex = solve_part(process, policy)
    if side_constraints and vertex.occupation is None and not _interrupted(vertex.outcome):
        clash = explain(process, initial, side_constraints, options, budget.to_explain())
        if clash is not None:
            clash.outcome = replace(vertex.outcome, status=Status.INFEASIBLE)
            raise clash
    if side_constraints:
        solution = _constrained(process, initial, side_constraints, vertex)
    else:
        solution = _deterministic(process, initial, vertex, known)
    measured = vertex.occupation if weights is initial else None
    solution = replace(solution, measure=_measure(solution, measured))
    return _with_outcome(solution, vertex.outcome, budget.spent)


def _positive(process: Process, initial: Floats) -> Floats:
    """Return weights of the states for the program: those given, or all alike where some are 0.

    A policy that is optimal for positive weights is so from every first state (Puterman 1994,
    theorem 6.9.3); with weights of 0 the program is degenerate, and solved many times slower.
    """
    return initial if process.average or initial.min() > 0 else process.initial_distribution(None)


def _measure(solution: MarkovSolution, occupation: Floats | None) -> Floats | None:
    """Return the program's occupation measure where it is that of the policy, else the policy's."""
    if solution.measure is not None:
        return solution.measure
    if occupation is None:
        return solution.occupation
    elsewhere = occupation.copy()
    elsewhere[solution.policy] = 0.0
    if elsewhere.max() > REACHED * occupation.max():
        return solution.occupation
    return occupation - elsewhere


def _interrupted(outcome: Outcome) -> bool:
    return outcome.stopped in (Stopped.TIME_LIMIT, Stopped.INTERRUPTED)


def _solve_program(
    process: Process,
    initial: Floats,
    form: str,
    side_constraints: Sequence[SideConstraint],
    *,
    policy: Ints | None = None,
    options: highs.Options,
    progress: Callable[[highs.Progress], None] | None = None,
) -> Vertex:
    """Build, scale and solve the program, and scale its answer back."""
    money = 1.0 if process.discount is None else 1.0 - process.discount
    size = process.states * math.sqrt(money)
    wide = bool(side_constraints) or policy is not None
    if form == "dual":
        program = dual_program(process, initial, side_constraints)
        scaled = replace(
            program,
            cost=program.cost * money,
            row_lower=program.row_lower * size,
            row_upper=program.row_upper * size,
            upper=_generous(process, size) if wide else program.upper,
        )
    else:
        program = primal_program(process, initial)
        scaled = replace(program, cost=program.cost * size, row_upper=program.row_upper * money)
    basis = None if policy is None else policy_basis(process, policy, program, form)
    answer = highs.solve(scaled, options, basis=basis, progress=progress)
    values = answer.values if form == "dual" else answer.duals
    occupation = None if values is None else np.maximum(values, 0.0) / size
    prices = np.zeros(len(side_constraints))
    if side_constraints and answer.duals is not None:
        prices = answer.duals[-len(side_constraints) :] / money
    if form == "primal" or answer.duals is None:
        return Vertex(answer.outcome, occupation, prices)
    gain = float(answer.duals[process.states]) if process.average else 0.0
    return Vertex(answer.outcome, occupation, prices, answer.duals[: process.states] / money, gain)


def _generous(process: Process, size: float) -> Floats:
    r"""Return upper bounds that no measure reaches, shape (pairs,).

    A state is passed at most once between two pairs that take time, so no pair is taken more often
    than those: :math:`1 / (1 - \alpha^{\underline\tau})` times. Twice that changes no answer. It
    makes the proof that side constraints clash one that can be checked, and the check of duals a
    quick one: nothing need be looked for in the rows that bounds a column.
    """
    shortest = int(process.duration[process.duration > 0].min())
    most = 1.0 / shortest
    if process.discount is not None:
        most = 1.0 / (1.0 - process.discount**shortest)
    return np.full(process.pairs, 2.0 * most * size)


def policy_basis(
    process: Process, policy: Ints, program: LinearProgram, form: str = "dual"
) -> highs.Basis:
    """Return the simplex basis that stands for a policy.

    In the dual its pairs are basic, in the primal its rows are tight. On average cost one flow
    balance is implied by the others: its row is basic, its bias not.

    Parameters
    ----------
    process
        The process.
    policy
        The pair that is taken in each state, shape (states,).
    program
        Its program, of :mod:`amopt.mdp.linear_program`.
    form
        ``"dual"`` or ``"primal"``: which program it is.
    """
    rows, columns = program.shape
    taken = np.zeros(process.pairs, dtype=bool)
    taken[policy] = True
    if form == "primal":
        basic = np.ones(columns, dtype=bool)
        if process.average:
            basic[_reference(process, policy)] = False
        return highs.Basis.of(basic, ~taken)
    basic = np.zeros(rows, dtype=bool)
    if process.average:
        basic[_reference(process, policy)] = True
    basic[process.states + process.average :] = True
    return highs.Basis.of(taken, basic)


def _reference(process: Process, policy: Ints) -> int:
    """Return a recurrent state of a policy."""
    return PolicyChain.of(process, policy).reference


def _deterministic(
    process: Process,
    initial: Floats,
    vertex: Vertex,
    known: MarkovSolution | None,
) -> MarkovSolution:
    """Return the policy of a vertex, completed where it never comes, evaluated and certified."""
    if vertex.occupation is None:
        if known is not None:
            return known
        raise NoAnswerError(
            f"the solver ended without a policy ({vertex.outcome.stopped}); allow more time, or "
            "start from policy iteration",
            outcome=vertex.outcome,
        )
    _, policy = process.minimum(-vertex.occupation)
    reached = process.by_state(vertex.occupation) > REACHED / process.states
    if known is not None and (known.policy == policy)[reached].all():
        return known
    if process.average:
        policy, rest = toward(process, np.flatnonzero(reached), policy)
        if rest.size:
            raise DependsOnStartError(
                "the average cost depends on the first state (a multichain process): no policy "
                f"leads from {process.state_label(int(rest[0]))} to the best recurrent class",
                outcome=vertex.outcome,
            )
    budget = IterationBudget(1000, None)
    best, value, gain, stopped = improve_until_stable(process, policy, budget)
    refined = bool((best != policy)[reached].any())
    return certified(
        process,
        initial,
        best,
        (value, gain),
        stopped=stopped,
        method="refined by policy iteration" if refined else "",
        budget=budget,
    )


def _constrained(
    process: Process,
    initial: Floats,
    side_constraints: Sequence[SideConstraint],
    vertex: Vertex,
) -> MarkovSolution:
    """Return the randomised policy of a vertex, evaluated, with its Lagrangian bound."""
    if vertex.occupation is None:
        raise NoAnswerError(
            f"the solver ended without a policy ({vertex.outcome.stopped})", outcome=vertex.outcome
        )
    lagrangian, bound = _lagrangian(process, initial, side_constraints, vertex.prices)
    probabilities = policy_of_measure(process, vertex.occupation, lagrangian.policy)
    chain = PolicyChain.randomised(process, probabilities)
    value, gain = chain.evaluate()
    measure = chain.visits(initial)[process.state_of_pair] * probabilities
    objective = gain if process.average else float(initial @ value)
    violation = _violation(side_constraints, measure)
    scale = max(abs(objective), float(np.abs(process.cost) @ measure))
    limited = [float(np.abs(side.coefficients) @ measure) for side in side_constraints]
    priced = float(np.abs(vertex.prices) @ limited)  # a limit that is passed by a hair pays as much
    known = rounded_bound(bound, objective, scale + priced)
    error = np.inf if known is None else abs(objective - known)
    proven = error <= PROVEN * scale and violation <= PROVEN
    return replace(
        lagrangian,
        process=process,
        value=value,
        policy=process.minimum(-probabilities)[1],
        gain=gain if process.average else None,
        gains=np.full(process.states, gain) if process.average else None,
        bias=value if process.average else None,
        error_bound=error,
        probabilities=probabilities,
        prices={
            side.name: float(price)
            for side, price in zip(side_constraints, vertex.prices, strict=True)
        },
        measure=measure,
        outcome=replace(
            lagrangian.outcome,
            method="",
            status=Status.OPTIMAL if proven else Status.FEASIBLE,
            objective=objective,
            bound=known,
            residuals={**lagrangian.outcome.residuals, "side constraints": violation},
        ),
    )


def _lagrangian(
    process: Process,
    initial: Floats,
    side_constraints: Sequence[SideConstraint],
    prices: Floats,
) -> tuple[MarkovSolution, float]:
    """Return the best policy at these prices of the side constraints, and the bound it proves."""
    coefficients = np.array([side.coefficients for side in side_constraints])
    priced = process.with_cost(process.cost - prices @ coefficients)
    best = policy_iteration(priced, initial)
    best.outcome.require_ended()
    if best.outcome.bound is None:
        raise NoAnswerError(
            "the prices of the side constraints gave no bound", outcome=best.outcome
        )
    limits = np.where(
        prices > 0,
        [side.lower for side in side_constraints],
        [side.upper for side in side_constraints],
    )
    active = prices != 0
    return best, best.outcome.bound + float(prices[active] @ limits[active])


def _violation(side_constraints: Sequence[SideConstraint], measure: Floats) -> float:
    """Return the largest violation, relative to what the measure uses."""
    worst = 0.0
    for side in side_constraints:
        used = float(side.coefficients @ measure)
        scale = max(abs(used), float(np.abs(side.coefficients) @ measure), 1e-300)
        worst = max(worst, float(side.lower - used) / scale, float(used - side.upper) / scale)
    return worst


def _with_outcome(solution: MarkovSolution, solver: Outcome, seconds: float) -> MarkovSolution:
    """Return the solution with what the solver said of its work."""
    own = solution.outcome
    methods = (solver.method, own.method if own.method.startswith("refined") else "")
    method = ", ".join(part for part in methods if part) if solver.has_answer else own.method
    return replace(
        solution,
        outcome=replace(
            own,
            stopped=solver.stopped,
            method=method,
            seconds={**solver.seconds, "policy": max(seconds - solver.total_seconds, 0.0)},
            versions={**own.versions, **solver.versions},
            residuals={**solver.residuals, **own.residuals},
            iterations=solver.iterations,
        ),
    )
