"""The linear programs of many instances, each started from the basis of a policy, on all cores.

Instances whose parts live alike share the program but for its costs: the solver holds it once for
each core and takes the costs of one instance after the other. Policy iteration's policy is a basis;
the simplex method has only to certify it, or to go on from there.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.methods import renewal
from amopt.maintenance.policy import chosen
from amopt.maintenance.process import Grid, build, costs
from amopt.mdp import dual_program
from amopt.mdp.lp_solve import policy_basis
from amopt.outcome import Outcome, Status
from amopt.program.linear import LinearProgram
from amopt.program.solver.highs import Solver
from amopt.program.solver.options import Options
from amopt.program.time import Budget

__all__ = ["Certified", "by_iteration", "by_programs"]

Floats = NDArray[np.float64]

AT_ONCE = 10_000_000
"""States of all instances that policy iteration holds at a time: 16 bytes and more for each."""

_IN_TIME = "every variant was solved"


@dataclass(frozen=True)
class Certified:
    """The best average costs of instances; arrays of shape (instances,).

    Attributes
    ----------
    gain, bound
        Average cost a day, and what no policy is below, in money.
    """

    gain: Floats
    bound: Floats


def by_iteration(
    instances: Sequence[MaintenanceInstance], budget: Budget | None = None
) -> Certified:
    """Return the best costs by policy iteration, many instances at once; limits are not looked at.

    The instances share their lead times. So many are solved at once as have no more than
    :data:`AT_ONCE` states together.

    Parameters
    ----------
    instances
        The instances.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When the time is over.
    """
    together = max(AT_ONCE // max(one.states for one in instances), 1)
    found = [
        renewal.solve(instances[first : first + together], budget)
        for first in range(0, len(instances), together)
    ]
    return Certified(
        np.concatenate([part.gain for part in found]),
        np.concatenate([part.bound for part in found]),
    )


def by_programs(
    instances: Sequence[MaintenanceInstance],
    *,
    workers: int | None = None,
    budget: Budget | None = None,
) -> Certified:
    """Return the best costs by the linear program of each instance; limits are not looked at.

    Parameters
    ----------
    instances
        The instances.
    workers
        How many solvers run at a time; left out, one for each core.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When the solver does not prove an optimum, or the time is over.
    """
    workers, budget = workers or cores(), budget or Budget()
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, one in enumerate(instances):
        alike[_process_of(one)].append(index)
    gain, bound = np.full(len(instances), np.nan), np.full(len(instances), -np.inf)
    with ThreadPoolExecutor(workers) as pool, _ended_by_ctrl_c(budget):
        for members in alike.values():
            budget.require(_IN_TIME)
            family = _Alike.of([instances[index] for index in members], budget)
            parts = np.array_split(np.arange(len(members)), min(workers, len(members)))
            for part, outcomes in zip(parts, pool.map(family.solved, parts), strict=True):
                where = np.array(members)[part]
                gain[where] = [outcome.objective for outcome in outcomes]
                bound[where] = [outcome.bound for outcome in outcomes]
    return Certified(gain, bound)


@contextmanager
def _ended_by_ctrl_c(budget: Budget) -> Iterator[None]:
    """Leave no time to the threads that solve once Ctrl-C came: they look at it at each program."""
    try:
        yield
    except KeyboardInterrupt:
        budget.limit = 0.0
        raise


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _process_of(instance: MaintenanceInstance) -> tuple[object, ...]:
    """Return what instances share whose processes differ in nothing but costs."""
    printed = instance.printed
    return (
        *(fails.tobytes() for fails in instance.failure_probabilities),
        instance.regular.lead_time_days,
        None if printed is None else printed.lead_time_days,
    )


@dataclass(frozen=True)
class _Alike:
    """Instances that share the process but for its costs, with the policies to start from."""

    instances: Sequence[MaintenanceInstance]
    grid: Grid
    program: LinearProgram
    start: renewal.Renewal
    budget: Budget

    @classmethod
    def of(cls, instances: Sequence[MaintenanceInstance], budget: Budget) -> _Alike:
        start = renewal.solve(instances, budget)
        grid = build(instances[0])
        return cls(instances, grid, dual_program(grid.process), start, budget)

    def solved(self, members: NDArray[np.intp]) -> list[Outcome]:
        """Solve the programs of some of the instances, one after the other."""
        grid, start, found = self.grid, self.start, []
        options = self.budget.options(Options(presolve=False))
        with Solver(self.program, options) as solver:
            for k in members.tolist():
                self.budget.require(_IN_TIME)
                solver.change_cost(
                    costs(self.instances[k], grid.action, grid.failures, grid.down, grid.held)
                )
                share = chosen(grid, start.order[k], start.install[k], start.down[k])
                basis = policy_basis(grid.process, np.flatnonzero(share), self.program)
                outcome = solver.solve(basis=basis).outcome
                if outcome.status is not Status.OPTIMAL:
                    raise NoAnswerError(
                        f"the linear program of {self.instances[k].name!r} was not solved: "
                        f"{outcome.status} ({outcome.stopped}).",
                        outcome=outcome,
                    )
                found.append(outcome)
        return found
