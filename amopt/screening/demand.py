"""What a screening instance has to look at, and what may be examined; its portfolio as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from amopt.screening.instance import ScreeningInstance

__all__ = ["columns_beside", "needs"]

Floats = NDArray[np.float64]


def needs(instance: ScreeningInstance) -> Iterator[tuple[str, float, float | None, str]]:
    """Yield what, how much of it is needed, how much there is, and the unit."""
    most = float(instance.examination.most_parts)
    yield "examining every part of the portfolio", float(len(instance.parts)), most, "parts"


def columns_beside(
    instance: ScreeningInstance,
) -> dict[str, tuple[Sequence[str], dict[str, Floats]]]:
    """Return the portfolio, which is a file of its own: names, and numbers by attribute."""
    parts = instance.parts
    return {"portfolio": (parts.names, parts.numbers)}
