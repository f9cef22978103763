r"""The full decision process of a part, as sparse arrays, and the same process in small steps.

States are :math:`(n, I, P)`: days to the replenishment, net stock, printed parts in operation
(Westerweel 2019, chapter 3). All that chance does in a day are two independent draws, so three
sparse matrices over :math:`(I, P)` hold it: regular failures, printed failures, and the removal of
all printed parts at the end of a cycle.

**Full**: a state-action pair orders so many, or prints and expedites so many. **Factored**: one
more part is ordered, printed or expedited at a time, each in a step that takes no time, until the
planner stops; then regular failures are drawn, again in no time, then printed ones. The same
process, with some :math:`N^3` instead of :math:`N^5` probabilities.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.errors import NoAnswerError
from amopt.mdp import MarkovDecisionProcess, MarkovSolution
from amopt.printing import cycle
from amopt.printing.instance import Numbers
from amopt.printing.policy import Action, Found, Policy
from amopt.program.highs import Options, Progress

__all__ = ["PrintingProcess", "best_policy", "factored_process", "full_process"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ORDER, STOP = -1, int(Action.WAIT)


@dataclass(frozen=True)
class PrintingProcess:
    """A decision process of one part, with what its pairs do.

    Attributes
    ----------
    process
        The process.
    start
        The state (0, 0, 0): a replenishment has come, nobody waits, the shelf is empty.
    waiting
        The state (n, -1, 0) for n = 1..L-1, shape (L - 1,): one system waits.
    ordered
        Parts that a pair orders, shape (pairs,).
    action
        The :class:`Action` of a pair for a system that waits, shape (pairs,).
    following
        The state that follows when one more part has been ordered; None where all parts are
        ordered in one go. Shape (states,).
    """

    process: MarkovDecisionProcess
    start: int
    waiting: Ints
    ordered: Ints
    action: Ints
    following: Ints | None = None

    def policy(self, solution: MarkovSolution) -> Policy:
        """Return base-stock level and actions of a solution's policy."""
        taken = solution.policy
        state, stock = self.start, int(self.ordered[taken[self.start]])
        if self.following is not None:
            while self.ordered[taken[state]]:
                state = int(self.following[state])
                stock += int(self.ordered[taken[state]])
        action = np.concatenate([[Action.WAIT], self.action[taken[self.waiting]]])
        return Policy(np.array([stock]), action[:, None].astype(np.int64))


def best_policy(
    numbers: Numbers,
    form: str,
    *,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
) -> Found:
    """Find the best policy of every part on its decision process.

    Parameters
    ----------
    numbers
        The numbers of all parts.
    form
        ``"full"`` or ``"factored"`` for the linear program of that process; else a method of
        :meth:`~amopt.mdp.MarkovDecisionProcess.solve`, on the full process.
    options
        Time limit over all parts, threads, seed.
    progress
        Called by solvers that report.

    Raises
    ------
    NoAnswerError
        When the time limit was reached first.
    """
    build = factored_process if form == "factored" else full_process
    method = "lp" if form in ("full", "factored") else form
    deadline = None if options.time_limit is None else time.perf_counter() + options.time_limit
    policies, costs, iterations, solver = [], [], 0, ""
    for part in range(len(numbers)):
        if deadline is not None:
            left = deadline - time.perf_counter()
            if left <= 0:
                raise NoAnswerError(
                    f"The time limit was reached after {part} of {len(numbers)} parts."
                )
            options = replace(options, time_limit=left)
        built = build(numbers.take([part]))
        solution = built.process.solve(method, options=options, progress=progress)
        policies.append(built.policy(solution))
        costs.append(_cycle_cost(numbers, built, solution))
        iterations += solution.outcome.iterations or 0
        solver = solution.outcome.method
    policy = Policy(
        np.concatenate([entry.base_stock for entry in policies]),
        np.concatenate([entry.action for entry in policies], axis=1),
    )
    return Found(policy, np.array(costs), solver, iterations)


def _cycle_cost(numbers: Numbers, built: PrintingProcess, solution: MarkovSolution) -> float:
    """Return the cost of a cycle from the gain, or from the value of the start."""
    if solution.gain is not None:
        return solution.gain * numbers.cycle_days
    horizon = -np.expm1(numbers.cycle_days * np.log(numbers.discount))
    return float(solution.value[built.start] * horizon)


