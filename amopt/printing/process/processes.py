r"""The full decision process of a part, as sparse arrays, and the same process in small steps.

States are :math:`(n, I, P)`: days to the replenishment, net stock, printed parts in operation
(Westerweel 2019, chapter 3). All that chance does in a night are two independent draws, of regular
and of printed parts that fail.

**Full**: a state-action pair orders so many parts, or prints and expedites so many. **Factored**:
one more part is ordered, printed or expedited at a time, each in a step that takes no time, until
the planner stops; then regular failures are drawn, again in no time, then printed ones. The same
process, with about :math:`N^3` instead of :math:`N^5` probabilities.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amopt.printing import closed_form
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action
from amopt.printing.process.day import Day, each
from amopt.printing.process.steps import PrintingProcess, Steps

__all__ = ["entries", "factored_process", "full_process"]

Ints = NDArray[np.int64]


def entries(parameters: Parameters, form: str) -> NDArray[np.float64]:
    r"""Return about how many probabilities the process of each part has, shape (parts,).

    Full: :math:`N^5 / 60` a day, for a pair with :math:`R` regular and :math:`P` printed parts
    leads to :math:`(R + 1)(P + 1)` states; with two sources some :math:`N / 7` times as many.
    Factored: :math:`N^3 / 3` a day.
    """
    systems = parameters.systems + 2.0
    both = np.isfinite(parameters.print_cost) & np.isfinite(parameters.expedite_cost)
    if form != "full":
        return np.asarray(systems**3 / 3 * parameters.cycle_days)
    more = np.where(both, np.maximum(systems / 7, 1.0), 1.0)
    return np.asarray(systems**5 / 60 * more * (parameters.cycle_days - 1))


def full_process(
    parameters: Parameters, highest: int | None = None, *, most_prints: int | None = None
) -> PrintingProcess:
    """Return the process in which all parts of a day are decided in one go.

    Parameters
    ----------
    parameters
        The parameters of one part.
    highest
        The most parts that may be on the shelf; left out, see ``closed_form.levels_to_try``.
    most_prints
        The most that are printed in a day; left out, as many as wait.
    """
    day = _day(parameters, highest)
    N, nights, edge, size = day.systems, parameters.cycle_days - 1, len(day.levels), len(day)
    # In the first day of a cycle nothing has been printed yet.
    first_day = np.flatnonzero(day.P == 0)
    steps = Steps(edge + (nights - 1) * size + len(first_day))

    # n = 0: from net stock I order up to J >= max(I, 0)
    state, more = each(day.highest + 1 - np.maximum(day.levels, 0))
    level = np.maximum(day.levels[state], 0) + more
    ordered = level - day.levels[state]
    steps.add(
        state,
        day.regular_failures[:, first_day][day.at(level, 0)],
        first=edge + (nights - 1) * size,
        cost=parameters.order_cost[0] * ordered + parameters.holding_cost[0] * level,
        ordered=ordered,
    )

    # n >= 1: for k systems that wait expedite e and print p, with e + p <= k
    for n in range(1, nights + 1):
        states = first_day if n == nights else np.arange(size)
        owner, expedited, printed = _decisions(parameters, -day.I[states])
        if most_prints is not None:
            kept = printed <= most_prints
            owner, expedited, printed = owner[kept], expedited[kept], printed[kept]
        before = states[owner]
        after = day.at(day.I[before] + expedited + printed, day.P[before] + printed)
        cost = day.cost[after] + _times(parameters.print_cost[0], printed)
        steps.add(
            edge + (n - 1) * size + owner,
            (day.last_night if n == 1 else day.night)[after],
            first=0 if n == 1 else edge + (n - 2) * size,
            cost=cost + _times(parameters.expedite_cost[0], expedited),
            action=np.select(
                [printed > 0, expedited > 0], [Action.PRINT, Action.EXPEDITE], Action.WAIT
            ),
        )
    one_waits = edge + np.arange(nights) * size + int(day.at(-1, 0))
    one_waits[-1] = edge + (nights - 1) * size + int(np.searchsorted(first_day, day.at(-1, 0)))
    named = [
        _named(day, n, first_day if n == nights else slice(None)) for n in range(1, nights + 1)
    ]
    names = np.concatenate([_named(day, 0, day.at(day.levels, 0)), *named])
    return steps.process(parameters, names, start=N, waiting=one_waits, one_by_one=False)


def factored_process(parameters: Parameters, highest: int | None = None) -> PrintingProcess:
    """Return the process in which parts are ordered, printed and expedited one at a time.

    Its states are those of n = 0; those of n = 1, ..., L - 1; and for n = 2, ..., L - 1 those with
    printed parts in operation after the night's regular failures, before its printed ones, whose
    names (n, I, P, 1) end with 1.

    Parameters
    ----------
    parameters
        The parameters of one part.
    highest
        The most parts that may be on the shelf; left out, see ``closed_form.levels_to_try``.
    """
    day = _day(parameters, highest)
    N, nights, edge, size = day.systems, parameters.cycle_days - 1, len(day.levels), len(day)
    printed, unprinted = np.flatnonzero(day.P > 0), np.flatnonzero(day.P == 0)
    steps = Steps(edge + nights * size + (nights - 1) * len(printed))

    state = np.arange(edge - 1)
    steps.add(state, state + 1, cost=parameters.order_cost[0], duration=0, ordered=1)
    level = np.arange(day.highest + 1)
    steps.add(
        N + level,
        day.regular_failures[day.at(level, 0)],
        first=edge + (nights - 1) * size,
        cost=parameters.holding_cost[0] * level,
    )
    for n in range(1, nights + 1):
        here = edge + (n - 1) * size
        _one_more(steps, parameters, day, here)
        if n == 1:
            steps.add(here + np.arange(size), day.last_night, cost=day.cost)
            continue
        before, half = here - size, edge + nights * size + (n - 2) * len(printed)
        drawn = day.regular_failures
        steps.add(here + unprinted, drawn[unprinted], first=before, cost=day.cost[unprinted])
        between = drawn[printed][:, printed]
        steps.add(here + printed, between, first=half, cost=day.cost[printed], duration=0)
        steps.add(half + np.arange(len(printed)), day.printed_failures[printed], first=before)
    one_waits = edge + np.arange(nights) * size + int(day.at(-1, 0))
    named = [_named(day, n) for n in range(1, nights + 1)]
    halves = [_named(day, n, printed) for n in range(2, nights + 1)]
    names = np.concatenate([_named(day, 0, day.at(day.levels, 0)), *named, *halves])
    names = np.column_stack([names, np.arange(len(names)) >= edge + nights * size])
    return steps.process(parameters, names, start=N, waiting=one_waits, one_by_one=True)


def _one_more(steps: Steps, parameters: Parameters, day: Day, here: int) -> None:
    """Add the steps that print or expedite one more part, in no time."""
    waits = np.flatnonzero(day.I < 0)
    for action, cost in (
        (Action.PRINT, parameters.print_cost[0]),
        (Action.EXPEDITE, parameters.expedite_cost[0]),
    ):
        if np.isfinite(cost):
            mended = day.at(day.I[waits] + 1, day.P[waits] + (action == Action.PRINT))
            steps.add(here + waits, here + mended, cost=cost, duration=0, action=action)


def _day(parameters: Parameters, highest: int | None) -> Day:
    """Return the states of a day, by default with as many parts on the shelf as may be used.

    Where no part ever fails none is on the shelf: it would lie there for ever, and the average cost
    would depend on how many there were at first.
    """
    return Day(
        parameters, int(closed_form.levels_to_try(parameters)[0]) if highest is None else highest
    )


def _decisions(parameters: Parameters, waiting: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the state of each decision of a day, the parts that it expedites, and prints."""
    waiting = np.maximum(waiting, 0)
    owner, expedited = each(
        (waiting if np.isfinite(parameters.expedite_cost[0]) else 0 * waiting) + 1
    )
    left = waiting[owner] - expedited
    chosen, printed = each((left if np.isfinite(parameters.print_cost[0]) else 0 * left) + 1)
    return owner[chosen], expedited[chosen], printed


def _named(day: Day, n: int, chosen: Ints | slice = slice(None)) -> Ints:
    """Return (n, I, P) of some states of a day."""
    net, printed = day.I[chosen], day.P[chosen]
    return np.stack([np.full_like(net, n), net, printed], axis=1)


def _times(cost: float, count: Ints) -> NDArray[np.float64]:
    """Return costs of so many parts, 0 where there is no such source and so no part."""
    return np.asarray(cost * count if np.isfinite(cost) else np.zeros(len(count)))
