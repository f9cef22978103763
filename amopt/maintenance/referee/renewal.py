"""What a policy costs, found by following the days of a cycle: renewal reward, no matrix.

A cycle begins with the installation of a regular part. The probability of each state on each
morning is moved on day by day until the next installation; what is spent on the way, and how long
it takes, give the average a day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.instance import MaintenanceInstance

__all__ = ["AMOUNTS", "StatedPolicy", "averages"]

Floats = NDArray[np.float64]

AMOUNTS = ("orders", "prints", "installs", "failures", "down", "held")
"""What is counted, a day."""

LEFT = 1e-13
"""Probability of a cycle that is still going on at which it is no longer followed."""

STEADY, LOOK_BACK, AS_BEFORE = 2_000, 97, 1e-11
"""Days from which a cycle is looked at, every so often, for days that count the same share of it
as one day and that many days before. Some plans wait a thousand years for an order."""

LONG = 500
"""Days from which a cycle is looked at for states that it can never leave."""

MOST_CYCLE = 200_000
"""Days after which a cycle is not followed any further."""


@dataclass(frozen=True)
class StatedPolicy:
    """The rules as shares of the actions, by what is installed and where the order is.

    Attributes
    ----------
    shares
        By installed part and order: for each action its share by day, shape (days,).
    """

    shares: dict[tuple[str, str], dict[str, Floats]]

    @classmethod
    def of(cls, instance: MaintenanceInstance, rows: Iterable[Mapping[str, Any]]) -> StatedPolicy:
        """Read the rules; a day that no rule is about has no action.

        Raises
        ------
        KeyError, TypeError, ValueError
            When a rule cannot be understood.
        """
        days = {
            "regular": instance.oldest_regular,
            "printed": instance.oldest_printed,
            "none": 1,
        }
        shares: dict[tuple[str, str], dict[str, Floats]] = {}
        for row in rows:
            installed, order = row["installed"], row["order"]
            on_the_way = order == "on order"
            size = instance.regular.lead_time_days + 1 if on_the_way else days[installed]
            first, last = row["from_day"], row["to_day"]
            if not 0 <= first <= last < size:
                raise ValueError(f"days {first} to {last} of {size}")
            entry = shares.setdefault((installed, order), {})
            share = entry.setdefault(row["action"], np.zeros(size))
            share[first : last + 1] += row["share"]
        return cls(shares)

    def share(self, installed: str, order: str, action: str, size: int) -> Floats:
        """Return the share of an action by day."""
        known = self.shares.get((installed, order), {}).get(action)
        return np.zeros(size) if known is None else known

    def gaps(self) -> list[tuple[str, str]]:
        """Return where the shares of the actions do not sum to 1."""
        found = []
        for key, actions in self.shares.items():
            total = np.sum(list(actions.values()), axis=0)[int(key[1] == "on order") :]
            if np.abs(total - 1).max() > 1e-6:
                found.append(key)
        return found


@dataclass
class _Ages:
    """The probabilities of a morning of the parts of a kind, by age and status of the order.

    Rows are the ages from the youngest on that is there; shape (ages, statuses).
    """

    mass: Floats
    youngest: int
    oldest: int

    @property
    def there(self) -> slice:
        """The ages that are there."""
        return slice(self.youngest, self.youngest + len(self.mass))

    def older(self, alive: Floats) -> _Ages:
        """Return the next morning's, of those that are alive; the oldest stay as they are."""
        if not len(alive):
            return self
        if self.youngest + len(alive) <= self.oldest:
            return _Ages(alive, self.youngest + 1, self.oldest)
        if len(alive) > 1:
            alive[-2] += alive[-1]
            return _Ages(alive[:-1], self.youngest + 1, self.oldest)
        return _Ages(alive, self.youngest, self.oldest)

    def with_new(self, new: Floats) -> _Ages:
        """Return them with new parts, shape (statuses,)."""
        if not new.any():
            return self
        mass = self.mass
        if self.youngest:
            mass = np.vstack([np.zeros((self.youngest, mass.shape[1])), mass])
        elif not len(mass):
            mass = np.zeros((1, mass.shape[1]))
        mass[0] += new
        return _Ages(mass, 0, self.oldest)


