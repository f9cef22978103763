"""Maintenance from plain data: each day of a system told in words, and solved by value iteration.

Policies of the source by their events: a cycle costs and lasts what the life of the regular part
and of the printed part make of it, averaged over very many quantiles of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
State = tuple[str, int, int]
"""What is installed, its age (or the days of printing left), and the days to the arrival of an
order: -1 for none, 0 for a part in stock."""


def survival(life: dict[str, Any], ages: Floats) -> Floats:
    """Return the share of parts that live longer than some ages, which ascend."""
    if life["distribution"] == "tabulated":
        points = sorted((one["age_days"], one["survival"]) for one in life["points"])
        at = np.array([0.0, *(age for age, _ in points)])
        log = np.log([1.0, *(share for _, share in points)])
        beyond = log[-1] + (ages - at[-1]) * (log[-1] - log[-2]) / (at[-1] - at[-2])
        return np.exp(np.where(ages <= at[-1], np.interp(ages, at, log), beyond))
    scale, shape = life["scale_days"], life["shape"]
    if life["distribution"] == "weibull":
        return np.exp(-((ages / scale) ** shape))
    return np.asarray(stats.gamma.sf(ages, shape, scale=scale))


def failing(life: dict[str, Any], share: float) -> list[float]:
    """Return the chance of failing on each day of age, up to the age that a share reaches."""
    ages = np.arange(4000.0)
    alive = survival(life, ages)
    late = int(np.argmax(alive < share))
    fine = np.linspace(late - 1.0, float(late), 20_001)
    last = max(2, round(float(fine[np.argmax(survival(life, fine) <= share)])))
    return [float(1 - alive[k + 1] / alive[k]) for k in range(last)]


class Upkeep:
    """The days of a system by plain data."""

    def __init__(self, data: dict[str, Any], *, order_while_printing: bool = False) -> None:
        self.data, self.order_while_printing = data, order_while_printing
        share = data.get("oldest_survival", 1e-4)
        self.fails = {"regular": failing(data["regular"]["life"], share)}
        if data.get("printed"):
            self.fails["printed"] = failing(data["printed"]["life"], share)
        self.lead = int(data["regular"]["lead_time_days"])

    def choices(self, state: State) -> Iterator[tuple[float, list[tuple[float, State]]]]:
        """Yield what each choice of a morning costs that day, and where it leads."""
        what, age, order = state
        regular, printed = self.data["regular"], self.data.get("printed")
        yield self._day(what, age, order, 0.0)
        may_order = order == -1 and (what != "printing" or self.order_while_printing)
        if may_order:
            yield self._day(what, age, self.lead, regular["cost"])
        if what == "none" and printed:
            spent, days = printed["cost"] + self.data["replacement_cost"], printed["lead_time_days"]
            yield self._day("printing", days, order, spent)
            if order == -1:
                yield self._day("printing", days, self.lead, spent + regular["cost"])
        if order == 0 and what != "printing":
            spent = self.data["replacement_cost"]
            yield self._day("regular", 0, -1, spent)
            yield self._day("regular", 0, self.lead, spent + regular["cost"])

    def _day(
        self, what: str, age: int, order: int, spent: float
    ) -> tuple[float, list[tuple[float, State]]]:
        ahead = order - 1 if order > 0 else order
        if order == 0:
            spent += self.data["holding_cost_per_day"]
        if what in ("none", "printing"):
            spent += self.data["downtime_cost_per_day"]
            after = (what, age - 1) if what == "printing" else (what, age)
            after = ("printed", 0) if after == ("printing", 0) else after
            return spent, [(1.0, (*after, ahead))]
        chance = self.fails[what][age]
        older = min(age + 1, len(self.fails[what]) - 1)
        spent += chance * self.data["failure_cost"]
        return spent, [(1 - chance, (what, older, ahead)), (chance, ("none", 0, ahead))]

    def least_cost(self, within: float = 1e-9) -> tuple[float, float]:
        """Return bounds on the least average cost a day, by relative value iteration."""
        places: dict[State, int] = {("regular", 0, -1): 0}
        states = list(places)
        owner, costs, pairs, to, chances = [], [], [], [], []
        for place, state in enumerate(states):  # grows while it is walked
            for cost, leads in self.choices(state):
                for chance, after in leads:
                    if after not in places:
                        places[after] = len(states)
                        states.append(after)
                    pairs.append(len(costs))
                    to.append(places[after])
                    chances.append(chance)
                owner.append(place)
                costs.append(cost)
        start = np.flatnonzero(np.diff([-1, *owner]))
        cost, weight, goal = np.array(costs), np.array(chances), np.array(to)
        first = np.flatnonzero(np.diff([-1, *pairs]))
        value = np.zeros(len(states))
        for _ in range(200_000):
            future = np.add.reduceat(weight * value[goal], first)
            better = np.minimum.reduceat(cost + future, start)
            change = better - value
            if np.ptp(change) <= within * abs(change).max():
                break
            value = 0.5 * (value + better)  # a day in two nothing happens: no cycle has a period
            value -= value[0]
        return float(change.min()), float(change.max())


def quantiles(life: dict[str, Any], count: int) -> Floats:
    """Return lives at the middle of as many equal shares of the parts."""
    top = 1.0
    while survival(life, np.array([0.0, top]))[1] > 1e-9:
        top *= 1.5
    ages = np.linspace(0.0, top, 200_001)
    failed = 1 - survival(life, ages)
    return np.interp((np.arange(count) + 0.5) / count, failed, ages)


def policy_cost(
    data: dict[str, Any], policy: str, t_r: float, t_b: float, t_p: float, count: int = 1500
) -> float:
    """Return the average cost a day of a policy of the source, from the events of its cycles."""
    wait, h = float(data["regular"]["lead_time_days"]), data["holding_cost_per_day"]
    c_m, c_f, b = data["replacement_cost"], data["failure_cost"], data["downtime_cost_per_day"]
    x = quantiles(data["regular"]["life"], count)
    cost = data["regular"]["cost"] + c_m + c_f * (x < t_r)
    if policy == "B":
        lasts = np.minimum(x, t_r)
        return float((cost + h * np.maximum(lasts - wait, 0)).mean() / lasts.mean())
    quick = float(data["printed"]["lead_time_days"])
    fix = data["printed"]["cost"] + c_m + b * quick
    bridged = x < t_b
    if policy == "TR" or not t_b:
        lasts = wait + np.minimum(x, t_r - wait)
        late = np.where(x < t_r - wait, wait, np.maximum(t_r - x, 0.0))
        cost = cost + np.where(bridged, fix, b * late)
        return float(cost.mean() / lasts.mean())
    y = quantiles(data["printed"]["life"], count)[None, :]
    x, bridged, cost = x[:, None], bridged[:, None], cost[:, None]
    used = np.minimum(y, t_p)
    comes = np.maximum(x + wait, 0.0) * (x < t_r - wait) + t_r * (x >= t_r - wait)
    out = x + quick + used
    held = np.where(used >= wait, np.maximum(out - comes, 0.0), 0.0)
    cost = cost + np.where(bridged, fix + c_f * (y < t_p) + h * held, b * np.maximum(t_r - x, 0.0))
    lasts = np.where(bridged, out, t_r)
    return float(cost.mean() / lasts.mean())
