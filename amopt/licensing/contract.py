"""What is offered: contracts, and who takes which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.licensing.costs import SAME, Buyers
from amopt.phrases import money

__all__ = ["Contract", "Offer", "Supremum", "in_round_money", "one_contract", "responses"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NONE = -1
"""The contract of a buyer who takes none."""

MARGIN = 100 * SAME
"""Share of what a buyer pays now by which one who is not to take a licence must be worse off."""

CLOSE = 5e-7
"""Share of the supremum that a contract may earn less, where none attains it."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A royalty a print and a fee a year, both in money."""

    royalty: float
    fee: float


@dataclass(frozen=True)
class Offer:
    """The contracts that are offered, one or two or none, and what comes of them.

    Attributes
    ----------
    contracts
        The contracts.
    choice
        The contract that each buyer takes, -1 for none, shape (buyers,).
    profit
        What the maker earns a year.
    supremum
        What no offer of this kind can earn more than, a year.
    side
        Where the royalty lies: ``"at"`` the one of the supremum, ``"just above"`` or
        ``"just below"`` it; the supremum is then not attained.
    """

    contracts: tuple[Contract, ...]
    choice: Ints
    profit: float
    supremum: float
    side: str = "at"


@dataclass(frozen=True)
class Supremum:
    """The limit of what contracts earn: royalty, fee and licensees at which it is approached.

    ``licensees`` has shape (buyers,).
    """

    royalty: float
    fee: float
    licensees: NDArray[np.bool_]
    profit: float


def responses(buyers: Buyers, contracts: tuple[Contract, ...]) -> Ints:
    """Return the contract that each buyer takes, -1 for none.

    He takes the one that is the cheapest for him; of equal ones the one that earns the maker more.
    """
    choice = np.full(buyers.demand.size, NONE)
    if not contracts:
        return choice
    saving = np.stack([buyers.highest_fee(one.royalty) - one.fee for one in contracts])
    earned = np.stack([one.fee + one.royalty * buyers.demand for one in contracts])
    rounding = SAME * buyers.traditional_cost
    best = saving.max(axis=0)
    as_good = saving >= best - rounding
    preferred = np.where(as_good, earned, -np.inf).argmax(axis=0)
    found: Ints = np.where(best >= -rounding, preferred, NONE)
    return found


def earned(buyers: Buyers, contracts: tuple[Contract, ...], choice: Ints) -> float:
    """Return what the maker earns a year."""
    total = float((buyers.margin * buyers.demand)[choice == NONE].sum())
    for number, one in enumerate(contracts):
        total += float((one.fee + one.royalty * buyers.demand)[choice == number].sum())
    return total


def one_contract(buyers: Buyers, limit: Supremum, epsilon: float | None) -> Offer | None:
    """Return the contract that attains a supremum, or one that earns nearly as much.

    Parameters
    ----------
    buyers
        The buyers.
    limit
        The supremum.
    epsilon
        How much less a contract may earn where none attains it; None for a share of it.

    Returns
    -------
    Offer or None
        None where no contract near by is taken by the same buyers.
    """
    if not limit.licensees.any():
        choice = np.full(buyers.demand.size, NONE)
        return Offer((), choice, limit.profit, limit.profit)
    if np.array_equal(buyers.takes(limit.royalty, limit.fee), limit.licensees):
        contracts = (Contract(limit.royalty, limit.fee),)
        choice = np.where(limit.licensees, 0, NONE)
        return Offer(contracts, choice, earned(buyers, contracts, choice), limit.profit)
    allowed = CLOSE * abs(limit.profit) if epsilon is None else epsilon
    return _round_contract(buyers, limit, allowed)


def in_round_money(buyers: Buyers, offer: Offer) -> Contract | None:
    """Return the contract nearest to an offer of one that is in cents and taken by the same buyers.

    Where a part costs less than one, in the hundred-thousandths of its price. None where there is
    no such contract next to it.
    """
    (one,) = offer.contracts
    size = float(np.floor(np.log10(buyers.instance.traditional.price)))
    digits = 2 if size >= 0 else 4 - int(size)
    licensees = offer.choice != NONE
    found = []
    for number in np.floor(one.royalty * 10.0**digits) + np.arange(-1, 3):
        royalty = round(float(number) / 10**digits, digits)
        most = float((buyers.highest_fee(royalty) - buyers.floor)[licensees].min())
        fee = round(float(np.floor(most * 10.0**digits)) / 10**digits, digits)
        contract = Contract(royalty, fee)
        if min(royalty, fee) >= 0 and _is_taken_alike(buyers, (contract,), offer):
            found.append((earned(buyers, (contract,), offer.choice), contract))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def is_taken_as_told(buyers: Buyers, offer: Offer) -> bool:
    """Return whether the same buyers take the contracts as they are told, to so many digits."""

    def told(value: float) -> float:
        return float(money(value).replace(",", ""))

    rounded = tuple(Contract(told(one.royalty), told(one.fee)) for one in offer.contracts)
    return _is_taken_alike(buyers, rounded, offer)


def _is_taken_alike(buyers: Buyers, contracts: tuple[Contract, ...], offer: Offer) -> bool:
    """Return whether contracts are taken as an offer is, and leave what buyers must save."""
    if not np.array_equal(responses(buyers, contracts), offer.choice):
        return False
    saving = np.zeros(buyers.demand.size)
    for number, one in enumerate(contracts):
        own = buyers.highest_fee(one.royalty) - one.fee
        saving = np.where(offer.choice == number, own, saving)
    return bool((saving >= buyers.floor - SAME * buyers.traditional_cost).all())


def _round_contract(buyers: Buyers, limit: Supremum, allowed: float) -> Offer | None:
    """Return the contract with the fewest digits that earns enough; else the one that earns most.

    Licensees save a little, those who are not to be licensees lose a little.
    """
    best: Offer | None = None
    size = np.floor(np.log10(buyers.instance.printing.price))
    largest = 10.0 ** (min(size, 0.0) + max(size - 2, 0.0))
    for digits in range(13):
        step = 10.0**-digits * largest
        for side in ("just above", "just below"):
            offer = _beside(buyers, limit, step, side)
            if offer is not None and (best is None or offer.profit > best.profit):
                best = offer
        if best is not None and best.profit >= limit.profit - allowed:
            return best
    return best


def _beside(buyers: Buyers, limit: Supremum, step: float, side: str) -> Offer | None:
    """Return the contract one step beside a supremum, where its buyers take it and no others.

    Its fee is rounded down, the more finely the nearer others are to taking the licence too.
    """
    whole = limit.royalty / step
    number = np.floor(whole) + 1 if side == "just above" else np.ceil(whole) - 1
    royalty = float(f"{number * step:.15g}")
    if royalty < 0:
        return None
    worth = buyers.highest_fee(royalty)
    most = float((worth - buyers.floor)[limit.licensees].min())
    tempted = (worth + MARGIN * buyers.traditional_cost)[~limit.licensees]
    least = max(0.0, float(tempted.max(initial=0.0)))
    for finer in range(5):
        unit = step * 10.0**-finer
        fee = float(f"{np.floor(most / unit) * unit:.15g}")
        if fee >= least:
            break
    else:
        fee = most
    if fee < least:
        return None
    contracts, choice = (Contract(royalty, fee),), np.where(limit.licensees, 0, NONE)
    if not np.array_equal(responses(buyers, contracts), choice):
        return None
    return Offer(contracts, choice, earned(buyers, contracts, choice), limit.profit, side)
