"""What a caller may ask of a solve, and the attempts that are made to carry it out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from amopt.errors import UsageError

if TYPE_CHECKING:
    from amopt.program.linear import LinearProgram
    from amopt.program.solver.scaling import Scaling

__all__ = [
    "METHODS",
    "REFINING",
    "SETTINGS",
    "SMALLEST",
    "USUALLY_SMALLEST",
    "Attempt",
    "Options",
    "attempts",
    "simplex_iterations",
    "thread_settings",
]

MOST_THREADS = 256
"""Threads beyond which a number is taken for a mistake."""

_LARGEST_GAP = 1e100
"""Gap beyond which the solver takes none: no proof is wanted long before."""

SMALLEST, USUALLY_SMALLEST = 1e-12, 1e-9
"""Coefficients up to this size the solver leaves out; and by itself, where it may without loss."""

METHODS = ("choose", "simplex", "primal simplex", "ipm")
"""Methods for linear programs."""


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
        Threads that HiGHS may use, at most 256; 0 lets it choose.
    seed
        Random seed.
    method
        ``"choose"``, ``"simplex"`` (dual), ``"primal simplex"``, ``"ipm"``; for LPs.
    presolve
        Whether to presolve.
    sub_programs
        Whether a mixed-integer solve may look for answers in smaller programs; without, it proves
        sooner what it has.
    """

    time_limit: float | None = None
    gap: float = 1e-6
    threads: int = 1
    seed: int = 0
    method: str = "choose"
    presolve: bool = True
    sub_programs: bool = True

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"unknown method {self.method!r}: choose one of {', '.join(METHODS)}")
        if not isinstance(self.presolve, bool | np.bool_):
            raise UsageError(f"presolve must be True or False, not {self.presolve!r}")
        if not isinstance(self.sub_programs, bool | np.bool_):
            raise UsageError(f"sub_programs must be True or False, not {self.sub_programs!r}")
        if self.time_limit is not None:
            _number("the time limit", self.time_limit, Real, math.inf, "seconds, 0 or more")
        _number("the gap", self.gap, Real, _LARGEST_GAP, "a number, 0 or more")
        _number(
            "threads", self.threads, Integral, MOST_THREADS, f"a number from 0 to {MOST_THREADS}"
        )
        _number("the seed", self.seed, Integral, 2**31 - 1, "a number from 0 to 2147483647")


def _number(what: str, given: Any, kind: type, largest: float, wanted: str) -> None:
    """Refuse what is not a number of a kind from 0 to the largest."""
    right = isinstance(given, kind) and not isinstance(given, bool | np.bool_)
    if not right or not 0 <= float(given) <= largest:  # NaN is neither
        raise UsageError(f"{what} must be {wanted}, not {given!r}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a program: the name of its method and the solver's options."""

    method: str
    settings: dict[str, Any]


_TIGHT = 1e-9
"""The solver's absolute tolerance where its usual one was too coarse; near the least it takes."""

_SUB_PROGRAMS = ("run_root_reduced_cost", "run_rins", "run_rens")
"""The solver's searches of smaller programs."""

_LINEAR: dict[str, dict[str, Any]] = {
    "dual simplex": {"solver": "simplex", "simplex_strategy": 1},
    "primal simplex": {"solver": "simplex", "simplex_strategy": 4},
    "interior point with crossover": {"solver": "ipm", "run_crossover": "on"},
}


def attempts(program: LinearProgram, options: Options, scaling: Scaling) -> list[Attempt]:
    """Return the attempts to make at a program, the one asked for first."""
    presolve = "on" if options.presolve else "off"
    if program.is_mixed_integer:
        name, other = "HiGHS branch and bound", (int(options.seed) + 1) % 2**31
        some = {} if options.sub_programs else {f"mip_heuristic_{k}": False for k in _SUB_PROGRAMS}
        tight = {"mip_feasibility_tolerance": _TIGHT, "primal_feasibility_tolerance": _TIGHT}
        return [
            Attempt(name, {"presolve": presolve, **some}),
            Attempt(f"{name}, no presolve", {"presolve": "off", "random_seed": other, **some}),
            Attempt(f"{name}, tight tolerances", {"presolve": "off", **tight, **some}),
        ]
    asked = {
        "choose": "dual simplex",
        "simplex": "dual simplex",
        "primal simplex": "primal simplex",
        "ipm": "interior point with crossover",
    }[options.method]
    off = {"presolve": "off"}
    largest = float(np.abs(scaling.cost(program)).max(initial=0.0)) or 1.0
    scaled = {"user_objective_scale": -round(math.log2(largest))}
    several = [Attempt(f"HiGHS {asked}", {"presolve": presolve, **_LINEAR[asked]})]
    if options.presolve:
        several.append(Attempt(f"HiGHS {asked}, no presolve", {**off, **_LINEAR[asked]}))
    several += [
        Attempt(f"HiGHS {name}, no presolve", {**off, **choice})
        for name, choice in _LINEAR.items()
        if name != asked
    ]
    several += [
        Attempt(f"HiGHS {name}, scaled costs", {**off, **choice, **scaled})
        for name, choice in _LINEAR.items()
    ]
    return several


SETTINGS: dict[str, Any] = {
    "log_to_console": False,
    "user_objective_scale": 0,
    "mip_feasibility_tolerance": 1e-6,
    "primal_feasibility_tolerance": 1e-7,
    "dual_feasibility_tolerance": 1e-7,
    "run_crossover": "on",
    "solver": "choose",
    "simplex_strategy": 1,
    "ipm_iteration_limit": 10_000,
}
"""What holds for every attempt that does not say otherwise.

The interior point method of HiGHS 1.15 repeats one iteration for ever where costs lie thirty powers
of ten apart; some two hundred iterations are many.
"""


REFINING: dict[str, Any] = {
    "presolve": "off",
    "solver": "simplex",
    "primal_feasibility_tolerance": _TIGHT,
    "dual_feasibility_tolerance": _TIGHT,
}
"""What holds for a run that goes on from a basis that is nearly optimal."""


def simplex_iterations(program: LinearProgram) -> int:
    """Return the simplex iterations after which a linear program is taken to cycle."""
    return min(100_000 + 100 * sum(program.shape), 2**31 - 1)


def thread_settings(threads: int) -> dict[str, Any]:
    """Return the solver's options for so many threads; 0 lets it choose.

    One thread means one: the solver would otherwise search a tree in parallel where it can.
    """
    return {"threads": threads, "parallel": "off" if threads == 1 else "choose"}
