r"""Policy iteration on the structure of the process, for many instances at once.

Between two installations of a regular part the process is a decision tree with two small loops. For
a guess :math:`g` of the average cost, let the value after an installation be 0; then, costs less
:math:`g` a day, the values follow by going backwards: with a spare in stock, from the oldest age
down; with :math:`m = 1..L_r` days to its arrival, from :math:`m - 1`; without an order, from the
oldest age down again. Only the values of a system that is down, with a spare and without an order,
depend on themselves, and are iterated. The value :math:`W(g)` of an installation falls in :math:`g`
with slope :math:`-T`, the length of a cycle: :math:`g \leftarrow g + W(g) / T` is policy iteration
(Howard 1960), and ends at :math:`W(g) = 0`.

The values are then a solution of the dual of the linear program but for the residuals of these two
states and of :math:`W`: the bound that travels with the answer is :math:`g` less the largest of
them, as the optimality inequalities of average cost have it (Puterman 1994, theorem 8.4.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from amopt.maintenance.instance import MaintenanceInstance
from amopt.program.time import Budget

__all__ = ["HONOURS", "Renewal", "printing_alone", "solve"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HONOURS = frozenset({"flow_balance", "normalisation"})
"""The families of constraints that it honours: those of the process itself."""

ROUNDS, LOOPS = 60, 50

_IN_TIME = "the policy was found"


@dataclass(frozen=True)
class Renewal:
    """The best policies of instances; arrays of shape (instances, ...).

    Attributes
    ----------
    gain, bound
        Average cost a day, and what no policy is below, in money. Where leaving the system down
        costs less than any plan, both are that, and the policy is the best of the others.
    order
        Whether a part is ordered, by installed unit, where there is no order.
    install
        Whether the spare is installed, by installed unit.
    down
        Index of what is done for a system that is down, by status of the order, as in
        :data:`~amopt.maintenance.process.ACTIONS`.
    """

    gain: Floats
    bound: Floats
    order: Bools
    install: Bools
    down: NDArray[np.intp]
    rounds: int


@dataclass
class _Batch:
    """Instances as arrays: costs of shape (instances,), failures (instances, ages)."""

    fails: tuple[Floats, Floats]
    order: Floats
    print: Floats
    replace: Floats
    failure: Floats
    down: Floats
    hold: Floats
    lead: int
    quick: int
    g: Floats = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, instances: Sequence[MaintenanceInstance]) -> _Batch:
        first = instances[0]
        printed = [one.printed for one in instances]
        return cls(
            (_stacked(instances, 0), _stacked(instances, 1)),
            np.array([one.regular.cost for one in instances]),
            np.array([np.inf if one is None else one.cost for one in printed]),
            np.array([one.replacement_cost for one in instances]),
            np.array([one.failure_cost for one in instances]),
            np.array([one.downtime_cost_per_day for one in instances]),
            np.array([one.holding_cost for one in instances]),
            first.regular.lead_time_days,
            1 if first.printed is None else first.printed.lead_time_days,
        )


def _stacked(instances: Sequence[MaintenanceInstance], part: int) -> Floats:
    """Return the failure probabilities by age; the last is that of all older ages."""
    rows = [one.failure_probabilities[part] for one in instances]
    ages = max(map(len, rows))
    if not ages:
        return np.ones((len(rows), 1))
    return np.stack([np.pad(row, (0, ages - len(row)), mode="edge") for row in rows])


@dataclass
class _Value:
    """Values with the time that they take: cost less g a day, and days."""

    cost: Floats
    days: Floats

    def at(self, index: int) -> _Value:
        return _Value(self.cost[:, index], self.days[:, index])

    def plus(self, cost: Floats | float, days: float, g: Floats) -> _Value:
        return _Value(self.cost + cost - g * days, self.days + days)


def _better(first: _Value, second: _Value) -> tuple[_Value, Bools]:
    """Return the lesser value, and whether that is the second."""
    takes = second.cost < first.cost
    return (
        _Value(np.where(takes, second.cost, first.cost), np.where(takes, second.days, first.days)),
        takes,
    )


def _stopping(
    batch: _Batch, fails: Floats, failed: _Value, keep: Floats | float, stop: list[_Value]
) -> tuple[_Value, Bools, Floats]:
    """Return the values by age of a part that may be stopped at each age, and where it is.

    The last is the probability that a new part fails before it is stopped, shape (instances,).

    Parameters
    ----------
    fails
        Probability of failure by age, shape (instances, ages).
    failed
        The value of the morning after a failure.
    keep
        Cost of a day.
    stop
        Values of stopping at each age, each shape (instances,).
    """
    count, ages = fails.shape
    g, cost, days = batch.g, np.empty((count, ages)), np.empty((count, ages))
    stops = np.zeros((count, ages), dtype=bool)
    p = fails[:, -1]
    with np.errstate(divide="ignore"):
        runs = 1 / p  # the oldest part stays what it is until it fails
    on_cost = failed.cost + batch.failure + (keep - g) * runs
    value, stops[:, -1] = _better(_Value(on_cost, failed.days + runs), stop[-1])
    cost[:, -1], days[:, -1] = value.cost, value.days
    fail = (~stops[:, -1]).astype(np.float64)
    loss = failed.cost + batch.failure
    for age in range(ages - 2, -1, -1):
        p = fails[:, age]
        on = keep - g + p * loss + (1 - p) * cost[:, age + 1]
        on_days = 1 + p * failed.days + (1 - p) * days[:, age + 1]
        takes = stop[age].cost < on
        stops[:, age] = takes
        cost[:, age] = np.where(takes, stop[age].cost, on)
        days[:, age] = np.where(takes, stop[age].days, on_days)
        fail = np.where(takes, 0.0, p + (1 - p) * fail)
    return _Value(cost, days), stops, fail


@dataclass
class _Layer:
    """The values of one status of the order: of regular and printed parts by age, and of none."""

    parts: tuple[_Value, _Value]
    none: _Value


@dataclass
class _Sweep:
    """One backward pass: the value of an installation, residuals and the policy."""

    value: _Value
    residual: Floats
    order: Bools
    install: Bools
    down: NDArray[np.intp]


def _printed_after(batch: _Batch, layers: list[_Layer], status_left: int) -> _Value:
    """Return the value of the morning when printing begins, without the cost of the print.

    Parameters
    ----------
    status_left
        Days until the order arrives on that morning; 0 in stock.
    """
    after = max(status_left - batch.quick, 0)
    value = layers[after].parts[1].at(0)
    held = max(batch.quick - status_left, 0)
    spent = batch.down * batch.quick + batch.hold * held
    return value.plus(batch.print + batch.replace + spent, batch.quick, batch.g)


def _in_stock(
    batch: _Batch, install: _Value, budget: Budget
) -> tuple[_Layer, Bools, NDArray[np.intp], Floats]:
    """Return the values with a spare in stock."""
    printed, loop = batch.fails[1], _Loop(install, batch.g)
    for _ in range(LOOPS):
        budget.require(_IN_TIME)
        values, stops, fail = _stopping(
            batch, printed, loop.none, batch.hold, [install] * printed.shape[1]
        )
        layer = _Layer((values, values), loop.none)
        if loop.closed(_printed_after(batch, [layer], 0), fail):
            break
    regular, stops_regular, _ = _stopping(
        batch, batch.fails[0], loop.none, batch.hold, [install] * batch.fails[0].shape[1]
    )
    installs = np.concatenate([stops_regular, stops], axis=1)
    action = np.where(loop.prints, 2, 5)
    return _Layer((regular, values), loop.none), installs, action, loop.residual


@dataclass
class _Loop:
    """The value of a system that is down, which may be bridged by prints until it is down again.

    That value is the least fixed point of an increasing, concave function; Newton's method comes to
    it from above. A gain counts beside the value and the scale, the cost of a day.
    """

    none: _Value
    scale: Floats
    prints: Bools = field(init=False)
    residual: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.prints = np.zeros(len(self.none.cost), dtype=bool)
        self.residual = np.zeros(len(self.none.cost))

    def closed(self, printed: _Value, fail: Floats) -> bool:
        """Take a step, and return whether there was none to take.

        Parameters
        ----------
        printed
            The value of printing now, given the value of being down again.
        fail
            The probability of being down again before a decision that leads out of the loop.
        """
        self.residual = np.maximum(self.none.cost - printed.cost, 0.0)
        better = self.residual > 1e-12 * (self.scale + np.abs(self.none.cost))
        if not better.any():
            return True
        self.prints = self.prints | better
        with np.errstate(divide="ignore"):
            factor = np.where(better, 1 / (1 - fail), 0.0)
        cost = self.none.cost + np.where(better, factor * (printed.cost - self.none.cost), 0.0)
        days = np.where(
            better,
            self.none.days + factor * (printed.days - self.none.days),
            self.none.days,
        )
        self.none = _Value(cost, days)
        return False


def _ordered(batch: _Batch, before: list[_Layer]) -> tuple[_Layer, NDArray[np.intp]]:
    """Return the values with one day more to the arrival of the order."""
    last, g = before[-1], batch.g
    parts = []
    for fails, value in zip(batch.fails, last.parts, strict=True):
        older = [np.concatenate([v[:, 1:], v[:, -1:]], axis=1) for v in (value.cost, value.days)]
        loss = (last.none.cost + batch.failure)[:, None]
        cost = fails * loss + (1 - fails) * older[0] - g[:, None]
        days = fails * last.none.days[:, None] + (1 - fails) * older[1] + 1
        parts.append(_Value(cost, days))
    waits = last.none.plus(batch.down, 1, g)
    prints = _printed_after(batch, before, len(before))
    none, takes = _better(waits, prints)
    return _Layer((parts[0], parts[1]), none), np.where(takes, 2, 1)


def _ordering(batch: _Batch, layers: list[_Layer]) -> tuple[list[list[_Value]], list[_Value]]:
    """Return the values of ordering: by part and age, and for a system that is down."""
    just, g = layers[batch.lead - 1], batch.g
    by_part = []
    for fails, value in zip(batch.fails, just.parts, strict=True):
        ages = fails.shape[1]
        stops = []
        for age in range(ages):
            p, older = fails[:, age], value.at(min(age + 1, ages - 1))
            cost = p * (just.none.cost + batch.failure) + (1 - p) * older.cost - g + batch.order
            stops.append(_Value(cost, 1 + p * just.none.days + (1 - p) * older.days))
        by_part.append(stops)
    waits = just.none.plus(batch.down + batch.order, 1, g)
    prints = _printed_after(batch, layers, batch.lead)
    return by_part, [waits, _Value(prints.cost + batch.order, prints.days)]


def _sweep(batch: _Batch, budget: Budget) -> _Sweep:
    """Go backwards once, with the value after an installation 0."""
    zero = np.zeros(len(batch.g))
    install = _Value(zero, zero)
    stock, installs, at_stock, residual = _in_stock(batch, install, budget)
    layers, actions = [stock], [at_stock]
    for _ in range(batch.lead):
        layer, action = _ordered(batch, layers)
        layers.append(layer)
        actions.append(action)
    by_part, down = _ordering(batch, layers)
    none, takes = _better(down[0], down[1])
    begin = np.where(takes, 4, 3)
    loop = _Loop(none, batch.g)
    for _ in range(LOOPS):
        budget.require(_IN_TIME)
        printed, orders_printed, fail = _stopping(batch, batch.fails[1], loop.none, 0.0, by_part[1])
        spent = batch.print + batch.replace + batch.down * batch.quick
        if loop.closed(printed.at(0).plus(spent, batch.quick, batch.g), fail):
            break
    begin = np.where(loop.prints, 2, begin)
    regular, orders, _ = _stopping(batch, batch.fails[0], loop.none, 0.0, by_part[0])
    value = regular.at(0)
    # without an order, then 1..lead days to arrival, then in stock
    downs = np.stack([begin, *actions[1:], actions[0]], axis=1)
    return _Sweep(
        _Value(value.cost + batch.replace, value.days),
        np.maximum(residual, loop.residual),
        np.concatenate([orders, orders_printed], axis=1),
        installs,
        downs.astype(np.intp),
    )


def solve(instances: Sequence[MaintenanceInstance], budget: Budget | None = None) -> Renewal:
    """Find the best policy of instances that share their lead times.

    Parameters
    ----------
    instances
        The instances; their limits are not looked at. Ages run to the oldest of all of them.
    budget
        The time that may be spent; left out, all that it takes.

    Returns
    -------
    Renewal
        With a bound; an instance whose bound is not close to its gain, as where a regular part
        should never be installed, needs another method.

    Raises
    ------
    NoAnswerError
        When the time is over.
    """
    budget = budget or Budget()
    batch = _Batch.of(instances)
    regular, most = _simple(batch)
    batch.g = np.minimum(regular, most)
    rounds = 0
    with np.errstate(invalid="ignore", over="ignore"):
        while True:
            sweep = _sweep(batch, budget)
            rounds += 1
            step = sweep.value.cost / sweep.value.days
            if (np.abs(step) <= 1e-13 * np.abs(batch.g)).all() or rounds == ROUNDS:
                break
            batch.g = np.minimum(batch.g + step, most)
    violated = np.maximum(sweep.residual, np.maximum(-sweep.value.cost, 0.0))
    bound = np.where(np.isfinite(violated), batch.g - violated, -np.inf)
    gain, bound = np.minimum(batch.g, batch.down), np.minimum(bound, batch.down)
    return Renewal(gain, bound, sweep.order, sweep.install, sweep.down, rounds)


def printing_alone(instance: MaintenanceInstance) -> float:
    """Return the cost a day, in money, of printing each part when the one before has failed."""
    return float(_simple(_Batch.of([instance]))[1][0])


def _simple(batch: _Batch) -> tuple[Floats, Floats]:
    """Return the cost a day of two policies: only regular parts, and only prints.

    Each part is run to its failure, and only then the next is ordered or printed. Above the cost of
    printing alone, printing for ever would have the value minus infinity.
    """
    lived = []
    for fails in batch.fails:
        alive = np.cumprod(1 - fails, axis=1)
        lived.append(1 + alive[:, :-1].sum(axis=1) + alive[:, -1] / fails[:, -1])
    common = batch.replace + batch.failure
    regular = (batch.order + common + batch.down * batch.lead) / (lived[0] + batch.lead)
    printed = (batch.print + common + batch.down * batch.quick) / (lived[1] + batch.quick)
    return regular, printed * (1 - 1e-9)
