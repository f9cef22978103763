r"""Weights from pairwise comparisons (Saaty, *The Analytic Hierarchy Process*, 1980).

A set of n goals, or of the n criteria of a goal, is compared in pairs: :math:`a_{ij}` times as
important is i as j, and :math:`a_{ji} = 1 / a_{ij}`. The weights w are the principal eigenvector,
:math:`A w = \lambda_{\max} w`, summing to 1. Judgements that agree with each other have
:math:`\lambda_{\max} = n`; how far they do not is told by the consistency index and ratio

.. math:: CI = \frac{\lambda_{\max} - n}{n - 1}, \qquad CR = CI / RI_n

with the random index :math:`RI_n`, the mean CI of matrices of random judgements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amopt.screening.instance.entries import Ranking

__all__ = ["GOALS", "RANDOM_INDEX", "Judgements", "eigenvector", "judgements", "sets_of"]

Floats = NDArray[np.float64]

GOALS = "the goals"
"""What the set of all goals is called, beside the sets of criteria, called as their goal."""

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
"""Mean consistency index of random judgements of 1 to 10 things (Saaty 1980, table 3.1)."""


@dataclass(frozen=True, eq=False)
class Judgements:
    r"""The judgements of one set, complete.

    Attributes
    ----------
    names
        What is compared.
    matrix
        :math:`a_{ij}`, shape (n, n).
    weights
        The principal eigenvector, summing to 1, shape (n,).
    largest_eigenvalue
        :math:`\lambda_{\max}`.
    """

    names: tuple[str, ...]
    matrix: Floats
    weights: Floats
    largest_eigenvalue: float

    @property
    def consistency_index(self) -> float:
        """CI; 0 where there is nothing that could disagree."""
        n = len(self.names)
        return max(0.0, self.largest_eigenvalue - n) / (n - 1) if n > 2 else 0.0

    @property
    def consistency_ratio(self) -> float:
        """CR."""
        n = len(self.names)
        return self.consistency_index / RANDOM_INDEX[n - 1] if n > 2 else 0.0

    @property
    def odd_one(self) -> tuple[str, str, float, float]:
        """The pair that fits the others least: more, than, as judged, and as the weights say."""
        implied = self.weights[:, None] / self.weights[None, :]
        off = np.abs(np.log(self.matrix / implied))
        i, j = np.unravel_index(int(np.argmax(off)), off.shape)
        if self.matrix[i, j] < 1:
            i, j = j, i
        return (
            self.names[i],
            self.names[j],
            float(self.matrix[i, j]),
            float(implied[i, j]),
        )


def sets_of(ranking: Ranking) -> dict[str, tuple[str, ...]]:
    """Return what is compared with each other: the goals, and the criteria of each goal."""
    own = {goal.name: tuple(one.name for one in goal.criteria) for goal in ranking.goals}
    return {GOALS: tuple(goal.name for goal in ranking.goals), **own}


def eigenvector(matrix: Floats) -> tuple[Floats, float]:
    """Return the principal eigenvector of a positive matrix, summing to 1, and its eigenvalue."""
    values, vectors = np.linalg.eig(matrix)
    largest = int(np.argmax(values.real))
    vector = np.abs(vectors[:, largest].real)
    return vector / vector.sum(), float(values[largest].real)


def judgements(ranking: Ranking, names: Sequence[str]) -> Judgements:
    """Return the judgements of one set, all pairs of which are given."""
    given = {(one.more, one.than): one.times for one in ranking.comparisons}
    matrix = _matrix(given, names)
    weights, largest = eigenvector(matrix)
    return Judgements(tuple(names), matrix, weights, largest)


def _matrix(given: Mapping[tuple[str, str], float], names: Sequence[str]) -> Floats:
    matrix = np.ones((len(names), len(names)))
    for i, first in enumerate(names):
        for j, second in enumerate(names):
            if (first, second) in given:
                matrix[i, j] = given[first, second]
                matrix[j, i] = 1 / given[first, second]
    return matrix
