"""The cost of a policy of the source as the source writes it: with its integrals, by quadrature."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.instance import MaintenanceInstance
from amopt.maintenance.instance.lifetimes import Life

__all__ = ["policy_cost"]

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

NOBODY = 1e-15
"""Share of the parts that reach an age that stands for never."""

PANELS, NODES = 64, 8
RULE = np.polynomial.legendre.leggauss(NODES)
"""Nodes and weights on [-1, 1]."""


def _integral(of: Function, low: float, high: float, bends: Sequence[float] = ()) -> float:
    """Return an integral by Gauss and Legendre's rule on many panels, which end at the bends."""
    if high <= low:
        return 0.0
    node, weight = RULE
    inside = [bend for bend in bends if low < bend < high]
    edges = np.union1d(np.linspace(low, high, PANELS + 1), inside)
    half = (edges[1:] - edges[:-1])[:, None] / 2
    at = (edges[1:] + edges[:-1])[:, None] / 2 + half * node
    return float((of(at.ravel()).reshape(at.shape) * weight * half).sum())


def _against(of: Function, alive: Function, low: float, high: float) -> float:
    """Return the integral of a function against the density of a life: Stieltjes, many steps."""
    if high <= low:
        return 0.0
    edges = np.linspace(low, high, 20_001)
    mass = -np.diff(alive(edges))
    return float((of((edges[1:] + edges[:-1]) / 2) * mass).sum())


def _bends(life: Life) -> list[float]:
    """Return the ages at which the failure rate jumps."""
    return [point.age_days for point in life.points or ()]


def policy_cost(
    instance: MaintenanceInstance,
    policy: str,
    t_r: float | None,
    t_b: float | None,
    t_p: float | None,
) -> float:
    """Return the average cost a day of a policy of the source at given ages.

    Parameters
    ----------
    instance
        The instance.
    policy
        ``"B"``, ``"TR"`` or ``"DA"``.
    t_r, t_b, t_p
        Its ages in days. Without :math:`t_r` a regular part is never replaced before it fails, and
        without :math:`t_b` every failure is then bridged; without :math:`t_p` a printed part is not
        replaced before it fails, either.
    """
    if t_r is None:
        t_r = instance.regular.life.age_of_survival(NOBODY) + instance.regular.lead_time_days
        if t_b is None and instance.printed is not None:
            t_b = t_r - instance.printed.lead_time_days
    if t_p is None and policy == "DA" and t_b and instance.printed is not None:
        t_p = max(instance.printed.life.age_of_survival(NOBODY), instance.regular.lead_time_days)
    alive, bends = instance.regular.life.survival, _bends(instance.regular.life)
    wait = float(instance.regular.lead_time_days)
    b, h, c_f = instance.downtime_cost_per_day, instance.holding_cost, instance.failure_cost
    cost = instance.regular.cost + instance.replacement_cost
    cost += c_f * float(1 - alive(t_r))

    def lived(low: float, high: float) -> float:
        return _integral(alive, low, high, bends)

    if policy == "B":
        return (cost + h * lived(wait, t_r)) / lived(0.0, t_r)
    order = t_r - wait
    just_in_time = wait + lived(0.0, order)
    if not t_b or instance.printed is None:
        return (cost + b * (wait - lived(order, t_r))) / just_in_time
    quick = float(instance.printed.lead_time_days)
    failed = float(1 - alive(t_b))
    once = instance.printed.cost + b * quick + instance.replacement_cost
    cost += b * _against(lambda x: t_r - x, alive, t_b, t_r)
    if policy == "TR" or t_p is None:
        return (cost + failed * once) / just_in_time
    survives = instance.printed.life.survival
    last, kept = float(survives(t_p)), float(1 - alive(order))

    until = _against(lambda y: quick + y - wait, survives, wait, t_p)
    reached = float(survives(wait)) - last

    def held(extra: float) -> float:
        return (extra + quick + t_p - wait) * last + until + extra * reached

    cost += h * kept * held(0.0)
    slope = held(1.0) - held(0.0)
    cost += h * (failed - kept) * held(0.0)
    cost += h * slope * _against(lambda x: x - order, alive, order, t_b)
    once += c_f * (1 - last)
    length = (t_r - t_b) * (1 - failed) + lived(0.0, t_b)
    length += failed * (quick + _integral(survives, 0.0, t_p, _bends(instance.printed.life)))
    return (cost + failed * once) / length