class _Days:
    """The states (I, P) of a day, and what a night does to them, for one part.

    Parameters
    ----------
    numbers
        The numbers of one part.
    highest
        The most parts that are ever on the shelf.
    """

    def __init__(self, numbers: Numbers, highest: int) -> None:
        self.systems, self.highest = int(numbers.systems[0]), highest
        self.failure = float(numbers.failure[0])
        self.printed_failure = float(numbers.printed_failure[0])
        net, printed = np.meshgrid(
            np.arange(-self.systems, highest + 1), np.arange(self.systems + 1), indexing="ij"
        )
        there = printed <= np.where(net > 0, 0, self.systems + net)
        self.I, self.P = net[there], printed[there]
        self._index = np.full(net.shape, -1)
        self._index[there] = np.arange(len(self.I))

    def __len__(self) -> int:
        return len(self.I)

    def at(self, net: Ints | int, printed: Ints | int) -> Ints:
        """Return the numbers of the states (net, printed)."""
        return np.asarray(self._index[np.asarray(net) + self.systems, printed])

    @cached_property
    def regular_failures(self) -> sp.csr_array:
        """Probability that (I, P) becomes (I - D, P), D of the regular parts having failed."""
        running = self.systems - self.P - np.maximum(-self.I, 0)
        rows, lost = _each(running + 1)
        columns = self.at(self.I[rows] - lost, self.P[rows])
        return self._matrix(self._chances(self.failure)[running[rows], lost], rows, columns)

    @cached_property
    def printed_failures(self) -> sp.csr_array:
        """Probability that (I, P) becomes (I - D, P - D), D of the printed parts having failed."""
        rows, lost = _each(self.P + 1)
        columns = self.at(self.I[rows] - lost, self.P[rows] - lost)
        return self._matrix(self._chances(self.printed_failure)[self.P[rows], lost], rows, columns)

    @cached_property
    def removal(self) -> sp.csr_array:
        """Whether (I, P) becomes the net stock I - P at the end of a cycle; columns -N..highest."""
        size = len(self)
        return sp.csr_array(
            (np.ones(size), (np.arange(size), self.I - self.P + self.systems)),
            shape=(size, self.systems + self.highest + 1),
        )

    def _chances(self, probability: float) -> Floats:
        trials, lost = np.indices((self.systems + 1, self.systems + 1))
        return np.asarray(binom.pmf(lost, trials, probability))

    def _matrix(self, chances: Floats, rows: Ints, columns: Ints) -> sp.csr_array:
        size = len(self)
        matrix = sp.csr_array((chances, (rows, columns)), shape=(size, size))
        matrix.eliminate_zeros()
        return matrix


def _each(counts: Ints) -> tuple[Ints, Ints]:
    """Return (0, 0), ..., (0, counts[0] - 1), (1, 0), ... as two arrays."""
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)


def _discount(numbers: Numbers) -> float | None:
    return None if numbers.is_average else numbers.discount


def _highest(numbers: Numbers) -> int:
    """Return one part more than may be best, so that a level is never best for want of a higher."""
    return int(cycle.highest_base_stock(numbers)[0]) + 1


