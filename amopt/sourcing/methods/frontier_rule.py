"""The frontier rule: how the source's planners choose, as the baseline for the program.

Akmal et al. (2022): the most effective supplier is filled up to what it can do at reduced cost and
in reduced time, ``min(N_cost, N_time) - 1`` parts; then the next, until the line is filled. If all
of them together cannot, the whole line is supplied conventionally.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from amopt.errors import NoAnswerError
from amopt.outcome import Outcome, Status, Stopped, versions
from amopt.sourcing.instance.fields import CONVENTIONAL, Offer
from amopt.sourcing.offers.analysis import Analysis, analysis_of

if TYPE_CHECKING:
    from amopt.sourcing.evaluation import Evaluation
    from amopt.sourcing.offers.supply_options import SupplyOptions

__all__ = [
    "HONOURS",
    "WHOLE",
    "Left",
    "as_ordered",
    "conventional_order",
    "frontier_plan",
    "outcome_of",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HONOURS = frozenset(
    {
        "demand",
        "unmet",
        "range",
        "one_segment",
        "smallest_order",
        "largest_order",
        "joins",
        "own_or_shared",
        "seen",
        "tooling",
        "deliveries",
        "supplier_fees",
        "approvals",
        "preparations",
        "spend",
        "supplier_used",
        "suppliers_per_line",
        "delivery",
        "need_by",
        "latest_delivery",
        "machine_hours",
        "parts",
        "prints",
    }
)
"""The families of constraints that the rule keeps to: it knows no budget, and no emissions.

It supplies all that lines ask for, whatever the penalty of what they do not get.
"""


WHOLE = 1e-9
"""What is left of a quantity that is filled but for rounding, relative."""


def frontier_plan(
    supply: SupplyOptions, compared: tuple[Ints, Analysis] | None = None
) -> tuple[Floats, tuple[str, ...]]:
    """Fill every line by the frontier rule, lines in the order of the file.

    The rule keeps to capacities, licences, the most suppliers a line, and each line's need-by date
    in the sense that a line it cannot fill is supplied conventionally. It knows no budget and no
    limit of emissions.

    Returns
    -------
    quantity : array of float, shape (n,)
        Parts ordered from each supply option.
    unfilled : tuple of str
        Lines that it cannot fill.
    """
    option, analysis = analysis_of(supply) if compared is None else compared
    effective = np.zeros(len(supply))
    reduced = np.minimum(analysis.reduced_cost_quantity, analysis.reduced_time_quantity)
    # Without conventional supply there is nothing to be better than: an offer does what it can.
    effective[option] = np.where(np.isnan(reduced), supply.largest[option], reduced)
    fill = np.minimum(effective, (supply.quantity + supply.surplus)[supply.line])
    price = supply.total.at(np.maximum(fill, supply.smallest))
    left = Left.of(supply)
    quantity = np.zeros(len(supply))
    unfilled = []
    for line, options in enumerate(supply.options_of_line):
        need = supply.quantity[line] - left.committed[line]
        if need <= WHOLE * supply.quantity[line]:
            continue
        own = [o for o in options if not supply.conventional[o] and effective[o] > 0]
        # Prices that differ by rounding alone are the same: the order of the file decides.
        own.sort(key=lambda o: (-effective[o], float(f"{price[o]:.9e}")))
        chosen = _fill(supply, left, line, need, own=own, effective=effective)
        if not chosen:
            chosen = conventional_order(supply, left, line, need)
        if not chosen:
            unfilled.append(supply.instance.lines[line].line)
        for o, amount in chosen:
            quantity[o] = amount
            left.use(supply, o, amount)
    return quantity, tuple(unfilled)


def _fill(
    supply: SupplyOptions, left: Left, line: int, need: float, *, own: list[int], effective: Floats
) -> list[tuple[int, float]]:
    """Return what the suppliers take of a line, most effective first; nothing if they cannot."""
    limit = supply.instance.limits.suppliers_per_line
    suppliers = set(left.suppliers[line])
    chosen: list[tuple[int, float]] = []
    for o in own:
        supplier = supply.supplier[o]
        if limit is not None and supplier not in suppliers and len(suppliers) >= limit:
            continue
        amount = min(need, effective[o], left.room(supply, o, chosen))
        if not supply.divisible[line]:
            amount = np.floor(amount * (1 + WHOLE))
        if amount < supply.smallest[o]:
            continue
        chosen.append((o, float(amount)))
        suppliers.add(supplier)
        need -= amount
        if need <= WHOLE * supply.quantity[line]:
            return chosen if left.in_time(supply, line, chosen) else []
    return []


def conventional_order(
    supply: SupplyOptions, left: Left, line: int, need: float
) -> list[tuple[int, float]]:
    """Return the whole line from conventional supply; nothing where there is none."""
    o = int(supply.conventional_of_line[line])
    if o < 0:
        return []
    amount = max(need, supply.smallest[o])
    if not supply.divisible[line]:
        amount = float(np.ceil(amount * (1 - WHOLE)))
    chosen = [(o, float(amount))]
    within = amount <= need + supply.surplus[line] and left.in_time(supply, line, chosen)
    limit = supply.instance.limits.suppliers_per_line
    crowded = limit is not None and len(left.suppliers[line] | {supply.supplier[o]}) > limit
    return chosen if within and not crowded else []


@dataclass(eq=False)
class Left:
    """What is left of capacities and licences, and what is committed, while lines are filled."""

    hours: dict[str, float]
    parts: dict[str, float]
    prints: dict[tuple[str, str | None], float]
    committed: Floats
    suppliers: list[set[str]]
    weeks: Floats = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, supply: SupplyOptions) -> Left:
        """Return what committed orders leave."""
        instance = supply.instance
        lines = {line.line: index for index, line in enumerate(instance.lines)}
        left = cls(
            {
                c.supplier: c.machine_hours
                for c in instance.capacities
                if c.machine_hours is not None
            },
            {c.supplier: c.parts for c in instance.capacities if c.parts is not None},
            {(entry.part, entry.supplier): entry.prints for entry in instance.licences},
            np.zeros(len(lines)),
            [set() for _ in lines],
        )
        for order, _, _, _, hours in supply.commitments:
            line = lines[order.line]
            left.committed[line] += order.quantity
            left.suppliers[line].add(order.supplier)
            if order.supplier != CONVENTIONAL:
                left._take(instance.lines[line].part, order.supplier, order.quantity, hours)
        return left

    def _take(self, part: str, supplier: str, amount: float, hours: float) -> None:
        if supplier in self.hours:
            self.hours[supplier] -= hours
        if supplier in self.parts:
            self.parts[supplier] -= amount
        for key in ((part, None), (part, supplier)):
            if key in self.prints:
                self.prints[key] -= amount

    def use(self, supply: SupplyOptions, option: int, amount: float) -> None:
        """Take an order from what is left."""
        source = supply.sources[supply.source[option]]
        if isinstance(source, Offer):
            hours = amount * float(supply.hours[option])
            self._take(source.part, source.supplier, amount, hours)

    def room(self, supply: SupplyOptions, option: int, chosen: list[tuple[int, float]]) -> float:
        """Return how many parts an option can take beside what is chosen for the same line."""
        source = supply.sources[supply.source[option]]
        per_part = float(supply.hours[option])
        hours = self.hours.get(source.supplier, np.inf) if isinstance(source, Offer) else np.inf
        parts = self.parts.get(supply.supplier[option], np.inf)
        every = self.prints.get((source.part, None), np.inf)
        own = self.prints.get((source.part, supply.supplier[option]), np.inf)
        for o, amount in chosen:
            every -= amount
            if supply.supplier[o] == supply.supplier[option]:
                own, parts = own - amount, parts - amount
                hours -= amount * float(supply.hours[o])
        by_hours = hours / per_part if per_part > 0 else np.inf
        return max(0.0, float(min(by_hours, parts, every, own)))

    def in_time(self, supply: SupplyOptions, line: int, chosen: list[tuple[int, float]]) -> bool:
        """Return whether a line's orders arrive by when it is needed."""
        limit = supply.instance.limits.weeks
        latest = min(supply.need_by[line], np.inf if limit is None else limit)
        if np.isinf(latest):
            return True
        index = np.array([o for o, _ in chosen])
        weeks = supply.lead_time.take(index).at(np.array([amount for _, amount in chosen]))
        return bool(np.all(weeks <= latest * (1 + WHOLE)))


