"""The form that a supply chain takes under an offer, and simpler contracts to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.contract import NONE, Contract, Offer, earned, responses
from amopt.licensing.costs import Buyers

__all__ = ["FORMS", "form_of", "pay_per_print", "subscription", "theorem"]

FORMS = (
    "centralised",
    "decentralised by fee",
    "decentralised by royalty",
    "decentralised by fee and royalty",
    "decentralised by menu",
    "hybrid large",
    "hybrid small",
    "hybrid mixed",
)
"""Nobody prints; all do; only the largest buyers do, only the smallest, or others."""


def form_of(
    demand: NDArray[np.float64], choice: NDArray[np.int64], contracts: Sequence[Contract]
) -> str:
    """Return the form of the supply chain (Westerweel, 2019, section 5.4)."""
    prints = choice != NONE
    if not prints.any():
        return "centralised"
    if not prints.all():
        if demand[prints].min() >= demand[~prints].max():
            return "hybrid large"
        return "hybrid small" if demand[prints].max() <= demand[~prints].min() else "hybrid mixed"
    taken = [contracts[number] for number in np.unique(choice)]
    if len(taken) > 1:
        return "decentralised by menu"
    if not taken[0].royalty:
        return "decentralised by fee"
    return f"decentralised by {'fee and ' if taken[0].fee else ''}royalty"


def _best(buyers: Buyers, contracts: Sequence[Contract]) -> Offer:
    """Return the best of some contracts, or none of them where none earns more."""
    nobody = np.full(buyers.demand.size, NONE)
    best = Offer((), nobody, earned(buyers, (), nobody), 0.0)
    for one in contracts:
        choice = responses(buyers, (one,))
        profit = earned(buyers, (one,), choice)
        if profit > best.profit:
            best = Offer((one,), choice, profit, profit)
    return best


def subscription(buyers: Buyers) -> Offer:
    """Return the best licence with a fee and no royalty."""
    fees = buyers.highest_fee(0.0)
    return _best(buyers, [Contract(0.0, fee) for fee in fees[fees >= 0].tolist()])


def pay_per_print(buyers: Buyers) -> Offer:
    """Return the best licence with a royalty and no fee: at one that is the most for somebody."""
    return _best(buyers, [Contract(royalty, 0.0) for royalty in buyers.roots().tolist()])


def theorem(buyers: Buyers) -> Offer | None:
    """Return the best contract of the source's theorem for two unlike buyers; None for others.

    It looks at no licence, at the two fees that one of the buyers would just pay without a royalty,
    and at the royalty at which both would pay the same fee (Westerweel, 2019, theorem 5.2). What it
    overlooks is a royalty beside that one, which only one of them accepts.
    """
    if np.unique(buyers.demand).size != 2 or buyers.demand.size != 2:
        return None
    fees = [(0.0, fee) for fee in buyers.highest_fee(0.0).tolist()]
    royalties = buyers.royalties()
    worth = buyers.highest_fee(royalties)
    same = np.abs(worth[:, 0] - worth[:, 1]) <= 1e-9 * buyers.traditional_cost.min()
    fees += [
        (royalty, fee)
        for royalty, fee in zip(
            royalties[same].tolist(), worth[same].min(axis=1).tolist(), strict=True
        )
    ]
    return _best(buyers, [Contract(royalty, fee) for royalty, fee in fees if fee >= 0])
