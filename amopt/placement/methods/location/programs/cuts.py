r"""Inequalities of a facility's knapsack of whole pairs that a point in fractions does not satisfy.

.. math::

    \sum_j \alpha_j x_{ij} \le \beta y_i \quad \text{with} \quad
    \sum_j \alpha_j z_j \le \beta \;\text{ for all }\;
    z \in \Big\{\{0, 1\}^n : \sum_j h_{ij} z_j \le C_i\Big\}

Among the pairs that the point supplies from the facility, the inequality that it violates most is
the optimum of a linear program with a row for each largest set that fits (Boyd, 1994, Fenchel
cutting planes). The others enter one after the other, each with the largest coefficient that keeps
the inequality valid, by dynamic programming over the hours (Kaparis and Letchford, 2010). Rounds of
them go on until they raise the bound no more; those that hold with equality then stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.outcome import Status, Stopped
from amopt.placement.methods.facilities import Facilities
from amopt.placement.methods.location.knapsack import step_of
from amopt.placement.methods.location.programs.program import SingleSourceProgram
from amopt.program.linear import LinearProgram
from amopt.program.solver import highs
from amopt.program.solver.answer import Answer, Basis

__all__ = ["Inequality", "Pool", "Tightened", "inequalities", "tightened"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS, STALL = 25, 1e-5
"""Most rounds of cuts, and relative rise of the bound over three of them below which they end."""

MOST = 12
"""Most pairs of a facility whose sets are listed; those nearest to one half are taken."""

VIOLATED, ROUNDING = 1e-4, 1e-6
"""Relative violation from which an inequality is worth a row; size of what is rounding."""

DENOMINATORS, SCALE = 60, 1_000
"""Largest common denominator of coefficients that is looked for, and the one that they are rounded
to where there is none."""


@dataclass(frozen=True)
class Inequality:
    """An inequality of a facility.

    Attributes
    ----------
    site
        The facility, as a position among all.
    pair, coefficients
        Pairs that are in it, and their coefficients, shape (pairs in it,).
    right
        The right side, where the facility is open.
    """

    site: int
    pair: Ints
    coefficients: Floats
    right: float


class Pool:
    """Inequalities that were found before, by facility among all; they hold in every program."""

    def __init__(self) -> None:
        self._found: dict[int, dict[bytes, Inequality]] = {}

    def add(self, new: Inequality) -> bool:
        """Take an inequality in; return whether it was not there before."""
        mine = self._found.setdefault(new.site, {})
        key = new.pair.tobytes() + new.coefficients.tobytes()
        return mine.setdefault(key, new) is new

    def of(self, sites: Ints) -> list[Inequality]:
        """Return those of some facilities."""
        return [each for site in sites for each in self._found.get(int(site), {}).values()]


@dataclass(frozen=True)
class Tightened:
    """A program with inequalities of knapsacks, and what its relaxation proves.

    Attributes
    ----------
    program
        The program.
    bound, reduced_costs
        What a relaxation proves that every answer costs, and by how much more each column, shape
        (n,), both in the program's money; minus infinity, and None, where nothing is proven.
    """

    program: LinearProgram
    bound: float = -np.inf
    reduced_costs: Floats | None = None

    def below(self, none: int, target: float) -> LinearProgram:
        """Return the program of what costs less than a target; the column ``none`` costs that.

        Columns that the relaxation proves to cost as much are left out.

        Parameters
        ----------
        none
            The column that says that nothing costs less.
        target
            The target, the program's offset included.
        """
        program = self.program
        cost = program.cost.copy()
        cost[none] = target - program.offset
        if self.reduced_costs is None:
            return replace(program, cost=cost)
        out = self.reduced_costs > target - self.bound + ROUNDING * abs(self.bound)
        out[none] = False
        return replace(program, cost=cost, upper=np.where(out, 0.0, program.upper))


def tightened(
    written: SingleSourceProgram,
    problem: Facilities,
    options: highs.Options,
    left: Callable[[], float | None],
    *,
    pool: Pool | None = None,
    sites: Ints | None = None,
) -> Tightened:
    """Return a program with inequalities of knapsacks that its relaxation violates.

    Parameters
    ----------
    written, problem
        The program, and its facilities.
    options
        Options of the solver; the time limit is that of ``left``.
    left
        Returns the seconds that are left; None where there is no limit.
    pool
        Inequalities that are known, to which new ones are added; None for none.
    sites
        The facilities' positions among all, shape (facilities,); None where they are all.

    Returns
    -------
    Tightened
        The program with the inequalities that the last relaxation keeps with equality, and what
        the last relaxation that was solved to its optimum proves; nothing is proven by one that
        the time or the solver ended before.
    """
    whole, pool = written.program, Pool() if pool is None else pool
    sites = np.arange(problem.sites) if sites is None else sites
    program, basis, bounds = _with(whole, _rows(written, sites, pool.of(sites))), None, []
    proven: tuple[float, Floats | None] = (-np.inf, None)
    for _ in range(ROUNDS):
        seconds = left()
        if seconds is not None and seconds <= 0:
            break
        within = replace(options, time_limit=seconds)
        answer = highs.solve(program.relaxed(), within, basis=basis)
        if answer.outcome.stopped is Stopped.INTERRUPTED:
            raise KeyboardInterrupt
        if answer.outcome.status is not Status.OPTIMAL:
            break  # what the rounds before it have proven stays
        if answer.values is None or answer.reduced_costs is None or answer.basis is None:
            break
        bounds.append(float(answer.outcome.objective or 0.0))
        proven = bounds[-1], answer.reduced_costs
        resting = len(bounds) > 6 and bounds[-1] - bounds[-4] <= STALL * abs(bounds[-1])
        seconds = left()
        if resting or (seconds is not None and seconds <= 0):
            found = []
        else:
            within = replace(options, time_limit=seconds)
            found = _violated(written, problem, answer, sites, within)
        rows = _rows(written, sites, [each for each in found if pool.add(each)])
        if not rows:
            return Tightened(_kept(program, whole, answer.values), *proven)
        program = _with(program, rows)
        basic = np.ones(len(rows), dtype=np.int8)
        basis = Basis(answer.basis.columns, np.append(answer.basis.rows, basic))
    return Tightened(program, *proven)


def _violated(
    written: SingleSourceProgram,
    problem: Facilities,
    answer: Answer,
    sites: Ints,
    options: highs.Options,
) -> list[Inequality]:
    """Return an inequality for each facility whose knapsack a point violates.

    Parameters
    ----------
    written, problem, sites, options
        As for :func:`tightened`, with the seconds that are left.
    answer
        The optimum of the program's relaxation.
    """
    assert answer.values is not None
    assert answer.reduced_costs is not None
    spot = _spots(written, problem.sites)
    step = step_of(problem.hours[np.isfinite(problem.cost)], problem.capacity)
    mines, packs, orders = [], [], []
    for site in range(problem.sites):
        opened = 1.0 if spot[site] < 0 else float(answer.values[spot[site]])
        mine = np.flatnonzero(written.source == site)
        if opened < VIOLATED or not mine.size:
            continue
        weight = np.floor(problem.hours[site, written.pair[mine]] / step + 1e-9)
        room = int(np.floor(problem.capacity[site] / step + 1e-9))
        point = np.clip(answer.values[mine] / opened, 0.0, 1.0)
        mines.append(mine)
        packs.append((point, weight.astype(np.int64), room))
        orders.append(np.argsort(answer.reduced_costs[mine], kind="stable"))
    found = []
    for mine, new in zip(mines, inequalities(packs, orders, options), strict=True):
        if new is not None:
            positive = np.flatnonzero(new[0] > 0)
            site, pair = int(sites[written.source[mine[0]]]), written.pair[mine[positive]]
            found.append(Inequality(site, pair, new[0][positive], new[1]))
    return found


def _spots(written: SingleSourceProgram, sites: int) -> Ints:
    """Return the column of each facility that need not be open, -1 for others, (facilities,)."""
    spot = np.full(sites, -1, dtype=np.int64)
    spot[written.choice] = written.pair.size + np.arange(written.choice.size)
    return spot


def _rows(
    written: SingleSourceProgram, sites: Ints, found: list[Inequality]
) -> list[tuple[Ints, Floats, float]]:
    """Return columns, coefficients and right sides of inequalities in a program."""
    spot, rows = _spots(written, sites.size), []
    place = {int(site): k for k, site in enumerate(sites)}
    most = int(written.pair.max(initial=-1)) + 1
    column = np.full((sites.size, most), -1, dtype=np.int64)
    own = np.flatnonzero(written.source >= 0)
    column[written.source[own], written.pair[own]] = own
    for each in found:
        site, right = place[each.site], each.right
        inside = each.pair < most
        columns = column[site, each.pair[inside]]
        there = columns >= 0
        columns, coefficients = columns[there], each.coefficients[inside][there]
        if not columns.size:
            continue
        if spot[site] >= 0:
            columns, coefficients = np.append(columns, spot[site]), np.append(coefficients, -right)
            right = 0.0
        elif written.none is not None:
            columns, coefficients = np.append(columns, written.none), np.append(coefficients, right)
        rows.append((columns, coefficients, right))
    return rows


Packing = tuple[Floats, Ints, int]


def inequalities(
    packs: list[Packing], orders: list[Ints], options: highs.Options | None = None
) -> list[tuple[Floats, float] | None]:
    """Return coefficients and right side of an inequality that each point violates, or None.

    Parameters
    ----------
    packs
        Of each facility: how much of each pair it supplies, steps of hours of each pair, shape
        (n,), and its own steps.
    orders
        Of each facility: the order in which pairs that it does not supply enter, shape (n,).
    options
        Options of the solver, its time limit included; any feasible answer of its is a valid
        inequality.
    """
    cores = [_core(*pack) for pack in packs]
    some = [k for k, core in enumerate(cores) if core.size]
    parts = [(packs[k][0][cores[k]], packs[k][1][cores[k]], packs[k][2]) for k in some]
    found: list[tuple[Floats, float] | None] = [None] * len(packs)
    shares = _most_violated(parts, options)
    for k, share in zip(some, shares, strict=True):
        if share is not None and share @ packs[k][0][cores[k]] > 1.0 + VIOLATED:
            found[k] = _lifted(packs[k], orders[k], cores[k], share)
    return found


def _core(point: Floats, weight: Ints, room: int) -> Ints:
    """Return the pairs whose sets are listed; none where all of them fit."""
    inside = np.flatnonzero(point > ROUNDING)
    if inside.size > MOST:
        inside = inside[np.argsort(np.abs(point[inside] - 0.5), kind="stable")[:MOST]]
    inside = inside[weight[inside] <= room]
    none = inside.size < 2 or weight[inside].sum() <= room
    return inside[:0] if none else inside


def _lifted(pack: Packing, order: Ints, inside: Ints, share: Floats) -> tuple[Floats, float] | None:
    """Let the other pairs into an inequality of some; None where the point keeps it."""
    point, weight, room = pack
    coefficients = np.zeros(point.size)
    coefficients[inside] = _counted(share)
    best = np.zeros(room + 1)  # the most that fits into so many steps
    for pair in inside:
        _add(best, int(weight[pair]), float(coefficients[pair]))
    right = float(best[room])
    for pair in order:
        steps = int(weight[pair])
        if coefficients[pair] == 0 and steps <= room and best[room - steps] < right:
            coefficients[pair] = right - float(best[room - steps])
            _add(best, steps, float(coefficients[pair]))
    coefficients[weight > room] = right
    return (coefficients, right) if coefficients @ point > right * (1 + VIOLATED) else None


def _most_violated(parts: list[Packing], options: highs.Options | None) -> list[Floats | None]:
    """Return the coefficients, with right side 1, that each point violates most.

    One program for all of them: its parts have nothing in common.
    """
    if not parts:
        return []
    rows = []
    for point, weight, room in parts:
        sets = (np.arange(2**point.size)[:, None] >> np.arange(point.size)) & 1
        left = room - sets @ weight
        largest = (left >= 0) & ((sets == 1) | (weight > left[:, None])).all(axis=1)
        rows.append(sp.csr_array(sets[largest].astype(np.float64)))
    matrix = sp.csr_array(sp.block_diag(rows, format="csr"))
    cost = -np.concatenate([point for point, _, _ in parts])
    program = LinearProgram(
        cost=cost,
        matrix=matrix,
        row_lower=np.full(matrix.shape[0], -np.inf),
        row_upper=np.ones(matrix.shape[0]),
        lower=np.zeros(cost.size),
        upper=np.ones(cost.size),
        integer=np.zeros(cost.size, dtype=bool),
    )
    answer = highs.solve(program, options)
    if answer.outcome.stopped is Stopped.INTERRUPTED:
        raise KeyboardInterrupt
    if answer.values is None:
        return [None] * len(parts)
    ends = np.cumsum([point.size for point, _, _ in parts])
    return list(np.split(answer.values, ends[:-1]))


def _counted(share: Floats) -> Floats:
    """Return whole numbers in the same proportions, or nearly so."""
    for denominator in range(1, DENOMINATORS + 1):
        times = share * denominator
        if np.abs(times - np.round(times)).max() < ROUNDING:
            return np.round(times)
    return np.round(share * SCALE)


def _add(best: Floats, steps: int, gain: float) -> None:
    """Let one more pair into the table of what fits."""
    if gain > 0:
        best[steps:] = np.maximum(best[steps:], best[: best.size - steps] + gain)


def _with(program: LinearProgram, rows: list[tuple[Ints, Floats, float]]) -> LinearProgram:
    """Return the program with more rows."""
    if not rows:
        return program
    row = np.repeat(np.arange(len(rows)), [columns.size for columns, _, _ in rows])
    entries = np.concatenate([coefficients for _, coefficients, _ in rows])
    column = np.concatenate([columns for columns, _, _ in rows])
    block = sp.csr_array((entries, (row, column)), shape=(len(rows), program.shape[1]))
    right = [right for _, _, right in rows]
    return replace(
        program,
        matrix=sp.csr_array(sp.vstack([program.matrix, block])),
        row_lower=np.append(program.row_lower, np.full(len(rows), -np.inf)),
        row_upper=np.append(program.row_upper, right),
    )


def _kept(program: LinearProgram, whole: LinearProgram, values: Floats) -> LinearProgram:
    """Return the program without the added rows that do not bind."""
    slack = program.row_upper - program.matrix @ values
    stays = (np.arange(slack.size) < whole.shape[0]) | (slack <= ROUNDING)
    return replace(
        program,
        matrix=sp.csr_array(program.matrix[stays]),
        row_lower=program.row_lower[stays],
        row_upper=program.row_upper[stays],
    )
