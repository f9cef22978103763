r"""How good a version must be to be worth designing, for whole arrays of versions at once.

A version A is compared with a version R that costs :math:`K = I_A - I_R - (b_A - b_R) N T` less to
design, net of what A does for the systems in use (Westerweel, Basten and van Houtum, 2018):

- the break-even reliability :math:`\tau^*`: :math:`C_R(\tau_R) = C_A(\tau^*) + K`. :math:`C_A`
  falls in :math:`\tau` to :math:`c_p^A N`, which parts that never fail cost, whatever the
  accounting: no spare is kept and none is replaced. So :math:`\tau^*` exists below
  :math:`K_{\lim} = C_R - c_p^A N`, with :math:`C_R` by the accounting of the instance, unless
  failures cost so little (emergencies nothing, or spares at once and replacements nothing) that
  any reliability is enough;
- the break-even part cost :math:`c^*`: the same in :math:`c_p^A`. It exists where parts for nothing
  would do, :math:`C_R - K > (N T / \tau_A) c_d`: with them the shelf is never empty;
- :math:`K_1`: what A may cost more to design if it is as reliable and as dear as R, and only comes
  sooner.

Both roots lie between closed-form bounds: no spare at all costs the most, a shelf that is never
empty the least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amopt.design.life_cycle import LifeCycle, expected_cost

__all__ = ["BreakEven", "break_even"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOLERANCE = 1e-9
"""Relative error of a root."""

NEXT_TO_NOTHING = 1e-9
"""Share of the largest value in question that counts as parts for nothing, or that never last."""


@dataclass(frozen=True)
class BreakEven:
    r"""What a version must meet to break even; all fields have the same shape.

    Attributes
    ----------
    highest_extra_cost
        :math:`K_{\lim}`, in money: from here on no reliability is enough.
    worth_of_lead_time
        :math:`K_1`, in money.
    mean_months_between_failures
        :math:`\tau^*`; NaN where there is none.
    part_cost
        :math:`c^*` in money; NaN where there is none.
    """

    highest_extra_cost: Floats
    worth_of_lead_time: Floats
    mean_months_between_failures: Floats
    part_cost: Floats


def break_even(
    reference: LifeCycle, version: LifeCycle, extra_cost: ArrayLike, probability: ArrayLike = (1.0,)
) -> BreakEven:
    """Return what versions must meet to break even with their references.

    Parameters
    ----------
    reference, version
        The versions R and A; the last axis of ``parts`` runs over the installed bases.
    extra_cost
        :math:`K` in money, of the shape of the versions without that axis.
    probability
        The probabilities of the installed bases, shape (installed bases,).
    """
    chance = np.asarray(probability, dtype=float)
    extra = np.asarray(extra_cost, dtype=float)
    shape = np.broadcast_shapes(reference.shape, version.shape, (*extra.shape, chance.size))
    before, after = reference.spread(shape), version.spread(shape)
    of_reference = expected_cost(before, chance)
    target = of_reference - np.broadcast_to(extra, shape[:-1]).ravel()
    never_fails = (after.part_cost * after.parts) @ chance
    alike = after.but(
        part_cost=before.part_cost,
        mean_months_between_failures=before.mean_months_between_failures,
    )
    found = (
        of_reference - never_fails,
        of_reference - expected_cost(alike, chance),
        _reliability(after, target, never_fails, chance),
        _part_cost(after, target, chance),
    )
    return BreakEven(*(values.reshape(shape[:-1]) for values in found))


def _reliability(version: LifeCycle, target: Floats, never_fails: Floats, chance: Floats) -> Floats:
    r"""Return :math:`\tau^*`, between all failures met from stock, and in emergency."""
    room = target - never_fails
    of_part = version.replacements_charged * version.part_cost
    uses = version.parts * version.months
    low = (uses * (version.replacement_cost + of_part)) @ chance
    high = (uses * (version.emergency_cost + of_part)) @ chance

    def excess(logarithm: Floats, index: Ints) -> Floats:
        trial = version.take(index).but(mean_months_between_failures=np.exp(logarithm)[:, None])
        return expected_cost(trial, chance) - target[index]

    exists = np.flatnonzero((room > 0) & (high > 0))
    low = np.maximum(low, NEXT_TO_NOTHING * high)
    hardly_lasts = excess(np.log(low[exists] / room[exists]), exists)
    exists = exists[hardly_lasts >= -TOLERANCE * np.abs(target[exists])]
    room = np.where(room > 0, room, 1.0)  # where there is none, there is no root either
    return _root(excess, exists, low / room, high / room)


def _part_cost(version: LifeCycle, target: Floats, chance: Floats) -> Floats:
    """Return :math:`c^*`, between the costs of parts without spares and with spares for nothing."""
    failures = version.failures
    bought = (version.parts + version.replacements_charged * failures) @ chance
    high = (target - (failures * version.replacement_cost) @ chance) / bought
    low = (target - (failures * version.emergency_cost) @ chance) / bought
    low = np.maximum(low, NEXT_TO_NOTHING * high)

    def excess(logarithm: Floats, index: Ints) -> Floats:
        trial = version.take(index).but(part_cost=np.exp(logarithm)[:, None])
        return expected_cost(trial, chance) - target[index]

    exists = np.flatnonzero(high > 0)
    nothing = excess(np.log(low[exists]), exists)
    exists = exists[nothing <= TOLERANCE * np.abs(target[exists])]
    return _root(excess, exists, low, high)


def _root(
    excess: Callable[[Floats, Ints], Floats], exists: Ints, low: Floats, high: Floats
) -> Floats:
    """Return the roots of monotone functions between positive bounds, NaN where there are none.

    By the logarithm, all at once (Chandrupatla, 1997). A bound that is the root itself is widened
    by less than the tolerance, so that it is bracketed in spite of rounding.
    """
    from scipy.optimize.elementwise import find_root

    roots = np.full(low.shape, np.nan)
    if exists.size:
        found = find_root(
            excess,
            (np.log(low[exists]) - TOLERANCE / 4, np.log(high[exists]) + TOLERANCE / 4),
            args=(exists,),
            tolerances={"xatol": TOLERANCE / 4, "xrtol": 0.0},
        )
        roots[exists] = np.exp(found.x)
    return roots