def full_process(numbers: Numbers, highest: int | None = None) -> PrintingProcess:
    """Return the process in which all parts of a day are decided in one go.

    Parameters
    ----------
    numbers
        The numbers of one part.
    highest
        The most parts that may be on the shelf; left out, one more than can be best.
    """
    days = _Days(numbers, _highest(numbers) if highest is None else highest)
    N, L, top = days.systems, numbers.cycle_days, days.highest
    size, edge = len(days), N + top + 1
    net = np.arange(-N, top + 1)
    # n = 0: from net stock I order up to J >= max(I, 0)
    state, more = _each(top + 1 - np.maximum(net, 0))
    level = np.maximum(net[state], 0) + more
    ordered = level - net[state]
    order_cost = numbers.order_cost[0] * ordered + numbers.holding_cost[0] * level
    # n >= 1: for k systems that wait print p and expedite e, with e + p <= k
    owner, expedited, printed = _decisions(numbers, days)
    after = days.at(days.I[owner] + expedited + printed, days.P[owner] + printed)
    day_cost = _day_cost(numbers, days)[after]
    for count, price in ((printed, numbers.print_cost[0]), (expedited, numbers.expedite_cost[0])):
        if np.isfinite(price):
            day_cost = day_cost + price * count
    pairs, nights = len(owner), L - 1
    transition = _stack(
        ordering=days.regular_failures[days.at(level, 0)],
        last=(days.regular_failures @ days.removal)[after],
        night=(days.regular_failures @ days.printed_failures)[after],
        nights=nights,
    )
    day = np.repeat(np.arange(nights), pairs)
    kind = np.select([printed > 0, expedited > 0], [Action.PRINT, Action.EXPEDITE], Action.WAIT)
    state_of_pair = np.concatenate([state, edge + day * size + np.tile(owner, nights)])
    # In the first day of a cycle nothing has been printed yet.
    kept_states = np.ones(edge + nights * size, dtype=bool)
    kept_states[edge + (nights - 1) * size :] = days.P == 0
    kept = kept_states[state_of_pair]
    number = np.cumsum(kept_states) - 1
    process = MarkovDecisionProcess(
        transition[kept][:, kept_states],
        np.concatenate([order_cost, np.tile(day_cost, nights)])[kept],
        number[state_of_pair[kept]],
        _discount(numbers),
        state_names=_state_names(days, nights)[kept_states],
    )
    return PrintingProcess(
        process,
        start=N,
        waiting=number[edge + np.arange(nights) * size + days.at(-1, 0)],
        ordered=np.concatenate([ordered, np.zeros(nights * pairs, dtype=np.int64)])[kept],
        action=np.concatenate([np.zeros(len(state), dtype=np.int64), np.tile(kind, nights)])[kept],
    )


def _decisions(numbers: Numbers, days: _Days) -> tuple[Ints, Ints, Ints]:
    """Return the state of each decision of a day, the parts it expedites and the parts it prints."""
    waiting = np.maximum(-days.I, 0)
    none = np.zeros_like(waiting)
    owner, expedited = _each((waiting if np.isfinite(numbers.expedite_cost[0]) else none) + 1)
    left = waiting[owner] - expedited
    chosen, printed = _each((left if np.isfinite(numbers.print_cost[0]) else 0 * left) + 1)
    return owner[chosen], expedited[chosen], printed


def _day_cost(numbers: Numbers, days: _Days) -> Floats:
    """Return the cost of a day that ends in each state."""
    held = numbers.holding_cost[0] * np.maximum(days.I, 0)
    cost: Floats = held + numbers.backorder_cost[0] * np.maximum(-days.I, 0)
    return cost


def _stack(
    *, ordering: sp.csr_array, last: sp.csr_array, night: sp.csr_array, nights: int
) -> sp.csr_array:
    """Return the transitions of a cycle: states are those of n = 0, then of n = 1, ..., L - 1."""
    edge, size = last.shape[1], night.shape[1]
    rows = [
        sp.hstack([sp.csr_array((ordering.shape[0], edge + (nights - 1) * size)), ordering]),
        sp.hstack([last, sp.csr_array((last.shape[0], nights * size))]),
    ]
    if nights > 1:
        between = sp.kron(sp.eye_array(nights - 1), night)
        rows.append(
            sp.hstack(
                [
                    sp.csr_array((between.shape[0], edge)),
                    between,
                    sp.csr_array((between.shape[0], size)),
                ]
            )
        )
    return sp.csr_array(sp.vstack(rows, format="csr"))


def _state_names(days: _Days, nights: int) -> Ints:
    """Return (n, I, P) of each state."""
    size = len(days)
    net = np.arange(-days.systems, days.highest + 1)
    edge = np.stack([0 * net, net, 0 * net], axis=1)
    n = np.repeat(np.arange(1, nights + 1), size)
    return np.concatenate(
        [edge, np.stack([n, np.tile(days.I, nights), np.tile(days.P, nights)], axis=1)]
    )


