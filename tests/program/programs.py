"""Programs that several tests use."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from amopt.program.linear import LinearProgram

WYNDOR = LinearProgram.from_arrays(
    [3, 5], [[1, 0], [0, 2], [3, 2]], -np.inf, [4, 12, 18], maximise=True
)
"""A textbook program (Wyndor Glass), 36 at (2, 6): x <= 4, 2y <= 12, 3x + 2y <= 18."""


def market_split(rows: int = 4, columns: int = 30, seed: int = 1) -> LinearProgram:
    """Halve every row of a random matrix (Cornuejols and Dawande, 1998): hard to finish."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 100, (rows, columns)).astype(float)
    half = np.floor(weights.sum(axis=1) / 2)
    return LinearProgram.from_arrays(
        np.r_[np.zeros(columns), np.ones(2 * rows)],
        np.hstack([weights, np.eye(rows), -np.eye(rows)]),
        half,
        half,
        upper=np.r_[np.ones(columns), np.full(2 * rows, np.inf)],
        integer=np.r_[np.ones(columns, bool), np.zeros(2 * rows, bool)],
    )


def transport(size: int = 15) -> LinearProgram:
    """Ship from every one of ``size`` places to every other."""
    rng = np.random.default_rng(0)
    supply = np.kron(np.eye(size), np.ones(size))
    demand = np.kron(np.ones(size), np.eye(size))
    return LinearProgram.from_arrays(
        rng.uniform(1, 9, size * size),
        np.vstack([supply, demand]),
        np.r_[np.full(size, -np.inf), rng.uniform(1, 2, size)],
        np.r_[np.full(size, 2.5), np.full(size, np.inf)],
    )


def covering(rows: int, columns: int) -> LinearProgram:
    """Cover random sets at least cost: a linear program that keeps a simplex busy."""
    rng = np.random.default_rng(0)
    matrix = sp.random_array((rows, columns), density=2e-3, rng=rng, format="csr")
    need = 0.5 * matrix @ np.ones(columns)
    return LinearProgram.from_arrays(rng.random(columns), matrix, need, np.inf, upper=3)