@dataclass
class _Cycle:
    """The probabilities of a morning: by part and status of the order, and what was counted.

    Statuses are no order, then days to arrival, then in stock.
    """

    instance: MaintenanceInstance
    policy: StatedPolicy

    def __post_init__(self) -> None:
        instance, self.lead = self.instance, self.instance.regular.lead_time_days
        self.fails = instance.failure_probabilities
        statuses, self.stock = self.lead + 2, self.lead + 1
        self.parts = [_Ages(np.zeros((0, statuses)), 0, len(fails) - 1) for fails in self.fails]
        self.none = np.zeros(statuses)
        quick = 0 if instance.printed is None else instance.printed.lead_time_days
        self.printing = [np.zeros(statuses) for _ in range(max(quick - 1, 0))]
        self.amounts = dict.fromkeys(AMOUNTS, 0.0)
        self.length = 0.0
        self.ends = np.zeros(2)

    def left(self) -> float:
        """Return the probability that the cycle still goes on."""
        parts = sum(float(part.mass.sum()) for part in self.parts)
        return parts + float(self.none.sum()) + sum(float(one.sum()) for one in self.printing)

    def _decide(self) -> Floats:
        """Order, install and print; return what was printed, by status."""
        for name, ages in zip(("regular", "printed"), self.parts, strict=True):
            part, there, size = ages.mass, ages.there, ages.oldest + 1
            if not len(part):
                continue
            ordered = part[:, 0] * self.policy.share(name, "no order", "order", size)[there]
            part[:, 0] -= ordered
            part[:, self.lead] += ordered
            self.amounts["orders"] += float(ordered.sum())
            ends = [
                part[:, self.stock] * self.policy.share(name, "in stock", action, size)[there]
                for action in ("install", "install and order")
            ]
            for end, taken in enumerate(ends):
                self._end(end, float(taken.sum()))
            part[:, self.stock] -= sum(ends)
        return self._decide_for_none()

    def _end(self, end: int, probability: float) -> None:
        self.ends[end] += probability
        self.amounts["installs"] += probability

    def _decide_for_none(self) -> Floats:
        none, policy, printed = self.none, self.policy, np.zeros(self.lead + 2)
        prints = [policy.share("none", order, "print", 1)[0] for order in ("no order", "in stock")]
        both = none[0] * policy.share("none", "no order", "print and order", 1)[0]
        only = none[0] * policy.share("none", "no order", "order", 1)[0]
        coming = slice(1, self.lead + 1)
        printed[coming] = (
            none[coming] * policy.share("none", "on order", "print", self.lead + 1)[1:]
        )
        printed[0], printed[self.stock] = none[0] * prints[0], none[self.stock] * prints[1]
        ends = [
            none[self.stock] * policy.share("none", "in stock", action, 1)[0]
            for action in ("install", "install and order")
        ]
        none -= printed
        none[0] -= both + only
        none[self.lead] += only
        printed[self.lead] += both
        none[self.stock] -= sum(ends)
        for end, probability in enumerate(ends):
            self._end(end, float(probability))
        self.amounts["orders"] += float(both + only)
        self.amounts["prints"] += float(printed.sum())
        return printed

    def _ahead(self, mass: Floats) -> Floats:
        """Return the statuses of the next morning, along the last axis."""
        moved = np.zeros_like(mass)
        moved[..., 0], moved[..., self.stock] = mass[..., 0], mass[..., self.stock]
        moved[..., 1 : self.lead] += mass[..., 2 : self.lead + 1]
        moved[..., self.stock] += mass[..., 1]
        return moved

    def day(self) -> None:
        """Decide, and let the day pass."""
        printed = self._decide()
        self.length += self.left() + float(printed.sum())
        down = self.none.sum() + printed.sum() + sum(one.sum() for one in self.printing)
        self.amounts["down"] += float(down)
        stocked = sum(float(part.mass[:, self.stock].sum()) for part in self.parts)
        stocked += self.none[self.stock] + printed[self.stock]
        stocked += sum(one[self.stock] for one in self.printing)
        self.amounts["held"] += float(stocked)
        failed, survivors = np.zeros(self.lead + 2), []
        for part, fails in zip(self.parts, self.fails, strict=True):
            failing = part.mass * fails[part.there, None]
            failed += failing.sum(axis=0)
            survivors.append(part.older(self._ahead(part.mass - failing)))
        self.amounts["failures"] += float(failed.sum())
        ready = printed
        if self.printing:
            ready = self.printing[-1]
            self.printing = [self._ahead(one) for one in (printed, *self.printing[:-1])]
        self.parts, self.none = survivors, self._ahead(self.none + failed)
        if len(self.fails[1]):
            self.parts[1] = self.parts[1].with_new(self._ahead(ready))

    def day_alone(self) -> Floats:
        """Let a day pass, and return what it counts; as a difference of sums it would be noise."""
        before = self.counted()
        self.length, self.amounts, self.ends = 0.0, dict.fromkeys(AMOUNTS, 0.0), np.zeros(2)
        self.day()
        spent = self.counted()
        whole = before + spent
        self.length, self.ends = float(whole[0]), whole[-2:]
        self.amounts = dict(zip(AMOUNTS, whole[1:-2].tolist(), strict=True))
        return spent

    def counted(self) -> Floats:
        """Return all that is counted: days, amounts, and how cycles end; shape (9,)."""
        return np.array([self.length, *self.amounts.values(), *self.ends])

    def ends_as_before(self, days: Sequence[Floats]) -> bool:
        """Return whether days count as much as before, of the cycles that go on, and some end."""
        shares = (days[0], days[-2], days[-1])
        steady = all(np.abs(one - days[-1]).max() <= AS_BEFORE for one in shares)
        return steady and bool(days[-1][-2:].sum() > 0)

    def end_at_that_rate(self, spent: Floats) -> None:
        """Count what is still to come where every day is a share of the one before.

        Of the cycles that go on the same share ends on each day. So what is to come is what the
        last day counted, times those that are left over those that ended on it.
        """
        still = spent * (self.left() / spent[-2:].sum())
        self.length += float(still[0])
        for name, more in zip(self.amounts, still[1:], strict=False):
            self.amounts[name] += float(more)
        self.ends += still[-2:]


