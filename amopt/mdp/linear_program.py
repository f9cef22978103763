"""The linear programs of a Markov decision process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SideConstraint", "solve"]


@dataclass(frozen=True)
class SideConstraint:
    """A limit on a linear function of the occupation measure."""

    name: str
    coefficients: NDArray[np.float64]
    lower: float = -np.inf
    upper: float = np.inf


def solve(*arguments: Any, **options: Any) -> Any:
    """Solve by linear programming."""
    raise NotImplementedError
