"""Linear expressions of Pyomo, written quickly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["linear", "weighted_sum"]

Floats = NDArray[np.float64]


def linear(coefficients: ArrayLike, variables: Sequence[Any], constant: float = 0.0) -> Any:
    """Return ``constant + sum_k coefficients[k] * variables[k]`` as one linear expression.

    Parameters
    ----------
    coefficients
        A number for all, or one a variable.
    variables
        Variables of a Pyomo model.
    constant
        A number.
    """
    from pyomo.core.expr.numeric_expr import LinearExpression

    variables = list(variables)
    if isinstance(coefficients, np.ndarray) and coefficients.ndim:
        numbers = coefficients.tolist()
    elif isinstance(coefficients, Sequence):
        numbers = list(coefficients)
    else:
        numbers = [float(coefficients)] * len(variables)  # type: ignore[arg-type]
    return LinearExpression(constant=constant, linear_coefs=numbers, linear_vars=variables)


def weighted_sum(
    terms: Iterable[Any],
    coefficients: Mapping[Any, float] | Sequence[float] | Floats,
    variables: Any,
    constant: float = 0.0,
) -> Any:
    """Return ``constant + sum_s coefficients[s] * variables[s]`` as one linear expression.

    Parameters
    ----------
    terms
        The indices ``s`` that are summed over.
    coefficients, variables
        Numbers and variables by index.
    constant
        A number.
    """
    terms = list(terms)
    return linear([coefficients[s] for s in terms], [variables[s] for s in terms], constant)