def as_ordered(supply: SupplyOptions, quantity: Floats) -> Floats:
    """Return the rule's quantities as orders of the instance.

    Parameters
    ----------
    supply
        The supply options.
    quantity
        Parts of each option where each line has orders of its own, as the rule fills them. Where
        lines share an order at an offer, they share it; where they may choose, they do not.
    """
    if supply.instance.orders != "either" or not supply.instance.pooled:
        return quantity
    pair = supply.line * len(supply.sources) + supply.source
    own = np.append(np.diff(pair) != 0, True)  # the last of each line and source
    found = np.zeros(len(supply))
    found[own] = quantity
    return found


def outcome_of(rule: Evaluation, unfilled: tuple[str, ...], name: str = "frontier rule") -> Outcome:
    """Return what the plan of a rule is worth.

    Raises
    ------
    NoAnswerError
        When it leaves lines unfilled, or their orders cannot be placed together.
    """
    if unfilled:
        raise NoAnswerError(
            f"the {name} cannot fill the lines {', '.join(unfilled)}: no supplier makes "
            "them at reduced cost and in reduced time, and conventional supply cannot either; "
            "the method 'program' may find a plan"
        )
    supply = rule.supply
    ordered = supply.by_pool(rule.quantity)[supply.pool]
    used = rule.quantity > 0
    beyond = used & (ordered > supply.largest * (1 + WHOLE))
    late = (rule.weeks > supply.latest * (1 + WHOLE)) & (rule.weeks > supply.committed_weeks)
    if beyond.any() or late.any():
        raise NoAnswerError(
            "the frontier rule fills one line at a time, and its orders for lines of one part "
            "cannot be placed together; write orders: by_line, or take the method 'program'"
        )
    return Outcome(
        stopped=Stopped.FINISHED,
        status=Status.FEASIBLE,
        objective=rule.objective,
        method=name,
        versions=versions("amopt"),
    )
