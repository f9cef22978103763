"""What orders add up to, beside the limits of the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amopt.referee import Amount
from amopt.sourcing.instance.entries import CONVENTIONAL

if TYPE_CHECKING:
    from amopt.referee import Notebook
    from amopt.sourcing.instance.entries import Licence
    from amopt.sourcing.referee.terms import OrderTerms, Terms

__all__ = ["Totals", "Use", "check_limits"]


def _amounts() -> dict[str, float]:
    return defaultdict(float)


@dataclass
class Totals:
    """What the orders of a line, or of all lines, add up to; parts by supplier."""

    quantity: float = 0.0
    cost: Amount = field(default_factory=lambda: Amount(0.0))
    weeks: Amount = field(default_factory=lambda: Amount(0.0))
    kg_co2: float = 0.0
    suppliers: dict[str, float] = field(default_factory=_amounts)

    def add(self, supplier: str, quantity: float, terms: Terms) -> None:
        """Add an order."""
        self.quantity += quantity
        scale = self.cost.scale + max(abs(terms.cost), terms.cost_terms)
        self.cost = Amount(self.cost.value + terms.cost, scale)
        if terms.weeks > self.weeks.value:
            self.weeks = Amount(terms.weeks, max(terms.weeks_terms, self.weeks.scale))
        self.kg_co2 += terms.kg_co2
        self.suppliers[supplier] += quantity


@dataclass
class Use:
    """What orders use: machine hours and parts by supplier, prints by part and supplier."""

    hours: dict[str, float] = field(default_factory=_amounts)
    parts: dict[str, float] = field(default_factory=_amounts)
    prints: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))

    def add(self, part: str, supplier: str, quantity: float, hours: float) -> None:
        """Add an order."""
        self.hours[supplier] += hours
        self.parts[supplier] += quantity
        if supplier != CONVENTIONAL:
            self.prints[part, supplier] += quantity

    def under(self, licence: Licence) -> float:
        """Return the prints that come under a licence."""
        return sum(
            amount
            for (part, supplier), amount in self.prints.items()
            if part == licence.part and licence.supplier in (None, supplier)
        )


def check_limits(
    terms: OrderTerms, notebook: Notebook, by_line: Mapping[str, Totals], held: Use, new: Use
) -> None:
    """Compare what orders add up to with every limit of the file but the licences.

    What is committed is held, whatever is left of a capacity: these bind new orders.
    """
    _check_lines(terms, notebook, by_line)
    limits = terms.instance.limits
    if limits.budget is not None:
        paid = [total.cost for total in by_line.values()]
        scale = sum(cost.scale for cost in paid)
        notebook.within("budget", sum(cost.value for cost in paid), limits.budget, scale)
    if limits.kg_co2 is not None:
        emitted = sum(total.kg_co2 for total in by_line.values())
        notebook.within("kg of CO2", emitted, limits.kg_co2)
    for capacity in terms.instance.capacities:
        name = capacity.supplier
        for what, old, more, limit in (
            ("machine hours", held.hours[name], new.hours[name], capacity.machine_hours),
            ("parts", held.parts[name], new.parts[name], capacity.parts),
        ):
            if limit is not None and more > 0:
                notebook.within(f"{what} of {name!r}", old + more, limit)


def _check_lines(terms: OrderTerms, notebook: Notebook, by_line: Mapping[str, Totals]) -> None:
    """Compare what each line gets, by when and from how many, with what it asks for."""
    limits = terms.instance.limits
    for name, line in terms.lines.items():
        where, total = f"line {name!r}", by_line[name]
        slack = notebook.tolerance * line.quantity if line.divisible else 0.0
        most = line.quantity + line.surplus + slack
        notebook.require(
            line.quantity - slack <= total.quantity <= most,
            f"{where}: {total.quantity:.10g} parts for {line.quantity:g} asked for",
        )
        weeks, scale = total.weeks.value, total.weeks.scale
        if (need_by := terms.need_by(line)) is not None:
            notebook.within(f"{where}, weeks to need-by", weeks, need_by, scale)
        if limits.weeks is not None:
            notebook.within(f"{where}, weeks", weeks, limits.weeks, scale)
        if limits.suppliers_per_line is not None:
            held = {order.supplier for order in terms.committed_to.get(name, ())}
            allowed = max(limits.suppliers_per_line, len(held))
            notebook.within(f"{where}, suppliers", len(total.suppliers), allowed)
