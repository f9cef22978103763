"""What a caller may ask of a solve, and the ways to carry it out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from amopt.errors import UsageError
from amopt.program.linear import LinearProgram
from amopt.program.solver.residuals import cost_scale

__all__ = ["METHODS", "SETTINGS", "Attempt", "Options", "attempts"]

METHODS = ("choose", "simplex", "primal simplex", "ipm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a caller may ask of a solve.

    Attributes
    ----------
    time_limit
        Seconds of wall clock; None for no limit.
    gap
        Relative gap at which a mixed-integer solve may stop. An answer whose gap is larger than
        1e-6 is called feasible, not optimal, also where this option allows it.
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

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"unknown method {self.method!r}: choose one of {', '.join(METHODS)}")
        if self.time_limit is not None and not self.time_limit >= 0:
            raise UsageError(f"the time limit must be 0 or more seconds, not {self.time_limit}")
        if not 0 <= self.gap < math.inf:
            raise UsageError(f"the gap must be 0 or more, not {self.gap}")
        if self.threads < 0:
            raise UsageError(f"the number of threads must be 0 or more, not {self.threads}")
        if not 0 <= self.seed < 2**31:
            raise UsageError(f"the seed must be between 0 and 2147483647, not {self.seed}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to solve a program: its name and the solver's options."""

    method: str
    settings: dict[str, Any]


_WAYS: dict[str, dict[str, Any]] = {
    "dual simplex": {"solver": "simplex", "simplex_strategy": 1},
    "primal simplex": {"solver": "simplex", "simplex_strategy": 4},
    "interior point with crossover": {"solver": "ipm", "run_crossover": "on"},
}


def attempts(program: LinearProgram, options: Options) -> list[Attempt]:
    """Return the ways to solve a program, the one asked for first."""
    presolve = "on" if options.presolve else "off"
    if program.is_mixed_integer:
        name, other = "HiGHS branch and bound", (options.seed + 1) % 2**31
        tight = {"mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9}
        return [
            Attempt(name, {"presolve": presolve}),
            Attempt(f"{name}, no presolve", {"presolve": "off", "random_seed": other}),
            Attempt(f"{name}, tight tolerances", {"presolve": "off", **tight}),
        ]
    asked = {
        "choose": "dual simplex",
        "simplex": "dual simplex",
        "primal simplex": "primal simplex",
        "ipm": "interior point with crossover",
    }[options.method]
    off = {"presolve": "off"}
    scaled = {"user_objective_scale": -round(math.log2(cost_scale(program)))}
    ways = [Attempt(f"HiGHS {asked}", {"presolve": presolve, **_WAYS[asked]})]
    if options.presolve:
        ways.append(Attempt(f"HiGHS {asked}, no presolve", {**off, **_WAYS[asked]}))
    ways += [
        Attempt(f"HiGHS {name}, no presolve", {**off, **way})
        for name, way in _WAYS.items()
        if name != asked
    ]
    ways += [
        Attempt(f"HiGHS {name}, scaled costs", {**off, **way, **scaled})
        for name, way in _WAYS.items()
    ]
    return ways


SETTINGS: dict[str, Any] = {
    "log_to_console": False,
    "threads": 1,
    "small_matrix_value": 1e-12,
    "user_objective_scale": 0,
    "mip_feasibility_tolerance": 1e-6,
    "primal_feasibility_tolerance": 1e-7,
    "run_crossover": "on",
}
