r"""The best contract, exactly: only the ends of intervals between changes of order matter.

Let :math:`\bar F_i(r)` be the most that buyer :math:`i` would pay (:mod:`amopt.licensing.costs`).
Between two royalties at which some of them cross, or are 0, their order stays, so that the
licensees are the first :math:`n` of it for some :math:`n`. The best fee for these is what the last
of them would pay, less what a licensee must save. The profit :math:`n F(r) + r \Lambda_n + m
(\Lambda - \Lambda_n)` is then convex in :math:`r`, and its supremum over the interval a limit at
one of its ends: :math:`O(m^2)` intervals, each with :math:`m` numbers of licensees.

At the end itself buyers may be indifferent who are not licensees between the ends. They take the
licence; then the supremum is not attained there, but approached from that side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError
from amopt.licensing.contract import Offer, Supremum, one_contract
from amopt.licensing.costs import SAME, Buyers

__all__ = ["HONOURS", "best_contract", "best_limits", "supremum"]

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

HONOURS = frozenset(
    {
        "one_royalty",
        "one_channel",
        "fee_of_royalty",
        "pays_the_fee",
        "pays_no_more",
        "pays_what_it_is_worth",
        "prefers",
        "alike_do_alike",
        "least_surplus",
        "most_licensees",
        "printer_capacity",
    }
)
"""The families of constraints that it honours."""

CHUNK = 512
"""Intervals that are looked at in one go."""


@dataclass(frozen=True)
class _Groups:
    """Buyers who are alike, and do the same; arrays have shape (groups,).

    ``first`` is one buyer of each group, ``member`` the group of each buyer, and ``prints`` has
    shape (groups, printers).
    """

    first: NDArray[np.int64]
    member: NDArray[np.int64]
    size: Floats
    demand: Floats
    floor: Floats
    prints: Floats
    capacity: Floats

    @classmethod
    def of(cls, buyers: Buyers) -> _Groups:
        instance = buyers.instance
        _, first, member = np.unique(buyers.alike, return_index=True, return_inverse=True)
        count = len(first)
        floor, prints = np.zeros(count), np.zeros((count, len(instance.printers)))
        np.maximum.at(floor, member, buyers.floor)
        names = {printer.name: index for index, printer in enumerate(instance.printers)}
        for buyer, group in zip(instance.buyers, member, strict=True):
            if buyer.printer is not None:
                prints[group, names[buyer.printer]] += buyer.demand_per_year
        size = np.bincount(member, minlength=count).astype(float)
        capacity = np.array([printer.prints_per_year for printer in instance.printers])
        demand = np.bincount(member, weights=buyers.demand).astype(float)
        return cls(first, member, size, demand, floor, prints, capacity)


def best_contract(buyers: Buyers, epsilon: float | None) -> Offer | None:
    """Return the best contract, or none offered; None where no contract keeps the limits.

    Parameters
    ----------
    buyers
        The buyers.
    epsilon
        How much less a year a contract may earn than a supremum that none attains, in money; None
        for a share of it.

    Raises
    ------
    NoAnswerError
        When no contract tells the licensees of the supremum from other buyers.
    """
    limits = best_limits(buyers)
    for limit in limits:
        offer = one_contract(buyers, limit, epsilon)
        if offer is not None:
            return offer
    if limits:
        raise NoAnswerError(
            "no contract near the supremum is taken by its licensees alone: "
            f"{_hardly_apart(buyers, limits[0])} need nearly the same. Give them the same demand, "
            "or change the limit that would tell them apart"
        )
    return None


def _hardly_apart(buyers: Buyers, limit: Supremum) -> str:
    """Return a licensee and the buyer whose demand is the nearest to his."""
    inside, outside = np.flatnonzero(limit.licensees), np.flatnonzero(~limit.licensees)
    away = np.abs(np.log(buyers.demand[inside, None] / buyers.demand[outside]))
    i, j = np.unravel_index(int(away.argmin()), away.shape)
    pair = (buyers.instance.buyers[k].name for k in (inside[i], outside[j]))
    return " and ".join(map(repr, pair))


def supremum(buyers: Buyers) -> Supremum | None:
    """Return the supremum of what contracts earn; None where no contract keeps the limits.

    Of equal ones the first is one that is attained, if there is any.
    """
    return next(iter(best_limits(buyers)), None)


def best_limits(buyers: Buyers) -> list[Supremum]:
    """Return the limits that earn the most, those that are attained first."""
    groups = _Groups.of(buyers)
    ends = buyers.royalties()
    found = [] if groups.floor.any() else [_nobody(buyers)]
    if ends.size == 1:
        ends = np.append(ends, 1.0)  # nobody pays any royalty: only its left end matters
    for start in range(0, ends.size - 1, CHUNK):
        found += _of_intervals(buyers, groups, ends[start : start + CHUNK + 1])
    found += _of_intervals(buyers, groups, np.zeros(2), point=True)
    if not found:
        return []
    most = max(limit.profit for limit in found)
    scale = np.abs(buyers.traditional_cost).sum()
    near = [limit for limit in found if limit.profit >= most - SAME * scale]

    def is_approached_only(limit: Supremum) -> bool:
        return bool(limit.licensees.any()) and not np.array_equal(
            buyers.takes(limit.royalty, limit.fee), limit.licensees
        )

    return sorted(near, key=is_approached_only)


def _nobody(buyers: Buyers) -> Supremum:
    nobody = np.zeros(buyers.demand.size, dtype=bool)
    return Supremum(0.0, 0.0, nobody, float((buyers.margin * buyers.demand).sum()))


def _of_intervals(
    buyers: Buyers, groups: _Groups, ends: Floats, *, point: bool = False
) -> list[Supremum]:
    """Return the best limits at the ends of successive intervals.

    ``point`` says that the interval is the royalty 0 alone, at which buyers may be indifferent who
    take no licence at any other.
    """
    middle = (ends[:-1] + ends[1:]) / 2
    pays = buyers.least_of_alike(buyers.highest_fee(middle))[:, groups.first]
    apart = SAME * buyers.traditional_cost[groups.first] if point else np.zeros(len(groups.size))
    pays = np.where(np.abs(pays) <= apart, 0.0, pays)
    order = np.argsort(-pays, axis=1, kind="stable")
    sorted_pays = np.take_along_axis(pays, order, axis=1)
    less_floor = np.take_along_axis(pays - groups.floor, order, axis=1)
    fee = np.minimum.accumulate(less_floor, axis=1)
    following = np.concatenate([sorted_pays[:, 1:], np.full((len(middle), 1), -np.inf)], axis=1)
    fits = (fee >= 0) & (fee >= following + apart.max()) & _allowed(buyers, groups, order)
    licensed = np.cumsum(groups.demand[order], axis=1)
    count = np.cumsum(groups.size[order], axis=1)
    total = groups.demand.sum()
    found = []
    for royalty in (ends[:-1], ends[1:]):
        at_end = buyers.least_of_alike(buyers.highest_fee(royalty))[:, groups.first]
        at_end = at_end - groups.floor
        at_end = np.maximum(
            np.minimum.accumulate(np.take_along_axis(at_end, order, axis=1), axis=1), 0.0
        )
        profit = count * at_end + royalty[:, None] * licensed + buyers.margin * (total - licensed)
        profit = np.where(fits, profit, -np.inf)
        most = profit.max()
        if not np.isfinite(most):
            continue
        near = profit >= most - SAME * np.abs(buyers.traditional_cost).sum()
        for k, n in zip(*np.nonzero(near), strict=True):
            taken = np.zeros(len(groups.size), dtype=bool)
            taken[order[k, : n + 1]] = True
            found.append(
                Supremum(
                    float(royalty[k]),
                    float(at_end[k, n]),
                    taken[groups.member],
                    float(profit[k, n]),
                )
            )
    return found


def _allowed(buyers: Buyers, groups: _Groups, order: NDArray[np.int64]) -> Truths:
    """Return which first n of each order keep the limits, shape (intervals, groups)."""
    most = buyers.instance.limits.most_licensees
    fits = np.ones(order.shape, dtype=bool)
    if most is not None:
        fits &= np.cumsum(groups.size[order], axis=1) <= most
    for printer, capacity in enumerate(groups.capacity):
        used = np.cumsum(groups.prints[:, printer][order], axis=1)
        fits &= used <= capacity * (1 + SAME)
    if groups.floor.any():
        owed = groups.floor > 0
        fits &= np.cumsum(owed[order], axis=1) == owed.sum()
    return fits