def factored_process(numbers: Numbers, highest: int | None = None) -> PrintingProcess:
    """Return the process in which parts are ordered, printed and expedited one at a time.

    Its states are those of n = 0, those of n = 1, ..., L - 1, and for n >= 2 those with printed
    parts in operation after the night's regular failures, before its printed ones.

    Parameters
    ----------
    numbers
        The numbers of one part.
    highest
        The most parts that may be on the shelf; left out, one more than can be best.
    """
    days = _Days(numbers, _highest(numbers) if highest is None else highest)
    N, nights, top = days.systems, numbers.cycle_days - 1, days.highest
    size, edge = len(days), N + top + 1
    with_prints = np.flatnonzero(days.P > 0)
    drawn = len(with_prints)
    states = edge + nights * size + (nights - 1) * drawn
    net = np.arange(-N, top + 1)
    steps = _Steps(states)
    steps.certain(net[:-1] + N, net[1:] + N, cost=numbers.order_cost[0], ordered=1)
    levels = np.arange(top + 1)
    steps.drawn(
        levels + N,
        days.regular_failures[days.at(levels, 0)],
        edge + (nights - 1) * size,
        cost=numbers.holding_cost[0] * levels,
        duration=1,
    )
    waits = np.flatnonzero(days.I < 0)
    no_prints = np.flatnonzero(days.P == 0)
    day_cost = _day_cost(numbers, days)
    for n in range(1, nights + 1):
        here = edge + (n - 1) * size
        for action, price in (
            (Action.PRINT, numbers.print_cost[0]),
            (Action.EXPEDITE, numbers.expedite_cost[0]),
        ):
            if np.isfinite(price):
                mended = days.at(days.I[waits] + 1, days.P[waits] + (action == Action.PRINT))
                steps.certain(here + waits, here + mended, cost=price, action=action)
        if n == 1:
            night = sp.csr_array(days.regular_failures @ days.removal)
            steps.drawn(here + np.arange(size), night, 0, cost=day_cost, duration=1)
            continue
        half = edge + nights * size + (n - 2) * drawn
        steps.drawn(
            here + no_prints,
            days.regular_failures[no_prints],
            here - size,
            cost=day_cost[no_prints],
            duration=1,
        )
        steps.drawn(
            here + with_prints,
            days.regular_failures[with_prints][:, with_prints],
            half,
            cost=day_cost[with_prints],
        )
        steps.drawn(
            half + np.arange(drawn), days.printed_failures[with_prints], here - size, duration=1
        )
    return PrintingProcess(
        steps.process(_discount(numbers)),
        start=N,
        waiting=edge + np.arange(nights) * size + int(days.at(-1, 0)),
        ordered=np.concatenate(steps.ordered),
        action=np.concatenate(steps.action),
        following=np.arange(states) + 1,
    )


class _Steps:
    """Collects the pairs of a process whose pairs are small steps."""

    def __init__(self, states: int) -> None:
        self.states = states
        self.blocks: list[sp.csr_array] = []
        self.owner: list[Ints] = []
        self.cost: list[Floats] = []
        self.duration: list[Ints] = []
        self.ordered: list[Ints] = []
        self.action: list[Ints] = []

    def certain(
        self,
        owner: Ints,
        following: Ints,
        *,
        cost: float,
        ordered: int = 0,
        action: Action = Action.WAIT,
    ) -> None:
        """Add steps that lead to one state each, in no time."""
        size = len(owner)
        block = sp.csr_array(
            (np.ones(size), following, np.arange(size + 1)), shape=(size, self.states)
        )
        self._add(owner, block, np.full(size, cost), 0, ordered, action)

    def drawn(
        self,
        owner: Ints,
        chances: sp.csr_array,
        offset: int,
        *,
        cost: Floats | float = 0.0,
        duration: int = 0,
    ) -> None:
        """Add steps drawn at random, to states that are numbered from ``offset`` on."""
        block = sp.csr_array(
            (chances.data, chances.indices + offset, chances.indptr),
            shape=(chances.shape[0], self.states),
        )
        costs = np.broadcast_to(np.asarray(cost, dtype=np.float64), len(owner))
        self._add(owner, block, costs, duration, 0, Action.WAIT)

    def _add(
        self,
        owner: Ints,
        block: sp.csr_array,
        cost: Floats,
        duration: int,
        ordered: int,
        action: Action,
    ) -> None:
        self.owner.append(owner)
        self.blocks.append(block)
        self.cost.append(cost)
        for column, value in (
            (self.duration, duration),
            (self.ordered, ordered),
            (self.action, int(action)),
        ):
            column.append(np.full(len(owner), value, dtype=np.int64))

    def process(self, discount: float | None) -> MarkovDecisionProcess:
        """Return the process of all steps."""
        return MarkovDecisionProcess(
            sp.vstack(self.blocks, format="csr"),
            np.concatenate(self.cost),
            np.concatenate(self.owner),
            discount,
            duration=np.concatenate(self.duration),
        )
