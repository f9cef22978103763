"""Three linear programs at any size, as data and as arrays: what modelling layers are given.

Sourcing: lines x 7 suppliers x 3 levels of price, with the suppliers' hours. Placement: strong
location of a tenth as many sites as customers. Printing: the dual of one printed part's decision
process. Whole numbers are relaxed, so that a solve takes the same way whichever layer wrote it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from amopt.program.linear import LinearProgram

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sourcing:
    r"""Quantities :math:`x_{lsk}` at level :math:`k`, which is chosen where :math:`y_{lsk} = 1`.

    Attributes
    ----------
    need
        Parts of each line, shape (lines,).
    hours
        Hours of a part, shape (lines,).
    price, order
        Money a part and an order, shape (lines, suppliers, levels).
    low, high
        Where the level holds, shape (lines, levels).
    capacity
        Hours of each supplier, shape (suppliers,).
    """

    need: Floats
    hours: Floats
    price: Floats
    order: Floats
    low: Floats
    high: Floats
    capacity: Floats

    @classmethod
    def of(cls, lines: int) -> Sourcing:
        """Return a random case of so many lines."""
        rng = np.random.default_rng(0)
        need = rng.integers(5, 200, lines).astype(float)
        hours = rng.uniform(0.5, 4, lines)
        first = rng.uniform(10, 90, (lines, 7, 1))
        steps = np.array([0.0, 0.25, 0.6, 1.0])
        return cls(
            need,
            hours,
            first * np.array([1, 0.9, 0.8]) * rng.uniform(0.97, 1.03, (lines, 7, 3)),
            rng.uniform(50, 400, (lines, 7, 1)) * np.ones(3),
            need[:, None] * steps[:-1],
            need[:, None] * steps[1:],
            np.full(7, 0.25 * float(need @ hours)),
        )

    def arrays(self) -> LinearProgram:
        """Return the program as arrays; columns x, then y."""
        lines, suppliers, levels = self.price.shape
        size = self.price.size
        each = sp.eye_array(size)
        high, low = (
            sp.diags_array(np.broadcast_to(side[:, None], self.price.shape).ravel())
            for side in (self.high, self.low)
        )
        all_of_line = sp.kron(sp.eye_array(lines), np.ones((1, suppliers * levels)))
        levels_of = sp.kron(sp.eye_array(lines * suppliers), np.ones((1, levels)))
        used = sp.kron(self.hours[None, :], sp.kron(sp.eye_array(suppliers), np.ones((1, levels))))
        matrix = sp.block_array(
            [[all_of_line, None], [each, -high], [each, -low], [None, levels_of], [used, None]],
            format="csr",
        )
        free, zero, one = np.full(size, np.inf), np.zeros(size), np.ones(lines * suppliers)
        return LinearProgram.from_arrays(
            np.r_[self.price.ravel(), self.order.ravel()],
            matrix,
            np.r_[self.need, -free, zero, -np.inf * one, np.full(suppliers, -np.inf)],
            np.r_[self.need, zero, free, one, self.capacity],
            upper=np.r_[free, np.ones(size)],
        )


@dataclass(frozen=True)
class Placement:
    """Shares x_ij of customers' demands served by sites, and open sites y_j.

    Attributes
    ----------
    cost
        Money a customer and site, shape (customers, sites).
    opening
        Money a site, shape (sites,).
    """

    cost: Floats
    opening: Floats

    @classmethod
    def of(cls, customers: int) -> Placement:
        """Return a random case of so many customers and a tenth as many sites."""
        rng = np.random.default_rng(0)
        cost = rng.uniform(1, 9, (customers, max(2, customers // 10)))
        return cls(cost, rng.uniform(20, 40, cost.shape[1]))

    def arrays(self) -> LinearProgram:
        """Return min sum c_ij x_ij + f_j y_j with sum_j x_ij = 1 and x_ij <= y_j as arrays."""
        customers, sites = self.cost.shape
        pairs = customers * sites
        served = sp.kron(sp.eye_array(customers), np.ones((1, sites)))
        of_site = sp.kron(np.ones((customers, 1)), sp.eye_array(sites))
        matrix = sp.block_array([[served, None], [sp.eye_array(pairs), -of_site]], format="csr")
        return LinearProgram.from_arrays(
            np.r_[self.cost.ravel(), self.opening],
            matrix,
            np.r_[np.ones(customers), np.full(pairs, -np.inf)],
            np.r_[np.ones(customers), np.zeros(pairs)],
            upper=np.r_[np.full(pairs, np.inf), np.ones(sites)],
        )


@dataclass(frozen=True)
class Printing:
    """Occupation measure x of the pairs of a decision process, balanced in each state.

    Attributes
    ----------
    cost
        Money a pair, shape (pairs,).
    balance
        What pairs bring into states, less what they take out, shape (states, pairs).
    first
        Distribution of the first state, shape (states,).
    """

    cost: Floats
    balance: sp.csr_array
    first: Floats

    @classmethod
    def of(cls, systems: int) -> Printing:
        """Return the process of one part of so many systems."""
        from mdp_methods import printing_process

        process = printing_process(systems)
        flow = process.factor[:, None] * process.transition
        pair = np.arange(process.pairs)
        own = sp.coo_array(
            (np.ones(process.pairs), (pair, process.state_of_pair)), shape=flow.shape
        ).tocsr()
        kept = sp.csr_array(flow)
        kept.data[kept.data <= 1e-9] = 0.0
        balance = sp.csr_array((own - kept).T)
        balance.eliminate_zeros()
        scale = 1 - float(np.max(process.factor))
        return cls(process.cost * scale, balance, process.initial_distribution(None))

    def arrays(self) -> LinearProgram:
        """Return the program as arrays."""
        return LinearProgram.from_arrays(self.cost, self.balance, self.first, self.first)


Case = Sourcing | Placement | Printing

PROGRAMS: dict[str, tuple[Callable[[int], Case], tuple[int, int, int, int]]] = {
    "sourcing": (Sourcing.of, (5, 70, 700, 6900)),
    "placement": (Placement.of, (40, 180, 580, 1830)),
    "printing": (Printing.of, (4, 8, 14, 29)),
}
"""Of each program: how a case is made, and sizes: smoke, and about 1e4, 1e5 and 1e6 nonzeros."""
