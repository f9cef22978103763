r"""The three policies of the source in closed form, for many instances at once.

Westerweel (2019), chapter 4. With survival :math:`\bar F`, :math:`S(t) = \int_0^t \bar F`, lead
times :math:`L_r, L_p` and the ages :math:`t_r` (replace a regular part), :math:`t_b` (a regular
part that fails before is bridged by a printed one) and :math:`t_p \ge L_r` (replace that):

- **B**, a regular spare always in stock: cycle cost
  :math:`c_r + c_m + c_f F_r(t_r) + h (S_r(t_r) - S_r(L_r))`, cycle length :math:`S_r(t_r)`;
- **TR**, a printed part as temporary replacement, the regular one ordered to arrive at
  :math:`t_r`, or at once where the installed one fails before :math:`t_r - L_r`: cycle length
  :math:`L_r + S_r(t_r - L_r)`, and with
  :math:`D = (1 - F_r(t_b)) (t_r - t_b) - (S_r(t_r) - S_r(t_b))`, the days down of parts that fail
  from :math:`t_b` on, for :math:`t_r - L_r \le t_b < t_r - L_p` the cycle cost

  .. math:: c_r + c_m + c_f F_r(t_r) + b D + F_r(t_b) (c_p + b L_p + c_m) ,

  or, where nothing is printed (:math:`t_b = 0`),

  .. math:: c_r + c_m + c_f F_r(t_r) + b \bigl( L_r - S_r(t_r) + S_r(t_r - L_r) \bigr) ;

- **DA**, where the printed part has an age of replacement of its own; where nothing is printed it
  is TR.

Integration by parts takes the double integrals out of DA: with
:math:`G = L_p F_r(t_r - L_r) + \int_{t_r - L_r}^{t_b} (x - t_r + L_r + L_p) f_r(x) dx`,

.. math::

    ECC &= c_r + c_m + c_f F_r(t_r) + b D + h \bar F_p(L_r) G
        + F_r(t_b) \bigl( c_p + b L_p + c_m + c_f F_p(t_p) + h (S_p(t_p) - S_p(L_r)) \bigr) \\
    ECL &= (t_r - t_b) (1 - F_r(t_b)) + S_r(t_b) + F_r(t_b) (L_p + S_p(t_p))

so that :math:`ECC - g \, ECL` is linear in columns that instances with the same regular part share,
and its minimum over :math:`t_p` does not depend on :math:`t_r` and :math:`t_b`
(:mod:`amopt.maintenance.best_ages` looks for them). An age may be infinite: the part is never
replaced before it fails. With :math:`t_r = \infty` TR and DA order a part when the installed one
has failed, and bridge every failure (:math:`t_b = \infty`) or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.instance import MaintenanceInstance

__all__ = [
    "POLICIES",
    "Columns",
    "Thresholds",
    "age_replacement",
    "columns_of",
    "cost_rate",
    "costs_of",
]

Floats = NDArray[np.float64]

POLICIES = ("B", "TR", "DA")
"""The policies of the source: base stock, temporary replacement, dedicated age."""


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
        is printed. Infinite ages are never reached.
    """

    policy: str
    cost_per_day: float
    replace_at: float
    bridge_before: float | None = None
    replace_printed_at: float | None = None


@dataclass(frozen=True)
class Columns:
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
        """The columns side by side, shape (pairs, 6)."""
        ones = np.ones_like(self.failed)
        return np.stack(
            [ones, self.failed, self.bridged, self.down, self.held, self.length], axis=1
        )


def columns_of(instance: MaintenanceInstance, t_r: Floats, t_b: Floats, dedicated: bool) -> Columns:
    """Return the columns of TR or DA at pairs of ages; where ``t_b`` is 0 nothing is printed."""
    life, wait = instance.regular.life, float(instance.regular.lead_time_days)
    quick = 0.0 if instance.printed is None else float(instance.printed.lead_time_days)
    alive, lived = life.survival, life.expected_life
    prints, order = t_b > 0, t_r - wait
    gap = t_r - np.where(np.isinf(t_r), 0.0, t_b)
    gap = np.where(np.isinf(gap), 0.0, gap)  # no part lives so long
    down = np.where(
        prints,
        alive(t_b) * gap - (lived(t_r) - lived(t_b)),
        wait - (lived(t_r) - lived(order)),
    )
    just_in_time = wait + lived(order)
    held, length = np.zeros_like(t_r), just_in_time
    if dedicated:
        inner = quick * alive(order) - (wait - gap + quick) * alive(t_b) + lived(t_b)
        held = np.where(prints, quick * (1 - alive(order)) + inner - lived(order), 0.0)
        length = np.where(prints, gap * alive(t_b) + lived(t_b), just_in_time)
    bridged = np.where(prints, 1 - alive(t_b), 0.0)
    return Columns(t_r, t_b, 1 - alive(t_r), bridged, down, held, length)


def costs_of(group: Sequence[MaintenanceInstance]) -> dict[str, Floats]:
    """Return the costs of instances as arrays, each shape (instances,)."""
    return {
        "cycle": np.array([one.regular.cost + one.replacement_cost for one in group]),
        "failure": np.array([one.failure_cost for one in group]),
        "down": np.array([one.downtime_cost_per_day for one in group]),
        "holding": np.array([one.holding_cost for one in group]),
    }


def cost_rate(instance: MaintenanceInstance, ages: Thresholds) -> float:
    """Return the long-run average cost a day of a policy at any ages, in money.

    Parameters
    ----------
    instance
        The instance.
    ages
        The policy and its ages, whole days or not; its cost is not looked at.
    """
    t_r, costs = ages.replace_at, {name: v[0] for name, v in costs_of([instance]).items()}
    if ages.policy == "B":
        life, wait = instance.regular.life, instance.regular.lead_time_days
        lived = float(life.expected_life(t_r))
        held = lived - float(life.expected_life(wait))
        failed = 1 - float(life.survival(t_r))
        return float((costs["cycle"] + costs["failure"] * failed + costs["holding"] * held) / lived)
    t_b, dedicated = ages.bridge_before or 0.0, ages.policy == "DA"
    assert instance.printed is not None
    columns = columns_of(instance, np.array([t_r]), np.array([t_b]), dedicated)
    _, failed, bridged, down, held, length = columns.matrix[0]
    quick = instance.printed.lead_time_days
    once = instance.printed.cost + instance.replacement_cost + costs["down"] * quick
    cost = costs["cycle"] + costs["failure"] * failed + costs["down"] * down
    if dedicated and t_b > 0:
        life, wait = instance.printed.life, instance.regular.lead_time_days
        t_p = float(wait if ages.replace_printed_at is None else ages.replace_printed_at)
        lived = float(life.expected_life(t_p))
        once += costs["failure"] * (1 - float(life.survival(t_p)))
        once += costs["holding"] * (lived - float(life.expected_life(wait)))
        cost += costs["holding"] * float(life.survival(wait)) * held
        length += bridged * (quick + lived)
    return float((cost + bridged * once) / length)


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
