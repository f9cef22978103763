r"""The three policies of the source in closed form, for many instances at once.

Westerweel (2019), chapter 4. With survival :math:`\bar F`, :math:`S(t) = \int_0^t \bar F`, lead
times :math:`L_r, L_p` and the ages :math:`t_r` (replace a regular part), :math:`t_b` (a regular
part that fails before is bridged by a printed one) and :math:`t_p \ge L_r` (replace that):

- **B**, a regular spare always in stock: cycle cost
  :math:`c_r + c_m + c_f F_r(t_r) + h (S_r(t_r) - S_r(L_r))`, cycle length :math:`S_r(t_r)`;
- **TR**, a printed part as temporary replacement, the regular one ordered to arrive at
  :math:`t_r`: cycle length :math:`L_r + S_r(t_r - L_r)`;
- **DA**, where the printed part has an age of replacement of its own.

Integration by parts takes the double integrals out of DA: with
:math:`D = (1 - F_r(t_b)) (t_r - t_b) - (S_r(t_r) - S_r(t_b))` and
:math:`G = L_p F_r(t_r - L_r) + \int_{t_r - L_r}^{t_b} (x - t_r + L_r + L_p) f_r(x) dx`,

.. math::

    ECC &= c_r + c_m + c_f F_r(t_r) + b D + h \bar F_p(L_r) G
        + F_r(t_b) \bigl( c_p + b L_p + c_m + c_f F_p(t_p) + h (S_p(t_p) - S_p(L_r)) \bigr) \\
    ECL &= (t_r - t_b) (1 - F_r(t_b)) + S_r(t_b) + F_r(t_b) (L_p + S_p(t_p))

so that :math:`ECC - g \, ECL` is linear in columns that instances with the same regular part share,
and its minimum over :math:`t_p` does not depend on :math:`t_r` and :math:`t_b`. The least ratio is
found by Dinkelbach's method (1967).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.instance import MaintenanceInstance
from amopt.program.time import Budget

__all__ = ["POLICIES", "Thresholds", "age_replacement", "best_thresholds", "cost_rate", "refined"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

POLICIES = ("B", "TR", "DA")
"""The policies of the source: base stock, temporary replacement, dedicated age."""

MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A policy of the source, with its ages in days and its cost.

    Attributes
    ----------
    policy
        One of :data:`POLICIES`.
    cost_per_day
        Long-run average cost a day, in money.
    replace_at, bridge_before, replace_printed_at
        :math:`t_r, t_b, t_p`; None where the policy has no such age. With :math:`t_b = 0` nothing
        is printed.
    """

    policy: str
    cost_per_day: float
    replace_at: float
    bridge_before: float | None = None
    replace_printed_at: float | None = None


@dataclass(frozen=True)
class _Columns:
    """What the cost of a cycle is linear in, for pairs of ages; each shape (pairs,)."""

    replace_at: Floats
    bridge_before: Floats
    failed: Floats
    bridged: Floats
    down: Floats
    held: Floats
    length: Floats

    @property
    def matrix(self) -> Floats:
        ones = np.ones_like(self.failed)
        return np.stack(
            [ones, self.failed, self.bridged, self.down, self.held, self.length], axis=1
        )


def _columns(instance: MaintenanceInstance, t_r: Floats, t_b: Floats, dedicated: bool) -> _Columns:
    """Return the columns of TR or DA at pairs of ages; where ``t_b`` is 0 nothing is printed."""
    life, wait = instance.regular.life, float(instance.regular.lead_time_days)
    quick = 0.0 if instance.printed is None else float(instance.printed.lead_time_days)
    alive, lived = life.survival, life.expected_life
    prints, order = t_b > 0, t_r - wait
    down = np.where(
        prints,
        alive(t_b) * (t_r - t_b) - (lived(t_r) - lived(t_b)),
        wait - (lived(t_r) - lived(order)),
    )
    just_in_time = wait + lived(order)
    held, length = np.zeros_like(t_r), just_in_time
    if dedicated:
        inner = quick * alive(order) - (t_b - order + quick) * alive(t_b) + lived(t_b)
        held = np.where(prints, quick * (1 - alive(order)) + inner - lived(order), 0.0)
        length = np.where(prints, (t_r - t_b) * alive(t_b) + lived(t_b), just_in_time)
    bridged = np.where(prints, 1 - alive(t_b), 0.0)
    return _Columns(t_r, t_b, 1 - alive(t_r), bridged, down, held, length)


