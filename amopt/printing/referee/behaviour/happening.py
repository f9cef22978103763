"""The referee's distributions of a cycle and a year, by products of real polynomials.

Nothing here is a characteristic function: a polynomial's coefficient of degree d is the probability
that something happens d times. A system that is on its own once the shelf is empty has one
polynomial for each state it may be in; those of several systems are multiplied out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from amopt.printing.referee.plan import StatedPlan, Terms
from amopt.printing.referee.probabilities import binomial

__all__ = ["COUNTS", "Distribution", "Happening", "long_power", "used"]

Floats = NDArray[np.float64]

COUNTS = {"prints": "print", "expedites": "expedite", "orders": "", "down_days": "wait"}
"""What is counted, and the action that counts."""


NEGLIGIBLE = 1e-17
"""Probabilities at the end of a distribution that are left out."""


SHORT = 3000
"""Probabilities up to which distributions are multiplied out one by one."""


MOST = 2**21
"""The most steps of 40 prints of each part and twice those that are expected."""


class Happening:
    """What one part does in a cycle.

    Parameters
    ----------
    terms, plan
        The parameters and the plan of the part.
    """

    def __init__(self, terms: Terms, plan: StatedPlan) -> None:
        self.terms, self.plan = terms, plan
        self._known: dict[str, Floats] = {}

    def chances(self, count: str) -> Floats:
        """Return the probabilities of 0, 1, ... in a cycle."""
        if count not in self._known:
            alone = self._alone(count)
            parts = [
                share * self._of_level(level, count, alone)
                for level, share in self.plan.levels.items()
            ]
            self._known[count] = _sum(parts)
        return self._known[count]

    @property
    def stock(self) -> Floats:
        """Probabilities of the stock at the end of a day."""
        found = []
        for level, share in self.plan.levels.items():
            days = np.zeros(level + 1)
            for shelf, _ in islice(self._days(level), self.terms.L):
                days += shelf
            days[0] += self.terms.L - days.sum()
            found.append(share * days / self.terms.L)
        return _sum(found)

    def _days(self, level: int) -> Iterator[tuple[Floats, dict[int, float]]]:
        """Yield the stock after the decision of each day, and by how much it ran short, if ever."""
        terms = self.terms
        chance = binomial(terms.N, terms.p_r)
        shelf = np.zeros(level + 1)
        shelf[level] = 1.0
        if level == 0:
            yield np.zeros(1), {0: 1.0}
            return
        yield shelf, {}
        for _ in range(terms.L):
            after, short = np.zeros(level + 1), np.zeros(terms.N + 1)
            for have in map(int, np.flatnonzero(shelf)):
                kept = min(have, terms.N + 1)
                after[have - kept + 1 : have + 1] += shelf[have] * chance[:kept][::-1]
                short[: terms.N + 1 - kept] += shelf[have] * chance[kept:]
            shelf = after
            yield shelf, {k: float(p) for k, p in enumerate(short) if p > 0}

    def _of_level(self, level: int, count: str, alone: list[tuple[Floats, Floats]]) -> Floats:
        """Return the distribution of a count for one base-stock level."""
        N, L = self.terms.N, self.terms.L
        found: list[Floats] = []
        shelf = np.zeros(1)
        for day, (after, short) in enumerate(self._days(level)):
            shelf = after
            if short:
                fewest, most = min(short), max(short)
                regular, missing = alone[L - day]
                powers = _powers(regular, N - fewest, N - most)
                product = _power(missing, fewest)
                for k in range(fewest, most + 1):
                    found.append(short.get(k, 0.0) * np.convolve(product, powers[N - k]))
                    product = _trimmed(np.convolve(product, missing))
        ordered = level if count == "orders" else 0
        moved = [np.concatenate([np.zeros(ordered), one]) for one in found]
        for left in range(1, len(shelf)):
            moved.append(np.zeros(1 + (level - left if count == "orders" else 0)))
            moved[-1][-1] = shelf[left]
        return _trimmed(_sum(moved))

    def _alone(self, count: str) -> list[tuple[Floats, Floats]]:
        """Return the polynomials of a regular and of a missing part by days to go."""
        terms = self.terms
        never, once = np.ones(1), np.array([0.0, 1.0])
        regular = never
        printed = missing = once if count == "orders" else never
        found = [(regular, missing)]
        for n in range(1, terms.L + 1):
            kept = _sum([(1 - terms.p_r) * regular, terms.p_r * missing])
            lasting = _sum([(1 - terms.p_p) * printed, terms.p_p * missing])
            if n == terms.L:
                found.append((kept, kept))
                break
            then = {"wait": missing, "print": lasting, "expedite": kept}
            missing = _sum(
                [
                    share * np.convolve(once if COUNTS[count] == action else never, then[action])
                    for action, share in self.plan.taken(n)
                ]
            )
            regular, printed = kept, lasting
            found.append((regular, missing))
        return found


@dataclass(frozen=True)
class Distribution:
    """Probabilities of multiples of a step from 0; mean and variance where they are known apart."""

    chances: Floats
    step: float = 1.0
    moments: tuple[float, float] | None = None

    def of_values(self) -> tuple[Floats, float, float]:
        """Return the values, their mean and their variance."""
        values: Floats = self.step * np.arange(len(self.chances), dtype=np.float64)
        if self.moments is not None:
            return values, *self.moments
        mean = float(values @ self.chances)
        return values, mean, float((values - mean) ** 2 @ self.chances)


def used(parts: Sequence[tuple[Floats, float]], cycles: int) -> Distribution:
    """Return the distribution of raw material, its moments without rounding to a step."""
    some = [(chances, take) for chances, take in parts if take > 0 and len(chances) > 1]
    if not some:
        return Distribution(np.ones(1))
    of_prints = [Distribution(chances).of_values()[1:] for chances, _ in some]
    made = [cycles * mean for mean, _ in of_prints]
    takes = [take for _, take in some]
    step = _step(takes, made)
    total = np.ones(1)
    for chances, take in some:
        each = math.ceil(take / step - 1e-6)
        longer = np.zeros(len(total) + each * (len(chances) - 1))
        for times, chance in enumerate(chances):
            longer[times * each : times * each + len(total)] += chance * total
        total = _trimmed(longer)
    mean = sum(take * often for take, often in zip(takes, made, strict=True))
    variance = cycles * sum(
        take**2 * spread for take, (_, spread) in zip(takes, of_prints, strict=True)
    )
    return Distribution(long_power(total, cycles), step, (mean, variance))


def _step(takes: Sequence[float], made: Sequence[float]) -> float:
    """Return the common measure of amounts as they are written, or 1, 2 or 5 tens if too fine."""
    digits = max(-int(Decimal(repr(take)).normalize().as_tuple().exponent) for take in takes)
    common = math.gcd(*(int(Decimal(repr(take)).scaleb(digits)) for take in takes))
    least = sum(take * (40 + 2 * often) for take, often in zip(takes, made, strict=True)) / MOST
    measure = float(Decimal(common).scaleb(-digits))
    if measure >= least:
        return measure
    power = math.floor(math.log10(least))
    return min(size for digit in (1, 2, 5, 10) if (size := digit * 10.0**power) >= least)


def long_power(chances: Floats, times: int) -> Floats:
    """Return the distribution of a sum of so many that are alike, by repeated doubling."""
    total, square = np.ones(1), chances
    while times:
        if times % 2:
            total = _product(total, square)
        times //= 2
        if times:
            square = _product(square, square)
    return total


def _product(one: Floats, other: Floats) -> Floats:
    """Return the distribution of a sum of two; long ones by Fourier transforms, with its noise."""
    short = min(len(one), len(other)) <= SHORT
    return _trimmed(np.convolve(one, other) if short else fftconvolve(one, other))


def _power(polynomial: Floats, times: int) -> Floats:
    total = np.ones(1)
    for _ in range(times):
        total = _trimmed(np.convolve(total, polynomial))
    return total


def _powers(polynomial: Floats, highest: int, lowest: int) -> dict[int, Floats]:
    """Return the powers from the lowest to the highest."""
    found = {lowest: _power(polynomial, lowest)}
    for exponent in range(lowest + 1, highest + 1):
        found[exponent] = _trimmed(np.convolve(found[exponent - 1], polynomial))
    return found


def _sum(polynomials: Sequence[Floats]) -> Floats:
    total = np.zeros(max(map(len, polynomials), default=1))
    for one in polynomials:
        total[: len(one)] += one
    return total


def _trimmed(chances: Floats) -> Floats:
    """Return a distribution without its negligible end, and without rounding below 0."""
    chances = np.maximum(chances, 0.0)
    there = np.flatnonzero(chances > NEGLIGIBLE)
    return chances[: int(there[-1]) + 1] if there.size else chances[:1]
