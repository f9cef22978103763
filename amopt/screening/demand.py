"""What a screening instance has to look at, and what may be examined; its portfolio as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amopt.phrases import counted

if TYPE_CHECKING:
    from amopt.screening.instance import ScreeningInstance

__all__ = ["columns_beside", "in_words", "needs"]

Floats = NDArray[np.float64]


def needs(instance: ScreeningInstance) -> Iterator[tuple[str, float, float | None, str]]:
    """Yield what, how much of it is needed, how much there is, and the unit."""
    most = float(instance.examination.most_parts)
    yield "examining every part of the portfolio", float(len(instance.parts)), most, "parts"


def in_words(row: Mapping[str, Any]) -> str:
    """Say what a row of needs means: what is left unexamined is a choice, and nothing short."""
    most, parts = int(row["available"]), int(row["needed"])
    return f"Of {counted(parts, 'part')}, {min(most, parts):,} at most are to be examined."


def columns_beside(
    instance: ScreeningInstance,
) -> dict[str, tuple[Sequence[str], dict[str, Floats]]]:
    """Return the portfolio, which is a file of its own: names, and numbers by attribute."""
    parts = instance.parts
    return {"portfolio": (parts.names, parts.numbers)}