def _grid(instance: MaintenanceInstance) -> tuple[Floats, Floats]:
    """Return the pairs of whole days :math:`(t_r, t_b)`, those that print nothing first."""
    wait = instance.regular.lead_time_days
    t_r = np.arange(wait, max(wait, instance.oldest_regular) + 1.0)
    if instance.printed is None:
        return t_r, np.zeros_like(t_r)
    before = np.arange(instance.printed.lead_time_days + 1.0, wait + 1)
    ages, gap = np.meshgrid(t_r, before, indexing="ij")
    bridge = (ages - gap).ravel()
    keep = bridge > 0
    return (
        np.concatenate([t_r, ages.ravel()[keep]]),
        np.concatenate([np.zeros_like(t_r), bridge[keep]]),
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
        budget.require("the ages of each policy were compared")
        group = [instances[index] for index in members]
        solved = {"B": _base_stock(group)}
        if group[0].printed is not None:
            ages = _grid(group[0])
            solved["TR"] = _bridging(group, _columns(group[0], *ages, dedicated=False), None)
            printed_ages = [_printed_ages(instance) for instance in group]
            columns = _columns(group[0], *ages, dedicated=True)
            solved["DA"] = _bridging(group, columns, printed_ages)
        for policy, answers in solved.items():
            for index, answer in zip(members, answers, strict=True):
                found[policy][index] = answer
    return found


def _costs(group: Sequence[MaintenanceInstance]) -> dict[str, Floats]:
    """Return the costs of instances as arrays, each shape (instances,)."""
    return {
        "cycle": np.array([one.regular.cost + one.replacement_cost for one in group]),
        "failure": np.array([one.failure_cost for one in group]),
        "down": np.array([one.downtime_cost_per_day for one in group]),
        "holding": np.array([one.holding_cost for one in group]),
    }


def _base_stock(group: Sequence[MaintenanceInstance]) -> list[Thresholds]:
    """Return the best policy B of instances with one regular part."""
    first, costs = group[0], _costs(group)
    life, wait = first.regular.life, first.regular.lead_time_days
    t_r = np.arange(wait, max(wait, first.oldest_regular) + 1.0)
    lived = life.expected_life(t_r)
    held = lived - life.expected_life(wait)
    columns = np.stack([np.ones_like(t_r), 1 - life.survival(t_r), held], axis=1)
    weights = np.stack([costs["cycle"], costs["failure"], costs["holding"]])
    ratio = (columns @ weights) / lived[:, None]
    pick = np.argmin(ratio, axis=0)
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
    age = np.arange(wait, max(wait, instance.oldest_printed) + 1.0)
    return _PrintedAges(
        age,
        1 - life.survival(age),
        life.expected_life(age),
        float(life.survival(wait)),
        float(life.expected_life(wait)),
    )


def _bridging(
    group: Sequence[MaintenanceInstance],
    columns: _Columns,
    printed_ages: Sequence[_PrintedAges] | None,
) -> list[Thresholds]:
    """Return the best policies TR, or DA where the ages of printed parts are given."""
    costs, count = _costs(group), len(group)
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
        pick = np.argmin(weights.T @ across, axis=1)
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
        at[index] = np.argmin(one.failure_cost * ages.failed + (h - guess[index]) * ages.lived)
        failed, lived = ages.failed[at[index]], ages.lived[at[index]]
        cost[index] += one.failure_cost * failed + h * (lived - ages.lived_wait)
        length[index] = quick + lived
    return cost, length, at


def cost_rate(instance: MaintenanceInstance, ages: Thresholds) -> float:
    """Return the long-run average cost a day of a policy at any ages, in money.

    Parameters
    ----------
    instance
        The instance.
    ages
        The policy and its ages, whole days or not; its cost is not looked at.
    """
    t_r, costs = ages.replace_at, {name: v[0] for name, v in _costs([instance]).items()}
    if ages.policy == "B":
        life, wait = instance.regular.life, instance.regular.lead_time_days
        lived = float(life.expected_life(t_r))
        held = lived - float(life.expected_life(wait))
        failed = 1 - float(life.survival(t_r))
        return float((costs["cycle"] + costs["failure"] * failed + costs["holding"] * held) / lived)
    t_b, dedicated = ages.bridge_before or 0.0, ages.policy == "DA"
    assert instance.printed is not None
    columns = _columns(instance, np.array([t_r]), np.array([t_b]), dedicated)
    _, failed, bridged, down, held, length = columns.matrix[0]
    quick = instance.printed.lead_time_days
    once = instance.printed.cost + instance.replacement_cost + costs["down"] * quick
    cost = costs["cycle"] + costs["failure"] * failed + costs["down"] * down
    if dedicated and t_b > 0:
        life, wait = instance.printed.life, instance.regular.lead_time_days
        t_p = float(ages.replace_printed_at or wait)
        lived = float(life.expected_life(t_p))
        once += costs["failure"] * (1 - float(life.survival(t_p)))
        once += costs["holding"] * (lived - float(life.expected_life(wait)))
        cost += costs["holding"] * float(life.survival(wait)) * held
        length += bridged * (quick + lived)
    return float((cost + bridged * once) / length)


def refined(instance: MaintenanceInstance, ages: Thresholds) -> Thresholds:
    """Return the best ages in continuous time, found from the best whole days.

    Ages stay within a day and a half of the whole ones, and within what the policy allows.
    """
    from scipy import optimize

    minimize: Any = optimize.minimize  # its stubs know no bounds of a list
    start = [ages.replace_at, ages.bridge_before or 0.0, ages.replace_printed_at or 0.0]
    free = [0] + [i for i in (1, 2) if start[i] > 0]
    wait = float(instance.regular.lead_time_days)
    quick = 0.0 if instance.printed is None else float(instance.printed.lead_time_days)

    def at(moved: Sequence[float]) -> Thresholds:
        values = start.copy()
        for index, value in zip(free, moved, strict=True):
            values[index] = value
        t_r = max(values[0], wait)
        t_b = float(np.clip(values[1], t_r - wait, t_r - quick)) if start[1] > 0 else None
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
        options={"xatol": 1e-7, "fatol": 1e-13 * abs(ages.cost_per_day), "maxiter": 4000},
    )
    best = at(found.x.tolist())
    return replace(best, cost_per_day=min(cost_rate(instance, best), ages.cost_per_day))


def age_replacement(life: object, preventive: float, corrective: float) -> tuple[float, float]:
    r"""Return the best age of classical age replacement, and its cost a day.

    .. math:: \min_T \frac{c_p \bar F(T) + c_c F(T)}{\int_0^T \bar F}

    after Barlow and Hunter (1960).

    Parameters
    ----------
    life
        A :class:`~amopt.maintenance.instance.lifetimes.Life`.
    preventive, corrective
        Cost of a replacement before, and after a failure, in money.
    """
    from scipy.optimize import minimize_scalar

    def rate(age: float) -> float:
        alive = float(life.survival(age))  # type: ignore[attr-defined]
        lived = float(life.expected_life(age))  # type: ignore[attr-defined]
        return (preventive * alive + corrective * (1 - alive)) / lived

    oldest = life.age_of_survival(1e-9)  # type: ignore[attr-defined]
    grid = np.linspace(oldest / 2000, oldest, 2000)
    near = int(np.argmin([rate(age) for age in grid]))
    low, high = grid[max(near - 1, 0)], grid[min(near + 1, len(grid) - 1)]
    found = minimize_scalar(rate, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return float(found.x), float(found.fun)
