"""The one door to the solver: limits, progress, interrupt, warm start, verified answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram
from amopt.program.outcome import Outcome

__all__ = ["Answer", "Options", "Progress", "solve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a caller may ask of a solve.

    Attributes
    ----------
    time_limit
        Seconds of wall clock; None for no limit.
    gap
        Relative gap at which a mixed-integer solve may stop.
    threads
        Threads that HiGHS may use; 0 lets it choose.
    seed
        Random seed.
    method
        ``"choose"``, ``"simplex"`` (dual), ``"primal simplex"``, ``"ipm"``; for LPs.
    presolve
        Whether to presolve.
    """

    time_limit: float | None = None
    gap: float = 1e-6
    threads: int = 1
    seed: int = 0
    method: str = "choose"
    presolve: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """What a running solve reports: seconds so far, incumbent, bound, gap and nodes."""

    seconds: float
    objective: float | None
    bound: float | None
    gap: float | None
    nodes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver answered.

    Attributes
    ----------
    outcome
        Statuses, bound, gap, seconds, residuals.
    values
        Column values, shape (n,); None without an answer.
    duals
        Row duals (shadow prices: change of the optimum a unit of the right-hand side), shape (m,).
    reduced_costs
        Column duals, shape (n,).
    basis
        Simplex basis for a warm start, opaque.
    """

    outcome: Outcome
    values: NDArray[np.float64] | None = None
    duals: NDArray[np.float64] | None = None
    reduced_costs: NDArray[np.float64] | None = None
    basis: Any = None


def solve(
    program: LinearProgram,
    options: Options | None = None,
    *,
    start: NDArray[np.float64] | None = None,
    basis: Any = None,
    progress: Callable[[Progress], None] | None = None,
) -> Answer:
    """Solve a program (first cut of the door; see the signature)."""
    raise NotImplementedError
