"""Columns of the master program: policies of parts, with what they cost and use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.printing import closed_form
from amopt.printing.limit_rows import KINDS, LimitRow
from amopt.printing.parameters import Parameters
from amopt.printing.policy import Policy

__all__ = ["Columns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Columns:
    """Policies of parts, with what they cost and use.

    Attributes
    ----------
    part
        The part of each column, shape (n,), int.
    base_stock, action
        Its policy, shapes (n,) and (L, n), int.
    cost
        What a cycle of it costs, shape (n,).
    usage
        What it uses of each limit, shape (limits, n).
    """

    part: Ints
    base_stock: Ints
    action: Ints
    cost: Floats
    usage: Floats

    @classmethod
    def of(
        cls,
        parameters: Parameters,
        rows: Sequence[LimitRow],
        policy: Policy,
        parts: Ints | None = None,
    ) -> Columns:
        """Return the columns of policies.

        Parameters
        ----------
        parameters
            The parameters of all parts.
        rows
            The limits.
        policy
            A policy for each of ``parts``, shape (n,).
        parts
            The parts; left out, every part once.
        """
        owners = np.arange(len(parameters)) if parts is None else parts
        chosen = parameters if parts is None else parameters.take(owners)
        used = closed_form.use(chosen, policy.base_stock)
        done = closed_form.amounts(chosen, policy, used=used)
        amount = {kind: getattr(done, kind) for kind in KINDS if kind != "base_stock"}
        amount["base_stock"] = policy.base_stock.astype(np.float64)
        usage = np.zeros((len(rows), len(owners)))
        for index, row in enumerate(rows):
            for kind, numbers in row.coefficients.items():
                usage[index] += numbers[owners] * amount[kind]
        cost = closed_form.cycle_cost(chosen, policy, used)
        return cls(owners, policy.base_stock, policy.action, cost, usage)

    def take(self, index: NDArray[np.bool_] | Ints) -> Columns:
        """Return some of the columns."""
        return Columns(
            self.part[index],
            self.base_stock[index],
            self.action[:, index],
            self.cost[index],
            self.usage[:, index],
        )

    def have(self, other: Columns) -> NDArray[np.bool_]:
        """Return which of other columns cost and use what a column of the same part does, (n,)."""

        def rows(columns: Columns) -> NDArray[np.void]:
            table = np.vstack([columns.part, columns.cost, columns.usage]).T
            return np.ascontiguousarray(table).view(f"V{8 * table.shape[1]}").ravel()

        return np.isin(rows(other), rows(self))

    def and_(self, other: Columns) -> Columns:
        """Return these columns and others."""
        return Columns(
            np.concatenate([self.part, other.part]),
            np.concatenate([self.base_stock, other.base_stock]),
            np.concatenate([self.action, other.action], axis=1),
            np.concatenate([self.cost, other.cost]),
            np.concatenate([self.usage, other.usage], axis=1),
        )

    def policy(self, index: int) -> Policy:
        """Return the policy of one column."""
        return Policy(self.base_stock[[index]], self.action[:, [index]])
