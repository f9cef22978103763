"""What a part needs, and what of that is ordered already: the measure of its shares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amopt.sourcing.instance.entries import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.sourcing.instance.contents import Contents
    from amopt.sourcing.instance.entries import Line

__all__ = ["Needs", "needs_by_part"]


@dataclass(frozen=True)
class Needs:
    """What the lines of a part ask for.

    Attributes
    ----------
    asked
        Parts that all its lines ask for; zero where it has none.
    surplus
        Parts that may be ordered beyond that.
    left
        Parts that are not ordered yet.
    new
        Those of them that must be: of lines that have no penalty for what they do not get.
    held
        Parts that are ordered already, by supplier.
    offering
        Who may get new orders of it.
    """

    asked: float
    surplus: float
    left: float
    new: float
    held: Mapping[str, float]
    offering: frozenset[str]

    @property
    def suppliers(self) -> frozenset[str]:
        """Who supplies it, or has an order of it."""
        return self.offering | self.held.keys()

    @property
    def whole(self) -> float:
        """All that may be supplied, in percent of what is asked for."""
        return 100 * (1 + self.surplus / self.asked) if self.asked else 100.0

    def held_by(self, percent: float) -> int:
        """Return how many suppliers have orders of such a share already."""
        least = percent / 100 * self.asked * (1 - 1e-9)
        return sum(parts >= least > 0 for parts in self.held.values())

    @property
    def least_of_the_largest(self) -> float:
        """The least share of any supplier that leaves room for all, in percent.

        What is ordered already stays, also where it is more than that.
        """
        if not self.offering:
            return 0.0
        if not self.asked:
            return 100 / len(self.offering)
        held = sorted((self.held.get(name, 0.0) for name in self.offering), reverse=True)
        left, share = self.new + sum(held), 0.0
        for place, parts in enumerate(held):
            share = left / (len(held) - place)
            if share >= parts:
                break
            left -= parts
        return 100 * max(0.0, share) / self.asked


def needs_by_part(instance: Contents) -> dict[str, Needs]:
    """Return what the lines of each part ask for."""
    parts = {line.line: line.part for line in instance.lines}
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in instance.lines:
        lines[line.part].append(line)
    held: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for order in instance.committed:
        if order.line in parts:
            held[parts[order.line]][order.supplier] += order.quantity
    offering: dict[str, set[str]] = defaultdict(set)
    for offer in instance.offers:
        offering[offer.part].add(offer.supplier)
    for entry in instance.conventional:
        offering[entry.part].add(CONVENTIONAL)
    before = instance.committed_parts
    left = {x.line: max(0.0, x.quantity - before.get(x.line, 0.0)) for x in instance.lines}
    return {
        part: Needs(
            asked=sum(line.quantity for line in lines[part]),
            surplus=sum(line.surplus for line in lines[part]),
            left=sum(left[line.line] for line in lines[part]),
            new=sum(left[x.line] for x in lines[part] if x.unmet_penalty_per_part is None),
            held=held[part],
            offering=frozenset(offering[part]),
        )
        for part in {*lines, *offering, *(share.part for share in instance.shares)}
    }
