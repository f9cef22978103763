r"""Fees of suppliers, shared out over the parts that a supplier may make.

What a supplier is paid once ties all parts together. If part :math:`p` bears the share
:math:`\lambda_{kp} \ge 0` of the fee :math:`F_k`, with :math:`\sum_p \lambda_{kp} \le 1`,

.. math:: F_k \max_p u_{kp} \ge \sum_p \lambda_{kp} F_k u_{kp}

whatever parts use the supplier (:math:`u_{kp}` is 1), so that the bound of the program in which
parts pay their shares is one of the program itself. That program falls apart by part. The plans
found are paid for as they are: each fee once. Shares are equal at first, and are then those of the
parts that the plan orders there, so that the others see the supplier as it is: paid already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.outcome import Stopped
from amopt.sourcing.evaluation import evaluate
from amopt.sourcing.methods.refine import NoPlanError, keeps_limits
from amopt.sourcing.offers.charges import Charges

if TYPE_CHECKING:
    from amopt.outcome import Outcome
    from amopt.sourcing.evaluation import Evaluation
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["FEES", "by_split_fees", "with_split_fees"]

Floats = NDArray[np.float64]

FEES = "supplier_fees"
"""The kind of charges that are shared out."""

ROUNDS = 4
"""Most times that fees are shared out anew."""

Solved = Callable[["SupplyOptions"], tuple["Evaluation", "Outcome"]]


def _uses(supply: SupplyOptions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the charge and the part of each entry of the charges of supply options."""
    parts = [line.part for line in supply.instance.lines]
    number = np.unique(parts, return_inverse=True)[1] if parts else np.zeros(0, dtype=np.int64)
    charges = supply.charges
    return charges.charge, number[supply.line[charges.option]]


def with_split_fees(supply: SupplyOptions, weight: Floats) -> SupplyOptions:
    """Return supply options whose parts bear shares of each fee of a supplier.

    Parameters
    ----------
    supply
        The supply options.
    weight
        The share that each charge has for each part, shape (charges, parts).
    """
    charges = supply.charges
    charge, part = _uses(supply)
    fee = np.array([kind == FEES for kind in charges.kind], dtype=bool)
    pairs, own = np.unique(
        np.stack([charge, np.where(fee[charge], part, -1)]), axis=1, return_inverse=True
    )
    of, whose = pairs
    share = np.where(whose >= 0, weight[of, np.maximum(whose, 0)], 1.0)
    order = np.argsort(own.ravel(), kind="stable")
    split = Charges(
        tuple(charges.kind[c] for c in of.tolist()),
        tuple(
            charges.key[c] if p < 0 else (charges.key[c], p)
            for c, p in zip(of.tolist(), whose.tolist(), strict=True)
        ),
        charges.amount[of] * share,
        own.ravel()[order],
        charges.option[order],
    )
    result = replace(supply)
    vars(result)["charges"] = split.keep(split.amount > 0)
    return result


def by_split_fees(
    supply: SupplyOptions, solved: Solved, gap: float
) -> tuple[Evaluation, float, Outcome]:
    """Return the best plan found, a proven bound, and what was said of the last solve.

    Parameters
    ----------
    supply
        The supply options.
    solved
        Solves supply options whose fees are shared out.
    gap
        How near the bound is to be.

    Raises
    ------
    NoPlanError
        When no plan was found.
    """
    charge, part = _uses(supply)
    charges = supply.charges
    able = np.zeros((len(charges), int(part.max(initial=0)) + 1))
    able[charge, part] = 1.0
    weight = able / np.maximum(able.sum(axis=1, keepdims=True), 1.0)
    best: Evaluation | None = None
    bound, used = -np.inf, able
    for _ in range(ROUNDS):
        found, outcome = solved(with_split_fees(supply, weight))
        bound = max(bound, -np.inf if outcome.bound is None else outcome.bound)
        plan = evaluate(supply, found.quantity)
        if keeps_limits(plan) and (best is None or plan.objective < best.objective):
            best = plan
        near = best is not None and best.objective - bound <= gap * abs(best.objective)
        ordered = found.quantity[charges.option] > 0
        now = np.zeros_like(able)
        now[charge[ordered], part[ordered]] = 1.0
        if near or outcome.stopped is not Stopped.FINISHED or np.array_equal(now, used):
            break
        used = now
        users = now.sum(axis=1, keepdims=True)
        weight = np.where(users > 0, now / np.maximum(users, 1.0), weight)
    if best is None:
        raise NoPlanError(outcome)
    return best, bound, outcome
