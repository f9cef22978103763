"""The simpler licences of an answer, worked out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from amopt.licensing.referee.buyers import SAME, Buyers
from amopt.referee import Amount, Notebook, is_number

__all__ = ["compare_alternatives"]

NAMES = ("no licence", "subscription", "pay per print", "theorem", "fee and royalty")

OPTIMALITY = 1e-7
"""Relative distance from the best from which an alternative is not at its best."""

STEPS = 200
"""Fees and royalties, evenly spread, that are tried beside those of the buyers."""


def compare_alternatives(
    notebook: Notebook, buyers: Buyers, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Compare the table of alternatives: each contract earns what is said, and none earns more."""
    two = buyers.demand.size == 2 and buyers.demand[0] != buyers.demand[1]
    due = [name for name in NAMES if two or name != "theorem"]
    stated = [row.get("alternative") for row in rows]
    if not notebook.require(stated == due, f"the alternatives are {stated}, not {due}"):
        return
    base = float(buyers.margin.sum())
    best = {
        "no licence": base,
        "subscription": max(base, *(_earned(buyers, fee, 0.0)[0] for fee in _fees(buyers))),
        "pay per print": max(base, *(_earned(buyers, 0.0, r)[0] for r in _royalties(buyers))),
        "fee and royalty": buyers.best_profit(limited=False),
    }
    scale = float(np.abs(buyers.margin).sum() + 1e-3 * buyers.traditional.sum())
    for row in rows:
        name = str(row["alternative"])
        where = f"alternative {name!r}"
        fee, royalty = row.get("fee"), row.get("royalty")
        offered = fee is not None or royalty is not None
        kind = (fee is None or is_number(fee)) and (royalty is None or is_number(royalty))
        fits = kind and (fee is None) == (royalty is None)
        if not notebook.require(fits, f"{where}: {fee!r} and {royalty!r} are no contract"):
            continue
        earned, count = _earned(buyers, fee, royalty) if offered else (base, 0)  # type: ignore[arg-type]
        expected = {
            "alternative": name,
            "fee": fee,
            "royalty": royalty,
            "licensees": count,
            "profit": Amount(earned, scale),
            "more_than_no_licence": (
                Amount(100 * (earned - base) / base, 100 * scale / base) if base > 0 else None
            ),
        }
        if name == "fee and royalty" and offered:
            profit = best[name]
            expected["profit"] = Amount(profit, scale)
            expected["licensees"] = row.get("licensees")
            expected["more_than_no_licence"] = (
                Amount(100 * (profit - base) / base, 100 * scale / base) if base > 0 else None
            )
            _limit(notebook, buyers, row, scale)
        notebook.compare(where, row, expected)
        if name == "subscription":
            notebook.require(not royalty, f"{where} has a royalty")
        if name == "pay per print":
            notebook.require(not fee, f"{where} has a fee")
        if name in best and is_number(row.get("profit")):
            short = best[name] - row["profit"]
            notebook.require(
                short <= OPTIMALITY * scale, f"{where}: another one earns {short:.6g} more"
            )


def _fees(buyers: Buyers) -> list[float]:
    """Return the fees that buyers would just pay without a royalty."""
    worth = buyers.worth(np.zeros(1))[0]
    return [float(fee) for fee in worth if fee >= 0] or [0.0]


def _royalties(buyers: Buyers) -> list[float]:
    """Return royalties at which a buyer would just print without a fee, by bisection, and 0."""
    low = np.zeros(buyers.demand.size)
    high = np.full(low.size, 1.0 + 2 * float((buyers.traditional / buyers.demand).max()))
    own = np.arange(low.size)
    for _ in range(100):
        middle = (low + high) / 2
        prints = buyers.worth(middle)[own, own] >= 0
        low, high = np.where(prints, middle, low), np.where(prints, high, middle)
    return [0.0, *low.tolist()]


def _earned(buyers: Buyers, fee: float, royalty: float) -> tuple[float, int]:
    """Return what a contract earns a year, and how many take it."""
    saving = buyers.worth(np.array([royalty]))[0] - fee
    takes = saving >= -SAME * buyers.traditional
    earned = np.where(takes, fee + royalty * buyers.demand, buyers.margin)
    return float(earned.sum()), int(takes.sum())


def _limit(notebook: Notebook, buyers: Buyers, row: Mapping[str, Any], scale: float) -> None:
    """Hold the limit of all contracts to the profit that is stated of it.

    Its licensees are the buyers who would pay the most: a little beside its royalty they alone
    would take the licence.
    """
    fee, royalty, count = float(row["fee"]), float(row["royalty"]), row.get("licensees")
    worth = buyers.worth(np.array([royalty]))[0]
    whole = type(count) is int and 0 < count <= buyers.demand.size
    where = "alternative 'fee and royalty'"
    if not notebook.require(whole, f"{where}: {count!r} licensees"):
        return
    tie = 1e-8 * buyers.traditional
    sure, maybe = worth > fee + tie, np.abs(worth - fee) <= tie
    free = count - int(sure.sum())  # type: ignore[operator]
    fits = 0 <= free <= int(maybe.sum())
    if not notebook.require(fits, f"{where}: not {count} buyers would pay {fee:.9g}"):
        return
    gain = fee + royalty * buyers.demand - buyers.margin
    ranked = np.sort(gain[maybe])
    profit = buyers.margin.sum() + gain[sure].sum() + ranked[ranked.size - free :].sum()
    notebook.same(f"{where}, profit", row.get("profit"), Amount(float(profit), scale))
