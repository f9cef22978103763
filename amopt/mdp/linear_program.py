r"""The linear programs of a Markov decision process as arrays: :mod:`amopt.mdp.formulation`, fast.

Let :math:`w` be the distribution of the first state, :math:`\beta_k = \alpha^{\tau_k}`, and
:math:`x_k` the expected discounted number of times that pair :math:`k` is taken: the *occupation
measure*.

Probabilities below 2e-12, which solvers drop, are left out and the rows normalised again.

Discounted cost (d'Epenoux 1963; Puterman 1994, section 6.9):

.. math::

    \text{primal:}\quad & \max_V \sum_s w_s V(s) \quad \text{s.t.} \quad
        V(s(k)) - \beta_k \sum_{s'} P_{ks'} V(s') \le c_k \quad \forall k \\
    \text{dual:}\quad & \min_{x \ge 0} \sum_k c_k x_k \quad \text{s.t.} \quad
        \sum_{k : s(k) = s} x_k - \sum_k \beta_k P_{ks} x_k = w_s \quad \forall s

Average cost a period, where every state can reach the best recurrent class, so that the gain
:math:`g` does not depend on the first state (Manne 1960; Puterman 1994, sections 8.8 and 11.4):

.. math::

    \text{primal:}\quad & \max_{g, h} g \quad \text{s.t.} \quad
        h(s(k)) - \sum_{s'} P_{ks'} h(s') + \tau_k g \le c_k \quad \forall k \\
    \text{dual:}\quad & \min_{x \ge 0} \sum_k c_k x_k \quad \text{s.t.} \quad
        \sum_{k : s(k) = s} x_k - \sum_k P_{ks} x_k = 0 \quad \forall s,
        \qquad \sum_k \tau_k x_k = 1

and where it does depend on it, *multichain* (Denardo and Fox 1968; Puterman 1994, section 9.3):

.. math::

    \text{primal:}\quad & \max_{g, h} \sum_s w_s g(s) \quad \text{s.t.} \quad
        g(s(k)) - \sum_{s'} P_{ks'} g(s') \le 0, \\
        & \qquad h(s(k)) - \sum_{s'} P_{ks'} h(s') + \tau_k g(s(k)) \le c_k \quad \forall k \\
    \text{dual:}\quad & \min_{x, y \ge 0} \sum_k c_k x_k \quad \text{s.t.} \quad
        \sum_{k : s(k) = s} x_k - \sum_k P_{ks} x_k = 0, \\
        & \qquad \sum_{k : s(k) = s} (\tau_k x_k + y_k) - \sum_k P_{ks} y_k = w_s \quad \forall s

Total cost (Puterman 1994, section 7.2): the discounted programs with :math:`\beta_k = 1` and, in
the states :math:`Z` where the process can stay for ever at no cost, :math:`V(s) \le 0` in the
primal and a column :math:`z_s \ge 0` in the balance of :math:`s` in the dual: the probability of
resting there.

*Side constraints* :math:`b^-_i \le \sum_k a_{ik} x_k \le b^+_i` (storage, machine hours, downtime)
keep the dual linear; each randomises the policy in at most one state (Altman 1999, section 3.8).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from amopt.mdp.decomposition.end_components import resting_states
from amopt.mdp.process import Process
from amopt.program.linear import LinearProgram, NamedBlock

__all__ = [
    "SideConstraint",
    "check_side_constraints",
    "dual_program",
    "labels",
    "primal_program",
]

Floats = NDArray[np.float64]

_NEGLIGIBLE = 2e-12  # solvers drop such coefficients, and with them the balance of the flows


@dataclass(frozen=True, eq=False)
class SideConstraint:
    """A limit on a linear function of the occupation measure: ``lower <= a @ x <= upper``.

    Attributes
    ----------
    name
        Its name in programs and prices.
    coefficients
        What taking each pair once adds, shape (pairs,).
    lower, upper
        Limits; a period's share on average cost, a discounted total otherwise. Infinite where open.

    Raises
    ------
    ValueError
        When a coefficient is not finite, or the limits are NaN or exclude each other.
    """

    name: str
    coefficients: Floats
    lower: float = -np.inf
    upper: float = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "coefficients", np.asarray(self.coefficients, dtype=np.float64))
        if not np.isfinite(self.coefficients).all():
            raise ValueError(f"side constraint {self.name!r}: coefficients must be finite")
        if not self.lower <= self.upper or self.lower == np.inf or self.upper == -np.inf:
            raise ValueError(
                f"side constraint {self.name!r}: no number lies in [{self.lower}, {self.upper}]"
            )


def dual_program(
    process: Process,
    initial: ArrayLike | None = None,
    side_constraints: Sequence[SideConstraint] = (),
    *,
    multichain: bool = False,
) -> LinearProgram:
    """Return the program in the occupation measure: columns ``occupation``, rows ``flow_balance``.

    Parameters
    ----------
    process
        The process.
    initial
        Distribution of the first state, shape (states,); left out, uniform.
    side_constraints
        Further rows, each named by its constraint.
    multichain
        On average cost, whether the average may depend on the first state: with columns
        ``deviation`` and rows ``start_balance``.

    Raises
    ------
    ValueError
        When ``initial`` or a side constraint does not fit the process.
    """
    weights = process.initial_distribution(initial)
    check_side_constraints(process, side_constraints)
    balance, cost, right = sp.csr_array(_balance(process).T), process.cost, weights
    states = labels(process.state_names, process.states)
    pairs = labels(process.pair_names, process.pairs)
    rows, columns = [NamedBlock("flow_balance", states)], [NamedBlock("occupation", pairs)]
    if process.average and multichain:
        time = _by_state(process, process.duration.astype(np.float64))
        balance = _blocks([[balance, _nothing(balance)], [time, balance]])
        cost = np.concatenate([cost, np.zeros(process.pairs)])
        right = np.concatenate([np.zeros(process.states), weights])
        rows.append(NamedBlock("start_balance", states))
        columns.append(NamedBlock("deviation", pairs))
    elif process.average:
        time = sp.csr_array(process.duration[None, :].astype(np.float64))
        balance = sp.csr_array(sp.vstack([balance, time]))
        right = np.append(np.zeros(process.states), 1.0)
        rows.append(NamedBlock("normalisation"))
    elif process.total:
        balance = sp.csr_array(sp.hstack([balance, _rests(process)]))
        resting = resting_states(process)
        cost = np.concatenate([cost, np.zeros(len(resting))])
        columns.append(NamedBlock("resting", [states[s] for s in resting]))
    program = LinearProgram.from_arrays(
        cost, balance, right, right, rows=rows, columns=columns, name="occupation measure"
    )
    for side in side_constraints:
        coefficients = np.zeros(len(cost))
        coefficients[: process.pairs] = side.coefficients
        program = program.with_rows(
            coefficients, side.lower, side.upper, family=NamedBlock(side.name)
        )
    return program


def primal_program(
    process: Process, initial: ArrayLike | None = None, *, multichain: bool = False
) -> LinearProgram:
    """Return the program in the values: columns ``value`` (or ``bias``, ``gain``), rows ``action``.

    Parameters
    ----------
    process
        The process.
    initial
        Distribution of the first state, shape (states,); left out, uniform.
    multichain
        On average cost, whether the average may depend on the first state: with a column ``gain``
        for each state, and rows ``conserving``.

    Raises
    ------
    ValueError
        When ``initial`` does not fit the process.
    """
    weights = process.initial_distribution(initial)
    matrix, upper = _balance(process), process.cost
    states = labels(process.state_names, process.states)
    pairs = labels(process.pair_names, process.pairs)
    rows, columns = [NamedBlock("action", pairs)], [NamedBlock("value", states)]
    if process.average and multichain:
        time = sp.csr_array(_by_state(process, process.duration.astype(np.float64)).T)
        matrix = _blocks([[matrix, time], [_nothing(matrix), matrix]])
        weights = np.concatenate([np.zeros(process.states), weights])
        upper = np.concatenate([upper, np.zeros(process.pairs)])
        rows.append(NamedBlock("conserving", pairs))
        columns = [NamedBlock("bias", states), NamedBlock("gain", states)]
    elif process.average:
        matrix = sp.hstack([matrix, sp.csr_array(process.duration[:, None].astype(np.float64))])
        weights = np.append(np.zeros(process.states), 1.0)
        columns = [NamedBlock("bias", states), NamedBlock("gain")]
    elif process.total:
        matrix = sp.csr_array(sp.vstack([matrix, _rests(process).T]))
        resting = resting_states(process)
        upper = np.concatenate([upper, np.zeros(len(resting))])
        rows.append(NamedBlock("rest", [states[s] for s in resting]))
    return LinearProgram.from_arrays(
        weights,
        matrix,
        -np.inf,
        upper,
        lower=-np.inf,
        rows=rows,
        columns=columns,
        maximise=True,
        name="values",
    )


def labels(names: Sequence[Any] | NDArray[Any] | None, size: int) -> list[Hashable]:
    """Return what states or pairs are called in programs: their names, or numbers from 0."""
    if names is None:
        return list(range(size))
    plain = names.tolist() if isinstance(names, np.ndarray) else list(names)
    found: list[Hashable] = [tuple(name) if isinstance(name, list) else name for name in plain]
    return found if len(set(found)) == size else list(range(size))


def _by_state(process: Process, values: Floats) -> sp.csr_array:
    """Return a number for each pair in the row of its state, shape (states, pairs)."""
    index = (process.state_of_pair, np.arange(process.pairs))
    return sp.csr_array((values, index), shape=(process.states, process.pairs))


def _blocks(blocks: Sequence[Sequence[sp.csr_array]]) -> sp.csr_array:
    """Return one matrix of blocks, row by row."""
    return sp.csr_array(sp.vstack([sp.hstack(row, format="csr") for row in blocks], format="csr"))


def _nothing(like: sp.csr_array) -> sp.csr_array:
    return sp.csr_array(like.shape, dtype=np.float64)


def _rests(process: Process) -> sp.csr_array:
    """Return a column for each resting state, shape (states, resting)."""
    resting = resting_states(process)
    index = (resting, np.arange(len(resting)))
    return sp.csr_array((np.ones(len(resting)), index), shape=(process.states, len(resting)))


def _balance(process: Process) -> sp.csr_array:
    """Return one row a pair: 1 in its state less the discounted transition probabilities."""
    flow = process.transition.copy()
    flow.data[flow.data <= _NEGLIGIBLE] = 0.0
    flow.eliminate_zeros()
    scale = process.factor / np.add.reduceat(flow.data, flow.indptr[:-1])
    flow.data *= np.repeat(scale, np.diff(flow.indptr))
    own = sp.csr_array(
        (np.ones(process.pairs), process.state_of_pair, np.arange(process.pairs + 1)),
        shape=flow.shape,
    )
    return sp.csr_array(own - flow)


def check_side_constraints(process: Process, side_constraints: Sequence[SideConstraint]) -> None:
    """Refuse side constraints that do not fit a process.

    Raises
    ------
    ValueError
        When coefficients have the wrong shape or two constraints share a name.
    """
    for side in side_constraints:
        if side.coefficients.shape != (process.pairs,):
            raise ValueError(
                f"side constraint {side.name!r} has coefficients of shape "
                f"{side.coefficients.shape}, expected ({process.pairs},)"
            )
    names = [side.name for side in side_constraints]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"side constraints of the same name: {', '.join(sorted(twice))}")
