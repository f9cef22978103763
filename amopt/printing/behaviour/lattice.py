"""Distributions of whole numbers from their characteristic functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.errors import UsageError

__all__ = ["Lattice", "invert", "power"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

SAME = 1e-9
"""Relative difference of means up to which a distribution is whole."""

ROUNDING = 1e-15
"""Probabilities that a Fourier transform leaves where there are none."""

NOISE = 1e-15
"""What rounding moves a mean by, of so many points, times the power of them of three halves, and
times the power that a characteristic function is raised to."""

MOST_POINTS = 2**22
"""The most points of a distribution."""


@dataclass(frozen=True)
class Lattice:
    """A distribution of multiples of a step, from 0.

    Attributes
    ----------
    chances
        The probability of each multiple.
    step
        The step, in the unit of what is counted.
    moments
        Mean and variance where they are known better, as where multiples were rounded up to steps.
    """

    chances: Floats
    step: float = 1.0
    moments: tuple[float, float] | None = None

    @property
    def mean(self) -> float:
        """The expectation."""
        if self.moments is not None:
            return self.moments[0]
        return float(self.step * (np.arange(len(self.chances)) @ self.chances))

    @property
    def variance(self) -> float:
        """The variance."""
        if self.moments is not None:
            return self.moments[1]
        away = self.step * np.arange(len(self.chances)) - self.mean
        return float(away**2 @ self.chances)

    def quantile(self, probability: float) -> float:
        """Return the least value that is not exceeded with this probability."""
        reached = np.cumsum(self.chances) >= probability - 1e-12
        return float(self.step * np.argmax(reached)) if reached.any() else float("inf")

    def up_to(self, value: float) -> float:
        """Return the probability of no more than a value."""
        last = int(np.floor(value / self.step + 1e-9))
        return float(min(1.0, self.chances[: last + 1].sum())) if value >= 0 else 0.0


def invert(
    characteristic: Callable[[Complexes], Complexes],
    mean: float,
    most: float,
    *,
    step: float = 1.0,
    times: int = 1,
) -> Lattice:
    """Return the distribution whose characteristic function is given.

    On too few points what lies beyond the last one comes out at the first ones, and the mean too
    low: the points are doubled until the mean is right, or all that is possible has its point.

    Parameters
    ----------
    characteristic
        The expectation of z to the power of the multiple, for an array z.
    mean
        The mean in multiples, known from elsewhere.
    most
        The largest multiple that is possible.
    step
        The size of a multiple.
    times
        To which power something is raised in the characteristic function: rounding grows with it.

    Raises
    ------
    UsageError
        When there would be more than :data:`MOST_POINTS` points.
    """
    points = 64
    while points <= MOST_POINTS:
        if points > 2 * mean or points > most:
            z = np.exp(2j * np.pi * np.arange(points // 2 + 1) / points)
            chances = _clean(np.fft.irfft(np.conj(characteristic(z)), points))
            found = Lattice(chances, step)
            near = abs(found.mean / step - mean) <= (
                SAME * max(mean, 1e-3) + NOISE * times * points**1.5
            )
            if points > most or near:
                return found
        points *= 2
    raise UsageError(
        f"the distribution has values beyond {MOST_POINTS:,} steps; it is not worked out exactly: "
        "simulate it"
    )


def power(z: Complexes, exponent: int) -> Complexes:
    """Return a power of the points that :func:`invert` asks for, with no error of their angle."""
    points = 2 * (len(z) - 1)
    return np.asarray(np.exp(2j * np.pi * ((np.arange(len(z)) * exponent) % points) / points))


def _clean(chances: Floats) -> Floats:
    """Return probabilities without what rounding left below 0 and beyond the last of them."""
    last = int(np.flatnonzero(chances > ROUNDING)[-1])
    chances[last + 1 :] = 0.0
    return np.maximum(chances, 0.0)
