"""Which method answers which criterion, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError
from amopt.mdp.process import METHODS, Process

if TYPE_CHECKING:
    from amopt.mdp.linear_program import SideConstraint
    from amopt.mdp.solution import MarkovSolution
    from amopt.program.family import Extend
    from amopt.program.solver.highs import Options, Progress

__all__ = ["Settings", "solve"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """How to solve; see :meth:`MarkovDecisionProcess.solve`."""

    initial: Floats
    method: str = "lp"
    form: str = "dual"
    start: Literal["policy_iteration", "column_generation", "cold"] = "policy_iteration"
    side_constraints: Sequence[SideConstraint] = ()
    extend: Extend | None = None
    tolerance: float = 1e-9
    iteration_limit: int = 100_000
    options: Options | None = None
    progress: Callable[[Progress], None] | None = None

    @property
    def time_limit(self) -> float | None:
        """Seconds of wall budget; None without a limit."""
        return None if self.options is None else self.options.time_limit

    def check(self) -> None:
        """Refuse what does not go together."""
        if self.method not in METHODS:
            raise UsageError(f"unknown method {self.method!r}; choose one of {', '.join(METHODS)}")
        if self.form not in ("dual", "primal"):
            raise UsageError(f"unknown form {self.form!r}; choose 'dual' or 'primal'")
        added = "side constraints" if self.side_constraints else "extend" if self.extend else ""
        if added and self.method != "lp":
            raise UsageError(f"{added} need the method 'lp', not {self.method!r}")
        if added and self.form == "primal":
            raise UsageError(f"{added}: linear in the dual form only; use form='dual'")
        if self.side_constraints and self.extend:
            raise UsageError("give side constraints or extend, not both: extend can add them too")


def solve(process: Process, settings: Settings) -> MarkovSolution:
    """Solve a process without constraints of a caller's own; see :class:`Settings`."""
    from amopt.mdp.policy import DependsOnStartError

    settings.check()
    if process.total:
        return _total(process, settings)
    try:
        return _one_gain(process, settings)
    except DependsOnStartError:
        if settings.side_constraints:
            raise
    return _multichain(process, settings)


def _one_gain(process: Process, settings: Settings) -> MarkovSolution:
    """Solve for discounted cost, or for an average that does not depend on the first state."""
    if settings.method == "lp":
        from amopt.mdp import lp_solve

        return lp_solve.solve(
            process,
            settings.initial,
            form=settings.form,
            start=settings.start,
            side_constraints=settings.side_constraints,
            options=settings.options,
            progress=settings.progress,
        )
    from amopt.mdp.iteration.methods import ITERATIONS

    return ITERATIONS[settings.method](
        process,
        settings.initial,
        tolerance=settings.tolerance,
        iteration_limit=settings.iteration_limit,
        time_limit=settings.time_limit,
    )


def _multichain(process: Process, settings: Settings) -> MarkovSolution:
    """Solve for an average cost that depends on the first state."""
    from amopt.mdp.decomposition import average

    if settings.method == "lp":
        return average.solve_by_program(
            process,
            settings.initial,
            form=settings.form,
            options=settings.options,
            progress=settings.progress,
        )
    return average.solve(
        process,
        settings.initial,
        settings.method,
        tolerance=settings.tolerance,
        iteration_limit=settings.iteration_limit,
        time_limit=settings.time_limit,
    )


def _total(process: Process, settings: Settings) -> MarkovSolution:
    """Solve for the total cost."""
    from amopt.mdp.decomposition import total

    if settings.side_constraints:
        raise UsageError("on total cost limits are added to the Pyomo program, by extend")
    return total.solve(
        process,
        settings.initial,
        settings.method,
        form=settings.form,
        iteration_limit=settings.iteration_limit,
        options=settings.options,
        progress=settings.progress,
    )
