"""Why the solver stopped, and what the answer is worth: two questions, two statuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

__all__ = ["Outcome", "Status", "Stopped", "relative_gap", "rounded_bound", "versions"]

ROUNDING = 1e-6
"""Difference up to which a bound beyond the objective is rounding, relative to what the objective
adds up."""


class Stopped(StrEnum):
    """Why the solver stopped."""

    FINISHED = "finished"
    TIME_LIMIT = "time_limit"
    ITERATION_LIMIT = "iteration_limit"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Status(StrEnum):
    """What the answer is worth."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    """The referee does not accept it, whatever the solver said."""


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """Return ``|objective - bound| / |objective|``; None where one of them is missing."""
    if objective is None or bound is None:
        return None
    difference = abs(objective - bound)
    if difference == 0:
        return 0.0
    return difference / abs(objective) if objective else math.inf


def rounded_bound(
    bound: float | None, objective: float, scale: float = 0.0, *, maximise: bool = False
) -> float | None:
    """Return a bound, or the objective where no more than rounding puts the bound beyond it.

    A bound that is beyond the objective by more is wrong: it stays as it is, so that it proves
    nothing and the referee refuses the answer.

    Parameters
    ----------
    bound
        The bound on the best objective; None where nothing is proven.
    objective
        The objective of the answer.
    scale
        The sum of the absolute values that the objective is the sum of, where terms may cancel.
    maximise
        Whether the bound is from above.
    """
    if bound is None:
        return None
    beyond = objective - bound if maximise else bound - objective
    return objective if 0 < beyond <= ROUNDING * max(abs(objective), scale) else bound


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a source tree that was never installed
        return "not installed"


def versions(*packages: str) -> dict[str, str]:
    """Return the installed version of each package, for the record that travels with an answer."""
    return {package: _version(package) for package in packages}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a solve ended and what its answer is worth.

    Attributes
    ----------
    stopped
        Why the solver stopped.
    status
        What the answer is worth.
    objective
        The objective of the answer, in the instance's unit; None without an answer.
    bound
        The proven bound on the best objective; None where nothing is proven.
    method
        The method that gave this answer, such as ``"HiGHS dual simplex"``.
    seconds
        Wall-clock seconds by phase (``build``, ``solve``, ``check``, ...).
    versions
        The versions of the packages that took part.
    residuals
        Largest violations as recomputed, by kind: ``primal``, ``dual``, ``integrality``,
        ``bellman``.
    iterations
        Iterations or nodes that the method needed.
    """

    stopped: Stopped
    status: Status
    objective: float | None = None
    bound: float | None = None
    method: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    residuals: dict[str, float] = field(default_factory=dict)
    iterations: int | None = None

    @property
    def gap(self) -> float | None:
        """The relative gap between objective and bound."""
        return relative_gap(self.objective, self.bound)

    @property
    def has_answer(self) -> bool:
        """Whether there is an answer to use."""
        return self.status in (Status.OPTIMAL, Status.FEASIBLE)

    def refused(self) -> Outcome:
        """Return the outcome of an answer that the referee does not accept."""
        return replace(self, status=Status.REFUSED)

    def require_ended(self) -> None:
        """Raise where Ctrl-C cut the solve short: its answer is not one of several that ended.

        Raises
        ------
        KeyboardInterrupt
            When Ctrl-C ended the solve.
        """
        if self.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt

    @property
    def total_seconds(self) -> float:
        """Wall-clock seconds over all phases."""
        return sum(self.seconds.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return {
            "status": str(self.status),
            "stopped": str(self.stopped),
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "seconds": self.total_seconds,
            "seconds_by_phase": self.seconds,
            "method": self.method,
            "iterations": self.iterations,
            "residuals": self.residuals,
            "versions": self.versions,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """Return the outcome that :meth:`to_dict` wrote down."""
        return cls(
            stopped=Stopped(data["stopped"]),
            status=Status(data["status"]),
            objective=data["objective"],
            bound=data["bound"],
            method=data["method"],
            seconds=dict(data["seconds_by_phase"]),
            versions=dict(data["versions"]),
            residuals=dict(data["residuals"]),
            iterations=data["iterations"],
        )
