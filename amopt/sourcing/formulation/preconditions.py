"""What no constraint could say, because there is nothing to choose: checked before the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from amopt.errors import InfeasibleError
from amopt.phrases import counted

if TYPE_CHECKING:
    from amopt.sourcing.offers.segments import Segments
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["nothing_to_order", "require_possible", "without_supply"]

MOST_LINES = 5
"""Lines that are named; the rest are counted."""


def require_possible(supply: SupplyOptions, segments: Segments) -> None:
    """Raise where a line has nothing to be ordered, or committed orders alone break a limit.

    Raises
    ------
    InfeasibleError
        Then.
    """
    lines = without_supply(supply, segments)
    if lines:
        raise nothing_to_order(supply, lines)
    limits = supply.instance.limits
    for what, taken, limit in (
        ("cost", supply.committed_cost, limits.budget),
        ("kg of CO2", supply.committed_kg_co2, limits.kg_co2),
    ):
        if limit is not None and taken > limit * (1 + 1e-9):
            raise InfeasibleError(
                f"the committed orders take {taken:,.10g} {what}, and the limit is {limit:,.10g}"
            )


def without_supply(supply: SupplyOptions, segments: Segments) -> list[str]:
    """Return the lines that need parts and have no segment to order them on."""
    has = np.zeros(len(supply.instance.lines), dtype=bool)
    has[segments.shares.line] = True
    has[~np.isnan(supply.unmet_penalty)] = True  # what they do not get is paid for
    return [supply.instance.lines[n].line for n in np.flatnonzero(~has & (supply.needed > 0))]


def nothing_to_order(supply: SupplyOptions, lines: Sequence[str]) -> InfeasibleError:
    """Return the error for lines that nothing can be ordered for, whatever the limits are."""
    number = {line.line: n for n, line in enumerate(supply.instance.lines)}
    said = []
    for name in lines[:MOST_LINES]:
        reasons = [
            f"{supply.supplier[o]}: {supply.excluded[o] or 'its quantities do not add up to it'}"
            for o in np.flatnonzero(supply.line == number[name]).tolist()
        ]
        said.append(f"line {name!r} ({'; '.join(reasons) or 'nobody offers its part'})")
    more = len(lines) - len(said)
    return InfeasibleError(
        f"nothing that can be ordered fills {', '.join(said)}"
        + (f" and {counted(more, 'more line')}" if more else ""),
        conflict=[f"line {name!r}" for name in lines],
        remedies=["add an offer or conventional supply that can fill the line"],
    )
