"""The factorial of an instance: every policy, and the best plan, for each of its variants."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from amopt.decision import require_honoured
from amopt.errors import UsageError
from amopt.maintenance import best_ages, closed_form, formulation
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.methods import renewal
from amopt.maintenance.methods.batch import by_iteration, by_programs
from amopt.phrases import amount
from amopt.program.time import Budget

__all__ = ["METHODS", "summary", "variants"]

METHODS = ("policy_iteration", "arrays")
"""How the best plans are found: all at once, or by the linear program of each."""


def variants(
    instance: MaintenanceInstance,
    *,
    method: str = "policy_iteration",
    workers: int | None = None,
    time_limit: float | None = None,
) -> list[dict[str, Any]]:
    """Return a row for each variant of an instance's factorial.

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

    Returns
    -------
    list
        Rows with the numbers that vary, the cost a day of ``B``, ``TR`` and ``DA`` (None where
        nothing can be printed), and of the best plan, ``best``, with its proven ``bound``.

    Raises
    ------
    NoAnswerError
        When the time limit was reached before every variant was solved.
    UsageError
        When the instance has no factorial or has limits, or there is no such method.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}: choose one of {', '.join(METHODS)}")
    if instance.factorial is None:
        raise UsageError("the instance has no factorial: give it the values that vary")
    require_honoured("a factorial", renewal.HONOURS, formulation.FAMILIES, instance)
    budget = Budget(time_limit)
    varied = {
        name: values
        for name in type(instance.factorial).model_fields
        if (values := getattr(instance.factorial, name))
    }
    changes = [
        dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())
    ]
    members = [instance.variant(**change) for change in changes]
    simple = best_ages.best_thresholds(members, budget)
    if method == "arrays":
        best = by_programs(members, workers=workers, budget=budget)
    else:
        best = by_iteration(members, budget)
    rows = []
    for index, change in enumerate(changes):
        costs = {
            policy: None if one[index] is None else one[index].cost_per_day  # type: ignore[union-attr]
            for policy, one in simple.items()
        }
        gain, bound = float(best.gain[index]), float(best.bound[index])
        rows.append({**change, **costs, "best": gain, "bound": bound})
    return rows


def summary(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return what a factorial shows, in sentences."""
    cost = {
        policy: np.array([row[policy] for row in rows], dtype=np.float64)
        for policy in (*closed_form.POLICIES, "best")
    }
    simple = np.fmin(np.fmin(cost["B"], cost["TR"]), cost["DA"])
    saved = 100 * (1 - cost["best"] / simple)
    lines = [f"{len(rows):,} variants."]
    for better, worse in (("TR", "B"), ("DA", "B"), ("DA", "TR")):
        less = 100 * (1 - cost[better] / cost[worse])
        lines.append(
            f"{better} costs less than {worse} in {int((less > 0).sum()):,} of them, "
            f"by {amount(float(less.mean()))} % on average over all."
        )
    lines.append(
        f"The best plan costs less than the best of the three in {int((saved > 0).sum()):,}, "
        f"by {amount(float(saved.mean()))} % on average ({amount(float(saved.min()))} to "
        f"{amount(float(saved.max()))} %)."
    )
    return lines