class _Reached:
    """The states that a cycle is in from some day on."""

    def __init__(self, cycle: _Cycle) -> None:
        statuses = cycle.lead + 2
        self.parts = [np.zeros((ages.oldest + 1, statuses), np.bool_) for ages in cycle.parts]
        self.others = np.zeros((1 + len(cycle.printing), statuses), np.bool_)

    def has_all(self, cycle: _Cycle) -> bool:
        """Return whether this morning's states are all among them; add them.

        What follows from all of them but this morning's is then among them, too, and what follows
        from this morning's has followed before: they are never left.
        """
        whole = True
        parts = zip(self.parts, cycle.parts, strict=True)
        here = [(seen[ages.there], ages.mass) for seen, ages in parts]
        here += [(self.others, np.array([cycle.none, *cycle.printing]))]
        for seen, mass in here:
            there = mass > 0
            whole = whole and not (there & ~seen).any()
            np.logical_or(seen, there, out=seen)
        return whole


def averages(instance: MaintenanceInstance, policy: StatedPolicy) -> dict[str, float] | None:
    """Return the :data:`AMOUNTS` a day in the long run; None where a cycle does not end.

    Parameters
    ----------
    instance
        The instance; without a printed part where the policy is one without printing.
    policy
        The rules.
    """
    if _only_prints(instance, policy):
        return _of_printing(instance)
    first = _followed(instance, policy, ordered=False)
    if first is None:
        return None
    cycles, weights = [first], [1.0]
    if first.ends[1]:  # how many cycles begin with and without an order, in the long run
        second = _followed(instance, policy, ordered=True)
        if second is None:
            return None
        cycles, weights = [first, second], [second.ends[0], first.ends[1]]
    length = sum(w * one.length for w, one in zip(weights, cycles, strict=True))
    return {
        name: sum(w * one.amounts[name] for w, one in zip(weights, cycles, strict=True)) / length
        for name in AMOUNTS
    }


def _only_prints(instance: MaintenanceInstance, policy: StatedPolicy) -> bool:
    """Return whether nothing is ever ordered, and a part is printed when one has failed."""
    ordered = [
        policy.share(name, "no order", "order", len(fails)).max(initial=0.0)
        for name, fails in zip(("regular", "printed"), instance.failure_probabilities, strict=True)
    ]
    ordered += [policy.share("none", "no order", f"{how}order", 1)[0] for how in ("", "print and ")]
    return not any(ordered) and bool(policy.share("none", "no order", "print", 1)[0] >= 1 - 1e-9)


def _of_printing(instance: MaintenanceInstance) -> dict[str, float]:
    """Return the amounts a day where each part is printed when the one before has failed."""
    assert instance.printed is not None
    quick, alive, lived = float(instance.printed.lead_time_days), 1.0, 0.0
    fails = instance.failure_probabilities[1]
    for chance in fails[:-1]:
        lived, alive = lived + alive, alive * (1 - chance)
    length = quick + lived + alive / fails[-1]  # the oldest stay what they are until they fail
    once = dict.fromkeys(AMOUNTS, 0.0) | {"prints": 1.0, "failures": 1.0, "down": quick}
    return {name: amount / length for name, amount in once.items()}


def _followed(instance: MaintenanceInstance, policy: StatedPolicy, ordered: bool) -> _Cycle | None:
    """Follow a cycle that begins with or without an order, to its end."""
    cycle = _Cycle(instance, policy)
    cycle.amounts["orders"] = float(ordered)
    fails = float(cycle.fails[0][0])
    status = cycle.lead if ordered else 0
    first = np.zeros(cycle.lead + 2)
    first[status] = 1.0
    ahead = cycle._ahead(first)
    cycle.length = 1.0
    cycle.amounts["failures"] = fails
    oldest = len(cycle.fails[0]) - 1
    cycle.parts[0] = _Ages((1 - fails) * ahead[None], min(1, oldest), oldest)
    cycle.none = fails * ahead
    days: deque[Floats] = deque(maxlen=LOOK_BACK + 1)
    reached: _Reached | None = None
    for number in range(MOST_CYCLE):
        left = cycle.left()
        if left <= LEFT:
            return cycle
        if number > LONG and reached is not None and reached.has_all(cycle):
            return None
        spent = cycle.day_alone()
        if spent[-2:].any():
            reached = None
        elif reached is None:
            reached = _Reached(cycle)
        days.append(spent / left)
        if number % LOOK_BACK == 0 and number > STEADY and cycle.ends_as_before(days):
            cycle.end_at_that_rate(spent)
            return cycle
    return None
