"""Curves fitted to quotes by least squares, with their goodness of fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fit", "fit_lines"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fit:
    """Straight lines ``intercept + slope * x`` through n groups of points, each shape (n,).

    Attributes
    ----------
    intercept, slope
        Coefficients by ordinary least squares.
    r_squared
        Share of the variance of y that the line explains; 1 where y does not vary.
    p_value
        Two-sided p-value of a zero slope (Student's t, points - 2 degrees of freedom); NaN with
        two points or fewer, which leave no degree of freedom.
    """

    intercept: Floats
    slope: Floats
    r_squared: Floats
    p_value: Floats

    def __getitem__(self, index: Any) -> Fit:
        return Fit(
            self.intercept[index], self.slope[index], self.r_squared[index], self.p_value[index]
        )


def fit_lines(start: Ints, x: Floats, y: Floats) -> Fit:
    """Fit a line to each group of points by ordinary least squares.

    Parameters
    ----------
    start
        Group i holds the points ``start[i]:start[i + 1]``, shape (n + 1,), at least one each.
    x, y
        The points, shape (points,).
    """
    from scipy.special import stdtr

    size = np.diff(start)
    first = start[:-1]
    group = np.repeat(np.arange(size.size), size)

    def total(values: Floats) -> Floats:
        return np.add.reduceat(values, first) if size.size else np.zeros(0)

    x_mean, y_mean = total(x) / size, total(y) / size
    dx, dy = x - x_mean[group], y - y_mean[group]
    xx, xy, yy = total(dx * dx), total(dx * dy), total(dy * dy)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(xx > 0, xy / xx, 0.0)
        intercept = y_mean - slope * x_mean
        residual = total((y - intercept[group] - slope[group] * x) ** 2)
        flat = yy <= 1e-24 * np.maximum(total(y * y), 1e-300)
        r_squared = np.where(flat, 1.0, 1.0 - residual / yy)
        freedom = size - 2.0
        t = slope / np.sqrt(residual / freedom / xx)
        p_value = np.where(freedom > 0, 2 * stdtr(np.maximum(freedom, 1.0), -np.abs(t)), np.nan)
    p_value = np.where((freedom > 0) & flat, 1.0, p_value)
    return Fit(intercept, slope, r_squared, p_value)
