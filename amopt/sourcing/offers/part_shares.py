"""How the parts that all lines of a part ask for may be shared between its suppliers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from amopt.sourcing.instance.entries import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.instance.conditions import Share
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = ["PartShares", "part_shares"]


@dataclass(frozen=True)
class PartShares:
    """The shares of one part, in parts.

    Attributes
    ----------
    entry
        What the file says.
    options
        The options of the part's lines by supplier, also of those who have committed orders only.
    committed
        Parts of committed orders, by supplier.
    one, least, most
        From how many parts on a supplier supplies the part at all, from how many it counts, and
        how many it may make. Where only whole parts are ordered, these are whole.
    """

    entry: Share
    options: dict[str, list[int]]
    committed: dict[str, float]
    one: float
    least: float
    most: float

    @property
    def suppliers_count(self) -> bool:
        """Whether the file asks for suppliers that count."""
        return self.entry.counts_suppliers

    @property
    def counted(self) -> list[str]:
        """The suppliers that may count; an empty name, who makes nothing, where nobody may."""
        usual = self.entry.conventional_counts
        return [k for k in self.options if usual or k != CONVENTIONAL] or [""]


def part_shares(supply: SupplyOptions) -> Iterator[PartShares]:
    """Yield the shares of each part of which something is left to be ordered."""
    instance, supplier = supply.instance, supply.supplier
    part_of = {line.line: line.part for line in instance.lines}
    for entry in instance.shares:
        own = np.array([line.part == entry.part for line in instance.lines], dtype=bool)
        if not (own & (supply.needed > 0)).any():
            continue
        options: dict[str, list[int]] = defaultdict(list)
        for o in np.flatnonzero(own[supply.line] & supply.usable).tolist():
            options[supplier[o]].append(o)
        committed: dict[str, float] = defaultdict(float)
        for order in instance.committed:
            if part_of[order.line] == entry.part:
                committed[order.supplier] += order.quantity
                options[order.supplier] += []
        asked = float(supply.quantity[own].sum())
        least, most = (asked * x / 100 for x in (entry.least_percent, entry.largest_percent))
        if not supply.divisible[own].any():
            least, most = math.ceil(least - 1e-9 * asked), math.floor(most + 1e-9 * asked)
        yield PartShares(entry, dict(options), committed, min(1.0, asked), least, most)
