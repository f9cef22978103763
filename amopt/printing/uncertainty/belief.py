r"""What is believed of a failure rate, as nodes and weights of a quadrature.

A range: every rate in it is as likely as any other. Observed failures: with :math:`k` failures in
:math:`T` days of operation and the prior :math:`\mathrm{Gamma}(1/2, 0)` of Jeffreys, the rate is
distributed as :math:`\mathrm{Gamma}(k + 1/2, T)` (Gelman et al. 2013, section 2.6); the range is
then its central interval of 95 %.

Integrals over the belief are sums over panels of Gauss-Legendre nodes in the probability
:math:`u = F(\lambda)`; the panels get shorter by half towards 0 and 1, where the quantile has no
bound on its derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaincinv

from amopt.printing.instance import UncertainRate

__all__ = ["PRIOR_FAILURES", "RATES", "Belief"]

Floats = NDArray[np.float64]

PRIOR_FAILURES = 0.5
"""What Jeffreys' prior adds to the observed failures."""

OUTSIDE = 0.025
"""Probability of a rate below, and of one above, the range of observed failures."""

RATES = 257
"""Rates of the range, evenly spread, among which the worst one is looked for."""

_HALVINGS = 36
_PANELS = 128


@dataclass(frozen=True)
class Belief:
    """A failure rate that is not known.

    Attributes
    ----------
    lowest, highest
        The range over which the worst rate is looked for, a day.
    mean
        The expected rate, a day.
    nodes, weights
        Rates and their weights, which sum to 1, shape (nodes,).
    """

    lowest: float
    highest: float
    mean: float
    nodes: Floats
    weights: Floats

    @classmethod
    def of(cls, entry: UncertainRate) -> Belief:
        """Return what an entry of a file says."""
        if entry.failures_observed is not None and entry.days_observed is not None:
            return cls._posterior(entry.failures_observed + PRIOR_FAILURES, entry.days_observed)
        assert entry.lowest_rate_per_day is not None
        assert entry.highest_rate_per_day is not None
        low, high = entry.lowest_rate_per_day, entry.highest_rate_per_day
        share, weights = _gauss(np.linspace(0.0, 1.0, _PANELS + 1))
        return cls(low, high, (low + high) / 2, low + (high - low) * share, weights)

    @classmethod
    def _posterior(cls, shape: float, days: float) -> Belief:
        ends = 0.5 ** np.arange(_HALVINGS, 0, -1)
        halves = np.unique(np.concatenate([[0.0], ends, np.linspace(0.0, 0.5, _PANELS // 2 + 1)]))
        tail, weights = _gauss(halves)
        nodes = np.concatenate([gammaincinv(shape, tail), gammainccinv(shape, tail[::-1])])
        return cls(
            lowest=float(gammaincinv(shape, OUTSIDE) / days),
            highest=float(gammainccinv(shape, OUTSIDE) / days),
            mean=shape / days,
            nodes=nodes / days,
            weights=np.concatenate([weights, weights[::-1]]),
        )

    @property
    def range(self) -> Floats:
        """Rates over the range, shape (RATES,)."""
        return np.linspace(self.lowest, self.highest, RATES)


def _gauss(breaks: Floats) -> tuple[Floats, Floats]:
    """Return the nodes and weights of five points in each panel."""
    points, weights = np.polynomial.legendre.leggauss(5)
    half = np.diff(breaks)[:, None] / 2
    middle = (breaks[1:] + breaks[:-1])[:, None] / 2
    return (middle + half * points).ravel(), (half * weights).ravel()
