r"""The best ages of the policies of the source, in whole days and in continuous time.

Whole days are looked at up to the age at which the grid of the decision process ends; beyond it
fewer and fewer, up to one that no part reaches, and last of all no age: the part is never replaced
before it fails. Where the best lies between such days, all whole days between its neighbours are.

The least ratio of cost to length of a cycle is found by Dinkelbach's method (1967).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.closed_form import (
    POLICIES,
    Columns,
    Thresholds,
    columns_of,
    cost_rate,
    costs_of,
)
from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.instance.lifetimes import Life
from amopt.program.time import Budget

__all__ = ["best_thresholds", "refined"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_ROUNDS = 100

_IN_TIME = "the ages of each policy were compared"

NOBODY = 1e-12
"""Share of the parts that reach an age at which it no longer matters."""

BEYOND = 200
"""Ages that are looked at beyond the grid, evenly spread by their ratio."""

MOST_DAYS = 500_000
"""Whole days up to which every age of a printed part is looked at."""

SAME = 1e-12
"""Relative distance of two costs below which to replace never is as good as at an age."""


def _whole_days(life: Life, first: int, last: int) -> Floats:
    """Return whole days up to the last, fewer beyond it, and infinity."""
    last, end = max(first, last), life.age_of_survival(NOBODY)
    days = [np.arange(first, last + 1.0)]
    if end > last:
        days.append(np.unique(np.round(np.geomspace(last, end, BEYOND)))[1:])
    return np.concatenate([*days, [np.inf]])


def _between(days: Floats, at: float) -> Floats:
    """Return all whole days between the neighbours of one that was looked at."""
    index = int(np.searchsorted(days, at))
    above = days[index + 1] if math.isfinite(days[index + 1]) else days[index]
    return np.arange(days[index - 1], above + 1.0)


def _pairs(instance: MaintenanceInstance, t_r: Floats) -> tuple[Floats, Floats]:
    r"""Return the pairs of days :math:`(t_r, t_b)`, those that print nothing first."""
    if instance.printed is None:
        return t_r, np.zeros_like(t_r)
    wait = instance.regular.lead_time_days
    before = np.arange(instance.printed.lead_time_days + 1.0, wait + 1)
    ages, gap = np.meshgrid(t_r, before, indexing="ij")
    keep = (ages > gap) & (np.isfinite(ages) | (gap == before[0]))
    return (
        np.concatenate([t_r, ages[keep]]),
        np.concatenate([np.zeros_like(t_r), (ages - gap)[keep]]),
    )


def best_thresholds(
    instances: Sequence[MaintenanceInstance],
    budget: Budget | None = None,
) -> dict[str, list[Thresholds | None]]:
    """Find the best ages in whole days of each policy, for each instance.

    Parameters
    ----------
    instances
        The instances; those with the same regular part share the work.
    budget
        The time that may be spent; left out, all that it takes.

    Returns
    -------
    dict
        For each of :data:`POLICIES` a list by instance; None where nothing can be printed.

    Raises
    ------
    NoAnswerError
        When the time is over.
    """
    budget = budget or Budget()
    found: dict[str, list[Thresholds | None]] = {
        policy: [None] * len(instances) for policy in POLICIES
    }
    groups: dict[object, list[int]] = {}
    for index, instance in enumerate(instances):
        printed = None if instance.printed is None else instance.printed.lead_time_days
        regular = (instance.regular.life, instance.regular.lead_time_days)
        key = (*regular, instance.oldest_regular, printed)
        groups.setdefault(key, []).append(index)
    for members in groups.values():
        budget.require(_IN_TIME)
        group = [instances[index] for index in members]
        for policy, answers in _best_of(group, budget).items():
            for index, answer in zip(members, answers, strict=True):
                found[policy][index] = answer
    return found


def _best_of(group: Sequence[MaintenanceInstance], budget: Budget) -> dict[str, list[Thresholds]]:
    """Return the best policies of instances with one regular part and one time of printing."""
    first = group[0]
    life, wait = first.regular.life, first.regular.lead_time_days
    days = _whole_days(life, wait, first.oldest_regular)
    found = {}
    for policy in POLICIES if first.printed is not None else POLICIES[:1]:
        budget.require(_IN_TIME)
        found[policy] = _best(policy, group, days)
        for index, one in enumerate(found[policy]):  # beyond the grid some days were left out
            if max(wait, first.oldest_regular) < one.replace_at < math.inf:
                near = _between(days, one.replace_at)
                (found[policy][index],) = _best(policy, [group[index]], near)
    return found


def _best(policy: str, group: Sequence[MaintenanceInstance], days: Floats) -> list[Thresholds]:
    """Return the best ages of one policy among some days."""
    if policy == "B":
        return _base_stock(group, days)
    columns = columns_of(group[0], *_pairs(group[0], days), dedicated=policy == "DA")
    ages = [_printed_ages(one) for one in group] if policy == "DA" else None
    return _bridging(group, columns, ages)


def _base_stock(group: Sequence[MaintenanceInstance], t_r: Floats) -> list[Thresholds]:
    """Return the best policy B of instances with one regular part."""
    first, costs = group[0], costs_of(group)
    life, wait = first.regular.life, first.regular.lead_time_days
    lived = life.expected_life(t_r)
    held = lived - life.expected_life(wait)
    columns = np.stack([np.ones_like(t_r), 1 - life.survival(t_r), held], axis=1)
    weights = np.stack([costs["cycle"], costs["failure"], costs["holding"]])
    ratio = (columns @ weights) / lived[:, None]
    pick = _last_if_as_good(ratio.T)
    rate = ratio[pick, np.arange(len(group))]
    return [Thresholds("B", float(g), float(t_r[at])) for g, at in zip(rate, pick, strict=True)]


@dataclass(frozen=True)
class _PrintedAges:
    """Ages at which a printed part may be replaced, with what they bring; each shape (ages,)."""

    age: Floats
    failed: Floats
    lived: Floats
    survives_wait: float
    lived_wait: float


def _printed_ages(instance: MaintenanceInstance) -> _PrintedAges:
    assert instance.printed is not None
    life, wait = instance.printed.life, instance.regular.lead_time_days
    end = min(max(wait, instance.oldest_printed, life.age_of_survival(NOBODY)), MOST_DAYS)
    age = np.concatenate([np.arange(wait, end + 1.0), [np.inf]])
    return _PrintedAges(
        age,
        1 - life.survival(age),
        life.expected_life(age),
        float(life.survival(wait)),
        float(life.expected_life(wait)),
    )


def _bridging(
    group: Sequence[MaintenanceInstance],
    columns: Columns,
    printed_ages: Sequence[_PrintedAges] | None,
) -> list[Thresholds]:
    """Return the best policies TR, or DA where the ages of printed parts are given."""
    costs, count = costs_of(group), len(group)
    quick = float(group[0].printed.lead_time_days) if group[0].printed else 0.0
    bridge = np.array([one.printed.cost + one.replacement_cost for one in group if one.printed])
    bridge = bridge + costs["down"] * quick
    matrix, rate = columns.matrix, np.full(count, np.inf)
    across = np.ascontiguousarray(matrix.T)
    survives = np.array([ages.survives_wait for ages in printed_ages or ()] or [0.0] * count)
    pick, age = np.zeros(count, dtype=np.intp), np.zeros(count, dtype=np.intp)
    guess = (costs["cycle"] + costs["failure"]) / columns.length.max()
    for _ in range(MOST_ROUNDS):
        once, more = bridge, np.zeros(count)
        if printed_ages is not None:
            once, more, age = _printed_terms(group, printed_ages, guess, bridge, quick)
        weights = np.stack(
            [
                costs["cycle"],
                costs["failure"],
                once - guess * more,
                costs["down"],
                costs["holding"] * survives,
                -guess,
            ]
        )
        pick = _never_if_as_good(columns, weights.T @ across, guess)
        chosen = matrix[pick]
        weights[2], weights[5] = once, 0.0
        cost = np.einsum("ij,ji->i", chosen, weights)
        rate = cost / (chosen[:, 5] + chosen[:, 2] * more)
        if (np.abs(rate - guess) <= 1e-13 * np.abs(rate)).all():
            break
        guess = rate
    ages: list[float | None] = [None] * count
    if printed_ages is not None:
        ages = [float(one.age[at]) for one, at in zip(printed_ages, age.tolist(), strict=True)]
    return [
        Thresholds(
            "TR" if printed_ages is None else "DA",
            float(rate[index]),
            float(columns.replace_at[at]),
            float(columns.bridge_before[at]),
            ages[index] if columns.bridge_before[at] > 0 else None,
        )
        for index, at in enumerate(pick)
    ]


def _printed_terms(
    group: Sequence[MaintenanceInstance],
    printed_ages: Sequence[_PrintedAges],
    guess: Floats,
    bridge: Floats,
    quick: float,
) -> tuple[Floats, Floats, Ints]:
    """Return what one bridging costs and how long it lasts at the best age, and that age."""
    cost, length = bridge.copy(), np.zeros(len(group))
    at = np.zeros(len(group), dtype=np.intp)
    for index, (one, ages) in enumerate(zip(group, printed_ages, strict=True)):
        h = one.holding_cost
        own = one.failure_cost * ages.failed + (h - guess[index]) * ages.lived
        at[index] = _last_if_as_good(own)
        failed, lived = ages.failed[at[index]], ages.lived[at[index]]
        cost[index] += one.failure_cost * failed + h * (lived - ages.lived_wait)
        length[index] = quick + lived
    return cost, length, at


def _never_if_as_good(columns: Columns, excess: Floats, guess: Floats) -> Ints:
    """Return the pairs of least cost less a guess a day: those of never, if they are as good."""
    pick = np.argmin(excess, axis=1)
    never = np.flatnonzero(np.isinf(columns.replace_at))
    if not never.size:
        return np.asarray(pick)
    rows = np.arange(len(pick))
    other = never[np.argmin(excess[:, never], axis=1)]
    size = SAME * np.abs(guess) * columns.length.max()
    return np.asarray(np.where(excess[rows, other] <= excess[rows, pick] + size, other, pick))


def _last_if_as_good(costs: Floats) -> Ints:
    """Return where the least of the last axis is: at its end, never, if that is as good."""
    least = costs.min(axis=-1)
    as_good = costs[..., -1] <= least + SAME * np.abs(least)
    return np.asarray(np.where(as_good, costs.shape[-1] - 1, np.argmin(costs, axis=-1)))


def refined(
    instance: MaintenanceInstance, ages: Thresholds, budget: Budget | None = None
) -> Thresholds:
    """Return the best ages in continuous time, found from the best whole days.

    Ages stay within a day and a half of the whole ones, and within what the policy allows; what is
    never done stays so.

    Parameters
    ----------
    instance
        The instance.
    ages
        The policy with its best ages in whole days.
    budget
        The time that may be spent; left out, all that it takes.

    Raises
    ------
    NoAnswerError
        When the time is over.
    """
    budget = budget or Budget()
    from scipy import optimize

    minimize: Any = optimize.minimize  # its stubs know no bounds of a list
    start = [ages.replace_at, ages.bridge_before or 0.0, ages.replace_printed_at or 0.0]
    free = [index for index in range(3) if 0 < start[index] < math.inf]
    if not free:
        return ages
    wait = float(instance.regular.lead_time_days)
    quick = 0.0 if instance.printed is None else float(instance.printed.lead_time_days)

    def at(moved: Sequence[float]) -> Thresholds:
        budget.require(_IN_TIME)
        values = start.copy()
        for index, value in zip(free, moved, strict=True):
            values[index] = value
        t_r, t_b = max(values[0], wait), None
        if start[1] > 0:
            t_b = float(np.clip(values[1], t_r - wait, t_r - quick))
        t_p = max(values[2], wait) if start[2] > 0 else None
        return replace(
            ages,
            replace_at=t_r,
            bridge_before=ages.bridge_before if t_b is None else t_b,
            replace_printed_at=t_p,
        )

    found = minimize(
        lambda moved: cost_rate(instance, at(moved.tolist())),
        np.array([start[index] for index in free]),
        method="Nelder-Mead",
        bounds=[(max(start[index] - 1.5, 0.0), start[index] + 1.5) for index in free],
        options={
            "xatol": 1e-7,
            "fatol": max(1e-13 * abs(ages.cost_per_day), instance.rounding / 100),
            "maxiter": 4000,
        },
    )
    best = at(found.x.tolist())
    return replace(best, cost_per_day=min(cost_rate(instance, best), ages.cost_per_day))
