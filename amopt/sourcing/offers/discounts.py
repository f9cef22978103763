"""Discounts on what is spent at a supplier, on parts of all sorts: prices, without fees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.sourcing.offers.segments import Segments
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["LeastSpent", "Spending", "discounts", "least_spent", "options_by_supplier", "spendings"]

Floats = NDArray[np.float64]


def discounts(supply: SupplyOptions, goods: Floats) -> Floats:
    """Return what is taken off the goods of each option, by its share of what is spent.

    Parameters
    ----------
    supply
        The supply options.
    goods
        Prices of the parts that are ordered on each option, in money, shape (n,).
    """
    taken: Floats = np.zeros(len(supply))
    wanted = [terms for terms in supply.instance.suppliers if terms.spend_discounts is not None]
    options = options_by_supplier(supply) if wanted else {}
    for terms in wanted:
        if terms.spend_discounts is not None and terms.supplier in options:
            own = options[terms.supplier]
            spent = float(goods[own].sum())
            if spent > 0:
                taken[own] = terms.spend_discounts.discount(spent) * (goods[own] / spent)
    return taken


def options_by_supplier(supply: SupplyOptions) -> dict[str, NDArray[np.int64]]:
    """Return the options of each supplier."""
    found: dict[str, list[int]] = defaultdict(list)
    for option, name in enumerate(supply.supplier):
        found[name].append(option)
    return {name: np.array(options, dtype=np.int64) for name, options in found.items()}


def _segments_by_supplier(
    supply: SupplyOptions, segments: Segments
) -> dict[str, NDArray[np.int64]]:
    """Return the segments of each supplier's orders."""
    of_pool = dict(zip(supply.pool.tolist(), supply.supplier, strict=True))
    found: dict[str, list[int]] = defaultdict(list)
    for segment, pool in enumerate(segments.pool.tolist()):
        found[of_pool[pool]].append(segment)
    return {name: np.array(own, dtype=np.int64) for name, own in found.items()}


@dataclass(frozen=True)
class Spending:
    """What can be spent at a supplier, and the tiers of its discounts that can be reached.

    Attributes
    ----------
    supplier
        The supplier.
    segments
        The segments of its orders.
    fixed
        What the prices of an order are on each of them, beside its rate a part, in money.
    begins, ends
        Amounts between which each tier holds, the first without a discount, in money.
    shares
        What each tier takes off, as a share of all that is spent.
    lost
        What of that it does not take off in fact, in money: of incremental tiers, what is spent
        below a tier is on tiers before it.
    """

    supplier: str
    segments: list[int]
    fixed: list[float]
    begins: list[float]
    ends: list[float]
    shares: list[float]
    lost: list[float]


def spendings(supply: SupplyOptions, segments: Segments) -> Iterator[Spending]:
    """Yield what can be spent at each supplier that takes a discount off it."""
    terms = [own for own in supply.instance.suppliers if own.spend_discounts is not None]
    if not terms:
        return
    fixed = segments.goods_fixed
    goods = fixed + segments.rate * segments.upper
    of_supplier = _segments_by_supplier(supply, segments)
    for own in terms:
        chosen = of_supplier.get(own.supplier)
        if chosen is None or own.spend_discounts is None:
            continue
        pools, pool = np.unique(segments.pool[chosen], return_inverse=True)
        largest = np.zeros(pools.size)
        np.maximum.at(largest, pool, goods[chosen])
        most = float(largest.sum())
        begins, shares, lost = [0.0], [0.0], [0.0]
        for tier in own.spend_discounts.tiers:
            if tier.from_ <= most:
                step = tier.percent / 100 - shares[-1]
                incremental = own.spend_discounts.kind == "incremental"
                lost.append(lost[-1] + step * tier.from_ if incremental else 0.0)
                begins.append(tier.from_)
                shares.append(tier.percent / 100)
        yield Spending(
            own.supplier,
            chosen.tolist(),
            fixed[chosen].tolist(),
            begins,
            [*begins[1:], most],
            shares,
            lost,
        )


@dataclass(frozen=True)
class LeastSpent:
    """The least that is spent at a supplier, if anything is.

    Attributes
    ----------
    supplier, amount
        The supplier, and the amount in money.
    segments
        The segments of its orders.
    fixed
        What the prices of an order are on each of them, beside its rate a part, in money.
    """

    supplier: str
    amount: float
    segments: list[int]
    fixed: list[float]


def least_spent(supply: SupplyOptions, segments: Segments) -> Iterator[LeastSpent]:
    """Yield what is least spent at each supplier that asks for it, and that can be ordered from."""
    asking = [own for own in supply.instance.suppliers if own.minimum_order_value is not None]
    of_supplier = _segments_by_supplier(supply, segments) if asking else {}
    for terms in asking:
        chosen = of_supplier.get(terms.supplier)
        if chosen is not None and terms.minimum_order_value is not None:
            yield LeastSpent(
                terms.supplier,
                terms.minimum_order_value,
                chosen.tolist(),
                segments.goods_fixed[chosen].tolist(),
            )
