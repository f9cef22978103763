"""The factorial of an instance: every policy, and the best plan, for each of its variants."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.decision import require_honoured
from amopt.errors import UsageError
from amopt.maintenance import best_ages, closed_form, formulation
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.methods import renewal
from amopt.maintenance.methods.batch import Certified, by_iteration, by_programs
from amopt.outcome import Stopped
from amopt.phrases import amount, counted
from amopt.program.pieces import Pieces
from amopt.program.time import Budget

__all__ = ["METHODS", "Variants", "factorial", "summary", "variants"]

Floats = NDArray[np.float64]

METHODS = ("policy_iteration", "arrays")
"""How the best plans are found: all at once, or by the linear program of each."""

NOTHING = 1e-12
"""Share of the dearest variant's cost that is rounding."""

ALL = " over all"

TOGETHER = 81
"""Variants that are worked out at once: more are hardly faster, and Ctrl-C would wait for them."""


@dataclass(frozen=True)
class Variants:
    """The variants of a factorial, as far as Ctrl-C left them.

    Attributes
    ----------
    rows
        A row each: the numbers that vary, the cost a day of ``B``, ``TR`` and ``DA`` (None where
        nothing can be printed), and of the best plan, ``best``, with its proven ``bound``.
    pieces
        How many blocks of :data:`TOGETHER` variants are done.
    """

    rows: list[dict[str, Any]]
    pieces: Pieces

    def ended_early(self) -> str:
        """Say how far it came, where Ctrl-C ended it; else nothing."""
        return self.pieces.in_words("block of variants", "blocks of variants")


def variants(
    instance: MaintenanceInstance,
    *,
    method: str = "policy_iteration",
    workers: int | None = None,
    time_limit: float | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of :func:`factorial`, all of them.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C.
    """
    found = factorial(instance, method=method, workers=workers, time_limit=time_limit)
    if found.pieces.stopped is Stopped.INTERRUPTED:
        raise KeyboardInterrupt
    return found.rows


def factorial(
    instance: MaintenanceInstance,
    *,
    method: str = "policy_iteration",
    workers: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Variants:
    """Return a row for each variant of an instance's factorial.

    Ctrl-C ends it with the variants that are done.

    Parameters
    ----------
    instance
        The instance, with a factorial.
    method
        One of :data:`METHODS`.
    workers
        How many linear programs are solved at a time; left out, one on each core.
    time_limit
        Seconds that all variants may take together; left out, all that they need.
    progress
        Told how many blocks of variants are done, and how many there are.

    Raises
    ------
    NoAnswerError
        When the time limit was reached before every variant was solved.
    UsageError
        When the instance has no factorial or has limits, or there is no such method.
    KeyboardInterrupt
        At Ctrl-C before any variant is done, and at a second one.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}: choose one of {', '.join(METHODS)}")
    if instance.factorial is None:
        raise UsageError("the instance has no factorial: give it the values that vary")
    require_honoured("a factorial", renewal.HONOURS, formulation.FAMILIES, instance)
    budget = Budget(time_limit)
    varied = instance.factorial.varied
    changes = [
        dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())
    ]
    blocks = [changes[first : first + TOGETHER] for first in range(0, len(changes), TOGETHER)]

    def rows_of(block: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        members = [instance.variant(**change) for change in block]
        simple = best_ages.best_thresholds(members, budget)
        if method == "arrays":
            best = by_programs(members, workers=workers, budget=budget)
        else:
            best = by_iteration(members, budget)
        return [_row(change, k, simple, best) for k, change in enumerate(block)]

    pieces = Pieces(len(blocks), progress)
    found = pieces.done(blocks, rows_of)
    pieces.require_any()
    return Variants([row for rows in found.values() for row in rows], pieces)


def _row(
    change: Mapping[str, Any],
    place: int,
    simple: Mapping[str, Sequence[closed_form.Thresholds | None]],
    best: Certified,
) -> dict[str, Any]:
    """Return the row of a variant, whose answers are at a place."""
    costs = {
        policy: None if (own := one[place]) is None else own.cost_per_day
        for policy, one in simple.items()
    }
    return {
        **change,
        **costs,
        "best": float(best.gain[place]),
        "bound": float(best.bound[place]),
    }


def summary(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return what a factorial shows, in sentences.

    Parameters
    ----------
    rows
        The rows of what :func:`variants` returns. Policies that no variant has are not spoken of.
    """
    cost = {
        policy: np.array([row[policy] for row in rows], dtype=np.float64)
        for policy in (*closed_form.POLICIES, "best")
    }
    known = [policy for policy in closed_form.POLICIES if not np.isnan(cost[policy]).all()]
    lines = [f"{counted(len(rows), 'variant')}."]
    for better, worse in (("TR", "B"), ("DA", "B"), ("DA", "TR")):
        if better in known:
            less, over = _saved(cost[better], cost[worse])
            average = _average(less, over)
            count = int((less > 0).sum())
            lines.append(f"{better} costs less than {worse} in {count:,} of them{average}.")
    if known:
        saved, over = _saved(cost["best"], np.fmin.reduce([cost[policy] for policy in known]))
        three = "the best of the three" if len(known) > 1 else f"policy {known[0]}"
        average = _average(saved, "" if over == ALL else over)
        if saved.size:
            average += f" ({amount(float(saved.min()))} to {amount(float(saved.max()))} %)"
        count = int((saved > 0).sum())
        lines.append(f"The best plan costs less than {three} in {count:,}{average}.")
    return lines


def _average(saved: Floats, over: str) -> str:
    """Return what is saved on average over some variants, in words; nothing where there is none."""
    return f", by {amount(float(saved.mean()))} % on average{over}" if saved.size else ""


def _saved(better: Floats, worse: Floats) -> tuple[Floats, str]:
    """Return savings in percent where there is something to save, and over which variants."""
    costs = worse > NOTHING * np.fmax.reduce([better, worse], axis=None, initial=0.0)
    over = ALL if costs.all() else f" over the {int(costs.sum()):,} that cost anything"
    return 100 * (1 - better[costs] / worse[costs]), over
