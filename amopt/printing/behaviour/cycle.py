r"""The distribution of what happens in a cycle of one part, by its characteristic function.

While there is stock, its distribution comes forward day by day. From the day on which the shelf is
empty, with :math:`k` systems that wait for want of a part, every system is on its own: it is
regular, printed or missing. With :math:`z = e^{i \omega}` and :math:`\phi^s_n(z)` the expectation
of :math:`z` to the power of what a system in state :math:`s` with :math:`n` days to go still does
until the replenishment, before the decision,

.. math::

    \psi^r_n &= (1 - p_r) \phi^r_{n-1} + p_r \phi^m_{n-1} \\
    \psi^p_n &= (1 - p_p) \phi^p_{n-1} + p_p \phi^m_{n-1} \\
    \phi^m_n &= w_n z^{[\text{down}]} \phi^m_{n-1} + u_n z^{[\text{print}]} \psi^p_n
              + e_n z^{[\text{expedite}]} \psi^r_n

with :math:`w_n, u_n, e_n` the probabilities that a system that waits goes on waiting, gets a
printed and an expedited part, :math:`\phi^r_n = \psi^r_n` and :math:`\phi^p_n = \psi^p_n`. At the
replenishment all that is not regular is ordered. So

.. math:: \Phi(z) = \sum_{n, k} P(\text{empty at } n, k \text{ wait}) \,
    (\phi^m_n)^k (\phi^r_n)^{N - k} + P(\text{never empty}) \ldots

and a Fourier transform gives the probabilities to about 1e-15. Cycles begin alike, so that
:math:`C` of them have :math:`\Phi^C`. No normal approximation is made anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from amopt.printing.parameters import Parameters
from amopt.printing.policy import Action, Policy

__all__ = ["COUNTS", "CyclesOfPart", "Shelf"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

COUNTS = ("prints", "expedites", "orders", "down_days")
"""What is counted in a cycle."""

NEGLIGIBLE = 1e-18
"""Probabilities that are left out, far below the error of rounding."""


@dataclass(frozen=True)
class Shelf:
    """What becomes of the stock of a part in a cycle.

    Attributes
    ----------
    stock
        Probability of each number of parts on the shelf at the end of a day, averaged over the days
        of the cycle, shape (level + 1,).
    left
        Probability of each number of parts on the shelf at the next replenishment, where the shelf
        was never empty, shape (level + 1,); entry 0 is 0.
    emptied
        By days to go, the probability that the shelf becomes empty then with k systems that wait,
        as (first k, probabilities).
    """

    stock: Floats
    left: Floats
    emptied: dict[int, tuple[int, Floats]]

    @classmethod
    def of(cls, systems: int, failure: float, days: int, level: int) -> Shelf:
        """Return what becomes of ``level`` parts."""
        start, chance = _support(binom.pmf(np.arange(systems + 1), systems, failure))
        shelf = np.zeros(level + 1)
        shelf[level] = 1.0
        stock = shelf.copy()
        if level == 0:
            days_empty = np.zeros(1)
            days_empty[0] = 1.0
            return cls(days_empty, np.zeros(1), {days: (0, np.ones(1))})
        emptied = {}
        for n in range(days - 1, -1, -1):
            # after[j] = P(I - D = j - last), from the largest loss up
            after = np.convolve(shelf, chance[::-1])
            lowest = -(start + len(chance) - 1)
            short = after[: max(0, 1 - lowest)][::-1] if lowest <= 0 else after[:0]
            # short[i] = P(I - D = -(i + offset)): what ends at 0 or below
            top = min(0, lowest + len(after) - 1)
            if short.size:
                emptied[n] = (-top, short)
            shelf = np.zeros(level + 1)
            kept = after[max(0, 1 - lowest) :]
            first = max(1, lowest)
            shelf[first : first + len(kept)] = kept[: level + 1 - first]
            if n > 0:
                stock += shelf
        stock[0] += days - stock.sum()
        return cls(stock / days, shelf, emptied)


class CyclesOfPart:
    """Cycles of one part under a policy.

    Parameters
    ----------
    parameters
        The parameters of one part.
    policy
        Its policy. Where it mixes, the level is drawn anew for each cycle, and the action for each
        system that waits.
    """

    def __init__(self, parameters: Parameters, policy: Policy) -> None:
        self.systems, self.days = int(parameters.systems[0]), parameters.cycle_days
        self.failure = float(parameters.failure[0])
        self.printed_failure = float(parameters.printed_failure[0])
        self.shares = policy.shares(0)
        mix = policy.mixes.get(0)
        levels = {int(policy.base_stock[0]): 1.0} if mix is None else mix.levels
        self.shelves = [
            (level, share, Shelf.of(self.systems, self.failure, self.days, level))
            for level, share in levels.items()
        ]

    @property
    def stock(self) -> Floats:
        """Probability of each number of parts on the shelf at the end of a day of any cycle."""
        found = np.zeros(1 + max(level for level, _, _ in self.shelves))
        for level, share, shelf in self.shelves:
            found[: level + 1] += share * shelf.stock
        return found

    def most(self, count: str) -> int:
        """Return the most of something that can happen in a cycle."""
        level = max(level for level, _, _ in self.shelves)
        if count == "orders":
            return level + self.systems
        return self.systems * (self.days - 1)

    def characteristic(self, count: str, z: Complexes) -> Complexes:
        """Return the expectation of z to the power of a count of :data:`COUNTS` in a cycle."""
        alone = dict(self._alone(count, z))
        total = np.zeros(len(z), dtype=np.complex128)
        for level, share, shelf in self.shelves:
            orders = z**level if count == "orders" else np.ones_like(z)
            for n, (first, chances) in shelf.emptied.items():
                regular, missing = alone[n]
                total += share * orders * _waiting(chances, first, self.systems, missing, regular)
            for parts in np.flatnonzero(shelf.left > NEGLIGIBLE):
                ordered = z ** (level - parts) if count == "orders" else 1.0
                total += share * shelf.left[parts] * ordered
        return total

    def _alone(self, count: str, z: Complexes) -> Iterator[tuple[int, tuple[Complexes, Complexes]]]:
        """Yield (phi regular, phi missing) of a system on its own by days to go."""
        one = np.ones_like(z)
        down, printing, expediting = (
            z if count == kind else one for kind in ("down_days", "prints", "expedites")
        )
        regular, missing = one, z if count == "orders" else one
        printed = missing
        yield 0, (regular, missing)
        for n in range(1, self.days + 1):
            kept = (1 - self.failure) * regular + self.failure * missing
            lasting = (1 - self.printed_failure) * printed + self.printed_failure * missing
            if n == self.days:  # right after the replenishment nothing waits
                yield n, (kept, kept)
                return
            share = self.shares[n]
            missing = (
                share[Action.WAIT] * down * missing
                + share[Action.PRINT] * printing * lasting
                + share[Action.EXPEDITE] * expediting * kept
            )
            regular, printed = kept, lasting
            yield n, (regular, missing)


def _waiting(
    chances: Floats, first: int, systems: int, missing: Complexes, regular: Complexes
) -> Complexes:
    """Return the sum over k of chances[k - first] missing^k regular^(systems - k), by Horner."""
    worth = np.flatnonzero(chances > NEGLIGIBLE)
    if not worth.size:
        return np.zeros_like(missing)
    low, high = int(worth[0]), int(worth[-1])
    total, power = np.full_like(missing, chances[high]), regular.copy()
    for k in range(high - 1, low - 1, -1):
        total = total * missing + chances[k] * power
        power = power * regular
    return total * missing ** (first + low) * regular ** (systems - first - high)


def _support(chances: Floats) -> tuple[int, Floats]:
    """Return where a distribution begins, and it without its negligible ends."""
    there = np.flatnonzero(chances > NEGLIGIBLE)
    first, last = int(there[0]), int(there[-1])
    return first, chances[first : last + 1]
