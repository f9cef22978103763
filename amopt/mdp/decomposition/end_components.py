r"""Maximal end components: where a process can stay for ever.

An end component is a set of states with a set of their pairs, such that the pairs lead nowhere else
and every state can reach every other one by them (de Alfaro 1997). Within a maximal one the best
average cost does not depend on the state (Ross and Varadarajan 1991, who call them strongly
communicating classes); under every policy the process stays in one of them in the end.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from amopt.mdp.process import Process

__all__ = ["alone", "end_components", "inner_pairs"]

Ints = NDArray[np.intp]


def end_components(process: Process, allowed: NDArray[np.bool_] | None = None) -> Ints:
    """Return the number of the maximal end component of each state, -1 in none, shape (states,).

    Components are numbered by their first state.

    Parameters
    ----------
    process
        The process.
    allowed
        Which pairs may be taken, shape (pairs,); left out, all.
    """
    matrix, owner = process.transition, process.state_of_pair
    sizes = np.diff(matrix.indptr)
    kept = np.ones(process.pairs, dtype=bool) if allowed is None else allowed.copy()
    while True:
        inside = np.repeat(kept, sizes)
        tail, head = np.repeat(owner, sizes)[inside], matrix.indices[inside]
        shape = (process.states, process.states)
        graph = sp.csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=shape)
        _, component = connected_components(graph, directed=True, connection="strong")
        alive = np.zeros(process.states, dtype=bool)
        alive[owner[kept]] = True
        stays = (component[matrix.indices] == np.repeat(component[owner], sizes)) & alive[
            matrix.indices
        ]
        still = kept & np.logical_and.reduceat(stays, matrix.indptr[:-1])
        if (still == kept).all():
            break
        kept = still
    found = np.full(process.states, -1, dtype=np.intp)
    members = np.flatnonzero(alive)
    _, first, number = np.unique(component[members], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.intp)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    found[members] = rank[number]
    return found


def inner_pairs(process: Process, component: Ints) -> NDArray[np.bool_]:
    """Return which pairs stay in their state's component, shape (pairs,)."""
    matrix, owner = process.transition, process.state_of_pair
    sizes = np.diff(matrix.indptr)
    same = component[matrix.indices] == np.repeat(component[owner], sizes)
    inside: NDArray[np.bool_] = np.logical_and.reduceat(same, matrix.indptr[:-1])
    return inside & (component[owner] >= 0)


def alone(process: Process, members: Ints, pairs: Ints) -> Process:
    """Return an end component as a process of its own."""
    number = np.zeros(process.states, dtype=np.intp)
    number[members] = np.arange(len(members))
    rows = process.transition[pairs]
    inside = sp.csr_array(
        (rows.data, number[rows.indices], rows.indptr), shape=(len(pairs), len(members))
    )
    return Process(
        inside,
        process.cost[pairs],
        number[process.state_of_pair[pairs]],
        None,
        duration=process.duration[pairs],
    )


def resting_states(process: Process) -> Ints:
    """Return the states in which the process can stay for ever at no cost, ascending."""
    return np.flatnonzero(end_components(process, process.cost == 0) >= 0)
